"""What of the quality scale can be seen from a pack's files (可自动核对的要求)."""

from __future__ import annotations

from collections.abc import Mapping

from duokua.lang.parameter import Mark
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.rule import LEVEL
from duokua.lang.scenario.sentence_file import clears, fires

_READ = (Mark.VERIFIED, Mark.PROPOSED)  # what the platform itself proposes has no other source


def seen(pack: Pack, files: Mapping[str, str]) -> dict[str, bool]:
    """Return for each rule of the scale that can be judged by machine whether it holds."""
    parameters = [each.mark for one in pack.parameters.values() for each in one.values]
    bases = [each.mark for rule in pack.rules.values() for each in rule.basis]
    return {
        "sentences": all(_both(pack, name) for name in pack.rules),
        "playbooks": all(rule.playbook in pack.playbooks for rule in pack.rules.values()),
        "unknown": any(
            row.get(LEVEL) == Level.UNKNOWN for each in pack.sentences for row in each.expect
        ),
        "fresh": all(each.fresh for each in pack.manifest.consumes),
        "evidence": all(any(t.asks for t in each.tasks) for each in pack.playbooks.values()),
        "ladder": all(each.ladder for each in pack.playbooks.values()),
        "view": bool(pack.views),
        "readme": {"README.md", "README.zh.md"} <= files.keys(),
        "sources": all(mark in _READ for mark in (*parameters, *bases)),
        "indicators": bool(pack.indicators),
        "samples": bool(pack.samples),
    }


def _both(pack: Pack, name: str) -> bool:
    rule, own = pack.rules[name], [each for each in pack.sentences if each.rule == name]
    return any(fires(each, rule) for each in own) and any(clears(each, rule) for each in own)
