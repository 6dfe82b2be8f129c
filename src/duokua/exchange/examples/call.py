"""One call as the examples of every language show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from duokua.exchange.values import GrantInfo, InterfaceInfo
from duokua.lang.contract import Column, Kind
from duokua.lang.interface import Interface, Parameter, Shape

SECRET = "DUOKUA_CLIENT_SECRET"  # noqa: S105 - the variable that holds it
PAGE = 1000  # rows of one page in the examples
_SAMPLES = {
    Kind.STRING: "VALUE",
    Kind.INTEGER: "1",
    Kind.NUMBER: "1.0",
    Kind.BOOLEAN: "true",
    Kind.DATE: "2026-01-01",
    Kind.TIMESTAMP: "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True, slots=True)
class Call:
    """Where to call, as whom and what for. With a ``body`` of JSON it is a POST, else a GET."""

    base: str
    interface: str
    shape: Shape
    parameters: tuple[tuple[str, str], ...]
    client: str
    purpose: str
    anonymous: bool
    body: str | None = None

    @property
    def paged(self) -> bool:
        """Whether an answer may go on."""
        return self.shape in (Shape.PAGE, Shape.CHANGES)

    @property
    def exported(self) -> bool:
        """Whether all rows can be ordered as a file: of pages, under a grant."""
        return self.shape is Shape.PAGE and not self.anonymous

    @property
    def path(self) -> str:
        """The path of the interface."""
        return f"/data/{quote(self.interface, safe='@')}"

    @property
    def url(self) -> str:
        """The whole address, with the parameters of the first call."""
        given = [] if self.body is not None else [*self.parameters]
        if self.paged:
            given.append(("limit", str(PAGE)))
        return self.base + self.path + (f"?{urlencode(given)}" if given else "")

    @property
    def more(self) -> str:
        """What stands before ``cursor=`` in the address of the next page."""
        return "&" if "?" in self.url else "?"


def call_of(
    base: str, info: InterfaceInfo, grant: GrantInfo | None, shown: Mapping[str, str] | None = None
) -> Call:
    """Return the call of an interface; ``shown`` holds values that may stand in an example."""
    interface = info.interface
    client, purpose = ("CLIENT_ID", "PURPOSE")
    if grant is not None:
        client, purpose = grant.grant.client, grant.grant.purpose
    given = tuple(
        (each.name, sample(info.contract.by_name[each.column], shown or {}))
        for each in needed(info)
    )
    if interface.cube is not None:
        given = (("group", interface.cube.dimensions[0]), *given)
    return Call(
        base,
        interface.id,
        interface.shape,
        given,
        client,
        purpose,
        anonymous=interface.open and grant is None,
        # What is claimed of somebody must not stand in an address, which others keep.
        body=json.dumps(dict(given), ensure_ascii=False) if _claims(interface) else None,
    )


def _claims(interface: Interface) -> bool:
    return interface.shape is Shape.VERIFY


def needed(info: InterfaceInfo) -> list[Parameter]:
    """Return the parameters that a first call gives: those required, and one claim to verify."""
    interface = info.interface
    found = [each for each in interface.parameters if each.required]
    if interface.shape is Shape.VERIFY:
        claims = [each for each in interface.parameters if each.column not in interface.key]
        keys = [each for each in interface.parameters if each.column in interface.key]
        return [*keys, *claims[:1]]
    return found


def sample(column: Column, shown: Mapping[str, str]) -> str:
    """Return a value of a column: one that is open to see, a code, or one that has its form."""
    if column.name in shown:
        return shown[column.name]
    return column.codes[0].value if column.codes else _SAMPLES[column.kind]
