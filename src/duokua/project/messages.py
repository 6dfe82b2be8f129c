"""``python -m duokua.project.messages``: compile messages and name those without a translation."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from duokua.shell import messages

PACKAGE = Path(__file__).resolve().parent.parent
CATALOGUE = PACKAGE / "shell" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"


def missing() -> list[str]:
    """Return the ids of the sources that the Chinese catalogue lacks; the ids are English."""
    from babel.messages.pofile import read_po

    with CATALOGUE.open("rb") as text:
        known = read_po(text)
    lacking = []
    for found in messages.collect(PACKAGE):
        entry = known.get(found if isinstance(found, str) else found[0])
        strings = entry.string if entry and isinstance(entry.string, tuple) else ()
        whole = any(strings) if not isinstance(found, str) else bool(entry and entry.string)
        if not whole:
            lacking.append(found if isinstance(found, str) else found[0])
    return lacking


def main() -> int:
    """Compile; return 1 when a message lacks its translation."""
    for made in messages.compile_stale(PACKAGE / "shell" / "locale"):
        print(made)
    lacking = missing()
    for text in lacking:
        print(f"no translation: {text}", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "duokua.project.settings")
    django.setup(set_prefix=False)
    sys.exit(main())
