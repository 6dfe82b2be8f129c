"""What a finding is about (对象), as one text."""

from __future__ import annotations

import json
from collections.abc import Iterable


def subject_key(values: Iterable[str]) -> str:
    """Return the key of a subject: its values as a JSON array."""
    return json.dumps(list(values), ensure_ascii=False)
