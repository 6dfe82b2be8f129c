"""What a list was asked for in its address (查询条件); what a page does not know, it says."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils.functional import Promise

from duokua.kernel.text import Text

Options = Iterable[tuple[str, Text | Promise | str]]
_IGNORED = "duokua.ignored"
_MOST = 100  # characters of a word to look for
_SHOWN = 60  # characters of something not understood that are told
EXPORTS = ("csv", "json")


@dataclass(frozen=True, slots=True)
class Ignored:
    """A part of an address that says nothing to the page, which therefore did not heed it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A choice of a filter bar (筛选): ``options`` are pairs of value and label."""

    name: str
    title: Text
    all: Text | None  # nothing chosen; ``None``: one is always chosen
    options: tuple[tuple[str, Text | Promise | str], ...]
    value: str = ""


def choice(request: HttpRequest, name: str, known: Container[str], default: str = "") -> str:
    """Return what was chosen; ``default`` for nothing, and for what the page does not know."""
    told = request.GET.get(name, "")
    if not told or told in known:
        return told or default
    ignore(request, name)
    return default


def words(request: HttpRequest, name: str = "q") -> str:
    """Return the words to look for, at most 100 characters."""
    return request.GET.get(name, "").replace("\0", "").strip()[:_MOST]


def order(request: HttpRequest, sorts: Mapping[str, object] | Container[str]) -> str | None:
    """Return the order asked for (``-name`` for descending); ``None``: the page's own."""
    told = request.GET.get("sort", "")
    if told and told.removeprefix("-") not in sorts:
        ignore(request, "sort")
        return None
    return told or None


def offered(
    request: HttpRequest, name: str, title: Text, every: Text, options: Options
) -> FilterChoice:
    """Return a choice of the filter bar with what was chosen of it."""
    told = tuple((value, label) for value, label in options)
    return FilterChoice(name, title, every, told, choice(request, name, dict(told)))


def states(request: HttpRequest, options: Options) -> FilterChoice:
    """Return the choice of a state of which one always holds; the first is the list's own."""
    told = tuple(options)
    value = choice(request, "state", dict(told), told[0][0])
    return FilterChoice("state", Text("状态", "State"), None, told, value)


def orders(request: HttpRequest, options: Options) -> FilterChoice:
    """Return the choice of an order for a list without heads of columns; the first is its own."""
    told = tuple(options)
    value = choice(request, "sort", dict(told), told[0][0])
    return FilterChoice("sort", Text("排序", "Order"), None, told, value)


def day(request: HttpRequest, name: str) -> date | None:
    """Return a day; ``None`` for nothing, and for what is no day."""
    told = request.GET.get(name, "").strip()
    try:
        return date.fromisoformat(told) if told else None
    except ValueError:
        ignore(request, name)
        return None


def export(request: HttpRequest) -> str:
    """Return as which file the list is wanted: ``csv``, ``json``, or empty for the page."""
    return choice(request, "export", EXPORTS)


def ignore(request: HttpRequest, name: str) -> None:
    """Note that the page did not heed a part of its address; the page says so."""
    noted = request.META.setdefault(_IGNORED, [])
    noted.append(Ignored(name, request.GET.get(name, "")[:_SHOWN]))


def ignored(request: HttpRequest) -> list[Ignored]:
    """Return the parts of the address that were not heeded."""
    return list(request.META.get(_IGNORED, ()))
