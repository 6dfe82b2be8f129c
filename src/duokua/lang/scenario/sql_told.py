"""What may stand in the SQL of packs, by use, with examples; each of them passes the gate."""

from __future__ import annotations

from duokua.kernel.text import Text

WINDOW_TOLD: dict[str, Text] = {
    "since": Text("时间窗的起点（时刻，含）", "where the window begins, an instant, within it"),
    "until": Text("时间窗的终点（时刻，不含），即判断的时刻",
    "where it ends, not within it: the instant of judging"),
    "today": Text("本区的当日", "the day of the district"),
}  # fmt: skip
# Expressions over a table t with the columns a, b (numbers), s (text), at (an instant), d (a day)
# and ok (a boolean).
GROUPS: tuple[tuple[Text, tuple[str, ...]], ...] = (
    (Text("聚合", "aggregates"), (
        "count(*)", "count(distinct s)", "sum(a)", "avg(a)", "min(a)", "max(a)", "median(a)",
        "mad(a)", "stddev(a)", "quantile_cont(a, 0.9)", "arg_max(a, at)", "arg_min(a, at)",
        "bool_and(ok)", "bool_or(ok)", "string_agg(s, ', ')", "sum(a) filter (where ok)",
    )),
    (Text("窗口", "windows"), (
        "row_number() over (partition by s order by at)", "lag(a) over (order by at)",
        "lead(a) over (order by at)", "first_value(a) over (order by at)",
        "avg(a) over (order by at rows between 5 preceding and current row)",
        "rank() over (order by a desc)",
    )),
    (Text("数", "numbers"), (
        "abs(a)", "round(a, 1)", "ceil(a)", "floor(a)", "sqrt(a)", "ln(a)", "power(a, 2)",
        "greatest(a, b)", "least(a, b)", "a % 2", "radians(a)", "cos(a)", "atan2(a, b)",
    )),
    (Text("条件", "conditions"), (
        "case when a > b then 'red' else 'none' end", "coalesce(a, 0)", "nullif(a, 0)",
        "a between 1 and 2", "a in (1, 2)", "s like 'A%'", "a is null", "a is distinct from b",
        "exists (select 1 from t as u where u.s = t.s)",
    )),
    (Text("文字", "texts"), (
        "s || '号'", "upper(s)", "trim(s)", "length(s)", "substring(s, 1, 3)", "replace(s, 'a', 'b')",
        "split_part(s, '-', 1)", "starts_with(s, 'A')", "contains(s, 'A')", "regexp_matches(s, '^A')",
        "lpad(s, 4, '0')",
    )),
    (Text("时间", "times"), (
        "d + 3", "at + interval 30 minute", "date_diff('minute', at, $until)", "date_trunc('hour', at)",
        "extract(hour from at)", "cast(at as date)", "date '2026-01-01'", "strftime(at, '%H:%M')",
        "last_day(d)", "epoch(at)",
    )),
    (Text("转换", "casts"), (
        "cast(s as double)", "try_cast(s as bigint)", "cast(a as varchar)",
    )),
)  # fmt: skip
