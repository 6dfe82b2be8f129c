"""Faults that only follow from a file that could not be read (后续错误): nobody is told of them.

A contract with one colon too few leaves a table unknown, and every rule that reads it would be
called wrong. Such faults go once the file is mended, so they are left out of what is told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from duokua.kernel.errors import Fault
from duokua.lang.scenario.kinds import kind_of_file, name_of
from duokua.lang.scenario.manifest_file import CONSUMED, MANIFEST, ROLE, ROLES

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY = re.compile(r"^(?:\s*-?\s*id\s*[:：]\s*)?([a-z_][a-z0-9_]*)\s*(?:[:：]|$)", re.MULTILINE)
_QUERIES = ("datasets", "rules", "views", "indicators")  # with a table unknown, all of it is
_OWN = frozenset(
    {*MANIFEST.keys, *CONSUMED.keys, *ROLE.keys, *ROLES}
)  # words of the language itself


def without_followers(faults: list[Fault], unread: Mapping[str, str]) -> list[Fault]:
    """Leave out the faults that name what an unread file would have declared.

    ``unread`` are the texts, by path, of the files that could not be read; theirs are all told.
    """
    names = {name for path, text in unread.items() for name in _declared(path, text)}
    gone: set[str] = set()
    while True:  # a derived table that follows from it makes others follow in turn
        told = [each for each in faults if _stands(each, names, gone, unread)]
        left = {_file(each) for each in faults if each not in told}
        fresh = {path for path in left if kind_of_file(path) in _QUERIES} - gone
        if not fresh:
            return told or faults  # whatever is wrong is never taken for right
        gone |= fresh
        names |= {name_of(path) for path in fresh if kind_of_file(path) == "datasets"}


def _stands(fault: Fault, names: set[str], gone: set[str], unread: Mapping[str, str]) -> bool:
    file = _file(fault)
    if file in unread:
        return True
    return file not in gone and not names.intersection(_WORD.findall(_mention(fault)))


def _declared(path: str, text: str) -> set[str]:
    """Return the names that a file seems to declare, as far as they can be seen in its text."""
    match kind_of_file(path):
        case "contracts" | "forms" | "playbooks":
            return {name_of(path)}
        case "parameters":
            return set(_KEY.findall(text))
        case "manifest":
            return set(_WORD.findall(text)) - _OWN
    return set()


def _mention(fault: Fault) -> str:
    file = _file(fault)
    return f"{name_of(file)} {fault.what.en}" if file.startswith("contracts/") else fault.what.en


def _file(fault: Fault) -> str:
    return fault.where.rpartition(":")[0] or fault.where
