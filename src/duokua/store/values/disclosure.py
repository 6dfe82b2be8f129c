"""Least disclosure (最小够用): what serves a question, and how much each way of asking discloses.

The law asks for the least that serves the purpose (个人信息保护法 Art. 6). It gives no measure, so the
points below are our proposal, marked P; they order choices, they do not measure harm.

    points = reach x filter x Σ over columns (level x personal x left) x told

============  ===================================================================================
level         L1 1, L2 4, L3 16, L4 64: each level is worth four columns of the one below
personal      x 2: it tells of a person
left          what the mask leaves: plain 100 %, … hidden 0 %, see ``LEFT``
told          verification 5 % (one yes or no about a value that the caller brings),
              statistics 10 % (groups of at least ten), rows 100 %
reach         how many rows one call may tell of: statistics and verification 1, look-up 2 (the
              caller has to know the key), pages 10, change feeds 12 (they come by themselves)
filter        a row filter halves it
============  ===================================================================================

Fewer columns, a mask instead of none, or a row filter never have more points than without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Level
from duokua.lang.interface import Interface, Shape
from duokua.lang.mask import (
    ByKind,
    Grid,
    Hide,
    Keep,
    Mask,
    Pseudonym,
    Round,
    Truncate,
)
from duokua.lang.mask_default import default_mask
from duokua.lang.mask_kinds import MaskKind

SOURCE = "P"  # our proposal
LEVELS = {Level.L1: 1, Level.L2: 4, Level.L3: 16, Level.L4: 64}
PERSONAL = 2
PLAIN_LEFT = 100  # percent
LEFT: dict[type, int] = {Keep: 40, Truncate: 50, Round: 50, Grid: 40, ByKind: 30, Pseudonym: 30}
TOLD = {Shape.VERIFY: 5, Shape.AGGREGATE: 10}  # percent; of rows all
REACH = {Shape.VERIFY: 1, Shape.AGGREGATE: 1, Shape.LOOKUP: 2, Shape.PAGE: 10, Shape.CHANGES: 12}
_SCALE = 2 * 100 * 100  # halves for the filter, percent of left and told


class Question(StrEnum):
    """What the applicant needs to know."""

    FACT = "fact"
    FIGURES = "figures"
    THINGS = "things"
    CASE = "case"
    LIST = "list"


QUESTIONS: dict[Question, tuple[Text, Text]] = {
    Question.FACT: (
        Text("某一对象的某项情况是否属实", "Whether something holds for one person or thing"),
        Text("例：此人是否持有塔吊证", "e.g. does this worker hold a crane licence"),
    ),
    Question.FIGURES: (
        Text("有多少、如何分布", "How many, and how they are distributed"),
        Text("例：各街道在岗人数", "e.g. workers on site by street"),
    ),
    Question.THINGS: (
        Text("事物清单，不涉及个人", "A list of things, without persons"),
        Text("例：在建工地及其地址", "e.g. building sites and where they are"),
    ),
    Question.CASE: (
        Text("办理某一件事所需的详情", "The details of one case"),
        Text("例：窗口办件时查一人的登记", "e.g. one person's entry while at the counter"),
    ),
    Question.LIST: (
        Text("完整名单", "The whole list"),
        Text("例：逐一通知全部对象", "e.g. everybody has to be told, one by one"),
    ),
}
_ROWS = (Shape.LOOKUP, Shape.PAGE, Shape.CHANGES)
SERVES: dict[Question, tuple[Shape, ...]] = {
    Question.FACT: (Shape.VERIFY, *_ROWS),
    Question.FIGURES: (Shape.AGGREGATE, Shape.PAGE, Shape.CHANGES),
    Question.THINGS: (Shape.PAGE, Shape.CHANGES),
    Question.CASE: _ROWS,
    Question.LIST: (Shape.PAGE, Shape.CHANGES),
}


class Form(StrEnum):
    """In which form an answer comes, from the least to the most disclosing."""

    VERIFY = "verify"
    FIGURES = "figures"
    FEWER = "fewer"
    MASKED = "masked"
    PLAIN = "plain"


FORMS: dict[Form, tuple[Text, Text]] = {
    Form.VERIFY: (
        Text("核验", "Verification"),
        Text("只答是或否，不给出任何值", "yes or no, never a value"),
    ),
    Form.FIGURES: (
        Text("统计", "Statistics"),
        Text("只有分组的数字，人数少的组不显示", "figures of groups; small groups are not told"),
    ),
    Form.FEWER: (
        Text("较少字段", "Fewer columns"),
        Text("只含不涉及个人且级别低的字段", "only columns of low level that tell of no person"),
    ),
    Form.MASKED: (
        Text("脱敏", "Masked"),
        Text("全部字段，按默认规则脱敏", "all columns, masked by default"),
    ),
    Form.PLAIN: (
        Text("原值", "Plain"),
        Text("全部字段，不脱敏", "all columns as they are"),
    ),
}
_RANK = {form: at for at, form in enumerate(Form)}


@dataclass(frozen=True, slots=True)
class Option:
    """One way to get an answer, and how much it discloses."""

    interface: str
    form: Form
    columns: tuple[str, ...]
    plain: tuple[str, ...]  # columns whose default mask is left off
    points: int

    @property
    def id(self) -> str:
        """What a form sends for it."""
        return f"{self.interface}:{self.form.value}"


def points_of(column: Column, mask: Mask | None) -> int:
    """Return what a column tells in one row, in hundredths of a point."""
    base = LEVELS[column.level] * (PERSONAL if column.personal else 1)
    return base * _left(mask)


def _left(mask: Mask | None) -> int:
    if mask is None:
        return PLAIN_LEFT
    if isinstance(mask, Hide) or mask == ByKind(MaskKind.FREE_TEXT):
        return 0
    return LEFT[type(mask)]


def score(shape: Shape, shown: Iterable[tuple[Column, Mask | None]], *, filtered: bool) -> int:
    """Return the points of asking for ``shown`` columns under their masks, rounded up."""
    told = TOLD.get(shape, 100)
    masks_count = shape is not Shape.VERIFY  # a claim is compared unmasked
    total = sum(points_of(column, mask if masks_count else None) for column, mask in shown)
    parts = total * told * REACH[shape] * (1 if filtered else 2)
    return -(-parts // _SCALE)


def masks_shown(
    interface: Interface,
    contract: Contract,
    columns: Sequence[str],
    masks: Sequence[tuple[str, Mask]] = (),
    plain: Sequence[str] = (),
) -> list[tuple[Column, Mask | None]]:
    """Return the columns with the masks that they would be shown under."""
    told = dict(masks)
    bare = {*plain, *needed(interface)} - set(told)
    return [
        (column, None if name in bare else told.get(name) or default_mask(column))
        for name in columns
        if (column := contract.by_name.get(name)) is not None
    ]


def needed(interface: Interface) -> tuple[str, ...]:
    """Return the columns that find or order the rows: those have to be shown as they are."""
    if interface.shape is Shape.LOOKUP:
        return tuple(parameter.column for parameter in interface.parameters)
    return () if interface.shape is Shape.VERIFY else interface.order


def options(
    question: Question, products: Iterable[tuple[Interface, Contract]]
) -> tuple[Option, ...]:
    """Return what serves a question, the least disclosing first."""
    found = (
        option
        for interface, contract in products
        if interface.shape in SERVES[question]
        for option in _of_product(interface, contract, question)
    )
    return tuple(sorted(found, key=lambda one: (one.points, _RANK[one.form], one.interface)))


def _of_product(interface: Interface, contract: Contract, question: Question) -> Iterator[Option]:
    if interface.shape is Shape.VERIFY:
        yield _option(interface, contract, Form.VERIFY, interface.columns)
        return
    if interface.shape is Shape.AGGREGATE:
        yield _option(interface, contract, Form.FIGURES, interface.columns)
        return
    fewer = _fewer(interface, contract)
    offered = set(fewer) < set(interface.columns) or not _masked(interface, contract)
    if offered and (question is not Question.THINGS or _of_nobody(fewer, contract)):
        yield _option(interface, contract, Form.FEWER, fewer)
    if question is Question.THINGS and not _of_nobody(interface.columns, contract):
        return
    masked = _masked(interface, contract)
    if masked:
        yield _option(interface, contract, Form.MASKED, interface.columns)
    if masked or set(fewer) < set(interface.columns):
        yield _option(interface, contract, Form.PLAIN, interface.columns, tuple(masked))


def _option(
    interface: Interface,
    contract: Contract,
    form: Form,
    columns: tuple[str, ...],
    plain: tuple[str, ...] = (),
) -> Option:
    needs = needed(interface) if interface.shape is not Shape.LOOKUP else ()
    bare = tuple(
        name
        for name in columns
        if name in {*plain, *needs} and default_mask(contract.by_name[name]) is not None
    )
    shown = masks_shown(interface, contract, columns, plain=bare)
    return Option(interface.id, form, columns, bare, score(interface.shape, shown, filtered=False))


def _fewer(interface: Interface, contract: Contract) -> tuple[str, ...]:
    keep = {*needed(interface), *filter(contract.may_show, interface.columns)}
    return tuple(name for name in interface.columns if name in keep)


def _masked(interface: Interface, contract: Contract) -> list[str]:
    """Return the columns that would be masked by default."""
    bare = set(needed(interface))
    return [
        name
        for name in interface.columns
        if name not in bare and default_mask(contract.by_name[name]) is not None
    ]


def _of_nobody(columns: Iterable[str], contract: Contract) -> bool:
    """Tell whether no column tells of a person."""
    named = [contract.by_name[name] for name in columns]
    return not any(column.personal for column in named) and not (
        contract.personal and contract.subject in {column.name for column in named}
    )
