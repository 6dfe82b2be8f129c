"""Judges a whole column: by its names and by what a sample of its cells holds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from duokua.kernel.text import Text
from duokua.lang.personal.finder import find
from duokua.lang.personal.hits import Finding
from duokua.lang.personal.names import is_name
from duokua.lang.personal.text import plain

_TITLES: tuple[tuple[Finding, re.Pattern[str]], ...] = (
    (
        Finding.RESIDENT_ID,
        re.compile(r"身份证|公民身份|证件号|id_?card|resident_?id|identity_?n", re.I),
    ),
    (Finding.USCC, re.compile(r"统一社会信用|信用代码|\buscc\b|credit_?code", re.I)),
    (Finding.PHONE, re.compile(r"电话|手机|联系方式|phone|mobile|\btel\b|_tel$", re.I)),
    (Finding.PLATE, re.compile(r"车牌|号牌|plate", re.I)),
    (Finding.BANK_CARD, re.compile(r"银行卡|卡号|银行账号|bank_?card|card_?n", re.I)),
    (Finding.ADDRESS, re.compile(r"地址|住址|住所|address", re.I)),
    (Finding.BIRTH_DATE, re.compile(r"出生|生日|birth|\bdob\b", re.I)),
    (
        Finding.NAME,
        re.compile(
            r"姓名|联系人|户主|法定代表人|法人代表|负责人|责任人|经办人|监护人|当事人|申请人|业主|"
            r"person_?name|full_?name|\bcontact\b",
            re.I,
        ),
    ),
)
_DAY = re.compile(
    r"(?:18|19|20)[0-9]{2}[-/.年]?[01]?[0-9](?:[-/.月]?[0-3]?[0-9]日?)?(?:[ T][0-9:.+Z]+)?"
)
_MASKED = re.compile(r"\*{2,}|[xX]{3,}")
_CHECKED = (Finding.RESIDENT_ID, Finding.USCC)  # a check digit: chance plays no part
_FEW = 0.02
_MANY = 0.5
_TITLED = 0.05
_NAMES = 0.85
_NAMES_TITLED = 0.4
_LEAST_NAMES = 10


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a column holds; ``kind`` is ``None`` for nothing personal, ``share`` of filled cells."""

    kind: Finding | None
    share: float
    reason: Text


def judge_column(name: str, title: str, sample: Sequence[str]) -> Judgement:
    """Judge a column by its names and a ``sample`` of its filled cells.

    In doubt a column is personal: a title alone suffices, and so do a few cells of free text.
    """
    cells = [cell for cell in sample if cell and cell.strip()]
    titled = _by_title(f"{name} {plain(title)}")
    shares = _shares(cells)
    best = _by_cells(shares, titled, cells)
    if best is not None:
        return Judgement(best, shares[best], _said(shares[best]))
    if titled in (Finding.BIRTH_DATE, Finding.NAME, None):
        return _by_context(titled, cells)
    if titled is Finding.USCC or not (not cells or _may_be(titled, cells)):
        return Judgement(None, 0.0, Text("未发现个人信息", "nothing personal was found"))
    return Judgement(titled, 0.0, Text("列名表明是个人信息", "its name says that it is personal"))


def _by_title(text: str) -> Finding | None:
    return next((kind for kind, form in _TITLES if form.search(text)), None)


def _shares(cells: list[str]) -> dict[Finding, float]:
    counts: Counter[Finding] = Counter()
    for cell in cells:
        counts.update({hit.kind for hit in find(cell)})
    return {kind: count / len(cells) for kind, count in counts.items()}


def _by_cells(
    shares: dict[Finding, float], titled: Finding | None, cells: list[str]
) -> Finding | None:
    order = sorted(shares, key=lambda kind: (kind is not titled, -shares[kind]))
    bare = all(plain(cell).strip().isalnum() for cell in cells)
    for kind in order:
        if kind is titled:
            least = _TITLED
        elif kind in _CHECKED or not bare:  # free text is personal with its first few
            least = _FEW
        else:
            least = _MANY
        if shares[kind] >= least:
            return kind
    return None


def _may_be(kind: Finding, cells: list[str]) -> bool:
    """Tell whether cells in which nothing was found may still be ``kind``: masked, or foreign."""
    masked = sum(bool(_MASKED.search(cell)) for cell in cells)
    if kind is Finding.ADDRESS:
        return any(re.search(r"[\u4e00-\u9fa5]{4}", cell) for cell in cells)
    digits = sum(sum(each.isdigit() for each in cell) >= 4 for cell in cells)
    return masked + digits >= _MANY * len(cells)


def _by_context(titled: Finding | None, cells: list[str]) -> Judgement:
    nothing = Judgement(None, 0.0, Text("未发现个人信息", "nothing personal was found"))
    if not cells:
        if titled is None:
            return nothing
        return Judgement(
            titled, 0.0, Text("列名表明是个人信息", "its name says that it is personal")
        )
    if titled is Finding.BIRTH_DATE:
        share = sum(bool(_DAY.fullmatch(plain(cell).strip())) for cell in cells) / len(cells)
        return Judgement(titled, share, _said(share)) if share >= _MANY else nothing
    share = sum(is_name(plain(cell).strip()) for cell in cells) / len(cells)
    distinct = len(set(cells))
    least = _NAMES_TITLED if titled is Finding.NAME else _NAMES
    if share < least or (titled is None and distinct < _LEAST_NAMES):
        return nothing
    return Judgement(Finding.NAME, share, _said(share))


def _said(share: float) -> Text:
    return Text(
        f"抽样中 {share:.0%} 的单元格属于此类", f"{share:.0%} of the sampled cells are such"
    )
