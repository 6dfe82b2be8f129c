"""Finds numbers in running text: identity and credit codes, phones, bank cards.

A number may be cut by blanks or dashes and may stand next to others, so groups of letters and
digits are joined, the longest reading first. A check digit lets any grouping pass; without one
the groups must be those in which people write such a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from duokua.lang import identifiers
from duokua.lang.personal.hits import Finding, Hit

_GROUP = re.compile(
    r"(?i:telephone|tel|phone|mobile|mob|cell|fax|uscc|id)(?=[0-9])"
    r"|(?i:[mt])(?=1[3-9][0-9]{9}(?![0-9A-Za-z]))|[0-9A-Za-z]+"
)
_JOINT = re.compile(r"\.|\)? {0,2}-? {0,2}\(?|[ -]*\(0\) ?|/")
_MOST_CHARACTERS = 19
_MOST_GROUPS = 19
_MONEY_BEFORE = re.compile(r"(?:[¥￥$€£]|RMB|CNY|USD)\s*[+-]?$", re.IGNORECASE)
_MEASURE_AFTER = re.compile(
    r"\s*(?:\.[0-9]|%|[万亿千百]?元(?![宝旦大])|[万亿]|美元|人民币|港币|㎡|平方|立方"
    r"|[圆块吨米件个次人条项辆](?![\u4e00-\u9fa5])"
    r"|(?:kg|km|ms|kwh|rmb|cny|usd|m2|m3)(?![a-z]))",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(
    r"(?:单号|编号|序号|流水号?|批号|文号|票号|合同号|设备号|运单|快递|金额|价格?|总计|合计|数量|时间戳|版本号?|第"
    r"|(?:order|serial|no|id|sn|amount|price|total|timestamp|ts)\.?)\s*[:=#为是]?\s*$",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r"\s*(?:转|-|#|ext\.?\s*)\s*[0-9]{1,5}(?![0-9A-Za-z-])", re.IGNORECASE)
_DOTTED = (3, 4, 4)  # 138.1234.5678
_MOBILE_GROUPS = {(11,), (3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (4, 3, 4), (3, 3, 5), (5, 6), (6, 5)}
_CARD_GROUPS = {(4, 4, 4, 4), (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3), (6, 13), (6, 10)}
_CARD_GROUPS |= {(6, 4, 4, 5), (4, 6, 9), (6, 4, 6), (8, 8), (8, 11), (6, 6, 7)}

Group = tuple[int, int]  # start and end in the text


def find_numbers(text: str) -> Iterator[Hit]:
    """Yield the numbers of ``text`` (made plain) from left to right; they never overlap."""
    groups = [(match.start(), match.end()) for match in _GROUP.finditer(text)]
    at = 0
    while at < len(groups):
        found = _longest(text, groups, at)
        if found is None:
            at += 1
            continue
        hit, used = found
        yield hit
        at += used


def _longest(text: str, groups: list[Group], at: int) -> tuple[Hit, int] | None:
    first = groups[at][0]
    runs = list(_runs(text, groups, at))
    for run in reversed(runs):
        start, end = first, run[-1][1]
        compact = "".join(text[one:other] for one, other in run).upper()
        sizes = tuple(other - one for one, other in run)
        told = _read(text, start, end, compact, sizes)
        if told is not None:
            kind, normal = told
            return Hit(kind, _with_plus(text, start), end, normal), len(run)
    return None


def _runs(text: str, groups: list[Group], at: int) -> Iterator[list[Group]]:
    """Yield the first group, the first two, … as long as they may be one number."""
    run: list[Group] = []
    length = 0
    for group in groups[at : at + _MOST_GROUPS]:
        length += group[1] - group[0]
        if length > _MOST_CHARACTERS:
            return
        if run and not _JOINT.fullmatch(text, run[-1][1], group[0]):
            return
        run.append(group)
        yield list(run)


def _with_plus(text: str, start: int) -> int:
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def _read(
    text: str, start: int, end: int, compact: str, sizes: tuple[int, ...]
) -> tuple[Finding, str] | None:
    size = len(compact)
    if size < 10 or _in_decimal(text, start, end):
        return None
    if size in (15, 18) and (size == 18 or "." not in text[start:end]):
        normal = identifiers.resident_id(compact)
        if normal and (size == 18 or len(sizes) == 1 or sizes in ((6, 6, 3), (6, 9))):
            return Finding.RESIDENT_ID, normal
        normal = identifiers.company_code(compact)
        if normal and not _is_other(text, start, end):
            return Finding.USCC, normal
    dotted = "." in text[start:end] and sizes != _DOTTED
    if not compact.isdigit() or dotted or _is_other(text, start, end):
        return None
    return _phone(text, start, end, compact, sizes) or _card(compact, sizes)


def _in_decimal(text: str, start: int, end: int) -> bool:
    """Tell whether the digits are a part of a decimal fraction or of a dotted number."""
    before = start >= 2 and text[start - 1] == "." and text[start - 2].isdigit()
    after = end + 1 < len(text) and text[end] == "." and text[end + 1].isdigit()
    return before or after


def _is_other(text: str, start: int, end: int) -> bool:
    """Tell whether what stands around says that this is money, a measure or a mere number."""
    before = text[max(0, start - 16) : start]
    if _OTHER_LABEL.search(before) or _MONEY_BEFORE.search(before):
        return True
    if start and text[start - 1] == "-" and start >= 2 and text[start - 2].isalnum():
        return True  # the tail of a longer code
    if _MEASURE_AFTER.match(text, end):
        return True
    tail = text[end : end + 2]
    joined = len(tail) == 2 and tail[0] in "-_" and tail[1].isalnum()
    return joined and not _EXTENSION.match(text, end)


def _phone(
    text: str, start: int, end: int, compact: str, sizes: tuple[int, ...]
) -> tuple[Finding, str] | None:
    if normal := identifiers.mobile(compact):
        rest = _without_country(compact, sizes)
        return (Finding.PHONE, normal) if rest in _MOBILE_GROUPS else None
    normal = identifiers.landline(compact)
    led = compact.startswith(("0", "860")) or text[start - 1 : start] == "+"
    if normal and led and len(sizes) <= 4:
        return Finding.PHONE, normal
    return None


def _without_country(compact: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    extra = len(compact) - 11
    if extra == 0:
        return sizes
    return sizes[1:] if sizes[0] == extra else (sizes[0] - extra, *sizes[1:])


def _card(compact: str, sizes: tuple[int, ...]) -> tuple[Finding, str] | None:
    if len(sizes) > 1 and sizes not in _CARD_GROUPS:
        return None
    normal = identifiers.bank_card(compact)
    return (Finding.BANK_CARD, normal) if normal else None
