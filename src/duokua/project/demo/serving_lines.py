"""Reading the ``serve`` words of the catalogue as interfaces (数据接口).

``lookup`` by key; ``list street built_on>= > columns`` pages by parameters; ``changes`` what is new;
``check key > claims`` yes or no; ``cube dimensions + sum amount 0..90`` counts and sums of groups.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from duokua.kernel.text import Text
from duokua.lang.contract import Contract, Kind, Level
from duokua.lang.cube import is_protected
from duokua.lang.interface import rows_tell
from duokua.project.demo.declared import Declared, Drawn
from duokua.project.demo.written import LABEL, bounds

_WIDEST = (0.0, 1_000_000.0)


@dataclass(frozen=True, slots=True)
class Served:
    """One interface as it is to be published."""

    id: str
    document: dict[str, Any]

    @property
    def text(self) -> str:
        """The interface as a file; JSON is YAML too."""
        return json.dumps(self.document, ensure_ascii=False)


def interfaces_of(
    told: tuple[str, ...], contract: Contract, drawn: Declared | None
) -> list[Served]:
    """Return the interfaces of a dataset; ``drawn`` knows the bounds of its numbers."""
    found: list[Served] = []
    for line in told:
        words = line.split()
        made = _MAKERS[words[0]](words[1:], contract, drawn)
        id_ = f"{contract.id}_{_ENDINGS[words[0]]}"
        if any(each.id == id_ for each in found):
            id_ = f"{id_}_by_{_plain(words[1])}"
        zh, en = made.pop("title")
        document = {
            "interface": id_,
            "version": "1.0.0",
            "title": {"zh": zh, "en": en},
            "description": {"zh": f"{zh}。{LABEL.zh}", "en": f"{en}. {LABEL.en}"},
            "dataset": contract.id,
            **made,
        }
        found.append(Served(id_, document))
    return found


def _plain(word: str) -> str:
    return word.rstrip("<>=")


def _titles(contract: Contract, names: list[str]) -> Text:
    titles = [contract.by_name[name].title for name in names]
    return Text("、".join(each.zh for each in titles), ", ".join(each.en for each in titles))


def _open(contract: Contract, used: list[str]) -> dict[str, Any]:
    columns = [contract.by_name[name] for name in used]
    shut = rows_tell(contract) or any(c.personal or c.level is not Level.L1 for c in columns)
    return {} if shut else {"open": True}


def _lookup(words: list[str], contract: Contract, drawn: Declared | None) -> dict[str, Any]:
    columns = list(contract.by_name)
    key = _titles(contract, list(contract.key))
    title = f"按{key.zh}查询{contract.title.zh}", f"{contract.title.en}: one by {key.en}"
    return {"title": title, "shape": "lookup", "columns": columns, **_open(contract, columns)}


def _list(words: list[str], contract: Contract, drawn: Declared | None) -> dict[str, Any]:
    at = words.index(">") if ">" in words else len(words)
    asked, shown = words[:at], words[at + 1 :] or list(contract.by_name)
    parameters = [_parameter(word) for word in asked]
    needed = dict.fromkeys((*contract.key, *(each["column"] for each in parameters)))
    shown = [*shown, *(name for name in needed if name not in shown)]
    used = [*shown, *(each["column"] for each in parameters)]
    by = _titles(contract, [each["column"] for each in parameters])
    brief = "摘要" if ">" in words else ""
    title = f"{contract.title.zh}{brief}清单", f"{contract.title.en}{', in brief' if brief else ''}"
    if parameters:
        title = f"{title[0]}（按{by.zh}）", f"{title[1]} by {by.en}"
    return {
        "title": title,
        "shape": "page",
        "columns": shown,
        "parameters": parameters,
        **_open(contract, used),
    }


def _parameter(word: str) -> dict[str, Any]:
    column = _plain(word)
    if word.endswith(">="):
        return {"name": f"{column}_from", "column": column, "op": "ge"}
    if word.endswith("<="):
        return {"name": f"{column}_until", "column": column, "op": "le"}
    return {"name": column, "column": column, "op": "eq"}


def _changes(words: list[str], contract: Contract, drawn: Declared | None) -> dict[str, Any]:
    columns = list(contract.by_name)
    title = f"{contract.title.zh}变更流", f"Changes of {contract.title.en}"
    return {"title": title, "shape": "changes", "columns": columns}  # whoever follows one is known


def _check(words: list[str], contract: Contract, drawn: Declared | None) -> dict[str, Any]:
    at = words.index(">")
    key, claims = words[:at], words[at + 1 :]
    by = _titles(contract, key)
    title = f"{contract.title.zh}核验（按{by.zh}）", f"Check of {contract.title.en} by {by.en}"
    return {"title": title, "shape": "verify", "key": key, "claims": claims}


def _cube(words: list[str], contract: Contract, drawn: Declared | None) -> dict[str, Any]:
    groups = " ".join(words).split(" + ")
    dimensions = groups[0].split()
    measures: list[dict[str, Any]] = [{"name": "records", "fn": "count"}]
    measures += [_measure(each.split(), contract, drawn) for each in groups[1:]]
    by = _titles(contract, dimensions)
    title = f"{contract.title.zh}统计（按{by.zh}）", f"{contract.title.en}: counts by {by.en}"
    used = [*dimensions, *(each["column"] for each in measures if "column" in each)]
    cube = {"dimensions": dimensions, "measures": measures}
    return {"title": title, "shape": "aggregate", "cube": cube, **_open(contract, used)}


def _measure(words: list[str], contract: Contract, drawn: Declared | None) -> dict[str, Any]:
    fn, column, *span = words
    told: dict[str, Any] = {"name": f"{fn}_{column}", "fn": fn, "column": column}
    if span:
        low, _, high = span[0].partition("..")
        told["between"] = [float(low), float(high)]
    elif is_protected(contract):
        told["between"] = list(_span(drawn.by_name[column] if drawn else None))
    return told


def _span(column: Drawn | None) -> tuple[float, float]:
    told = column is not None and column.how in ("int", "num") and column.kind is not Kind.STRING
    return bounds(column) if column is not None and told else _WIDEST


_MAKERS = {"lookup": _lookup, "list": _list, "changes": _changes, "check": _check, "cube": _cube}
_ENDINGS = {
    "lookup": "by_key",
    "list": "list",
    "changes": "changes",
    "check": "check",
    "cube": "stats",
}
