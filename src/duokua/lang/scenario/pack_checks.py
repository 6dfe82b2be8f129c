"""What has to hold between files of a pack: tables, rules, playbooks, sentences, departments."""

from __future__ import annotations

import re
from collections.abc import Mapping

from duokua.kernel.errors import Faults
from duokua.lang.contract import Kind
from duokua.lang.contract import Level as Classified
from duokua.lang.personal import judge_column
from duokua.lang.scenario.gate import Admitted
from duokua.lang.scenario.kinds import name_of
from duokua.lang.scenario.level import WARNINGS, Level
from duokua.lang.scenario.manifest_file import FILE
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.playbook import Playbook
from duokua.lang.scenario.playbook_file import OWNER
from duokua.lang.scenario.queries import LOOP_TABLES
from duokua.lang.scenario.rule import BASELINE, Rule, RuleKind
from duokua.lang.scenario.sentence_file import clears, fires

_NAMED = re.compile(r"\$([a-z][a-z0-9_]*)")
_MARKS = {RuleKind.STATE: "no_finding", RuleKind.EVENT: "no_new_finding"}


def check_contracts(pack: Pack, kinds: Mapping[str, Mapping[str, str]], faults: Faults) -> None:
    """Note tables without contract, contracts of no table, and personal columns not classified."""
    there = {name_of(path) for path in kinds["contracts"]}
    manifest = pack.manifest
    consumed = [each.table for each in manifest.consumes]
    for key, names in (("consumes", consumed), ("provides", manifest.provides)):
        for name in names:
            if name and name not in there:
                faults.add(
                    _line(kinds["manifest"].get(FILE, ""), FILE, name),
                    f"{key} 中的 {name} 没有契约", f"{name} of {key} has no contract",
                    f"请写 contracts/{name}.odcs.yaml", f"write contracts/{name}.odcs.yaml",
                )  # fmt: skip
    known = {*consumed, *manifest.provides, *map(name_of, (*kinds["tables"], *kinds["datasets"]))}
    for path in kinds["contracts"]:
        if name_of(path) not in known:
            faults.add(
                f"{path}:1", "没有用到这份契约", "is the contract of nothing",
                "请在 pack.yaml 的 consumes 或 provides 中声明，或删去",
                "declare it in consumes or provides of pack.yaml, or remove it",
            )  # fmt: skip
    _check_names(pack, kinds, faults)
    _check_interfaces(pack, kinds, faults)
    _check_personal(pack, kinds, faults)


def _check_names(pack: Pack, kinds: Mapping[str, Mapping[str, str]], faults: Faults) -> None:
    consumed = {each.table for each in pack.manifest.consumes}
    derived, tables = (set(map(name_of, kinds[kind])) for kind in ("datasets", "tables"))
    for name in sorted((consumed & derived) | (consumed & tables)):
        faults.add(
            _line(kinds["manifest"].get(FILE, ""), FILE, name),
            f"{name} 在场景包里已有，不必读取", f"{name} is a table of the pack itself: not to be consumed",
            "请从 consumes 删去", "take it out of consumes",
        )  # fmt: skip
    for name in sorted({*consumed, *pack.manifest.provides, *tables}):
        if name in LOOP_TABLES or name.startswith(BASELINE):
            faults.add(
                f"contracts/{name}.odcs.yaml:1", f"{name} 是平台的表名", f"{name} is a table of the platform",
                "请换名", "choose another name",
            )  # fmt: skip
    for name in pack.manifest.provides:
        contract = pack.contracts.get(name)
        if contract is not None and contract.owner != pack.manifest.owner:
            faults.add(
                f"contracts/{name}.odcs.yaml:1",
                f"自带的数据集属于 {contract.owner}，不属于 {pack.manifest.owner}",
                f"belongs to {contract.owner}, not to {pack.manifest.owner} who owns the pack",
                f"请写 ownerDepartment: {pack.manifest.owner}",
                f"write ownerDepartment: {pack.manifest.owner}",
            )  # fmt: skip


def _check_interfaces(pack: Pack, kinds: Mapping[str, Mapping[str, str]], faults: Faults) -> None:
    """A pack publishes interfaces on data of its own; what others have, they publish."""
    own = set(pack.manifest.provides) - set(map(name_of, kinds["datasets"]))
    for name, each in pack.interfaces.items():
        if each.dataset not in own:
            path = f"interfaces/{name}.yaml"
            faults.add(
                _line(kinds["interfaces"].get(path, ""), path, each.dataset),
                f"{each.dataset} 不是场景包自带的数据集", f"{each.dataset} is no dataset of the pack's own",
                "请改为 provides 中的数据集，或删去此接口",
                "name one of provides that is no derived table, or remove the interface",
            )  # fmt: skip


def _check_personal(pack: Pack, kinds: Mapping[str, Mapping[str, str]], faults: Faults) -> None:
    """A column that looks personal says which datum it is, or is classified above open."""
    for name, contract in pack.contracts.items():
        path = f"contracts/{name}.odcs.yaml"
        for column in contract.columns:
            found = judge_column(column.name, column.title.zh, ())
            if found.kind is None or column.personal or column.level is not Classified.L1:
                continue
            faults.add(
                _line(kinds["contracts"].get(path, ""), path, column.name),
                f"列 {column.name} 像是个人信息，没有分级",
                f"{column.name} looks personal, but is not classified",
                f"请写 personal: {found.kind} 与 classification: L3，或分级为 L2 以上",
                f"write personal: {found.kind} with classification: L3, or classify it L2 or higher",
            )  # fmt: skip


def check_pack(
    pack: Pack,
    derived: Mapping[str, Admitted],
    files: Mapping[str, str],
    places: Mapping[str, str],
    broken: bool,
    faults: Faults,
) -> None:
    """Note what does not fit together; ``broken``: some rule could not be read, so uses are unknown."""
    if not any(path.startswith("rules/") for path in files):
        faults.add("rules/:1", "没有规则", "there are no rules",
                   "请写 rules/<名称>.sql", "write rules/<name>.sql")  # fmt: skip
    for rule in pack.rules.values():
        _check_sentences(pack, rule, faults)
        playbook = pack.playbooks.get(rule.playbook)
        if playbook is not None:
            _check_clocks(rule, playbook, faults)
            _check_departments(rule, playbook, faults)
            _check_verified(rule, playbook, faults)
    _check_columns(pack, files, faults)
    if not broken and not faults.found:
        _check_used(pack, derived, files, places, faults)


def _check_sentences(pack: Pack, rule: Rule, faults: Faults) -> None:
    own = [each for each in pack.sentences if each.rule == rule.id]
    for there, zh, en, mend in (
        (any(fires(each, rule) for each in own), "触发", "firing", "expect: [{level: red}]"),
        (any(clears(each, rule) for each in own), "不触发", "clearing", "expect: []"),
    ):
        if not there:
            faults.add(
                f"{rule.file}:1", f"没有{zh}的用例", f"has no {en} sentence",
                f"请在 tests/{rule.id}.yaml 写一条 {mend}",
                f"write one in tests/{rule.id}.yaml: {mend}",
            )  # fmt: skip


def _check_clocks(rule: Rule, playbook: Playbook, faults: Faults) -> None:
    given = [Level(each) for each in rule.levels] or list(WARNINGS)
    for level in given:
        if level is not Level.NONE and level not in playbook.clocks:
            if level is Level.UNKNOWN:
                continue  # its own kind of finding: without limits nobody is given a task
            faults.add(
                f"{playbook.file}:1", f"规则 {rule.id} 会给出 {level}，预案没有这一等级的时限",
                f"the rule {rule.id} may give {level}, for which there are no limits",
                f"请在 clocks 写 {level}: {{accept: 1h, dispose: 24h}} 或 all",
                f"write {level}: {{accept: 1h, dispose: 24h}} under clocks, or all",
            )  # fmt: skip


def _check_departments(rule: Rule, playbook: Playbook, faults: Faults) -> None:
    named = [task.department for task in playbook.tasks]
    named += [each.department for each in playbook.ladder] + list(playbook.verify.sign)
    for name in dict.fromkeys(named):
        if name.startswith("$") and name != OWNER and name[1:] not in rule.columns:
            faults.add(
                f"{playbook.file}:1", f"规则 {rule.id} 的结果没有列 {name[1:]}",
                f"the rule {rule.id} gives no column {name[1:]}",
                f"请让规则输出 {name[1:]}，或写部门代码",
                f"let the rule return {name[1:]}, or write a code",
            )  # fmt: skip


def _check_verified(rule: Rule, playbook: Playbook, faults: Faults) -> None:
    """An event cannot be undone: only that it does not happen again can be asked."""
    if playbook.verify.by != _MARKS[rule.kind]:
        faults.add(
            f"{playbook.file}:1",
            f"规则 {rule.id} 是 {rule.kind} 规则，核查须为 {_MARKS[rule.kind]}",
            f"{rule.id} is a rule of kind {rule.kind}, verified by {_MARKS[rule.kind]}",
            f"请写 verify: {{by: {_MARKS[rule.kind]}}}，或另写一份预案",
            f"write verify: {{by: {_MARKS[rule.kind]}}}, or another playbook",
        )  # fmt: skip


def _check_columns(pack: Pack, files: Mapping[str, str], faults: Faults) -> None:
    for each in pack.manifest.consumes:
        contract = pack.contracts.get(each.table)
        for name in each.columns if contract else ():
            if contract is not None and name not in contract.by_name:
                listed = ", ".join(contract.by_name)
                faults.add(
                    _line(files.get(FILE, ""), FILE, each.table),
                    f"{each.table} 的契约没有列 {name}", f"the contract of {each.table} has no column {name}",
                    f"可用：{listed}", f"use one of {listed}",
                )  # fmt: skip
        asked = each.columns or tuple(contract.by_name if contract else ())
        for name in each.newest if contract else ():
            if name not in asked:
                faults.add(
                    _line(files.get(FILE, ""), FILE, each.table),
                    f"newest 中的“{name}”不是所读的列", f"{name!r} of newest is no column that is read",
                    f"可用：{', '.join(asked)}", f"use one of {', '.join(asked)}",
                )  # fmt: skip
        column = contract.by_name.get(each.by) if contract and each.by in asked else None
        if each.by and contract and (column is None or column.kind is not Kind.TIMESTAMP):
            faults.add(
                _line(files.get(FILE, ""), FILE, each.table),
                f"by 须是所读的时刻列，“{each.by}”不是", f"{each.by!r} is no instant among the columns read",
                "请写契约中类型为 timestamp 的列", "name a column of kind timestamp of the contract",
            )  # fmt: skip


def _check_used(
    pack: Pack,
    derived: Mapping[str, Admitted],
    files: Mapping[str, str],
    places: Mapping[str, str],
    faults: Faults,
) -> None:
    """What is asked for is used: a grant that nothing needs is not asked for."""
    used = tables_used(pack, derived)
    for each in pack.manifest.consumes:
        if each.table not in used:
            faults.add(
                _line(files.get(FILE, ""), FILE, each.table),
                f"读取了 {each.table}，但没有用到", f"{each.table} is read but never used",
                "请从 consumes 删去", "take it out of consumes",
            )  # fmt: skip
    named = {name for rule in pack.rules.values() for name in rule.parameters}
    named |= _elsewhere(pack, derived)
    for name, where in places.items():
        if name not in named:
            faults.add(where, f"参数 {name} 没有用到", f"the parameter {name} is never used",
                       "请删去或在规则中写 $" + name, f"remove it, or say ${name} in a rule")  # fmt: skip
    for name in pack.playbooks.keys() - {rule.playbook for rule in pack.rules.values()}:
        faults.add(f"playbooks/{name}.yaml:1", "没有规则用到这份预案", "is the playbook of no rule",
                   "请删去，或在规则中写 playbook", "remove it, or name it in a rule")  # fmt: skip


def _elsewhere(pack: Pack, derived: Mapping[str, Admitted]) -> set[str]:
    """Return the parameters that queries besides rules' own name."""
    found = {name for each in derived.values() for name in each.parameters}
    texts = [panel.query for view in pack.views.values() for panel in view.panels]
    texts += [
        q
        for each in pack.indicators.values()
        for q in (each.numerator, each.denominator, each.rows)
    ]
    texts += [rule.applies_when or "" for rule in pack.rules.values()]
    return found | {word for text in texts for word in _NAMED.findall(text)}


def tables_used(pack: Pack, derived: Mapping[str, Admitted]) -> set[str]:
    """Return every table that a rule, a derived table, a view or an indicator reads."""
    found = {table for each in derived.values() for table in each.tables}
    for rule in pack.rules.values():
        found |= set(rule.tables)
        if rule.baseline is not None:
            found.add(rule.baseline.table)
    found |= {t for view in pack.views.values() for panel in view.panels for t in panel.tables}
    found |= {t for each in pack.indicators.values() for t in each.tables}
    return found


def _line(text: str, file: str, word: str) -> str:
    """Return ``file:line`` where a table is declared, or a column of a contract."""
    lines = text.splitlines()
    declared = range(len(lines))
    if file == FILE:  # below the keys that declare tables
        heads = [at for at, line in enumerate(lines) if line.startswith(("consumes:", "provides:"))]
        declared = range(min(heads, default=0), len(lines))
    form = re.compile(rf"(?<![a-z0-9_]){re.escape(word)}(?![a-z0-9_])")
    found = next((at for at in declared if form.search(lines[at])), 0)
    return f"{file}:{found + 1}"
