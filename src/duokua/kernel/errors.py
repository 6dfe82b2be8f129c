"""Errors that a person or a program reads: what, where, how to mend."""

from __future__ import annotations

from dataclasses import dataclass, field

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong; ``where`` is a JSON pointer, ``file:line`` or a parameter's name."""

    where: str
    what: Text
    mend: Text

    def line(self) -> str:
        """Return the fault as one English line for terminals and logs."""
        return f"{self.where}: {self.what.en} → {self.mend.en}"


class DuokuaError(Exception):
    """The base of every error that is meant for its reader; carries a stable ``code``."""

    code = "error"

    def __init__(self, what: Text, mend: Text, *, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(what.en)
        self.what = what
        self.mend = mend
        self.faults = faults


class Invalid(DuokuaError):
    """Something declared or sent is wrong; ``faults`` names every place at once."""

    code = "invalid"


class NotFound(DuokuaError):
    """There is no such thing, or it is not visible to this caller: the same answer for both."""

    code = "not_found"


class NotAllowed(DuokuaError):
    """The actor may not do this."""

    code = "not_allowed"


class Conflict(DuokuaError):
    """Somebody else changed it first, or it exists already."""

    code = "conflict"


class Unavailable(DuokuaError):
    """A part that is needed does not answer just now."""

    code = "unavailable"


def invalid(what: Text, faults: list[Fault]) -> Invalid:
    """Build an :class:`Invalid` from collected faults."""
    mend = (
        faults[0].mend if len(faults) == 1 else Text("请逐条更正后重试", "mend each and try again")
    )
    return Invalid(what, mend, faults=tuple(faults))


@dataclass(slots=True)
class Faults:
    """Collects faults so that all of them are told at once."""

    where: str = ""
    found: list[Fault] = field(default_factory=list)

    def add(self, where: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        """Note one fault."""
        place = f"{self.where}{where}"
        self.found.append(Fault(place, Text(zh, en), Text(mend_zh, mend_en)))

    def raise_if_any(self, what: Text) -> None:
        """Raise :class:`Invalid` when anything was noted."""
        if self.found:
            raise invalid(what, self.found)
