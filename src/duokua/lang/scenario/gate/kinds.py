"""Of what kind a value is, where that is plain to see; ``None`` where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlglot import exp

from duokua.lang.contract import Kind

Look: TypeAlias = Callable[[exp.Expr], Kind | None]  # the kind of a column or of a query's column

_TYPE = exp.DataType.Type
_BY_TYPE = {
    _TYPE.BOOLEAN: Kind.BOOLEAN, _TYPE.TINYINT: Kind.INTEGER, _TYPE.SMALLINT: Kind.INTEGER,
    _TYPE.INT: Kind.INTEGER, _TYPE.BIGINT: Kind.INTEGER, _TYPE.FLOAT: Kind.NUMBER,
    _TYPE.DOUBLE: Kind.NUMBER, _TYPE.DECIMAL: Kind.NUMBER, _TYPE.VARCHAR: Kind.STRING,
    _TYPE.TEXT: Kind.STRING, _TYPE.CHAR: Kind.STRING, _TYPE.DATE: Kind.DATE,
    _TYPE.TIMESTAMP: Kind.TIMESTAMP, _TYPE.TIMESTAMPTZ: Kind.TIMESTAMP,
}  # fmt: skip
_BOOLEAN = (
    exp.Predicate, exp.Connector, exp.Not, exp.Boolean, exp.LogicalAnd, exp.LogicalOr, exp.Contains,
    exp.StartsWith, exp.EndsWith, exp.IsNan, exp.IsInf,
)  # fmt: skip
_INTEGER = (
    exp.Count, exp.CountIf, exp.ApproxDistinct, exp.RowNumber, exp.Rank, exp.DenseRank, exp.Ntile,
    exp.DateDiff, exp.Length, exp.StrPosition, exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Week,
    exp.Hour, exp.Minute, exp.DayOfWeek, exp.DayOfWeekIso, exp.DayOfYear, exp.ArraySize,
)  # fmt: skip
_NUMBER = (
    exp.Avg, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop, exp.Corr,
    exp.PercentileCont, exp.Sqrt, exp.Ln, exp.Log, exp.Exp, exp.Div, exp.Sin, exp.Cos, exp.Tan,
    exp.Asin, exp.Acos, exp.Atan, exp.Atan2, exp.Radians, exp.Degrees, exp.Pi, exp.TimeToUnix,
    exp.RegrSlope, exp.PercentRank, exp.CumeDist, exp.Pow,
)  # fmt: skip
_STRING = (
    exp.Upper, exp.Lower, exp.Trim, exp.Substring, exp.Left, exp.Right, exp.Concat, exp.ConcatWs,
    exp.Replace, exp.SplitPart, exp.RegexpExtract, exp.RegexpReplace, exp.DPipe, exp.GroupConcat,
    exp.TimeToStr, exp.Pad, exp.Dayname, exp.Monthname,
)  # fmt: skip
# Of the kind of their first argument.
_ITS_OWN = (
    exp.Alias, exp.Paren, exp.Neg, exp.Window, exp.Filter, exp.IgnoreNulls, exp.RespectNulls,
    exp.Min, exp.Max, exp.Sum, exp.AnyValue, exp.First, exp.Last, exp.Lag, exp.Lead, exp.FirstValue,
    exp.LastValue, exp.NthValue, exp.ArgMax, exp.ArgMin, exp.Abs, exp.Mode, exp.Nullif,
)  # fmt: skip
_SEVERAL = (exp.Coalesce, exp.Greatest, exp.Least)
_SUMS = (exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.IntDiv)
_BY_CLASS = ((_BOOLEAN, Kind.BOOLEAN), (_INTEGER, Kind.INTEGER), (_NUMBER, Kind.NUMBER),
             (_STRING, Kind.STRING))  # fmt: skip


def kind_of(node: exp.Expr, look: Look) -> Kind | None:
    """Return the kind of a value; ``look`` knows columns, parameters and sub-selects."""
    if isinstance(node, exp.Column | exp.Query | exp.Placeholder | exp.Anonymous):
        return look(node)
    if isinstance(node, exp.Cast):
        return _BY_TYPE.get(node.to.this)
    if isinstance(node, exp.Literal):
        return _literal(node)
    for classes, kind in _BY_CLASS:
        if isinstance(node, classes):
            return kind
    if isinstance(node, _ITS_OWN):
        return kind_of(node.this, look)
    if isinstance(node, _SEVERAL):
        return _one([node.this, *node.expressions], look)
    if isinstance(node, exp.Case):
        told = [each.args["true"] for each in node.args["ifs"]]
        return _one([*told, node.args.get("default")], look)
    return _sum(node, look) if isinstance(node, _SUMS) else None


def _literal(node: exp.Literal) -> Kind:
    if node.is_string:
        return Kind.STRING
    return Kind.INTEGER if node.name.isdigit() else Kind.NUMBER


def _one(nodes: list[exp.Expr | None], look: Look) -> Kind | None:
    """Return the kind that all of them have; a whole number among numbers is a number."""
    kinds = {
        kind_of(each, look) for each in nodes if each is not None and not isinstance(each, exp.Null)
    }
    if kinds == {Kind.INTEGER, Kind.NUMBER}:
        return Kind.NUMBER
    return kinds.pop() if len(kinds) == 1 else None


def _sum(node: exp.Expr, look: Look) -> Kind | None:
    left, right = node.this, node.expression
    if isinstance(right, exp.Interval):
        known = kind_of(left, look)
        return Kind.TIMESTAMP if known in (Kind.DATE, Kind.TIMESTAMP) else None
    kinds = (kind_of(left, look), kind_of(right, look))
    if kinds == (Kind.DATE, Kind.INTEGER):
        return Kind.DATE
    if kinds == (Kind.DATE, Kind.DATE):
        return Kind.INTEGER
    if set(kinds) <= {Kind.INTEGER, Kind.NUMBER}:
        return Kind.NUMBER if Kind.NUMBER in kinds else Kind.INTEGER
    return None
