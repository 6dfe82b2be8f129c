"""Which days are worked, as the law pack of this installation says."""

from __future__ import annotations

from duokua.kernel import environment
from duokua.kernel.working_time import Calendar
from duokua.lang.law_folder import law_pack


def calendar() -> Calendar:
    """Return the calendar.

    :raises NotFound: there is no law pack where DUOKUA_PACKS says.
    """
    return law_pack(environment.read().packs).calendar
