"""The form of a listing (上架表单): from its fields to what a listing says, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from duokua.kernel.errors import Fault
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract
from duokua.store.states.listing import ShareClass
from duokua.store.values.listing import ItemShare, ListingBody

TEXTS = ("title", "summary", "condition", "reason", "contact")
WORDS = ("share_class", "level", "domain", "law", "cycle", "phone")
_INPUTS = ("share_class", "level", "domain", "law", "cycle", "phone", "keywords", "ways")
_ELSE = Text("整体", "the whole")
_FIELDS = {
    "title": Text("名称", "title"),
    "summary": Text("摘要", "summary"),
    "condition": Text("共享条件", "condition"),
    "reason": Text("不予共享的理由", "reason for not sharing"),
    "contact": Text("联系机构", "office to contact"),
    "share_class": Text("整体共享类型", "share class of the whole"),
    "level": Text("分级", "level"),
    "domain": Text("领域", "domain"),
    "law": Text("法律依据", "article of law"),
    "cycle": Text("更新周期", "update cycle"),
    "phone": Text("联系电话", "phone of the office"),
    "keywords": Text("关键词", "keywords"),
    "ways": Text("共享方式", "ways of sharing"),
}
_BETWEEN = re.compile(r"[,，、;；\s]+")


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One data item in the form; ``words`` are its condition or its reason."""

    column: Column
    share: ItemShare
    zh: str
    en: str
    faults: Sequence[Fault]


def read_body(sent: Mapping[str, str], ways: Sequence[str], contract: Contract) -> ListingBody:
    """Return what the form says; what is wrong with it is told by the rules."""

    def words(name: str) -> str:
        return sent.get(name, "").strip()

    texts = {name: _text(words(f"{name}_zh"), words(f"{name}_en")) for name in TEXTS}
    nothing = Text("", "")
    return ListingBody(
        title=texts["title"] or nothing,
        summary=texts["summary"] or nothing,
        condition=texts["condition"],
        reason=texts["reason"],
        contact=texts["contact"],
        share_class=words("share_class"),
        level=words("level"),
        domain=words("domain"),
        law=words("law"),
        cycle=words("cycle"),
        phone=words("phone"),
        keywords=tuple(dict.fromkeys(filter(None, _BETWEEN.split(words("keywords"))))),
        ways=tuple(ways),
        items=tuple(_item(sent, column) for column in contract.columns),
    )


def _text(zh: str, en: str) -> Text | None:
    return Text(zh, en) if zh or en else None


def _item(sent: Mapping[str, str], column: Column) -> ItemShare:
    def words(part: str) -> str:
        return sent.get(f"item_{part}_{column.name}", "").strip()

    share, told = words("share_class"), _text(words("zh"), words("en"))
    return ItemShare(
        column.name,
        share,
        condition=None if share == ShareClass.REFUSED else told,
        reason=told if share == ShareClass.REFUSED else None,
        law=words("law"),
    )


def item_lines(
    body: ListingBody, contract: Contract, faults: Mapping[str, Sequence[Fault]]
) -> list[ItemLine]:
    """Return the lines of the form's table of items."""
    lines = []
    for column in contract.columns:
        share = body.item(column.name)
        told = share.reason if share.share_class == ShareClass.REFUSED else share.condition
        own = [f for where, found in faults.items() if _is_of(where, column.name) for f in found]
        lines.append(ItemLine(column, share, told.zh if told else "", told.en if told else "", own))
    return lines


def _is_of(where: str, column: str) -> bool:
    return where == f"items/{column}" or where.startswith(f"items/{column}/")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A fault with the name of its field and the id of the input that it belongs to."""

    field: Text
    anchor: str
    fault: Fault


def named_faults(faults: Sequence[Fault], contract: Contract) -> list[FieldFault]:
    """Return faults as a person reads them: by the label of the field, never by its code."""
    return [FieldFault(*_place(fault.where, contract), fault) for fault in faults]


def _place(where: str, contract: Contract) -> tuple[Text, str]:
    parts = where.split("/")
    if parts[0] == "items" and len(parts) > 1:
        column = contract.by_name.get(parts[1])
        title = column.title if column else Text(parts[1], parts[1])
        return Text(f"数据项“{title.zh}”", f"item “{title.en}”"), f"item_{parts[1]}"
    return _FIELDS.get(where, _ELSE), where if where in _INPUTS else f"{where}_zh"


def by_field(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    """Return faults by the field that each belongs to."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.where, []).append(fault)
    return found
