"""The form of a grant (授权开通): what was typed, and the order that it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

from duokua.exchange.forms.filters import read_filter
from duokua.exchange.forms.masks import chosen_masks
from duokua.exchange.values import GrantOrder, InterfaceInfo
from duokua.kernel.clock import SHANGHAI
from duokua.kernel.errors import Faults
from duokua.lang.grant import Quota
from duokua.lang.grant_file import DEFAULT_ROW_CAP

_FAR = datetime(9999, 1, 1, tzinfo=SHANGHAI)
_MOST_DIGITS = 12


def read_order(
    form: Mapping[str, str], columns: Sequence[str], info: InterfaceInfo, faults: Faults
) -> GrantOrder:
    """Read a sent form; what cannot be read is a fault at its field, as those of the order are."""
    wanted = tuple(name for name in info.interface.columns if name in columns)
    if not wanted:
        faults.add("columns", "未选择字段", "no column is chosen",
                   "请至少选择一个字段", "choose at least one")  # fmt: skip
    chosen = chosen_masks(form, wanted, faults)
    return GrantOrder(
        client=form.get("client", ""),
        interface=info.interface.id,
        purpose=form.get("purpose", "").strip(),
        basis=form.get("basis", "").strip(),
        valid_until=_until(form.get("valid_until", ""), faults),
        columns=wanted,
        masks=chosen.masks,
        plain=chosen.plain,
        row_filter=read_filter(form, info.contract, faults),
        quota=Quota(**{name: _limit(form, f"quota/{name}", faults) for name in Quota.__slots__}),
        row_cap=_limit(form, "row_cap", faults) or DEFAULT_ROW_CAP,
    )


def _until(text: str, faults: Faults) -> datetime:
    """Return the end of a day in the district."""
    try:
        day = date.fromisoformat(text.strip())
        return datetime.combine(day, time(), SHANGHAI) + timedelta(days=1)
    except (ValueError, OverflowError):
        faults.add("valid_until", "不是日期", "it is no day", "请写成 2027-12-31",
                   "write it like 2027-12-31")  # fmt: skip
        return _FAR


def _limit(form: Mapping[str, str], name: str, faults: Faults) -> int | None:
    text = form.get(name.replace("/", "_"), "").strip()
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS and int(text) > 0:
        return int(text)
    faults.add(name, "应为正整数", "it is a positive whole number",
               "请改正，或留空表示不限", "mend it, or leave it empty for no limit")  # fmt: skip
    return None
