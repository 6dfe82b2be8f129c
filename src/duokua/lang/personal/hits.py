"""What the finder (个人信息识别) tells."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Finding(StrEnum):
    """A kind of datum that the finder knows."""

    RESIDENT_ID = "resident_id"  # 公民身份号码
    USCC = "uscc"  # 统一社会信用代码; names a company, not a person
    PHONE = "phone"
    PLATE = "plate"  # 机动车号牌
    BANK_CARD = "bank_card"
    ADDRESS = "address"
    NAME = "name"
    BIRTH_DATE = "birth_date"

    @property
    def personal(self) -> bool:
        """Whether such a datum is personal (个人信息) wherever it stands."""
        return self is not Finding.USCC


@dataclass(frozen=True, slots=True)
class Hit:
    """A datum found at ``text[start:end]``; ``normal`` is its one normal form."""

    kind: Finding
    start: int
    end: int
    normal: str
