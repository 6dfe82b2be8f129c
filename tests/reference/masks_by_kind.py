"""What is shown of a datum of each kind, written from the rules with regular expressions."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

Cell = str | int | float | bool | None
_COMPOUND = (
    "欧阳司马上官诸葛司徒东方皇甫尉迟公孙慕容令狐夏侯宇文长孙端木轩辕南宫东郭西门独孤申屠闻人钟离澹台公冶濮阳"
    "淳于单于太史赫连呼延闾丘完颜拓跋第五百里"
)
_SURNAMES = {_COMPOUND[at : at + 2] for at in range(0, len(_COMPOUND), 2)}
_PROVINCE = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_PARTS = re.compile("[小社园校厂库景街学矿]区")
_STREET = re.compile("[路街号弄巷村幢栋室楼]")
_DIGIT = re.compile("[0-9]")


def shown(kind: str, cell: Cell) -> Cell:
    """Return what the mask of ``kind`` shows of a value that is there."""
    if kind == "money":
        return _money(cell)
    if kind == "coordinates":
        assert isinstance(cell, float)
        return gridded(cell, 100)
    assert isinstance(cell, str)
    if kind == "birth_date":
        return f"{cell[:4]}-01-01" if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell) else "****"
    if kind == "free_text":
        return "****"
    return _TEXTS[kind](cell) or "****"


def gridded(cell: float, per_degree: int) -> float | None:
    """Return the lower corner of a coordinate's cell, nothing for what is none."""
    if not -180 <= cell <= 180:
        return None
    return math.floor(cell * per_degree) / per_degree


def _money(cell: Cell) -> int | float | None:
    assert isinstance(cell, int | float)
    step = 1000
    while abs(cell) >= step * 10 and step < 10**9:
        step *= 10
    if isinstance(cell, int):
        lower = cell // step * step
        return lower if lower >= -(2**63) else None
    return math.floor(cell / step) * float(step) + 0.0


def _name(text: str) -> str | None:
    if _DIGIT.search(text):
        return None
    surname = text[:2] if len(text) > 2 and text[:2] in _SURNAMES else text[:1]
    if len(text) < 2:
        return "*"
    return surname + ("*" if len(text) - len(surname) == 1 else "**")


def _resident_id(text: str) -> str | None:
    if re.fullmatch("[0-9]{17}[0-9Xx]|[0-9]{15}", text):
        return text[:3] + "*" * (len(text) - 7) + text[-4:]
    return None


def _phone(text: str) -> str | None:
    bare = re.sub("[ -]", "", text)
    if match := re.fullmatch(r"(?:\+86)?(1[0-9]{2})[0-9]{4}([0-9]{4})", bare):
        return f"{match[1]}****{match[2]}"
    return _landline(text)


def _landline(text: str) -> str | None:
    match = re.fullmatch("(0[0-9]{2,3})-[0-9]{5,6}([0-9]{2})", text)
    return f"{match[1]}-****{match[2]}" if match else None


def _bank_card(text: str) -> str | None:
    bare = re.sub("[ -]", "", text)
    return f"**** **** **** {bare[-4:]}" if re.fullmatch("[0-9]{12,19}", bare) else None


def _plate(text: str) -> str | None:
    bare = re.sub("[ ·.-]", "", text)
    if re.fullmatch(f"{_PROVINCE}[A-Za-z].{{5,6}}", bare, re.DOTALL):
        return f"{bare[:2]}·***{bare[-2:]}"
    return None


def _address(text: str) -> str | None:
    plain = _PARTS.sub("□□", text)
    for end in "区县市":
        at = plain.find(end) + 1
        if at:
            head = text[:at]
            if 3 <= at <= 14 and not _STREET.search(head[:-3]) and not _DIGIT.search(head):
                return head + "****"
            return None
    return None


def _email(text: str) -> str | None:
    local, at, domain = text.partition("@")
    if local and at and domain.find(".") > 0 and "@" not in domain and " " not in text:
        return f"{local[0]}***@{domain}"
    return None


_TEXTS: dict[str, Callable[[str], str | None]] = {
    "name": _name,
    "resident_id": _resident_id,
    "phone": _phone,
    "landline": _landline,
    "bank_card": _bank_card,
    "plate": _plate,
    "address": _address,
    "email": _email,
}
