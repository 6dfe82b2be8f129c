"""Writing what the catalogue declares as contracts (数据契约), the way a department would send them."""

from __future__ import annotations

import json
from dataclasses import replace

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Kind, Level
from duokua.lang.odcs import contract_document
from duokua.lang.quality import Bound, Dimension, Metric, QualityRule
from duokua.project.demo.declared import Catalogue, Declared, Drawn, Joined

LABEL = Text(
    "演示数据，由随机种子生成，不对应任何真实主体。",
    "Demonstration data from a random seed; nobody is real.",
)
_DAY_H = 24
_GRACE = 6  # days that a demonstration stands before it counts as late
_NUMBERS = (Kind.INTEGER, Kind.NUMBER)


def contract_text(contract: Contract) -> str:
    """Return a contract as an ODCS document; JSON is YAML too, and quick to read."""
    return json.dumps(contract_document(contract), ensure_ascii=False)


def declared_contract(told: Declared, known: Catalogue) -> Contract:
    """Return the contract of a declared dataset."""
    columns = tuple(_column(each, told) for each in told.columns)
    return Contract(
        id=told.id,
        version="1.0.0",
        title=told.title,
        description=Text(
            f"{told.title.zh}，共 {len(columns)} 个数据项。{LABEL.zh}",
            f"{told.title.en}, {len(columns)} columns. {LABEL.en}",
        ),
        owner=told.owner,
        level=max(Level(told.level), *(column.level for column in columns)),
        columns=columns,
        key=told.key,
        subject=told.subject,
        quality=tuple(_rules(told, known)),
        refresh_h=(told.every + _GRACE) * _DAY_H,
    )


def _column(told: Drawn, dataset: Declared) -> Column:
    level = Level(told.level or dataset.level)
    return Column(
        name=told.name,
        kind=told.kind,
        title=told.title,
        required=not told.empty,
        unit=told.unit,
        codes=told.codes,
        level=max(level, Level(dataset.level)),
        personal=told.personal,
    )


def _rules(told: Declared, known: Catalogue) -> list[QualityRule]:
    """Return what can be checked of what is declared: bounds, order of days, references."""
    rules = [_rows_rule()]
    for column in told.columns:
        if column.how in ("int", "num"):
            rules.append(_bounds_rule(column))
        elif column.how == "after":
            rules.append(_order_rule(column, told.by_name[column.args.split()[0]]))
        elif column.how == "other" and _may_refer(told, column, known):
            rules.append(_reference_rule(column))
    return rules


def _may_refer(told: Declared, column: Drawn, known: Catalogue) -> bool:
    other = known.datasets[column.args]
    own = other.owner == told.owner or other.level == "L1"
    return own and other.key == (column.name,)


def _rows_rule() -> QualityRule:
    title = Text("数据集不为空", "there are rows")
    return QualityRule("has_rows", title, Dimension.COVERAGE, Metric.ROWS, (), Bound.ABOVE, (0.0,))


def _bounds_rule(column: Drawn) -> QualityRule:
    low, high = bounds(column)
    return QualityRule(
        f"{column.name}_in_range",
        Text(f"{column.title.zh}在合理范围", f"{column.title.en} in its range"),
        Dimension.ACCURACY, Metric.INVALID, (column.name,), least=low, greatest=high,
    )  # fmt: skip


def _order_rule(column: Drawn, before: Drawn) -> QualityRule:
    return QualityRule(
        f"{column.name}_in_order",
        Text(f"{column.title.zh}不早于{before.title.zh}",
             f"{column.title.en} not before {before.title.en}"),
        Dimension.CONSISTENCY, Metric.ORDER, (before.name, column.name), comparison="<=",
    )  # fmt: skip


def _reference_rule(column: Drawn) -> QualityRule:
    return QualityRule(
        f"{column.name}_known",
        Text(f"{column.title.zh}可关联", f"{column.title.en} is known"),
        Dimension.CONSISTENCY, Metric.ORPHAN, (column.name,), other=(column.args, column.name),
    )  # fmt: skip


def bounds(column: Drawn) -> tuple[float, float]:
    """Return the bounds of a number that is declared with them."""
    low, _, high = column.args.partition("/")[0].partition("..")
    return float(low), float(high)


def joined_contract(told: Joined, left: Contract, right: Contract) -> Contract:
    """Return the contract of a joined dataset, no less protected than what it is made of."""
    columns = _counted(told, left, right) if told.counts else _paired(told, left, right)
    deciding = {told.on, told.where[0] if told.where else told.on} - {""}
    used = [*columns, *(left.by_name[name] for name in deciding)]
    level = max(Level.L2, *(column.level for column in used))
    names = {column.name for column in columns}
    return Contract(
        id=told.id,
        version="1.0.0",
        title=told.title,
        description=Text(
            f"由“{left.title.zh}”与“{right.title.zh}”两部门数据派生。{LABEL.zh}",
            f"Made of {left.title.en!r} and {right.title.en!r}, of two departments. {LABEL.en}",
        ),
        owner=told.owner,
        level=level,
        columns=columns,
        key=("street",) if told.counts else left.key,
        subject=left.subject if left.subject in names else None,
        quality=(_rows_rule(),),
        sql=_counting_sql(told) if told.counts else _pairing_sql(told),
    )


def _paired(told: Joined, left: Contract, right: Contract) -> tuple[Column, ...]:
    floor = Level.L2
    mine = [left.by_name[name] for name in told.take]
    theirs = [replace(right.by_name[name], name=right_name(told, name)) for name in told.with_take]
    return tuple(replace(each, level=max(each.level, floor)) for each in (*mine, *theirs))


def right_name(told: Joined, name: str) -> str:
    """Return the name of a column of the right-hand dataset in the joined one."""
    return f"{told.right}_{name}" if name in told.take else name


def _counted(told: Joined, left: Contract, right: Contract) -> tuple[Column, ...]:
    (own, title), (beside, _) = told.counts
    return (
        replace(left.by_name["street"], level=Level.L2),
        Column(own, Kind.INTEGER, title, required=True, level=Level.L2),
        Column(beside, Kind.INTEGER, right.title, required=True, level=Level.L2),
    )


def _pairing_sql(told: Joined) -> str:
    mine = [f"{told.left}.{name} as {name}" for name in told.take]
    theirs = [f"{told.right}.{name} as {right_name(told, name)}" for name in told.with_take]
    return (
        f"select {', '.join([*mine, *theirs])} from {told.left} "  # noqa: S608 - the catalogue's
        f"join {told.right} on {told.right}.{told.on} = {told.left}.{told.on}{_where(told)}"
    )


def _counting_sql(told: Joined) -> str:
    (own, _), (beside, _) = told.counts
    return (
        f"with mine as (select street, count(*) as n from {told.left}{_where(told)} "  # noqa: S608
        f"group by street), theirs as (select street, count(*) as n from {told.right} "
        f"group by street) select mine.street as street, mine.n as {own}, "
        f"coalesce(theirs.n, 0) as {beside} from mine left join theirs "
        "on theirs.street = mine.street"
    )


def _where(told: Joined) -> str:
    if told.where is None:
        return ""
    name, value = told.where
    literal = value if value in ("true", "false") else f"'{value}'"
    return f" where {told.left}.{name} = {literal}"
