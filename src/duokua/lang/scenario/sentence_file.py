"""Reads sentences (规则用例), ``tests/*.yaml``: with these rows at this instant, a rule finds that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta, timezone

from duokua.kernel.errors import Faults
from duokua.lang.contract import Column, Contract, Kind
from duokua.lang.parameter import Parameter
from duokua.lang.scenario.level import WARNINGS, Level
from duokua.lang.scenario.pack import Moment, Sentence
from duokua.lang.scenario.part import Part, key, shape
from duokua.lang.scenario.rule import BASELINE, LEVEL, Rule, RuleKind
from duokua.lang.scenario.span import read_span
from duokua.lang.yamlfile import Document

DISTRICT = timezone(timedelta(hours=8))  # of instants that are written without an offset
_MOST_ROWS = 1_000

SENTENCE = shape(
    "tests/*.yaml", "用例", "a sentence",
    key("name", "text", "一句话说明用例", "what it says, as a sentence", needed=True),
    key("rule", "word", "规则", "the rule", needed=True),
    key("at", "2026-05-06T12:00", "判断的时刻（不写时区即北京时间）",
        "the instant; without an offset, Beijing time", needed=True),
    key("given", "{table: [{…}]}", "各表的数据，未写的表为空",
        "rows by table; tables that are not named are empty", needed=True),
    key("expect", "[{…}]", "应得的结果，只写要核对的列；[] 为没有",
        "what is found, the columns to be compared; []: nothing", needed=True),
    key("parameters", "{id: value}", "代替参数的值", "values instead of the parameters' own"),
    key("then", "[{at, given, expect}]",
        "随后的时刻；写了它，各 expect 都写当时仍存在的发现（计入持续、回差与次数）",
        "moments that follow; with them each expect tells what is open then, by hold, hysteresis and counts"),
)  # fmt: skip
MOMENT = shape(
    "tests/*.yaml: then", "用例的随后时刻", "a moment that follows",
    key("at", "2026-05-06T12:10", "时刻，或距上一时刻多久（如 10m）",
        "the instant, or how long after the one before, such as 10m", needed=True),
    key("given", "{table: [{…}]}", "重新给出的表，未写的表不变",
        "tables that are given anew; the others stay as they were"),
    key("expect", "[{…}]", "此时仍存在的发现；[] 为没有", "what is open then; []: nothing", needed=True),
)  # fmt: skip


def read_sentences(
    document: Document,
    *,
    rules: Mapping[str, Rule | None],
    contracts: Mapping[str, Contract],
    parameters: Mapping[str, Parameter],
    faults: Faults,
) -> Iterator[Sentence]:
    """Yield the sentences of a file; a rule is ``None`` where its own file is wrong."""
    listed = document.value
    if not isinstance(listed, list) or not listed:
        faults.add(document.place(), "须是用例的列表", "has to be a list of sentences",
                   "请以 - name: 开头写用例", "begin each with - name:")  # fmt: skip
        return
    for at, value in enumerate(listed):
        part = Part(value, SENTENCE, document, faults, (at,))
        name = part.choice("rule", tuple(rules))
        rule, begins = rules.get(name), _at(part)
        yield Sentence(
            name=part.text("name"),
            rule=name,
            at=begins,
            given=_given(part, rule, contracts),
            expect=_expect(part, rule),
            parameters=_parameters(part, parameters),
            file=document.source,
            line=document.line_of((at,)),
            then=tuple(_then(part, begins, rule, contracts)),
        )


def _then(
    part: Part, begins: str, rule: Rule | None, contracts: Mapping[str, Contract]
) -> Iterator[Moment]:
    last = begins
    for each in part.parts("then", MOMENT):
        at = _later(each, last)
        yield Moment(at or last, _given(each, rule, contracts), _expect(each, rule))
        last = at or last


def _later(part: Part, last: str) -> str:
    """Return the instant of a moment, which lies after the one before."""
    span = read_span(part.text("at"))
    if span is not None and not span.working:
        found = datetime.fromisoformat(last) + span.length if last else None
    else:
        found = datetime.fromisoformat(at) if (at := _at(part)) else None
    if found is not None and last and found <= datetime.fromisoformat(last):
        part.wrong("at", "须晚于上一时刻", "has to lie after the moment before")
        return ""
    return found.isoformat() if found else ""


def fires(sentence: Sentence, rule: Rule) -> bool:
    """Tell whether a sentence shows the rule finding something."""
    told = [row for moment in sentence.moments for row in moment.expect]
    if rule.kind is RuleKind.EVENT or sentence.then:
        return any(row.get(LEVEL, WARNINGS[0]) in WARNINGS for row in told)
    return any(row.get(LEVEL) in WARNINGS for row in told)


def clears(sentence: Sentence, rule: Rule) -> bool:
    """Tell whether a sentence shows a subject that the rule does not find anything about.

    An event rule is silent; a state rule says ``none``, or leaves the subject out.
    """
    if rule.kind is RuleKind.EVENT or sentence.then:
        silent = any(not moment.expect for moment in sentence.moments)
        return silent and any(rows for moment in sentence.moments for rows in moment.given.values())
    quiet = not sentence.expect and any(sentence.given.values())
    return quiet or any(row.get(LEVEL) == "none" for row in sentence.expect)


def _at(part: Part) -> str:
    told = part.text("at")
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        if told:
            part.wrong("at", "不是时刻", "is no instant")
        return ""
    return _with_offset(found).isoformat()


def _with_offset(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=DISTRICT)


def _rows(part: Part, value: object, *at: str | int) -> list[dict[str, object]]:
    whole = isinstance(value, list) and all(isinstance(each, dict) for each in value)
    if not isinstance(value, list) or not whole or len(value) > _MOST_ROWS:
        part.tell(f"须是行的列表，至多 {_MOST_ROWS} 行", f"has to be a list of up to {_MOST_ROWS} rows",
                  "请写 [{列: 值}]", "write [{column: value}]", *at)  # fmt: skip
        return []
    return value


def _given(
    part: Part, rule: Rule | None, contracts: Mapping[str, Contract]
) -> dict[str, list[dict[str, object]]]:
    found = {}
    for table in part.names("given"):
        told = part.told["given"]
        rows = _rows(part, told[table] if isinstance(told, dict) else None, "given", table)
        if rule is not None and table not in _tables_of(rule, contracts):
            listed = ", ".join(sorted(_tables_of(rule, contracts)))
            part.tell(f"规则不读取 {table}", f"the rule does not read {table}",
                      f"它读取：{listed}", f"it reads: {listed}", "given", table)  # fmt: skip
        elif table in contracts:
            rows = [_typed(part, row, contracts[table], table, at) for at, row in enumerate(rows)]
        found[table] = rows
    return found


def _tables_of(rule: Rule, contracts: Mapping[str, Contract]) -> set[str]:
    """What may be given: what the rule reads, and what tables that it reads may be made of."""
    read = set(rule.tables)
    if rule.baseline is not None:
        read.add(rule.baseline.table)
    if any(each not in contracts and not each.startswith(BASELINE) for each in read):
        return read | set(contracts)
    return read


def _typed(
    part: Part, row: dict[str, object], contract: Contract, table: str, at: int
) -> dict[str, object]:
    found = {}
    for name, value in row.items():
        column = contract.by_name.get(name)
        if column is None:
            listed = ", ".join(contract.by_name)
            part.tell(f"表 {table} 没有列 {name}", f"{table} has no column {name}",
                      f"可用：{listed}", f"use one of {listed}", "given", table, at, name)  # fmt: skip
            continue
        fitting = fit(value, column)
        if fitting is None and value is not None:
            part.tell(f"列 {name} 须是 {column.kind}", f"the column {name} has to be {column.kind}",
                      "请更正这个值", "correct the value", "given", table, at, name)  # fmt: skip
        found[name] = fitting
    return found


def fit(value: object, column: Column) -> object:
    """Return a value as the kind of a column has it; ``None``: it is not of that kind."""
    kind = column.kind
    if kind is Kind.STRING:
        return str(value) if isinstance(value, str | int | float) else None
    if kind is Kind.BOOLEAN:
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if kind is Kind.INTEGER:
        return value if isinstance(value, int) else None
    if kind is Kind.NUMBER:
        return value if isinstance(value, int | float) else None
    return _instant(value, kind)


def _instant(value: object, kind: Kind) -> str | None:
    try:
        if kind is Kind.DATE:
            return date.fromisoformat(str(value)).isoformat()
        return _with_offset(datetime.fromisoformat(str(value))).isoformat()
    except ValueError:
        return None


def _expect(part: Part, rule: Rule | None) -> list[dict[str, object]]:
    rows = _rows(part, part.told.get("expect", []), "expect")
    for at, row in enumerate(rows):
        for name in row:
            if rule is not None and name not in rule.columns:
                listed = ", ".join(rule.columns)
                part.tell(f"规则的结果没有列 {name}", f"the rule gives no column {name}",
                          f"可用：{listed}", f"use one of {listed}", "expect", at, name)  # fmt: skip
        if LEVEL in row and str(row[LEVEL]) not in set(Level):
            listed = ", ".join(Level)
            told = str(row[LEVEL])[:40]
            part.tell(f"“{told}”不是等级", f"“{told}” is no level",
                      f"可用：{listed}", f"use one of {listed}", "expect", at, LEVEL)  # fmt: skip
    return rows


def _parameters(part: Part, known: Mapping[str, Parameter]) -> dict[str, object]:
    told = part.told.get("parameters")
    for name in part.names("parameters"):
        if name not in known:
            listed = ", ".join(known) or "–"
            part.tell(f"没有参数 {name}", f"there is no parameter {name}",
                      f"可用：{listed}", f"use one of {listed}", "parameters", name)  # fmt: skip
    return dict(told) if isinstance(told, dict) else {}
