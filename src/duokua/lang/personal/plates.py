"""Finds motor vehicle plates (机动车号牌, GA 36): ordinary, new energy, and those of some bodies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from duokua.lang.personal.hits import Finding, Hit

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_LETTER = "[A-HJ-NP-Z]"
_JOINT = r"[ ·.\-]{0,2}"
_PLATE = re.compile(
    rf"(?P<head>[{_PROVINCES}]) ?(?P<city>[A-HJ-NP-Z]){_JOINT}"
    rf"(?P<tail>[A-HJK] ?{_LETTER}[0-9]{{4}}|[A-HJK][0-9]{{5}}|[0-9]{{5}}[A-HJK]"
    rf"|[A-HJ-NP-Z0-9]{{4}} ?[挂学警港澳领]|[A-HJ-NP-Z0-9]{{2,3}}[ ]?[A-HJ-NP-Z0-9]{{2,3}})"
    r"(?![0-9A-Za-z]|-[0-9A-Za-z])",
    re.IGNORECASE,
)
_ARMED = re.compile(rf"WJ{_JOINT}[{_PROVINCES}]{_JOINT}[0-9]{{4}}[0-9A-Z](?![0-9A-Za-z])")
_EMBASSY = re.compile(r"(?<![\u4e00-\u9fa5])使 ?[0-9]{6}(?![0-9A-Za-z])")
_LEAST_DIGITS = 2
_SIZES = (5, 6)


def find_plates(text: str) -> Iterator[Hit]:
    """Yield the plates of ``text`` (made plain)."""
    for match in _PLATE.finditer(text):
        tail = match["tail"].replace(" ", "").upper()
        if len(tail) not in _SIZES or sum(each.isdigit() for each in tail) < _LEAST_DIGITS:
            continue
        if len(tail) == _SIZES[1] and not _is_new_energy(tail):
            continue
        normal = f"{match['head']}{match['city'].upper()}{tail}"
        yield Hit(Finding.PLATE, match.start(), match.end(), normal)
    for match in (*_ARMED.finditer(text), *_EMBASSY.finditer(text)):
        normal = re.sub(r"[ ·.\-]", "", match[0])
        yield Hit(Finding.PLATE, match.start(), match.end(), normal)


def _is_new_energy(tail: str) -> bool:
    small = tail[0] in "ABCDEFGHJK" and tail[2:].isdigit()
    large = tail[-1] in "ABCDEFGHJK" and tail[:-1].isdigit()
    return small or large
