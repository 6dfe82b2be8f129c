"""What a verb asks for (办理要求), read from its form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from duokua.kernel.clock import SHANGHAI, iso

_MOST_TEXT = 2000
_PREFIX = "f_"  # of the fields that the verb asks for
_INSTANT = "%Y-%m-%dT%H:%M"


def read_text(form: Mapping[str, str]) -> str:
    """Return the remark or reason."""
    return form.get("text", "").replace("\0", "").strip()[:_MOST_TEXT]


def read_fields(form: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that were filled in; instants of the district as ISO 8601."""
    told = {
        name.removeprefix(_PREFIX): str(value).replace("\0", "").strip()[:_MOST_TEXT]
        for name, value in form.items()
        if name.startswith(_PREFIX)
    }
    return {name: _instant(value) for name, value in told.items() if value}


def _instant(value: str) -> str:
    try:
        return iso(datetime.strptime(value, _INSTANT).replace(tzinfo=SHANGHAI))
    except ValueError:
        return value
