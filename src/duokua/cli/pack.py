"""``duokua pack``: check, test and begin scenario packs (场景包)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import WRONG_INPUT, Tell, guarded
from duokua.cli.pack_install import COMMANDS
from duokua.cli.start import start
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Language, Text
from duokua.lang.scenario.reading import read_pack
from duokua.pack.folder import files_of
from duokua.pack.looking import Looked, look_at
from duokua.pack.scaffold import pack_files, write_pack

if TYPE_CHECKING:
    from duokua.loop.facade.rules import SentenceResult

_FOLDER = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def pack() -> None:
    """Scenario packs (场景包): a scenario is a folder of YAML and SQL.

    Example: duokua pack check packs/safe_site
    """


@pack.command()
@click.argument("paths", nargs=-1, required=True, type=_FOLDER)
@click.option("--here", is_flag=True, help="Also against this district: departments, interfaces.")
@_JSON
@guarded
def check(paths: tuple[Path, ...], here: bool, as_json: bool) -> None:
    """Check packs: everything that is wrong at once, by file and line, with the mend.

    No running platform is needed; with --here, what a pack names is looked up in this one.
    Ends with 0 when all are in order, with 1 when any is not.

    Example: duokua pack check packs/* --here --json
    """
    tell, looked = Tell(as_json), look_at(paths)
    if here:
        looked = [_looked_up(each) for each in looked]
    if as_json:
        tell.answer([_json(each) for each in looked], [])
    else:
        for each in looked:
            _say(tell, each)
    if any(each.faults for each in looked):
        sys.exit(WRONG_INPUT)


def _looked_up(found: Looked) -> Looked:
    """Check what is in order by itself against this district."""
    if found.faults or found.tier == "law":
        return found
    start()
    from duokua.pack import facade

    try:
        facade.check_here(files_of(found.path), now=clock.now())
    except Invalid as error:
        return replace(found, faults=error.faults)
    return found


def _say(tell: Tell, found: Looked) -> None:
    path = found.path
    if not found.faults:
        tell.line(
            Text(
                f"{path}：无误，{len(found.rules)} 条规则，{found.sentences} 条用例",
                f"{path}: in order, {len(found.rules)} rules, {found.sentences} sentences",
            )
        )
        return
    count = len(found.faults)
    tell.line(Text(f"{path}：{count} 处有误", f"{path}: {count} faults"))
    for each in found.faults:
        where = path / each.where if each.where else path
        tell.line(
            Text(
                f"  {where}: {each.what.zh} → {each.mend.zh}",
                f"  {where}: {each.what.en} → {each.mend.en}",
            )
        )


def _json(found: Looked) -> dict[str, Any]:
    value: dict[str, Any] = {
        "path": str(found.path),
        "faults": [
            {"where": each.where, "what": _both(each.what), "mend": _both(each.mend)}
            for each in found.faults
        ],
    }
    if not found.faults:
        value |= {
            "pack": found.pack,
            "version": found.version,
            "tier": found.tier,
            "rules": list(found.rules),
            "sentences": found.sentences,
        }
    return value


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


@pack.command()
@click.argument("name")
@click.option("--owner", default="data_bureau", help="Code of the department that answers for it.")
@click.option("--title-zh", help="Its title in Chinese.")
@click.option("--title-en", help="Its title in English.")
@click.option("--into", default=".", type=_FOLDER, help="The folder to write it into.")
@_JSON
@guarded
def new(
    name: str,
    owner: str,
    title_zh: str | None,
    title_en: str | None,
    into: Path,
    as_json: bool,
) -> None:
    """Write a new pack that runs: one rule with everything that belongs to it.

    Example: duokua pack new noise_watch --owner data_bureau --into packs
    """
    title = Text(title_zh or title_en or name, title_en or title_zh or name)
    told = pack_files(name, owner=owner, title=title)
    folder = into / name
    write_pack(folder, told)
    lines = sum(text.count("\n") for text in told.values())
    Tell(as_json).answer(
        {"pack": name, "path": str(folder), "files": sorted(told), "lines": lines},
        [
            Text(
                f"已写入 {folder}：{len(told)} 个文件，{lines} 行。下一步：duokua pack check {folder}",
                f"wrote {folder}: {len(told)} files, {lines} lines. Next: duokua pack check {folder}",
            )
        ],
    )


@pack.command()
@click.argument("path", type=_FOLDER)
@click.option("--rule", help="Only the sentences of this rule.")
@click.option("--own-code", is_flag=True, help="Run functions.py: I wrote or read it.")
@_JSON
@guarded
def test(path: Path, rule: str | None, own_code: bool, as_json: bool) -> None:
    """Run the sentences of a pack: with these rows at this instant, a rule finds that.

    Ends with 0 when all of them hold, with 1 when any does not. No data is read. Functions of a
    pack run in a process without files or network, and only when told so.

    Example: duokua pack test packs/safe_site --rule expired_certificate
    """
    read = read_pack(files_of(path), folder=path.resolve().name)
    if rule is not None:
        read = replace(read, sentences=tuple(e for e in read.sentences if e.rule == rule))
    results = rules().check_sentences(read, code=own_code)
    tell = Tell(as_json)
    failed = [each for each in results if not each.passed]
    if as_json:
        tell.answer(
            {"path": str(path), "sentences": [_sentence_json(each) for each in results]}, []
        )
    else:
        for each in failed:
            _say_sentence(tell, path, each)
        tell.line(
            Text(
                f"{path}：{len(results)} 条用例，{len(failed)} 条不成立",
                f"{path}: {len(results)} sentences, {len(failed)} do not hold",
            )
        )
    if failed or not results:
        sys.exit(WRONG_INPUT)


def rules() -> Any:
    """Return what the loop offers about rules."""
    import django  # takes most of a second, which `check` does not need

    django.setup()
    from duokua.loop.facade import rules

    return rules


def _say_sentence(tell: Tell, path: Path, result: SentenceResult) -> None:
    where = f"{path / result.file}:{result.line}"
    tell.line(Text(f"{where}: {result.name}", f"{where}: {result.name}"))
    if result.at:
        at = clock.district_time(clock.from_iso(result.at))
        tell.line(Text(f"  在 {at}：", f"  at {at}:"))
    if result.error is not None:
        tell.line(Text(f"  {result.error.zh}", f"  {result.error.en}"))
    for zh, en, rows in (
        ("  应有而没有：", "  wanted, not found: ", result.missing),
        ("  多出：", "  found besides: ", result.besides),
    ):
        for row in rows:
            told = ", ".join(f"{name}: {value}" for name, value in row.items())
            tell.line(Text(f"{zh}{told}", f"{en}{told}"))


def _sentence_json(result: SentenceResult) -> dict[str, Any]:
    return {
        "name": result.name,
        "rule": result.rule,
        "where": f"{result.file}:{result.line}",
        "passed": result.passed,
        "missing": [_plain(row) for row in result.missing],
        "besides": [_plain(row) for row in result.besides],
        "error": _both(result.error) if result.error else None,
        "at": result.at or None,
        "took_ms": result.took_ms,
    }


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = (str, int, float, bool, type(None))
    return {name: v if isinstance(v, kept) else str(v) for name, v in row.items()}


@pack.command()
@click.option("--language", type=click.Choice(["zh", "en"]), help="Of the text; by default yours.")
@_JSON
@guarded
def keys(language: Language | None, as_json: bool) -> None:
    """Print the reference of every key of every file of a pack, as Markdown.

    Example: duokua pack keys --language en
    """
    from duokua.lang.scenario import reference

    tell = Tell(as_json)
    text = reference.reference(language or tell.language).rstrip("\n")
    tell.answer(reference.plain(), [Text(text, text)])


for _each in COMMANDS:
    pack.add_command(_each)
