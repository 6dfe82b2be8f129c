"""A new pack (新建场景包): a running one with one rule, written from a template of texts."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from duokua.kernel.errors import Conflict, Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text

_MOST_NAME = 40  # its tables are named after it


def pack_files(name: str, *, owner: str, title: Text | None = None) -> dict[str, str]:
    """Return the files of a new pack, by their paths within its folder.

    :raises Invalid: the name is no word.
    """
    faults = Faults()
    if not is_word(name) or len(name) > _MOST_NAME:
        faults.add("NAME", f"“{name}”不能作为场景包的标识", f"{name!r} cannot be a pack's id",
                   f"请用小写字母、数字、下划线，至多 {_MOST_NAME} 个",
                   f"use a-z, 0-9 and _, up to {_MOST_NAME} of them")  # fmt: skip
    faults.raise_if_any(Text("不能新建场景包", "the pack cannot be made"))
    shown = title or Text(name, name)
    said = {
        "TITLE_ZH": _quoted(shown.zh),
        "TITLE_EN": _quoted(shown.en),
        "OWNER": owner,
        "NAME": name,
    }
    found: dict[str, str] = {}
    _collect(files(__package__) / "template", "", found)
    return {_filled(path, said): _filled(text, said) for path, text in found.items()}


def write_pack(folder: Path, told: dict[str, str]) -> None:
    """Write the files of a pack into a folder that is not there yet.

    :raises Conflict: something of that name is there.
    """
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise Conflict(
            Text(f"“{folder}”已经存在", f"{folder} is there already"),
            Text("请换一个名称，或先移走它", "choose another name, or move it away first"),
        ) from None
    for path, text in told.items():
        target = folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


def _collect(folder: Traversable, before: str, found: dict[str, str]) -> None:
    for each in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if each.is_dir():
            _collect(each, f"{before}{each.name}/", found)
        else:
            found[f"{before}{each.name}"] = each.read_text(encoding="utf-8")


def _filled(text: str, said: dict[str, str]) -> str:
    for word, value in said.items():
        text = text.replace(word, value)
    return text


def _quoted(text: str) -> str:
    """Return a title as YAML that means just that text."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{inner}"'
