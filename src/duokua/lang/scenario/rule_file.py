"""A rule's file: front matter in YAML within the leading comment, then one query.

::

    /*
    title: {zh: 无有效证书入场, en: On site without a valid certificate}
    kind: event                     # or state
    basis:
      - {text: {zh: …, en: …}, source: where it was read, mark: V}
    subject: [site_id, worker_id]   # columns: what one finding is about
    occurred_at: entered_at         # every event rule has one
    every: 15m                      # besides on new data; never cron
    window: 1d                      # what $since … $until span
    hold: 3m                        # that long at a level before it is raised
    clear_hold: 9m                  # that long without before it is cleared
    often: {times: 3, within: 8h}
    reopen_within: 90d
    applies_when: trade <> 'visitor'
    name: worker_name               # column that names the subject
    department: owner_code          # column with a department's code
    place: [lon, lat]
    show: [trade, expires_on]       # columns told as values
    baseline: {table: flow, subject: [station], at: at, value: inflow, slot: 15m, days: 28}
    playbook: stop_work
    ref: A07
    */
    select … as level …
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.lang.contract import Kind
from duokua.lang.parameter import Place, whole
from duokua.lang.scenario.front_matter import Front, is_cron, read_front
from duokua.lang.scenario.functions import Function
from duokua.lang.scenario.gate import (
    NO_FUNCTIONS,
    Admitted,
    Columns,
    Tables,
    admit,
    admit_condition,
)
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.rule import (
    BASELINE,
    LEVEL,
    WINDOW,
    Baseline,
    Basis,
    Often,
    Rule,
    RuleKind,
)
from duokua.lang.scenario.rule_keys import RULE
from duokua.lang.scenario.rule_query import named_in, words_of_level
from duokua.lang.scenario.span import NOTHING, Span, read_span

_KEYS = tuple(RULE.keys)
# What authors coming from schedulers, alarms or spreadsheets are likely to write.
_MEANT = {
    "frequency": "every", "schedule": "every", "interval": "every", "cron": "every", "id": "ref",
    "type": "kind", "key": "subject", "keys": "subject", "period": "window",
    "condition": "applies_when", "where": "applies_when", "columns": "show", "clauses": "basis",
    "source": "basis", "location": "place", "time": "occurred_at", "plan": "playbook",
}  # fmt: skip
_FORMS = {each.name: each.form for each in RULE.keys.values()}
_INSTANTS = (Kind.TIMESTAMP, Kind.DATE)
_NUMBERS = (Kind.NUMBER, Kind.INTEGER)
_DAYS = 3660  # of a baseline, at most


def read_rule(
    text: str,
    *,
    file: str,
    tables: Tables,
    parameters: Collection[str],
    playbooks: Collection[str],
    faults: Faults,
    functions: Mapping[str, Function] = NO_FUNCTIONS,
) -> Rule | None:
    """Read one rule; ``None``: something is wrong with it, and all of it has been noted.

    ``tables`` are those that it may read (consumed, reference and derived ones), ``parameters`` the
    ids of dated parameters, ``playbooks`` the ids of the pack's playbooks, ``functions`` its own.
    """
    own = Faults()
    front = read_front(text, file=file, faults=own)
    reader = _Reader(front, file, tables, parameters, playbooks, own, functions) if front else None
    rule = reader.read() if reader else None
    faults.found.extend(own.found)
    return None if own.found else rule


def baseline_columns(baseline: Baseline, tables: Tables) -> dict[str, Kind | None]:
    """Return the columns of the table that a baseline is read by."""
    known = tables.get(baseline.table, {})
    return {
        **{name: known.get(name) for name in baseline.subject},
        "day_kind": Kind.STRING, "slot": Kind.INTEGER, "median": Kind.NUMBER, "mad": Kind.NUMBER,
        "n": Kind.INTEGER,
    }  # fmt: skip


class _Reader:
    def __init__(
        self,
        front: Front,
        file: str,
        tables: Tables,
        parameters: Collection[str],
        playbooks: Collection[str],
        faults: Faults,
        functions: Mapping[str, Function],
    ) -> None:
        self.functions = functions
        self.front = front
        self.file = file
        self.tables = tables
        self.parameters = {*parameters, *WINDOW}
        self.playbooks = playbooks
        self.faults = faults
        self.top = replace(whole(front.document, faults), forms=_FORMS)

    def read(self) -> Rule:
        top = self.top
        top.only(*_KEYS, meant=_MEANT)
        name = PurePosixPath(self.file).stem
        if not is_word(name):
            self._add(f"{self.file}:1", f"文件名“{name}”不合规", f"{name!r} is no name for a rule",
                      "用小写字母、数字、下划线", "use a-z, 0-9 and _")  # fmt: skip
        baseline = self._baseline()
        admitted = self._query(baseline)
        rule = Rule(
            id=name,
            title=top.both("title"),
            kind=self._kind(),
            basis=tuple(self._basis()),
            subject=self._columns("subject", needed=True),
            sql=self.front.sql.strip(),
            query=admitted.query if admitted else "",
            tables=admitted.tables if admitted else (),
            parameters=self._named(admitted),
            columns=tuple(admitted.columns) if admitted else (),
            playbook=self._playbook(),
            occurred_at=self._column("occurred_at"),
            every=self._span("every"),
            window=self._span("window"),
            hold=self._span("hold") or NOTHING,
            clear_hold=self._span("clear_hold") or NOTHING,
            often=self._often(),
            reopen_within=self._span("reopen_within") or NOTHING,
            name=self._column("name"),
            department=self._column("department"),
            place=self._place(),
            show=self._columns("show"),
            baseline=baseline,
            ref=str(top.told.get("ref") or ""),
            file=self.file,
            lines={key: top.document.line_of((key,)) for key in top.told},
        )
        self._check_kind(rule)
        if admitted is not None:
            levels = self._check_columns(rule, admitted)
            applies = self._applies(admitted)
            named = tuple(sorted({*rule.parameters, *named_in(applies)}))
            rule = replace(rule, applies_when=applies, parameters=named, levels=levels)
        return rule

    # the query

    def _query(self, baseline: Baseline | None) -> Admitted | None:
        tables = dict(self.tables)
        if baseline is not None:
            tables[BASELINE + baseline.table] = baseline_columns(baseline, self.tables)
        return admit(
            self.front.sql, tables=tables, parameters=self.parameters, place=self.front.place,
            faults=self.faults, functions=self.functions,
        )  # fmt: skip

    def _named(self, admitted: Admitted | None) -> tuple[str, ...]:
        named = admitted.parameters if admitted else ()
        return tuple(each for each in named if each not in WINDOW)

    def _applies(self, admitted: Admitted) -> str | None:
        told = self.top.told.get("applies_when")
        if told is None:
            return None
        condition = self.top.word("applies_when")
        if not condition:
            return None
        return admit_condition(
            condition, columns=admitted.columns, parameters=self.parameters,
            where=self.top.document.place("applies_when"), faults=self.faults,
        )  # fmt: skip

    def _check_columns(self, rule: Rule, admitted: Admitted) -> tuple[str, ...]:
        known = admitted.columns
        lon_lat = rule.place or ()
        for key, names, kinds in (
            ("subject", rule.subject, ()), ("occurred_at", _some(rule.occurred_at), _INSTANTS),
            ("name", _some(rule.name), ()), ("department", _some(rule.department), ()),
            ("place", lon_lat, _NUMBERS), ("show", rule.show, ()),
        ):  # fmt: skip
            for column in names:
                self._check_column(key, column, kinds, known)
        return self._check_level(admitted)

    def _check_column(self, key: str, column: str, kinds: tuple[Kind, ...], known: Columns) -> None:
        where = self.top.document.place(key)
        if column not in known:
            listed = ", ".join(known)
            self._add(where, f"输出没有列 {column}", f"the output has no column {column}",
                      f"输出列：{listed}", f"its columns are: {listed}")  # fmt: skip
        elif kinds and known[column] is not None and known[column] not in kinds:
            words = ", ".join(kinds)
            self._add(where, f"列 {column} 须是 {words}", f"the column {column} has to be {words}",
                      "请换一列或在查询中转换", "use another column, or cast it in the query")  # fmt: skip

    def _check_level(self, admitted: Admitted) -> tuple[str, ...]:
        where = self.front.place(1 + self.front.sql[: _first_word(self.front.sql)].count("\n"))
        levels = ", ".join(Level)
        if LEVEL not in admitted.columns:
            self._add(where, "输出没有 level 列", "the output has no column level",
                      f"请输出 level：{levels}", f"return level: {levels}")  # fmt: skip
            return ()
        words = set(words_of_level(admitted.tree))
        for word in sorted(words - set(Level)):
            at = self.front.sql.find(f"'{word}'")
            line = self.front.place(1 + self.front.sql[: max(at, 0)].count("\n"))
            self._add(line, f"“{word}”不是等级", f"{word!r} is no level",
                      f"等级：{levels}", f"levels are {levels}")  # fmt: skip
        return tuple(level for level in Level if level in words)

    def _check_kind(self, rule: Rule) -> None:
        if self.top.told.get("kind") != rule.kind:
            return  # it is not known what is needed
        if rule.kind is RuleKind.EVENT and rule.occurred_at is None:
            self.top.wrong("occurred_at", "：事件规则须有", "is needed by an event rule")
        if rule.kind is RuleKind.STATE and rule.often is not None:
            self.top.wrong("often", "只用于事件规则", "is for event rules only")

    # the front matter

    def _kind(self) -> RuleKind:
        told = self.top.told.get("kind")
        if told not in set(RuleKind):
            self.top.wrong("kind", "须是 state 或 event", "has to be state or event")
            return RuleKind.STATE
        return RuleKind(str(told))

    def _basis(self) -> Iterator[Basis]:
        for place in self.top.items("basis"):
            place.only("text", "source", "mark")
            yield Basis(place.both("text"), place.word("source"), place.mark())

    def _columns(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        told = self.top.told.get(key)
        if told is None and not needed:
            return ()
        listed = told if isinstance(told, list) else [told]
        if not listed or not all(isinstance(each, str) and is_word(each) for each in listed):
            self.top.wrong(key, "须是列名的列表", "has to be a list of columns")
            return ()
        if len(set(listed)) != len(listed):
            self.top.wrong(key, "有重复的列", "names a column twice")
        return tuple(str(each) for each in listed)

    def _column(self, key: str) -> str | None:
        told = self.top.told.get(key)
        if told is None:
            return None
        if not isinstance(told, str) or not is_word(told):
            self.top.wrong(key, "须是一个列名", "has to be a column")
            return None
        return told

    def _place(self) -> tuple[str, str] | None:
        columns = self._columns("place")
        if columns and len(columns) != 2:
            self.top.wrong("place", "须是经度列与纬度列", "has to be the columns of lon and lat")
            return None
        return (columns[0], columns[1]) if columns else None

    def _playbook(self) -> str:
        told = self.top.word("playbook")
        if told and told not in self.playbooks:
            listed = ", ".join(sorted(self.playbooks)) or "–"
            self._add(self.top.document.place("playbook"), f"没有预案 {told}",
                      f"there is no playbook {told}", f"已有：{listed}；或新建 playbooks/{told}.yaml",
                      f"there are: {listed}; or write playbooks/{told}.yaml")  # fmt: skip
        return told

    def _span(self, key: str, place: Place | None = None) -> Span | None:
        place = place or self.top
        told = place.told.get(key)
        if told is None:
            return None
        if is_cron(told):
            place.wrong(key, "不能用 cron，请写 15m、2h、1d", "may not be cron: write 15m, 2h, 1d")
            return None
        span = read_span(told)
        if span is None or span.working:
            place.wrong(key, "须是时长，如 30s、15m、2h、1d", "has to be a span: 30s, 15m, 2h, 1d")
            return None
        if span.amount == 0 and key in ("every", "window", "within", "slot"):
            place.wrong(key, "须大于零", "has to be above zero")
        return span

    def _mapping(self, key: str, *known: str) -> Place | None:
        told = self.top.told.get(key)
        if told is None:
            return None
        if not isinstance(told, dict):
            self.top.wrong(key, f"须有 {'、'.join(known)}", f"needs {', '.join(known)}")
            return None
        place = Place(told, self.top.document, (key,), self.faults)
        place.only(*known)
        return place

    def _often(self) -> Often | None:
        place = self._mapping("often", "times", "within")
        if place is None:
            return None
        times, within = place.told.get("times"), self._span("within", place)
        if not isinstance(times, int) or isinstance(times, bool) or not 2 <= times <= 10_000:
            place.wrong("times", "须是 2 到 10000 的整数", "has to be a whole number of 2 to 10000")
            return None
        if within is None and place.told.get("within") is None:
            place.wrong("within", "须是时长", "has to be a span")
        return Often(times, within) if within else None

    def _baseline(self) -> Baseline | None:
        place = self._mapping("baseline", "table", "subject", "at", "value", "slot", "days")
        if place is None:
            return None
        table, at, value = place.word("table"), place.word("at"), place.word("value")
        told, slot = place.told.get("subject"), self._span("slot", place)
        subject = tuple(map(str, told)) if isinstance(told, list) else _some(told)
        days = place.told.get("days")
        if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= _DAYS:
            place.wrong("days", f"须是 1 到 {_DAYS} 的整数", f"has to be 1 to {_DAYS}")
            return None
        if slot is None or 86_400 % max(1, int(slot.length.total_seconds())):
            place.wrong("slot", "须能整除一天，如 15m", "has to divide a day, as 15m does")
            return None
        if not self._fits(place, table, subject, at, value):
            return None
        return Baseline(table, subject, at, value, slot, days)

    def _fits(
        self, place: Place, table: str, subject: tuple[str, ...], at: str, value: str
    ) -> bool:
        known = self.tables.get(table)
        if known is None:
            place.wrong("table", f"：没有表 {table}", f"there is no table {table}")
            return False
        fits = bool(subject)
        if not subject:
            place.wrong("subject", "须是列名的列表", "has to be a list of columns")
        for key, columns, kinds in (
            ("subject", subject, ()), ("at", (at,), (Kind.TIMESTAMP,)), ("value", (value,), _NUMBERS),
        ):  # fmt: skip
            for column in columns:
                if column not in known or (kinds and known[column] not in (*kinds, None)):
                    words = f" {', '.join(kinds)}" if kinds else ""
                    place.wrong(key, f"：表 {table} 须有列 {column}{words}",
                                f"{table} needs the column {column}{words}")  # fmt: skip
                    fits = False
        return fits

    def _add(self, where: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        self.faults.add(where, zh, en, mend_zh, mend_en)


def _some(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) and value else ()


def _first_word(sql: str) -> int:
    return len(sql) - len(sql.lstrip())
