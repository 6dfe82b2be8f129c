"""Listings as YAML files (上架文件), so that a department lists by file; what is left out is proposed.

::

    listing: river_patrol                 # the dataset
    title: {zh: 巡河记录, en: River patrols}
    share: conditional                    # or unconditional, refused
    condition: {zh: 须说明用途, en: State the purpose}
    level: L2
    domain: government
    keywords: [河道, 巡查]
    cycle: daily
    ways: [system, query]
    contact: {zh: 河长办, en: River office}
    phone: '0571-00000000'
    items:
      patrol_no: unconditional
      phone: {share: refused, reason: {zh: 与用途无关, en: Not needed}, law: 个人信息保护法 第六条}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from duokua.kernel.errors import Fault, Faults, invalid
from duokua.kernel.text import Text
from duokua.lang import yamlfile
from duokua.lang.contract import Contract
from duokua.store.states.listing import ShareClass
from duokua.store.values import sharing
from duokua.store.values.listing import ItemShare, ListingBody

_WHAT = Text("上架文件有误", "the listing's file is wrong")
_TEXTS = ("title", "summary", "condition", "reason", "contact")
_WORDS = ("level", "domain", "law", "cycle", "phone")
_LISTS = ("keywords", "ways")
_KNOWN = {"listing", "share", "items", *_TEXTS, *_WORDS, *_LISTS}
_NUMBER = re.compile(r"[0-9+.eE-]+")
_OF_ITEM = {"share", "condition", "reason", "law"}


def named_listing(text: str, *, source: str) -> str:
    """Return which dataset a file lists.

    :raises Invalid: it is no YAML, or names none.
    """
    document = yamlfile.load(text, source=source)
    fields = document.value if isinstance(document.value, dict) else {}
    name = fields.get("listing")
    if not isinstance(name, str):
        faults = Faults()
        faults.add(f"{source}:1 listing", "缺少该项", "is missing", "请写数据集编号",
                   "name the dataset")  # fmt: skip
        raise invalid(_WHAT, faults.found)
    return name


def load_listing(text: str, *, source: str, contract: Contract) -> ListingBody:
    """Read what a listing says, over the contract of its dataset.

    :raises Invalid: naming every fault with its line.
    """
    document = yamlfile.load(text, source=source)
    reader = _Reader(document, contract)
    body = reader.read()
    reader.faults.raise_if_any(_WHAT)
    found = [_placed(document, fault) for fault in sharing.check(body, contract)]
    if found:
        raise invalid(_WHAT, found)
    return body


def _placed(document: yamlfile.Document, fault: Fault) -> Fault:
    path = ["share" if part == "share_class" else part for part in fault.where.split("/") if part]
    return Fault(f"{document.place(*path)} {'/'.join(path)}", fault.what, fault.mend)


class _Reader:
    """Reads one file, noting what is not as it should be."""

    def __init__(self, document: yamlfile.Document, contract: Contract) -> None:
        self.faults = Faults()
        self._document, self._contract = document, contract
        told = document.value
        self._fields: dict[str, Any] = told if isinstance(told, dict) else {}

    def read(self) -> ListingBody:
        """Return what the file says, the rest as the contract proposes."""
        for name in self._fields:
            if name not in _KNOWN:
                known = ", ".join(sorted(_KNOWN))
                self._note(
                    name, "没有该项", "there is no such item", f"可用：{known}", f"use {known}"
                )
        body = sharing.proposed(self._contract)
        changes: dict[str, Any] = {n: self._text(n) for n in _TEXTS if n in self._fields}
        changes |= {name: self._word(name) for name in _WORDS if name in self._fields}
        changes |= {name: self._list(name) for name in _LISTS if name in self._fields}
        if "share" in self._fields:
            changes["share_class"] = self._word("share")
        if "items" in self._fields:
            changes["items"] = self._items(body)
            if "share" not in self._fields and not self.faults.found:
                changes["share_class"] = str(sharing.whole_class(changes["items"]))
        return _fitting(replace(body, **changes), self._fields)

    def _note(self, name: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        place = self._document.place(*name.split("/"))
        self.faults.add(f"{place} {name}", zh, en, mend_zh, mend_en)

    def _text(self, name: str, told: Any = None) -> Text | None:
        told = self._fields.get(name) if told is None else told
        whole = isinstance(told, dict) and told.keys() <= {"zh", "en"}
        if not whole or not all(isinstance(each, str) for each in told.values()):
            self._note(name, "须写成 {zh: …, en: …}", "has to be {zh: …, en: …}",
                       "请写中文与英文", "write both languages")  # fmt: skip
            return None
        return Text(told.get("zh", ""), told.get("en", ""))

    def _word(self, name: str) -> str:
        told = self._fields.get(name)
        if not isinstance(told, str):
            self._note(name, "须是文字", "has to be text", "请加引号", "put it in quotes")
            return ""
        return told

    def _list(self, name: str) -> tuple[str, ...]:
        told = self._fields.get(name)
        if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
            self._note(name, "须是文字的列表", "has to be a list of words",
                       "如 [河道, 巡查]", "such as [river, patrol]")  # fmt: skip
            return ()
        return tuple(told)

    def _items(self, body: ListingBody) -> tuple[ItemShare, ...]:
        told = self._fields["items"]
        if not isinstance(told, dict):
            self._note("items", "须逐列写明", "has to name columns", "如 phone: conditional",
                       "such as phone: conditional")  # fmt: skip
            return body.items
        said = {name: self._item(name, value, body) for name, value in told.items()}
        kept = tuple(said.pop(item.name, item) for item in body.items)
        return (*kept, *said.values())

    def _item(self, name: str, told: Any, body: ListingBody) -> ItemShare:
        place, proposed = f"items/{name}", body.item(name)
        fields = {"share": told} if isinstance(told, str) else told
        if not isinstance(fields, dict) or not isinstance(fields.get("share"), str):
            self._note(place, "须写共享类型", "needs its share class", "如 conditional",
                       "such as conditional")  # fmt: skip
            return proposed
        for each in fields.keys() - _OF_ITEM:
            self._note(
                f"{place}/{each}", "没有该项", "there is no such item", "请删去", "remove it"
            )
        share, law = str(fields["share"]), fields.get("law", "")
        condition = sharing.ASKED if share == "conditional" else None
        return ItemShare(
            name,
            share,
            self._text(f"{place}/condition", fields["condition"]) if "condition" in fields
            else condition,
            self._text(f"{place}/reason", fields["reason"]) if "reason" in fields else None,
            law if isinstance(law, str) else str(law),
        )  # fmt: skip


def _fitting(body: ListingBody, said: Mapping[str, Any]) -> ListingBody:
    """Drop what was proposed for another share class than the file's."""
    if body.share_class != ShareClass.CONDITIONAL and "condition" not in said:
        body = replace(body, condition=None)
    if body.share_class != ShareClass.REFUSED:
        body = replace(
            body,
            reason=body.reason if "reason" in said else None,
            law=body.law if "law" in said else "",
        )
    return body


def dump_listing(listing_id: str, body: ListingBody) -> str:
    """Write a listing as a file that :func:`load_listing` reads to the same."""
    plain: dict[str, Any] = {"listing": listing_id, "share": str(body.share_class)}
    plain |= {name: _both(value) for name in _TEXTS if (value := getattr(body, name)) is not None}
    plain |= {name: str(value) for name in _WORDS if (value := getattr(body, name))}
    plain |= {name: list(getattr(body, name)) for name in _LISTS}
    plain["items"] = {item.name: _item_out(item) for item in body.items}
    return yaml.dump(plain, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


class _Dumper(yaml.SafeDumper):
    """Quotes what :mod:`duokua.lang.yamlfile` would not read as text, and YAML 1.1 would."""


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if _NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _item_out(item: ItemShare) -> str | dict[str, Any]:
    told: dict[str, Any] = {"share": str(item.share_class)}
    for name in ("condition", "reason"):
        if (value := getattr(item, name)) is not None:
            told[name] = _both(value)
    if item.law:
        told["law"] = item.law
    return told if len(told) > 1 else told["share"]
