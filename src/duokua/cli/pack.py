"""``duokua pack``: check, test and begin scenario packs (场景包)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from duokua.cli.outcome import WRONG_INPUT, Tell, guarded
from duokua.kernel.text import Text
from duokua.pack.looking import Looked, look_at
from duokua.pack.scaffold import pack_files, write_pack

_FOLDER = click.Path(path_type=Path)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def pack() -> None:
    """Scenario packs (场景包): a scenario is a folder of YAML and SQL.

    Example: duokua pack check packs/safe_site
    """


@pack.command()
@click.argument("paths", nargs=-1, required=True, type=_FOLDER)
@_JSON
@guarded
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check packs: everything that is wrong at once, by file and line, with the mend.

    Ends with 0 when all are in order, with 1 when any is not.

    Example: duokua pack check packs/* --json
    """
    tell, looked = Tell(as_json), look_at(paths)
    if as_json:
        tell.answer([_json(each) for each in looked], [])
    else:
        for each in looked:
            _say(tell, each)
    if any(each.faults for each in looked):
        sys.exit(WRONG_INPUT)


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
