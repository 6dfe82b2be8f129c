"""Shapes (结构) of what packs declare, and parts of files that are read by them.

A shape lists every key that may stand in a mapping, each with a line of what it means. A part reads
only keys of its shape, so nothing that is read is left out of the reference for authors.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang.scenario.level import Level
from duokua.lang.scenario.span import Span, read_span
from duokua.lang.yamlfile import Document


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what stands there (``form``), what it means, and whether it has to be there."""

    name: str
    form: str
    told: Text
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """The keys of one mapping, by name; ``where`` is the file, or the key that it stands under."""

    where: str
    title: Text
    keys: Mapping[str, Key]


def key(name: str, form: str, zh: str, en: str, *, needed: bool = False) -> Key:
    """Declare a key."""
    return Key(name, form, Text(zh, en), needed)


def shape(where: str, zh: str, en: str, *keys: Key) -> Shape:
    """Declare a shape."""
    return Shape(where, Text(zh, en), {each.name: each for each in keys})


class Part:
    """A mapping of a YAML file; what is wrong with it is noted as it is read."""

    def __init__(
        self,
        value: object,
        shape: Shape,
        document: Document,
        faults: Faults,
        path: tuple[str | int, ...] = (),
    ) -> None:
        self.told: dict[str, object] = value if isinstance(value, dict) else {}
        self.shape = shape
        self.document = document
        self.faults = faults
        self.path = path
        if not isinstance(value, dict):
            self.tell("须是“键: 值”", "has to be a mapping", "请写成 键: 值", "write key: value")
            return
        for name in self.told:
            if name not in shape.keys:
                self._unknown(name)
        for each in shape.keys.values():
            if each.needed and self.told.get(each.name) is None:
                self.tell(
                    f"缺少“{each.name}”：{each.told.zh}", f"lacks {each.name!r}: {each.told.en}",
                    f"请写 {each.name}: {each.form}", f"write {each.name}: {each.form}",
                )  # fmt: skip

    def _unknown(self, name: str) -> None:
        near = get_close_matches(name, self.shape.keys, 1)
        known = ", ".join(self.shape.keys)
        self.wrong(
            name, "不是已知的键", "is no key that is known",
            f"是否为 {near[0]}？" if near else f"可用：{known}",
            f"did you mean {near[0]}?" if near else f"use one of {known}",
        )  # fmt: skip

    def tell(self, zh: str, en: str, mend_zh: str, mend_en: str, *at: str | int) -> None:
        """Note something wrong here, or below at ``at``."""
        self.faults.add(self.place(*at), zh, en, mend_zh, mend_en)

    def wrong(self, name: str, zh: str, en: str, mend_zh: str = "", mend_en: str = "") -> None:
        """Note something wrong with a key; without a mend, how it is written is told."""
        form = self.shape.keys[name].form if name in self.shape.keys else ""
        self.tell(f"“{name}”{zh}", f"{name!r} {en}",
                  mend_zh or f"请写 {name}: {form}", mend_en or f"write {name}: {form}", name)  # fmt: skip

    def place(self, *at: str | int) -> str:
        """Return ``file:line``."""
        return self.document.place(*self.path, *at)

    def has(self, name: str) -> bool:
        """Tell whether a key is there and says something."""
        return self._get(name) is not None

    def _get(self, name: str) -> object:
        if name not in self.shape.keys:
            raise LookupError(f"{name!r} is not declared for {self.shape.where}")
        return self.told.get(name)

    # one value

    def text(self, name: str, default: str = "") -> str:
        """Return a text; a number counts as one."""
        value = self._get(name)
        if value is None:
            return default
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            self.wrong(name, "须是文字", "has to be text")
            return default
        told = str(value).strip()
        if not told and self.shape.keys[name].needed:
            self.wrong(name, "不能为空", "may not be empty")
        return told

    def word(self, name: str, default: str = "") -> str:
        """Return a name: lower case letters, digits and ``_``."""
        told = self.text(name, default)
        if told and not is_word(told):
            self.wrong(
                name, f"“{told}”不是合法标识", f"{told!r} is no word",
                "请用小写字母开头，只含小写字母、数字、下划线",
                "use lower case letters, digits and _, a letter first",
            )  # fmt: skip
            return default
        return told

    def both(self, name: str) -> Text:
        """Return a text in both languages."""
        value = self._get(name)
        if value is None:
            return Text("", "")
        found = both_of(value)
        if found is None:
            self.wrong(name, "须有中文 zh 与英文 en", "needs zh and en",
                       f"请写 {name}: {{zh: …, en: …}}", f"write {name}: {{zh: …, en: …}}")  # fmt: skip
        return found or Text("", "")

    def choice(self, name: str, choices: Collection[str], default: str = "") -> str:
        """Return one of some words."""
        told = self.text(name, default)
        if told in choices:
            return told
        if told and told != default:
            self._none_of(name, told, choices)
        return default

    def _none_of(self, name: str, told: str, choices: Collection[str]) -> None:
        near = get_close_matches(told, list(choices), 1)
        listed = ", ".join(choices) or "–"
        self.wrong(
            name, f"没有“{told}”", f"cannot be {told!r}",
            f"是否为 {near[0]}？" if near else f"可用：{listed}",
            f"did you mean {near[0]}?" if near else f"use one of {listed}",
        )  # fmt: skip

    def number(self, name: str, default: float | None = None) -> float | None:
        """Return a number."""
        value = self._get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(name, "须是数", "has to be a number")
            return default
        return value

    def count(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number within bounds."""
        value = self._get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(name, f"须是 {least} 到 {most} 的整数", f"has to be {least} to {most}",
                       f"请写 {least} 到 {most} 的整数",
                       f"write a whole number, {least} to {most}")  # fmt: skip
            return default
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a yes or no."""
        value = self._get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(name, "须是 true 或 false", "has to be true or false")
            return default
        return value

    def span(self, name: str) -> Span | None:
        """Return a span of time."""
        return self.span_at(name) if self._get(name) is not None else None

    def span_at(self, name: str) -> Span | None:
        """Read the span under any key of this mapping, declared or named by the author."""
        found = read_span(self.told.get(name))
        if found is None:
            self.tell(f"“{name}”须是时长", f"{name!r} has to be a span of time",
                      "请写 30s、15m、2h、3d 或 5wd（工作日）",
                      "write 30s, 15m, 2h, 3d or 5wd (working days)", name)  # fmt: skip
        return found

    # several values

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; one text counts as a list of it."""
        value = self._get(name)
        if value is None:
            return ()
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str) and each.strip() for each in listed):
            self.wrong(name, "须是文字的列表", "has to be a list of texts")
            return ()
        if len(set(listed)) != len(listed):
            self.wrong(name, "有重复", "names one twice", "请删去其一", "remove one")
        return tuple(dict.fromkeys(str(each).strip() for each in listed))

    def some_of(self, name: str, choices: Collection[str]) -> tuple[str, ...]:
        """Return a list of words, each of them one of ``choices``."""
        found = self.words(name)
        for each in found:
            if each not in choices:
                self._none_of(name, each, choices)
        return tuple(each for each in found if each in choices)

    def levels(self, name: str) -> tuple[Level, ...]:
        """Return a list of levels."""
        return tuple(Level(each) for each in self.some_of(name, tuple(Level)))

    def part(self, name: str, shape: Shape) -> Part | None:
        """Return the mapping under a key; ``None``: there is none."""
        value = self._get(name)
        if value is None:
            return None
        return Part(value, shape, self.document, self.faults, (*self.path, name))

    def parts(self, name: str, shape: Shape) -> Iterator[Part]:
        """Yield the mappings of a list."""
        value = self._get(name)
        if value is None:
            return
        if not isinstance(value, list) or (not value and self.shape.keys[name].needed):
            self.wrong(name, "须是列表，每项以 - 开头", "has to be a list, each item after a -",
                       "请每项写一个 -", "begin each item with -")  # fmt: skip
            return
        for at, each in enumerate(value):
            yield Part(each, shape, self.document, self.faults, (*self.path, name, at))

    def named(self, name: str, shape: Shape) -> Iterator[tuple[str, Part]]:
        """Yield the mappings of a mapping by the names that the author gave them."""
        for each in self.names(name):
            value = self.told[name]
            inner = value[each] if isinstance(value, dict) else None
            yield each, Part(inner, shape, self.document, self.faults, (*self.path, name, each))

    def names(self, name: str) -> tuple[str, ...]:
        """Return the keys of the mapping under a key, which the author names."""
        value = self._get(name)
        if value is None:
            return ()
        if not isinstance(value, dict):
            self.wrong(name, "须是“名称: 内容”", "has to be a mapping of names")
            return ()
        return tuple(value)


def both_of(value: object) -> Text | None:
    """Read ``{zh, en}``; ``None``: it is not that, or one is empty."""
    match value:
        case {"zh": str(zh), "en": str(en), **rest} if zh.strip() and en.strip() and not rest:
            return Text(zh.strip(), en.strip())
    return None


def unlike(names: list[tuple[str, str]], faults: Faults) -> None:
    """Note every name that is there twice; ``names`` are (name, file:line)."""
    seen: set[str] = set()
    for name, where in names:
        if name and name in seen:
            faults.add(where, f"“{name}”重复", f"{name!r} is there twice", "请改名", "rename one")
        seen.add(name)
