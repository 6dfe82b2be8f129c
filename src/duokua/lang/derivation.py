"""The SQL of a derived dataset (派生数据集): guarded, and read for its lineage (血缘) by column.

What may stand in it is listed, not what may not: one SELECT over named datasets, with functions
from a list. It is parsed in DuckDB's dialect and only ever run as written anew from the parse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node, lineage
from sqlglot.optimizer.qualify import qualify

from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text
from duokua.lang.deciding import deciding

DIALECT = "duckdb"
_WRONG = Text("派生数据集的 SQL 有误", "the SQL of the derived dataset is wrong")
_STATEMENTS = (exp.Select, exp.SetOperation)
# Anything that reads beyond the named tables, writes, or depends on more than its input.
_BARRED = (
    exp.Command, exp.Into, exp.Lock, exp.Placeholder, exp.Parameter, exp.SessionParameter,
    exp.Star, exp.UDTF, exp.TableSample, exp.Pivot, exp.Rand, exp.CurrentTimestamp,
    exp.CurrentDate, exp.CurrentTime, exp.CurrentUser,
)  # fmt: skip
# Functions that give the same for the same input and read nothing else.
_FUNCTIONS = (
    exp.AggFunc, exp.Connector, exp.Case, exp.If, exp.Cast, exp.Coalesce, exp.Nullif, exp.Abs,
    exp.Ceil, exp.Floor, exp.Round, exp.Sqrt, exp.Pow, exp.Exp, exp.Ln, exp.Log, exp.Sign, exp.Mod,
    exp.Greatest, exp.Least, exp.Upper, exp.Lower, exp.Trim, exp.Length, exp.Substring, exp.Left,
    exp.Right, exp.Concat, exp.ConcatWs, exp.Replace, exp.SplitPart, exp.StrPosition, exp.Contains,
    exp.StartsWith, exp.EndsWith, exp.Pad, exp.Reverse, exp.RegexpLike, exp.RegexpExtract,
    exp.RegexpReplace, exp.DateTrunc, exp.TimestampTrunc, exp.DateDiff, exp.Extract, exp.Year,
    exp.Month, exp.Day, exp.Quarter, exp.Week, exp.DayOfWeek, exp.DateAdd, exp.DateSub, exp.AtTimeZone,
    exp.RowNumber, exp.Rank, exp.DenseRank, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue,
    exp.NthValue, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Exists, exp.In, exp.Between, exp.Like,
    exp.Xor, exp.TsOrDsToDate,
)  # fmt: skip
_PLAIN_FUNCTIONS = frozenset({"isfinite", "regexp_full_match", "strip_accents", "bit_count"})


@dataclass(frozen=True, slots=True, order=True)
class ColumnRef:
    """A column of a dataset."""

    dataset: str
    column: str


@dataclass(frozen=True, slots=True)
class Derivation:
    """A guarded statement: ``sql`` to run, the datasets it reads, and where each column is from.

    ``sources`` names for each output column, in order, the columns that its value is made of;
    ``decides`` are those that decide which rows there are: joins, filters, groups, DISTINCT ON, an
    order that is cut, named windows. They tell of a row by its being there, so they count for the
    level of the whole dataset (就高从严), as the sources of a column do for that column.
    """

    sql: str
    inputs: tuple[str, ...]
    sources: tuple[tuple[str, tuple[ColumnRef, ...]], ...]
    decides: tuple[ColumnRef, ...]


def read_derivation(text: str, schemas: Mapping[str, Sequence[str]], *, place: str) -> Derivation:
    """Read the SQL of a derived dataset; ``schemas`` are the datasets that it may read.

    :raises Invalid: not one SELECT, an unknown dataset or column, or something not allowed.
    """
    faults = Faults(f"{place}: ")
    statement = _parse(text, faults)
    faults.raise_if_any(_WRONG)
    assert statement is not None  # noqa: S101 - a fault was noted otherwise
    _guard(statement, schemas, faults)
    faults.raise_if_any(_WRONG)
    qualified = _qualify(statement, schemas, faults)
    faults.raise_if_any(_WRONG)
    assert qualified is not None  # noqa: S101 - a fault was noted otherwise
    _guard_rows(qualified, faults)
    faults.raise_if_any(_WRONG)
    names = qualified.named_selects
    if len(set(names)) != len(names) or "" in names:
        faults.add("", "输出列须有不同的名字", "output columns need distinct names", *_NAME_THEM)
        faults.raise_if_any(_WRONG)
    used = {table.name for table in qualified.find_all(exp.Table)} & set(schemas)
    try:
        sources = tuple((name, _sources(name, qualified, schemas)) for name in names)
    except (SqlglotError, RecursionError) as error:
        raise Invalid(_WRONG, Text(*_NAME_THEM)) from error
    return Derivation(
        qualified.sql(DIALECT, comments=False),
        tuple(sorted(used)),
        sources,
        _decides(qualified, schemas),
    )


_NAME_THEM = ("请用 AS 命名每一列", "name each column with AS")


def _parse(text: str, faults: Faults) -> exp.Expr | None:
    try:
        parsed = [each for each in parse(text, dialect=DIALECT) if each is not None]
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0][:200]
        faults.add("", f"无法解析：{first}", f"cannot be parsed: {first}", "请更正", "mend it")
        return None
    if len(parsed) != 1 or not isinstance(parsed[0], _STATEMENTS):
        faults.add(
            "",
            "应为一条 SELECT 语句",
            "it must be one SELECT statement",
            "请只写一条 SELECT（可带 WITH）",
            "write one SELECT, with WITH if needed",
        )
        return None
    return parsed[0]


def _guard(statement: exp.Expr, schemas: Mapping[str, Sequence[str]], faults: Faults) -> None:
    own = {cte.alias.lower() for cte in statement.find_all(exp.CTE)}
    for clause in statement.find_all(exp.With):
        if clause.recursive:
            _bar(clause, faults)
    for node in statement.walk():
        if isinstance(node, exp.Table):
            _guard_table(node, schemas, faults)
        elif (isinstance(node, _BARRED) and not _counts(node)) or (
            isinstance(node, exp.Func) and not _is_plain(node)
        ):
            _bar(node, faults)
        elif isinstance(node, exp.SetOperation) and node.args.get("by_name"):
            _bar(node, faults)  # columns are traced by their places
    clash = own & set(schemas)
    for name in sorted(clash):
        faults.add(
            name,
            "WITH 的名字与数据集相同",
            "a WITH clause has the name of a dataset",
            "请换名",
            "rename it",
        )


def _is_plain(node: exp.Func) -> bool:
    if isinstance(node, exp.Anonymous):
        return node.name.lower() in _PLAIN_FUNCTIONS
    return isinstance(node, _FUNCTIONS)


def _counts(node: exp.Expr) -> bool:
    return isinstance(node, exp.Star) and isinstance(node.parent, exp.Count)


def _bar(node: exp.Expr, faults: Faults) -> None:
    shown = node.sql(DIALECT)[:60]
    faults.add(
        shown,
        "此处不允许",
        "is not allowed here",
        "只可用具名的列、数据集与常用函数；* 请写成列名",
        "use named columns, datasets and plain functions; write column names for *",
    )


def _guard_table(table: exp.Table, schemas: Mapping[str, Sequence[str]], faults: Faults) -> None:
    plain = isinstance(table.this, exp.Identifier) and not table.db and not table.catalog
    if plain and (table.name in schemas or table.name in _own_names(table)):
        return
    faults.add(
        table.sql(DIALECT)[:60],
        "不是可用的数据集",
        "is no dataset that may be used",
        "请用本部门的或无条件开放的数据集标识",
        "use the id of a dataset of the own department or of an open one",
    )


def _own_names(table: exp.Table) -> set[str]:
    """Return the WITH names that mean something where ``table`` stands.

    Anywhere else, also within its own WITH clause, such a name would be looked up as a file.
    """
    names: set[str] = set()
    below: exp.Expr = table
    node = table.parent
    while node is not None:
        if isinstance(node, exp.With):
            before = next(at for at, cte in enumerate(node.expressions) if cte is below)
            names |= {cte.alias for cte in node.expressions[:before]}
        elif isinstance(node, exp.Query) and not isinstance(below, exp.With):
            names |= {cte.alias for cte in node.ctes}
        below, node = node, node.parent
    return names


def _guard_rows(query: exp.Query, faults: Faults) -> None:
    """Refuse the name of a table as a value: it stands for all its columns, also unnamed ones."""
    sources = (*query.find_all(exp.Table), *query.find_all(exp.CTE), *query.find_all(exp.Subquery))
    names = {source.alias_or_name for source in sources}
    for node in query.walk():
        bare = isinstance(node, exp.Column) and not node.table and node.name in names
        if bare or isinstance(node, exp.TableColumn):
            _bar(node, faults)


def _qualify(
    statement: exp.Expr, schemas: Mapping[str, Sequence[str]], faults: Faults
) -> exp.Query | None:
    schema = _schema(schemas)
    try:
        qualified = qualify(
            statement.copy(), schema=schema, dialect=DIALECT, validate_qualify_columns=True,
        )  # fmt: skip
    except (SqlglotError, RecursionError) as error:
        first = str(error).splitlines()[0][:200]
        faults.add(
            "", f"列无法对应：{first}", f"a column is not known: {first}",
            "请核对列名", "check the names of columns",
        )  # fmt: skip
        return None
    return qualified if isinstance(qualified, exp.Query) else None


def _schema(schemas: Mapping[str, Sequence[str]]) -> dict[str, object]:
    return {name: dict.fromkeys(columns, "varchar") for name, columns in schemas.items()}


def _sources(
    name: str, query: exp.Query, schemas: Mapping[str, Sequence[str]]
) -> tuple[ColumnRef, ...]:
    root = lineage(name, query, schema=_schema(schemas), dialect=DIALECT)
    return tuple(sorted({*_leaves(root, schemas), *_asked(name, query, schemas)}))


def _asked(
    name: str, query: exp.Query, schemas: Mapping[str, Sequence[str]]
) -> Iterator[ColumnRef]:
    """Yield what sub-selects within a value look at: whether a row is found is a value, too.

    Below the outermost SELECT it is not followed which column that becomes: it counts for all.
    """
    for select in query.find_all(exp.Select):
        outermost = select.parent_select is None and select.find_ancestor(exp.CTE) is None
        values = select.expressions
        if outermost:
            at = query.named_selects.index(name)
            values = values[at : at + 1]
        for value in values:
            yield from _looked_at(value, query, schemas)


def _looked_at(
    value: exp.Expr, query: exp.Query, schemas: Mapping[str, Sequence[str]]
) -> Iterator[ColumnRef]:
    for inner in value.find_all(exp.Query):
        yield from _decides(inner, schemas, query)
        if any(table.name not in schemas for table in inner.find_all(exp.Table)):
            for cte in query.find_all(exp.CTE):
                yield from _read_by(cte, schemas)


def _read_by(cte: exp.CTE, schemas: Mapping[str, Sequence[str]]) -> Iterator[ColumnRef]:
    for select in cte.find_all(exp.Select):
        aliases = _aliases(select, schemas)
        for column in select.find_all(exp.Column):
            dataset = aliases.get(column.table)
            if dataset and column.name in schemas[dataset]:
                yield ColumnRef(dataset, column.name)


def _leaves(root: Node, schemas: Mapping[str, Sequence[str]]) -> Iterator[ColumnRef]:
    for node in root.walk():
        if not node.downstream and isinstance(node.expression, exp.Table):
            column = node.name.rpartition(".")[2].strip('"')
            if column in schemas.get(node.expression.name, ()):
                yield ColumnRef(node.expression.name, column)


def _decides(
    query: exp.Query, schemas: Mapping[str, Sequence[str]], whole: exp.Query | None = None
) -> tuple[ColumnRef, ...]:
    """Return the dataset columns that decide which rows there are."""
    return tuple(sorted(ColumnRef(*ref) for ref in deciding(query, schemas, whole)))


def _aliases(select: exp.Select, schemas: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the dataset behind each table name in a SELECT, those around it included."""
    around = select.find_ancestor(exp.Select)
    aliases = _aliases(around, schemas) if around is not None else {}
    for table in select.find_all(exp.Table):
        if table.name in schemas:
            aliases[table.alias_or_name] = table.name
    return aliases
