"""Decides the type of each column of a file, and which words mean "missing" in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from duokua.engine.profile import Profile
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind
from duokua.lang.personal import Finding, Judgement, judge_column

_JUDGED = 1000
_SURE = 0.95
_STRONG = (
    "-",
    "--",
    "—",
    "——",
    "/",
    "\\",
    "N/A",
    "n/a",
    "#N/A",
    "NULL",
    "null",
    "None",
    "NaN",
    "nan",
)
_WEAK = ("NA", "无", "空", "暂无", "未知", "缺失", "缺测", "不详", "none", "nil", "?", "？")
_PUNCTUATION = re.compile(r"[^\w\u4e00-\u9fa5+.,]{1,3}")
_LEADING_ZERO = re.compile(r"0[0-9]+")
_DAY_OF_8 = re.compile(r"(?:19|20)[0-9]{6}")
_DAY_TITLE = re.compile(r"日期|时间|年月日|date|day|time|_at$", re.I)
_CODE_TITLE = re.compile(r"编码|代码|区划|邮编|编号|code|zip|_no$|\bno\b", re.I)
_FLAG_TITLE = re.compile(r"是否|有无|^(?:is|has|can)_|flag", re.I)
_NEVER_NUMBERS = (Finding.RESIDENT_ID, Finding.USCC, Finding.PHONE, Finding.BANK_CARD)
_DAY_LIKE = re.compile(r"\s*[0-9０-９]{4}(?:\s*[-/.年]|[0-9０-９]{4})")
_LOOKED_AT = 500
_FEW_WORDS = 6
_LONG_FIGURE = 32
_ZONE = SHANGHAI.key
_TYPED = {
    "BOOLEAN": Kind.BOOLEAN,
    "DATE": Kind.DATE,
    "FLOAT": Kind.NUMBER,
    "DOUBLE": Kind.NUMBER,
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column seems to be; ``zone`` is set for times without one."""

    kind: Kind
    zone: str | None
    judgement: Judgement
    reason: Text


def guess_columns(profile: Profile) -> tuple[list[Guess], tuple[str, ...]]:
    """Return a guess for each column and the words that mean "missing"."""
    cells = {name: profile.sampled(name) for name in profile.names}
    titles = dict(zip(profile.names, profile.header, strict=True))
    suspected = {name: _suspected(cells[name]) for name in profile.texts()}
    passed_over = sorted({word for words in suspected.values() for word in words})
    fitting = _fitting(profile, cells, passed_over)
    guesses = [
        _guess(profile, name, titles[name], cells[name], suspected.get(name, set()), fitting)
        for name in profile.names
    ]
    return guesses, _null_words(profile.names, guesses, suspected, cells)


def _suspected(cells: Sequence[str]) -> set[str]:
    """Return the words of a column that may mean "missing"."""
    return {
        cell
        for cell in set(cells)
        if cell in _STRONG or cell in _WEAK or _PUNCTUATION.fullmatch(cell)
    }


def _fitting(
    profile: Profile, cells: dict[str, list[str]], passed_over: Sequence[str]
) -> dict[tuple[str, Kind, bool], float]:
    """Return the share of cells that fits each likely kind; the flag tells whether a zone was assumed."""
    title = Text("", "")
    tried = [
        (name, kind, zoned)
        for name in profile.texts()
        for kind, zoned in _likely(cells[name][:_LOOKED_AT])
    ]
    columns = [
        Column(name, kind, title, zone=_ZONE if zoned else None) for name, kind, zoned in tried
    ]
    return dict(zip(tried, profile.fitting(columns, passed_over), strict=True))


def _likely(cells: list[str]) -> list[tuple[Kind, bool]]:
    """Return the kinds worth trying: the engine's checks are exact and cost more than a look."""
    tried: list[tuple[Kind, bool]] = []
    digits = sum(any(sign.isdigit() for sign in cell) for cell in cells)
    if len(set(cells)) <= _FEW_WORDS:
        tried.append((Kind.BOOLEAN, False))
    if digits * 2 < len(cells):
        return tried
    if sum(len(cell) <= _LONG_FIGURE for cell in cells) * 2 >= len(cells):
        tried += [(Kind.INTEGER, False), (Kind.NUMBER, False)]
    if sum(bool(_DAY_LIKE.match(cell)) for cell in cells) * 2 >= len(cells):
        tried += [(Kind.DATE, False), (Kind.TIMESTAMP, False), (Kind.TIMESTAMP, True)]
    return tried


def _guess(
    profile: Profile,
    name: str,
    title: str,
    cells: list[str],
    suspected: set[str],
    fitting: dict[tuple[str, Kind, bool], float],
) -> Guess:
    judgement = judge_column("", title, cells[:_JUDGED])
    raw = profile.types[name]
    if name not in profile.texts():
        return _typed(raw, judgement)
    real = [cell for cell in cells if cell not in suspected]
    if not real:
        return Guess(Kind.STRING, None, judgement, Text("没有值", "it has no values"))
    if judgement.kind in _NEVER_NUMBERS:
        return Guess(
            Kind.STRING, None, judgement, Text("号码不作数字", "a number of somebody is text")
        )
    shares = {key[1:]: share for key, share in fitting.items() if key[0] == name}
    kind, zone, share = _best(shares, title, real)
    if kind is Kind.STRING:
        return Guess(kind, None, judgement, Text("文字", "text"))
    reason = Text(f"抽样中 {share:.1%} 的值符合", f"{share:.1%} of the sampled values fit")
    return Guess(kind, zone, judgement, reason)


def _typed(raw: str, judgement: Judgement) -> Guess:
    reason = Text(f"文件中的类型 {raw}", f"its type in the file, {raw}")
    if "INT" in raw and not raw.startswith(("HUGE", "UHUGE", "INTERVAL")):
        return Guess(Kind.INTEGER, None, judgement, reason)
    if raw.startswith("TIMESTAMP"):
        zone = None if raw.endswith("WITH TIME ZONE") else _ZONE
        return Guess(Kind.TIMESTAMP, zone, judgement, reason)
    kind = Kind.NUMBER if raw.startswith("DECIMAL") else _TYPED.get(raw, Kind.STRING)
    return Guess(kind, None, judgement, reason)


def _best(
    shares: dict[tuple[Kind, bool], float], title: str, real: list[str]
) -> tuple[Kind, str | None, float]:
    """Return the narrowest kind that nearly all values fit."""
    share, figures = _of(shares, Kind.BOOLEAN), _of(shares, Kind.NUMBER)
    flag = _FLAG_TITLE.search(title) or figures < share
    worded = {cell.lower() for cell in real[:_LOOKED_AT]} <= {"true", "false"}
    if share >= _SURE and share >= figures and (worded or (flag and len(set(real)) > 1)):
        return Kind.BOOLEAN, None, share
    share = _of(shares, Kind.DATE)
    if share >= _SURE and (_DAY_TITLE.search(title) or not _may_be_figures(real)):
        return Kind.DATE, None, share
    plain, zoned = _of(shares, Kind.TIMESTAMP), _of(shares, Kind.TIMESTAMP, zoned=True)
    if zoned >= _SURE and (_DAY_TITLE.search(title) or not _may_be_figures(real)):
        return Kind.TIMESTAMP, _ZONE if zoned > plain else None, zoned
    if _is_code(title, real):
        return Kind.STRING, None, 1.0
    whole = _of(shares, Kind.INTEGER)
    if figures >= _SURE:  # a single fraction among whole numbers makes all of them numbers
        return (Kind.INTEGER if whole >= figures else Kind.NUMBER), None, figures
    return Kind.STRING, None, 1.0


def _of(shares: dict[tuple[Kind, bool], float], kind: Kind, *, zoned: bool = False) -> float:
    return shares.get((kind, zoned), 0.0)


def _may_be_figures(real: list[str]) -> bool:
    """Tell whether what could be days are as likely mere numbers."""
    figures = sum(cell.isdigit() for cell in real)
    days = sum(bool(_DAY_OF_8.fullmatch(cell)) for cell in real)
    return figures > 0 and days < len(real)


def _is_code(title: str, real: list[str]) -> bool:
    """Tell whether digits are a code, with which nobody reckons."""
    if any(_LEADING_ZERO.fullmatch(cell) for cell in real):
        return True
    lengths = Counter(map(len, real))
    return bool(_CODE_TITLE.search(title)) and len(lengths) <= 2 and min(lengths) > 2


def _null_words(
    names: Sequence[str],
    guesses: list[Guess],
    suspected: dict[str, set[str]],
    cells: dict[str, list[str]],
) -> tuple[str, ...]:
    """A strong word counts wherever it stands, another one where figures or times would be."""
    found = {word for words in suspected.values() for word in words if word in _STRONG}
    meant: set[str] = set()
    for name, guess in zip(names, guesses, strict=True):
        words = suspected.get(name, set()) - found
        if guess.kind is Kind.STRING:
            meant |= {word for word in words if word in _WEAK}
        else:
            found |= words
    return ("", *sorted(found - meant))
