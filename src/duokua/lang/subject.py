"""Subjects (主体): the person, company or place that a row is about, in one normal form.

Datasets of several departments join on a subject's pseudonym (假名): a keyed hash that begins with
the id of its key, so that the number itself is never handed around and a rotation can be seen.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from duokua.kernel.errors import Fault
from duokua.kernel.text import Text
from duokua.lang import identifiers
from duokua.lang.personal.text import plain

_JOINTS = re.compile(r"[ \-()·./]")
_KEY_ID = re.compile(r"[a-z][a-z0-9]{0,15}")
_LEAST_KEY_BYTES = 16
_HEX = 24  # 96 bits: no two of a billion subjects are likely to meet


class SubjectKind(StrEnum):
    """By what a subject is known."""

    PERSON = "person"  # resident identity number
    COMPANY = "company"  # unified social credit code
    PHONE = "phone"
    REGION = "region"  # GB/T 2260
    PLACE = "place"  # a name or address


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject by its one normal form."""

    kind: SubjectKind
    normal: str


def normalise(kind: SubjectKind, text: str) -> Subject | Fault:
    """Return the subject that ``text`` names, or what is wrong with it.

    A fault names no part of the value: it may be a person's.
    """
    read, what, mend = _READERS[kind]
    normal = read(text)
    return Fault(kind.value, what, mend) if normal is None else Subject(kind, normal)


def _compact(text: str) -> str:
    return _JOINTS.sub("", plain(text)).upper()


def _person(text: str) -> str | None:
    return identifiers.resident_id(_compact(text))


def _company(text: str) -> str | None:
    return identifiers.company_code(_compact(text))


def _phone(text: str) -> str | None:
    compact = _compact(text)
    international = compact.startswith("+")
    number = compact.removeprefix("+")
    found = identifiers.mobile(number)
    if found is None and (international or number.startswith("0")):
        found = identifiers.landline(number)
    return found


def _region(text: str) -> str | None:
    compact = _compact(text)
    return identifiers.region(compact if len(compact) != len("33") else compact + "0000")


def _place(text: str) -> str | None:
    even = unicodedata.normalize("NFKC", plain(text)).casefold()
    return " ".join(even.split()) or None


_READERS: dict[SubjectKind, tuple[Callable[[str], str | None], Text, Text]] = {
    SubjectKind.PERSON: (
        _person,
        Text("不是有效的公民身份号码", "is no valid resident identity number"),
        Text(
            "请核对 18 位号码（含校验码）或 15 位旧号码",
            "check the 18 digits with their check digit, or the old 15",
        ),
    ),
    SubjectKind.COMPANY: (
        _company,
        Text("不是有效的统一社会信用代码", "is no valid unified social credit code"),
        Text("请核对 18 位代码（含校验码）", "check the 18 characters with their check digit"),
    ),
    SubjectKind.PHONE: (
        _phone,
        Text("不是有效的电话号码", "is no valid phone number"),
        Text("请写手机号，或区号加固定电话", "give a mobile number, or an area code and number"),
    ),
    SubjectKind.REGION: (
        _region,
        Text("不是行政区划代码（GB/T 2260）", "is no region code of GB/T 2260"),
        Text("请写六位代码，例如 330102", "give six digits such as 330102"),
    ),
    SubjectKind.PLACE: (
        _place,
        Text("地点为空", "the place is empty"),
        Text("请写明地点", "name the place"),
    ),
}


def pseudonym(key_id: str, key: bytes, kind: SubjectKind, normal: str) -> str:
    """Return the pseudonym of a subject under a key: ``<key id>:<24 hex digits>``.

    :raises ValueError: the key id is no short word, or the key has fewer than 16 bytes.
    """
    if not _KEY_ID.fullmatch(key_id):
        raise ValueError("a key id is a letter and up to 15 letters or digits, lower case")
    if len(key) < _LEAST_KEY_BYTES:
        raise ValueError(f"a key has at least {_LEAST_KEY_BYTES} bytes")
    message = f"{kind.value}\0{normal}".encode()
    return f"{key_id}:{hmac.new(key, message, hashlib.sha256).hexdigest()[:_HEX]}"


def key_of(pseudonym_: str) -> str:
    """Return the id of the key under which a pseudonym was made."""
    return pseudonym_.partition(":")[0]
