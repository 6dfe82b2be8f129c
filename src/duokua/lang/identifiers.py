"""The numbers by which people, companies, places and accounts are known; pure checks.

Each function takes a compact number (ASCII, no blanks) and returns its one normal form, or ``None``
when it is not such a number.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from stdnum import luhn, numdb
from stdnum.cn import ric, uscc

_ID_18 = re.compile(r"[1-9][0-9]{16}[0-9X]", re.ASCII)
_ID_15 = re.compile(r"[1-9][0-9]{14}", re.ASCII)
_CENTENARIANS = ("996", "997", "998", "999")  # order codes of those born before 1900 (GB 11643)
_USCC = re.compile(r"[1-9ANY][1-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}[0-9A-HJ-NPQRTUWXY]", re.ASCII)
_MOBILE = re.compile(r"1(?:3[0-9]|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8[0-9]|9[0-35-9])[0-9]{8}")
_SHORT_AREA = re.compile(r"0(10|2[0-57-9])([2-9][0-9]{7})")  # municipalities and a few large cities
_LONG_AREA = re.compile(r"0([3-9][1-9][0-9])([2-9][0-9]{6,7})")
_CARD = re.compile(r"62[0-9]{14,17}|60[0-9]{14,17}|[45][0-9]{15}|9[0-9]{15,18}|3[57][0-9]{14}")
_CARD_PREFIX_9 = ("9558", "9400", "9111", "9222", "9333", "9500", "9550", "9599", "9682", "9843")


def resident_id(number: str) -> str | None:
    """Return the 18-digit resident identity number (公民身份号码, GB 11643) of ``number``.

    The old form of 15 digits is brought up to 18.
    """
    if _ID_15.fullmatch(number):
        number = _upgraded(number)
    if not _ID_18.fullmatch(number) or ric.calc_check_digit(number) != number[-1]:
        return None
    if region(number[:6]) is None or not _is_day(number[6:14]):
        return None
    return number


def _upgraded(old: str) -> str:
    century = "18" if old[12:] in _CENTENARIANS else "19"
    longer = old[:6] + century + old[6:]
    return longer + ric.calc_check_digit(longer + "0")


def _is_day(text: str) -> bool:
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return 1800 <= day.year < 2100


def company_code(number: str) -> str | None:
    """Return the unified social credit code (统一社会信用代码, GB 32100)."""
    if not _USCC.fullmatch(number) or not _province(number[2:4]):
        return None
    return number if uscc.calc_check_digit(number) == number[-1] else None


def _province(two: str) -> bool:
    # 10 and 99 stand for bodies registered by the state itself and with no region
    return two in ("10", "99") or region(two + "0000") is not None


@lru_cache(maxsize=16_384)
def region(code: str) -> str | None:
    """Return a region code (行政区划代码, GB/T 2260), also one that is no longer in use."""
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    parts = numdb.get("cn/loc").info(code)
    known = any("province" in told for _, told in parts) and "county" in parts[-1][1]
    return code if known else None


def mobile(number: str) -> str | None:
    """Return a mobile number (手机号) as E.164, from 11 digits or with 86 before them."""
    if len(number) in (13, 15) and number.startswith(("86", "0086")):
        number = number[-11:]
    return f"+86{number}" if _MOBILE.fullmatch(number) else None


def landline(number: str) -> str | None:
    """Return a landline number (固定电话) as E.164, from area code and number."""
    if number.startswith(("0086", "86")):
        number = "0" + number.removeprefix("00").removeprefix("86").removeprefix("0")
    match = _SHORT_AREA.fullmatch(number) or _LONG_AREA.fullmatch(number)
    return f"+86{match[1]}{match[2]}" if match else None


def bank_card(number: str) -> str | None:
    """Return a bank card number (银行卡号): known first digits, length and check digit."""
    if not _CARD.fullmatch(number) or not luhn.is_valid(number):
        return None
    if number[0] == "9" and not number.startswith(_CARD_PREFIX_9):
        return None
    return number
