"""Reads the fields of one object of a declaration, noting every misfit with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang.contract import Level
from duokua.lang.yamlfile import Document, Path

_VERSION = re.compile(r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}")


@dataclass
class Fields:
    """The object at ``path`` of ``document``; a field of the wrong form reads as absent."""

    document: Document
    faults: Faults
    path: Path
    values: dict[str, object] = field(init=False)
    custom: dict[str, tuple[int, object]] = field(init=False)

    def __post_init__(self) -> None:
        value = self.document.value
        for step in self.path:
            value = value[step] if isinstance(value, list | dict) else None  # type: ignore[index]
        self.values = value if isinstance(value, dict) else {}
        self.custom = self._read_custom()

    def _read_custom(self) -> dict[str, tuple[int, object]]:
        listed = self.values.get("customProperties")
        found: dict[str, tuple[int, object]] = {}
        for at, item in enumerate(listed if isinstance(listed, list) else []):
            name = item.get("property") if isinstance(item, dict) else None
            if not isinstance(name, str):
                continue  # the standard's schema names it
            if name in found:
                self._note(
                    self.place("customProperties", at),
                    f"扩展属性“{name}”重复",
                    f"the custom property {name!r} is there twice",
                    "请删去其一",
                    "remove one",
                )
            found[name] = (at, item.get("value"))
        return found

    def place(self, *steps: str | int) -> str:
        """Return ``file:line`` of a field."""
        return self.document.place(*self.path, *steps)

    def custom_place(self, name: str) -> str:
        """Return ``file:line`` of a custom property, or of the object if it is missing."""
        if name in self.custom:
            return self.place("customProperties", self.custom[name][0])
        return self.place()

    def _note(self, where: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        self.faults.add(where, zh, en, mend_zh, mend_en)

    def children(self, name: str) -> list[Fields]:
        """Return the objects of a list."""
        listed = self.values.get(name)
        count = len(listed) if isinstance(listed, list) else 0
        return [Fields(self.document, self.faults, (*self.path, name, at)) for at in range(count)]

    def expect(self, name: str, wanted: str) -> None:
        """Note a field that is not ``wanted``."""
        if self.values.get(name) != wanted:
            self._note(
                self.place(name),
                f"{name} 应为 {wanted}",
                f"{name} must be {wanted}",
                f"请写 {name}: {wanted}",
                f"write {name}: {wanted}",
            )

    def text(self, name: str) -> str | None:
        """Return a text field, ``None`` if it is absent or something else."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def flag(self, name: str) -> bool:
        """Return a yes/no field, false if it is absent."""
        return self.values.get(name) is True

    def word(self, name: str) -> str:
        """Return a field that names something: lower case letters, digits and ``_``."""
        value = self.text(name) or ""
        if not is_word(value):
            self._note(
                self.place(name),
                f"{name} “{value}”不是合法标识",
                f"{name} {value!r} is no word",
                "请用小写字母开头，只含小写字母、数字、下划线，2 至 63 个字符",
                "use 2–63 lower case letters, digits and _, a letter first",
            )
        return value

    def version(self, name: str) -> str:
        """Return a version such as ``1.2.0``."""
        value = self.text(name) or ""
        if not _VERSION.fullmatch(value):
            self._note(
                self.place(name),
                f"{name} 不是版本号",
                f"{name} is no version",
                "请写成 1.0.0 的形式",
                "write it like 1.0.0",
            )
        return value

    def custom_text(self, name: str, *, required: bool = False) -> str | None:
        """Return a custom property that is a non-empty text."""
        value = self.custom.get(name, (0, None))[1]
        if isinstance(value, str) and value:
            return value
        if required or value is not None:
            self._note(
                self.custom_place(name),
                f"缺少扩展属性 {name}（文字）",
                f"the custom property {name} (a text) is missing",
                f"请在 customProperties 中写明 {name}",
                f"give {name} under customProperties",
            )
        return None

    def custom_texts(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return a custom property that is a list of texts."""
        value = self.custom.get(name, (0, None))[1]
        if value is None:
            return default
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self._note(
            self.custom_place(name),
            f"{name} 应为文字列表",
            f"{name} must be a list of texts",
            '请写成 ["", "NA"] 的形式',
            'write it like ["", "NA"]',
        )
        return default

    def title(self) -> Text:
        """Return the title in both languages; both are needed."""
        return Text(
            self.custom_text("titleZh", required=True) or "",
            self.custom_text("titleEn", required=True) or "",
        )

    def description(self) -> Text | None:
        """Return the description; given in one language it is needed in both."""
        given = [name for name in ("descriptionZh", "descriptionEn") if self.custom_given(name)]
        if not given:
            return None
        return Text(
            self.custom_text("descriptionZh", required=True) or "",
            self.custom_text("descriptionEn", required=True) or "",
        )

    def custom_given(self, name: str) -> bool:
        """Tell whether a custom property is there and says something."""
        return self.custom.get(name, (0, None))[1] not in (None, "")

    def custom_level(self, name: str, default: Level | None) -> Level:
        """Return a classification level from a custom property."""
        value = self.custom.get(name, (0, None))[1]
        return self.as_level(value, self.custom_place(name), default or Level.L1)

    def as_level(self, value: object, where: str, default: Level) -> Level:
        """Read ``value`` as a level, noting one that is none."""
        if value is None:
            return default
        if isinstance(value, str) and value in Level.__members__:
            return Level[value]
        self._note(
            where,
            f"“{value}”不是分级",
            f"{value!r} is no level",
            "请填 L1、L2、L3 或 L4",
            "use L1, L2, L3 or L4",
        )
        return default
