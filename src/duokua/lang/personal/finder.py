"""Finds every datum of a cell; where two readings overlap the surer one stands."""

from __future__ import annotations

from duokua.lang.personal.addresses import find_addresses
from duokua.lang.personal.hits import Hit
from duokua.lang.personal.names import find_names
from duokua.lang.personal.numbers import find_numbers
from duokua.lang.personal.plates import find_plates
from duokua.lang.personal.text import plain


def find(text: str) -> tuple[Hit, ...]:
    """Return what ``text`` tells of people and companies, from left to right, never overlapping."""
    even = plain(text)
    found: list[Hit] = []
    for finder in (find_numbers, find_plates, find_addresses, find_names):
        fresh = list(finder(even))
        found += fresh
        for hit in fresh:  # what is told once is a wall to the finders after it
            even = even[: hit.start] + "\n" * (hit.end - hit.start) + even[hit.end :]
    return tuple(sorted(found, key=lambda hit: hit.start))
