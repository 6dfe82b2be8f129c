"""What may stand in a statement: classes of nodes, functions, types. Anything else may not."""

from __future__ import annotations

from sqlglot import exp

# The frame of a query.
_FRAME: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.With, exp.CTE, exp.From,
    exp.Table, exp.TableAlias, exp.Join, exp.Where, exp.Group, exp.Having, exp.Qualify, exp.Order,
    exp.Ordered, exp.Limit, exp.Offset, exp.Distinct, exp.Window, exp.WindowSpec, exp.Values,
    exp.Rollup, exp.Cube, exp.GroupingSets, exp.Grouping,
)  # fmt: skip
# Values and what joins them.
_VALUES: tuple[type[exp.Expr], ...] = (
    exp.Identifier, exp.Column, exp.Alias, exp.Star, exp.Literal, exp.Null, exp.Boolean, exp.Tuple,
    exp.Paren, exp.Placeholder, exp.Interval, exp.Var, exp.DataType, exp.DataTypeParam, exp.Array,
    exp.And, exp.Or, exp.Not, exp.Neg, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is,
    exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between, exp.Like, exp.ILike, exp.Exists, exp.Any,
    exp.All, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.DPipe, exp.Xor,
    exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseLeftShift, exp.BitwiseRightShift, exp.Case, exp.If,
    exp.Cast, exp.TryCast, exp.Filter, exp.IgnoreNulls, exp.RespectNulls, exp.WithinGroup,
    exp.AtTimeZone, exp.Anonymous,
)  # fmt: skip
# Functions that give the same for the same input, read nothing else and cannot grow without bound.
_FUNCTIONS: tuple[type[exp.Expr], ...] = (
    exp.Count, exp.CountIf, exp.Sum, exp.Avg, exp.Min, exp.Max, exp.Median, exp.Mode, exp.Stddev,
    exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop, exp.Quantile, exp.PercentileCont,
    exp.PercentileDisc, exp.ApproxDistinct, exp.ArgMax, exp.ArgMin, exp.AnyValue, exp.First,
    exp.Last, exp.LogicalAnd, exp.LogicalOr, exp.GroupConcat, exp.ArrayAgg, exp.Corr, exp.CovarPop,
    exp.CovarSamp, exp.RegrSlope, exp.RegrIntercept, exp.RegrR2, exp.Kurtosis, exp.Skewness,
    exp.BitwiseOrAgg, exp.BitwiseAndAgg,
    exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile, exp.Lag,
    exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue,
    exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Trunc, exp.Sqrt, exp.Cbrt, exp.Pow, exp.Exp,
    exp.Ln, exp.Log, exp.Sign, exp.Greatest, exp.Least, exp.Sin, exp.Cos, exp.Tan, exp.Asin,
    exp.Acos, exp.Atan, exp.Atan2, exp.Radians, exp.Degrees, exp.Pi, exp.IsNan, exp.IsInf,
    exp.Coalesce, exp.Nullif,
    exp.Upper, exp.Lower, exp.Trim, exp.Length, exp.Substring, exp.Left, exp.Right, exp.Concat,
    exp.ConcatWs, exp.Replace, exp.Translate, exp.SplitPart, exp.Split, exp.StrPosition,
    exp.Contains, exp.StartsWith, exp.EndsWith, exp.Reverse, exp.RegexpLike, exp.RegexpFullMatch,
    exp.RegexpExtract, exp.RegexpReplace, exp.Pad, exp.Ascii, exp.Unicode, exp.Chr,
    exp.TimestampTrunc, exp.DateTrunc, exp.DateDiff, exp.DateAdd, exp.DateSub, exp.Extract,
    exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Week, exp.WeekOfYear, exp.DayOfWeek,
    exp.DayOfWeekIso, exp.DayOfMonth, exp.DayOfYear, exp.Hour, exp.Minute, exp.Second,
    exp.TimeToUnix, exp.Dayname, exp.Monthname, exp.LastDay, exp.DateFromParts, exp.TimeFromParts,
    exp.TimeToStr, exp.StrToTime, exp.DateBin, exp.ToDays, exp.TsOrDsToDate, exp.Date,
    exp.ArrayContains, exp.ArraySize, exp.ArrayMin, exp.ArrayMax, exp.ArraySort, exp.ArrayDistinct,
    exp.Bracket, exp.GenerateSeries, exp.MD5, exp.SHA2,
)  # fmt: skip
CLASSES = frozenset({*_FRAME, *_VALUES, *_FUNCTIONS})

# Functions that the parser has no class for, in lower case.
PLAIN_FUNCTIONS = frozenset(
    {
        "mad", "product", "geomean", "fsum", "favg", "entropy", "isfinite", "gcd", "lcm", "fmod",
        "fdiv", "even", "strlen", "prefix", "suffix", "strip_accents", "nfc_normalize", "ord",
        "date_part", "datepart", "date_sub", "datesub", "isoyear", "weekday", "yearweek", "age",
        "millisecond", "to_hours", "to_minutes", "to_seconds", "to_months", "to_weeks", "to_years",
        "try_strptime", "list_sum", "list_avg", "list_position",
    }
)  # fmt: skip

# What may be set on the nodes that decide which rows are read; nothing else of them may be.
_CLAUSES = {
    "with_", "joins", "where", "group", "having", "qualify", "windows", "order", "limit", "offset",
}  # fmt: skip
PARTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset({*_CLAUSES, "expressions", "distinct", "from_"}),
    exp.Union: frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset"}),
    exp.Intersect: frozenset(
        {"with_", "this", "expression", "distinct", "order", "limit", "offset"}
    ),
    exp.Except: frozenset({"with_", "this", "expression", "distinct", "order", "limit", "offset"}),
    exp.Subquery: frozenset({"this", "alias"}),
    exp.Table: frozenset({"this", "alias"}),
    exp.TableAlias: frozenset({"this", "columns"}),
    exp.Join: frozenset({"this", "on", "side", "kind", "using", "method"}),
    exp.With: frozenset({"expressions"}),
    exp.CTE: frozenset({"this", "alias", "materialized"}),
    exp.Star: frozenset({"except_"}),
    exp.Column: frozenset({"this", "table"}),
    exp.In: frozenset({"this", "expressions", "query"}),
    exp.Limit: frozenset({"expression"}),
    exp.Values: frozenset({"expressions", "alias"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.TryCast: frozenset({"this", "to", "safe", "requires_string"}),
    exp.Identifier: frozenset({"this", "quoted"}),
    exp.Placeholder: frozenset({"this"}),
    exp.Ordered: frozenset({"this", "desc", "nulls_first"}),
    exp.Distinct: frozenset({"expressions", "on"}),
}
JOIN_WORDS = {
    "side": {"", "LEFT", "RIGHT", "FULL"},
    "kind": {"", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"},
    "method": {"", "ASOF"},
}

_TYPE = exp.DataType.Type
TYPES = frozenset(
    {
        _TYPE.BOOLEAN, _TYPE.TINYINT, _TYPE.SMALLINT, _TYPE.INT, _TYPE.BIGINT, _TYPE.INT128,
        _TYPE.UTINYINT, _TYPE.USMALLINT, _TYPE.UINT, _TYPE.UBIGINT, _TYPE.FLOAT, _TYPE.DOUBLE,
        _TYPE.DECIMAL, _TYPE.VARCHAR, _TYPE.TEXT, _TYPE.CHAR, _TYPE.DATE, _TYPE.TIME,
        _TYPE.TIMESTAMP, _TYPE.TIMESTAMPTZ, _TYPE.TIMESTAMPNTZ, _TYPE.TIMESTAMPLTZ, _TYPE.INTERVAL,
    }
)  # fmt: skip
UNITS = frozenset(
    {
        "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter",
        "year", "epoch", "dow", "isodow", "doy", "isoyear", "dayofweek", "dayofyear", "weekofyear",
        "weekday", "julian",
    }
)  # fmt: skip

# What to write instead, for what authors are likely to try.
_TODAY = ("请用 $today、$since、$until：结果不随运行时刻改变",
          "use $today, $since, $until: the result may not depend on when it is run")  # fmt: skip
INSTEAD: dict[str, tuple[str, str]] = {
    "CurrentDate": _TODAY, "CurrentTimestamp": _TODAY, "CurrentTime": _TODAY,
    "Localtime": _TODAY, "Localtimestamp": _TODAY, "now": _TODAY, "get_current_timestamp": _TODAY,
    "Lateral": ("请用 WITH 或相关子查询", "use WITH or a correlated subquery"),
    "Fetch": ("请用 LIMIT", "use LIMIT"),
    "Pivot": ("请用 sum(…) filter (where …)", "use sum(…) filter (where …)"),
    "Columns": ("请逐一写出列名", "write the columns' names"),
    "TableSample": ("请删去抽样：规则须判断全部主体", "remove the sample: a rule judges everybody"),
    "Rand": ("请删去随机数：同样的输入须有同样的结果", "remove it: equal input has to give an equal result"),
    "Repeat": ("请写出文字", "write the text out"),
    "Format": ("请用 round(…) 与 ||", "use round(…) and ||"),
    "printf": ("请用 round(…) 与 ||", "use round(…) and ||"),
    "Levenshtein": ("请用相等、starts_with 或 contains", "use equality, starts_with or contains"),
    "Lambda": ("请用 WITH 与 group by", "use WITH and group by"),
    "Explode": ("请用 from range(0, n) as t(i)", "use from range(0, n) as t(i)"),
    "Unnest": ("请用 from range(0, n) as t(i)", "use from range(0, n) as t(i)"),
}  # fmt: skip
USUAL = ("请用清单内的写法，见场景包指南“SQL 里可用什么”",
         "use what is listed, see the pack guide, “What may stand in SQL”")  # fmt: skip
