"""The engine's own words for what may stand in a query of a scenario; see the second look."""

from __future__ import annotations

# Classes of values.
CLASSES = frozenset(
    {
        "BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION",
        "OPERATOR", "PARAMETER", "STAR", "SUBQUERY", "TYPE", "WINDOW",
    }
)  # fmt: skip
# What rows come from, and the frames of queries.
NODES = frozenset(
    {
        "BASE_TABLE", "EMPTY", "EXPRESSION_LIST", "JOIN", "SUBQUERY", "TABLE_FUNCTION",
        "SELECT_NODE", "SET_OPERATION_NODE",
    }
)  # fmt: skip
SERIES = frozenset({"range", "generate_series"})  # tables that a function makes
FUNCTIONS = frozenset(
    {
        "!~~", "!~~*", "%", "&", "*", "**", "+", "-", "/", "//", "<<", ">>", "|", "||", "~~", "~~*",
        "abs", "acos", "age", "any_value", "approx_count_distinct", "arg_max", "arg_min",
        "array_agg", "array_contains", "array_length", "ascii", "asin", "atan", "atan2", "avg",
        "bit_and", "bit_or", "bool_and", "bool_or", "cbrt", "ceil", "chr", "concat", "concat_ws",
        "contains", "corr", "cos", "count", "count_if", "count_star", "covar_pop", "covar_samp",
        "cume_dist", "date_diff", "date_part", "date_sub", "date_trunc", "datepart", "datesub",
        "day", "dayname", "dayofmonth", "dayofweek", "dayofyear", "degrees", "dense_rank",
        "ends_with", "entropy", "epoch", "even", "exp", "favg", "fdiv", "first", "first_value",
        "floor", "fmod", "gcd", "generate_series", "geomean", "greatest", "hour", "isfinite",
        "isinf", "isnan", "isodow", "isoyear", "kurtosis", "lag", "last", "last_day",
        "last_value", "lcm", "lead", "least", "left", "length", "like_escape", "list_avg",
        "list_distinct", "list_max", "list_min", "list_position", "list_sort", "list_sum",
        "list_value", "listagg", "ln", "log", "lower", "lpad", "ltrim", "mad", "make_date",
        "make_time", "max", "md5", "median", "millisecond", "min", "minute", "mode", "month",
        "monthname", "nfc_normalize", "nth_value", "ntile", "nullif", "ord", "percent_rank", "pi",
        "power", "prefix", "product", "quantile", "quantile_cont", "quantile_disc", "quarter",
        "radians", "range", "rank", "regexp_extract", "regexp_full_match", "regexp_matches",
        "regexp_replace", "regr_intercept", "regr_r2", "regr_slope", "replace", "reverse",
        "right", "round", "row_number", "rpad", "rtrim", "second", "sha256", "sign", "sin",
        "skewness", "split_part", "sqrt", "starts_with", "stddev", "stddev_pop", "stddev_samp",
        "str_split", "strftime", "strip_accents", "strlen", "strpos", "strptime", "substring",
        "suffix", "sum", "tan", "time_bucket", "timezone", "to_days", "to_hours", "to_minutes",
        "to_months", "to_seconds", "to_weeks", "to_years", "translate", "trim", "trunc",
        "try_strptime", "unicode", "upper", "var_pop", "var_samp", "variance", "week", "weekday",
        "weekofyear", "xor", "year", "yearweek",
    }
)  # fmt: skip
