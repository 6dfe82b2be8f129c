"""Declarations in YAML: plain values with the line of each, and none of YAML's trap doors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.yaml_told import tell

Path = tuple[str | int, ...]
_MAX_BYTES = 1 << 20
_MAX_DEPTH = 50
_BOOLEANS = {"true": True, "false": False}
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][+-]?[0-9]{1,3})?")
# The same grammar, ten times faster where the C library is there.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHAT = Text("YAML 文件有误", "the YAML is wrong")


@dataclass(frozen=True, slots=True)
class Document:
    """A loaded file: ``value`` of plain dicts, lists and scalars, and where each of them stands."""

    value: object
    source: str
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """Return the line, counted from 1, of the value at ``path`` or of its nearest ancestor."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def place(self, *path: str | int) -> str:
        """Return ``file:line`` of the value at ``path``."""
        return f"{self.source}:{self.line_of(path)}"


def load(text: str, *, source: str) -> Document:
    """Read one YAML document; ``source`` is its name in messages.

    Scalars are those of JSON: a date or ``yes`` stays text, so that nothing changes its meaning.

    :raises Invalid: broken YAML, a duplicate key, an alias, a tag, too deep or over 1 MiB.
    """
    faults = Faults()
    if len(text.encode(errors="replace")) > _MAX_BYTES:
        faults.add(f"{source}:1", "文件超过 1 MiB", "over 1 MiB", "请拆分文件", "split the file")
        faults.raise_if_any(_WHAT)
    try:
        node = _compose(text, source, faults)
    except (yaml.YAMLError, RecursionError) as error:
        told = tell(error, text)
        faults.add(f"{source}:{told.line}", told.what.zh, told.what.en, told.mend.zh, told.mend.en)
    faults.raise_if_any(_WHAT)
    lines: dict[Path, int] = {}
    value = _plain(node, (), lines, faults, source) if node else None
    faults.raise_if_any(_WHAT)
    return Document(value, source, lines)


def _compose(text: str, source: str, faults: Faults) -> yaml.Node | None:
    """Parse, after the event stream has shown no alias, anchor, tag or undue depth."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None):
            _refuse(faults, f"{source}:{line}", "锚点或别名", "an anchor or alias")
        if getattr(event, "tag", None):
            _refuse(faults, f"{source}:{line}", "标签（!）", "a tag (!)")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            _refuse(
                faults, f"{source}:{line}", f"超过 {_MAX_DEPTH} 层", f"over {_MAX_DEPTH} levels"
            )
            break
    faults.raise_if_any(_WHAT)
    return yaml.compose(text, Loader=_LOADER)


def _refuse(faults: Faults, where: str, zh: str, en: str) -> None:
    faults.add(where, f"不允许{zh}", f"{en} is not allowed", "请直接写出内容", "write it out")


def _plain(
    node: yaml.Node, path: Path, lines: dict[Path, int], faults: Faults, source: str
) -> object:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [
            _plain(item, (*path, at), lines, faults, source) for at, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, faults, source)
    return _scalar(node)


def _mapping(
    node: yaml.MappingNode, path: Path, lines: dict[Path, int], faults: Faults, source: str
) -> dict[str, object]:
    found: dict[str, object] = {}
    for key_node, value_node in node.value:
        where = f"{source}:{key_node.start_mark.line + 1}"
        if not isinstance(key_node, yaml.ScalarNode):
            _refuse(faults, where, "复合键", "a key that is not text")
            continue
        key = key_node.value
        if key in found:
            faults.add(
                where,
                f"键“{key}”重复",
                f"the key {key!r} is there twice",
                "请删去其一",
                "remove one",
            )
        found[key] = _plain(value_node, (*path, key), lines, faults, source)
        lines[(*path, key)] = key_node.start_mark.line + 1
    return found


def _scalar(node: yaml.Node) -> object:
    text = str(node.value)
    if not isinstance(node, yaml.ScalarNode) or node.style:
        return text  # quoted or block: text as written
    if text in ("", "~", "null"):
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        return float(text)
    return text
