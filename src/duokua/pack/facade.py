"""What the floor of packs offers to doors: install, upgrade, remove, export, trust, and looking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from duokua.kernel import clock
from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text
from duokua.lang.scenario.reading import read_pack
from duokua.loop.facade import rules, scenarios
from duokua.pack import bundle, selectors, signing
from duokua.pack.actions.checking import checked, refuse_unsigned
from duokua.pack.actions.installing import install
from duokua.pack.actions.removing import remove
from duokua.pack.actions.trusting import distrust, opened, trust
from duokua.pack.comparing import differences
from duokua.pack.values import (
    InstallationInfo,
    Need,
    Outcome,
    RuleState,
    TrustInfo,
    Upgrade,
)

__all__ = [
    "InstallationInfo",
    "Need",
    "Outcome",
    "RuleState",
    "TrustInfo",
    "Upgrade",
    "check_here",
    "check_sentences",
    "concerned",
    "distrust",
    "export",
    "functions",
    "install",
    "install_bundle",
    "installation",
    "installations",
    "installed_files",
    "needs",
    "opened",
    "preview_upgrade",
    "public_key",
    "remove",
    "rule_states",
    "simulate",
    "trust",
    "trusted",
]
installations = selectors.installations
trusted = selectors.trusted


def installation(pack_id: str) -> InstallationInfo:
    """Return one installation.

    :raises NotFound: it was never installed.
    """
    return selectors.info(selectors.row(pack_id))


def needs(pack_id: str, *, now: datetime) -> tuple[Need, ...]:
    """Return for each table that a pack reads whether its program may.

    :raises NotFound: it was never installed.
    """
    row = selectors.row(pack_id)
    return selectors.needs(selectors.pack_of(row), row, now)


def install_bundle(content: bytes, *, by: str, now: datetime, upgrade: bool = False) -> Outcome:
    """Install a signed bundle.

    :raises NotAllowed: nobody here trusts its key.
    :raises Invalid: its content is not what was signed, or does not fit.
    """
    found = opened(content)
    return install(
        found.files, by=by, now=now, origin="bundle", signed_by=found.key, upgrade=upgrade
    )


def export(files: Mapping[str, str], *, key: Path | None = None) -> bytes:
    """Return a pack as a bundle, signed by a key's file or by this home's own key.

    :raises Invalid: the pack is wrong, or the file is no key.
    """
    pack = read_pack(files)
    signer = signing.read_key(key) if key else signing.own_key()
    return bundle.write(files, pack=pack.manifest.pack, version=pack.manifest.version, key=signer)


def public_key(key: Path | None = None) -> bytes:
    """Return the public part of a key's file, or of this home's own key, 32 bytes.

    :raises Invalid: the file is no key.
    """
    signer = signing.read_key(key) if key else signing.own_key()
    return signer.public_key().public_bytes_raw()


def installed_files(pack_id: str) -> dict[str, str]:
    """Return the files from which a pack was installed.

    :raises NotFound: it was never installed.
    """
    return dict(selectors.row(pack_id).files)


def check_sentences(files: Mapping[str, str], *, signed: bool) -> None:
    """Run the sentences of a pack over the rows that they give; functions of a ``signed`` one only.

    :raises Invalid: the files are wrong, or a sentence does not hold; each by file and line.
    """
    faults, pack = Faults(), read_pack(files)
    refuse_unsigned(pack, signed=signed)
    for each in rules.check_sentences(pack, code=signed):
        if not each.passed:
            why = each.error or Text("结果与预期不符", "found something else")
            faults.add(
                f"{each.file}:{each.line}", f"用例“{each.name}”：{why.zh}", f"{each.name}: {why.en}",
                "请用 duokua pack test 查看差异", "see the difference by duokua pack test",
            )  # fmt: skip
    faults.raise_if_any(Text("规则用例未通过", "sentences of the pack do not hold"))


def check_here(files: Mapping[str, str], *, now: datetime) -> None:
    """Check that a pack could be installed here; nothing changes.

    :raises Invalid: naming everything that is wrong with the files, or with them here.
    """
    checked(files, signed=True, now=now)  # whether it is matters when it is installed


def preview_upgrade(files: Mapping[str, str], *, now: datetime) -> Upgrade:
    """Tell what a later version of an installed pack would change; nothing changes.

    :raises Invalid: the files are wrong.
    :raises NotFound: no version of it is installed.
    """
    after = checked(files, signed=True, now=now)  # whether it is matters when it is installed
    before = selectors.pack_of(selectors.row(after.manifest.pack))
    if before.manifest.pack != after.manifest.pack:
        raise Invalid(Text("不是同一场景包", "it is another pack"), Text("请核对", "check it"))
    changes = differences(before, after, clock.district_day(now))
    return Upgrade(after.manifest.pack, before.manifest.version, after.manifest.version, changes)


def concerned(files: Mapping[str, str], plan: Upgrade) -> tuple[str, ...]:
    """Return the rules of both versions that an upgrade lets decide otherwise."""
    after = read_pack(files)
    before = selectors.pack_of(selectors.row(plan.pack))
    changed = {each.name for each in plan.changes if each.kind == "rule"}
    figures = {each.name for each in plan.changes if each.kind == "parameter"}
    derived = any(each.kind in ("dataset", "functions") for each in plan.changes)
    return tuple(
        name
        for name, rule in after.rules.items()
        if name in before.rules and (name in changed or derived or figures & set(rule.parameters))
    )


def simulate(files: Mapping[str, str], rule: str, *, now: datetime) -> rules.Simulation:
    """Run a changed rule over the data as they are, beside the one that stands; nothing changes."""
    pack = read_pack(files)
    return rules.simulate(pack.manifest.pack, files, rule, now=now)


def functions(pack_id: str) -> tuple[tuple[str, ...], bool]:
    """Return the functions of an installed pack, and whether they run: a signature is trusted.

    :raises NotFound: it was never installed.
    """
    pack = selectors.pack_of(selectors.row(pack_id))
    return tuple(pack.functions.by_name), rules.runs_code(pack)


def rule_states(pack_id: str, *, now: datetime) -> list[RuleState]:
    """Return how each rule of an installed pack stands, by name.

    :raises NotFound: it was never installed.
    """
    row = selectors.row(pack_id)
    pack = selectors.pack_of(row)
    wanted = selectors.needs(pack, row, now)
    runs, opened_ = scenarios.last_runs(pack_id), scenarios.open_findings(pack_id)
    states = []
    for rule in pack.rules.values():
        missing = selectors.missing_of(pack, rule.tables, wanted)
        run = runs.get(rule.id)
        if missing:
            standing = "waiting"
        elif run is None:
            standing = "never"
        elif run.error:
            standing = "failed"
        else:
            standing = "stale" if run.stale else "ran"
        states.append(
            RuleState(
                rule.id, rule.title, rule.kind, standing,
                run.at if run else None, opened_.get(rule.id, 0),
                run.error if run else "", missing, rule.tables,
            )
        )  # fmt: skip
    return sorted(states, key=lambda each: each.rule)
