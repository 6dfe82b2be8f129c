"""The data interface (数据接口): which columns of one dataset are served, by which parameters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Level

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000


class Shape(StrEnum):
    """How an interface is called."""

    LOOKUP = "lookup"  # 按键查询: every key column is given, at most one row
    PAGE = "page"  # 分页查询: keyset pages in the declared order


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter: a comparison of one column with the caller's value."""

    name: str
    column: str
    op: str = "eq"  # eq ne lt le gt ge prefix
    required: bool = False


@dataclass(frozen=True, slots=True)
class Interface:
    """One version of one governed interface."""

    id: str
    version: str
    title: Text
    description: Text
    dataset: str
    owner: str  # department code, the dataset's owner
    shape: Shape
    columns: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    order: tuple[str, ...]  # ends with the dataset's key, so that it is total
    open: bool = False  # callable by anyone under the built-in grant `open`


def not_for_all(interface: Interface, contract: Contract) -> tuple[str, ...]:
    """Return the columns that keep an interface from being open under ``contract``.

    A parameter or an order tells of its column as much as showing it does.
    """
    used = (*interface.columns, *(each.column for each in interface.parameters), *interface.order)
    columns = [contract.by_name[name] for name in dict.fromkeys(used)]
    return tuple(each.name for each in columns if each.level is not Level.L1 or each.personal)
