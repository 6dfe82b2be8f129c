"""The data interface (数据接口): which columns of one dataset are served, by which parameters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Level
from duokua.lang.cube import Cube

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000


class Shape(StrEnum):
    """How an interface is called."""

    LOOKUP = "lookup"  # 按键查询: every key column is given, at most one row
    PAGE = "page"  # 分页查询: keyset pages in the declared order
    AGGREGATE = "aggregate"  # 聚合统计: groups of a declared cube
    VERIFY = "verify"  # 核验: does what the caller claims hold of a key? yes or no, never a value
    CHANGES = "changes"  # 变更流: what a grant sees otherwise than at an earlier version


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
    cube: Cube | None = None  # of shape aggregate; its dimensions are the columns and the order
    query: tuple[str, ...] | None = None  # what a JSON query may name; None: all that is granted
    key: tuple[str, ...] = ()  # verify: what names the row; `columns` are what may be claimed of it
    deprecated: float | None = None  # since when (弃用), seconds since 1970
    sunset: float | None = None  # when it ends (停用)
    successor: str | None = None  # the interface to change over to


def major(version: str) -> int:
    """Return the major number (主版本) of a version: another one may break its callers."""
    return int(version.partition(".")[0])


def version_id(base: str, number: int) -> str:
    """Return the id under which an older major version goes on beside the newest."""
    return f"{base}@{number}"


def base_id(interface_id: str) -> str:
    """Return the id of the newest version, for any of them."""
    return interface_id.partition("@")[0]


def rows_tell(contract: Contract) -> bool:
    """Tell whether the very rows of a derived dataset tell of columns that are not open.

    Its level is that of the columns which decide what rows it has, whatever its own columns are.
    """
    return contract.sql is not None and contract.level is not Level.L1


def not_for_all(interface: Interface, contract: Contract) -> tuple[str, ...]:
    """Return the columns that keep an interface from being open under ``contract``.

    A parameter or an order tells of its column as much as showing it does.
    """
    measures = interface.cube.measures if interface.cube else ()
    measured = (each.column for each in measures if each.column is not None)
    named = (each.column for each in interface.parameters)
    used = (*interface.columns, *named, *interface.order, *measured)
    if rows_tell(contract):
        return tuple(dict.fromkeys(used))
    columns = [contract.by_name[name] for name in dict.fromkeys(used)]
    return tuple(each.name for each in columns if each.level is not Level.L1 or each.personal)
