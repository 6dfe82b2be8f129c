"""What differs between two versions of a listing: field by field, item by item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from duokua.kernel.text import Text
from duokua.store.states.listing import ShareClass
from duokua.store.values.listing import ItemShare, ListingBody
from duokua.store.values.vocabulary import CYCLES, DOMAINS, WAYS
from duokua.store.values.words import both

_NOTHING = Text("—", "—")
FIELDS: dict[str, Text] = {
    "title": Text("标题", "Title"),
    "summary": Text("摘要", "Summary"),
    "share_class": Text("共享类型", "Share class"),
    "condition": Text("共享条件", "Condition"),
    "reason": Text("不予共享的理由", "Reason for not sharing"),
    "law": Text("法律依据", "Article of law"),
    "level": Text("分级", "Level"),
    "domain": Text("领域", "Domain"),
    "keywords": Text("关键词", "Keywords"),
    "cycle": Text("更新周期", "Update cycle"),
    "ways": Text("共享方式", "Ways of sharing"),
    "contact": Text("联系处室", "Office to contact"),
    "phone": Text("联系电话", "Phone of the office"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One field or item that reads otherwise; ``column`` names the item, if it is one."""

    field: str
    title: Text
    before: Text
    after: Text
    column: str = ""


def difference(before: ListingBody | None, after: ListingBody) -> list[Change]:
    """Return what ``after`` says otherwise; without a version before, all but its items."""
    return [*_fields(before, after), *(_items(before, after) if before else ())]


def _fields(before: ListingBody | None, after: ListingBody) -> Iterator[Change]:
    for name, title in FIELDS.items():
        old = said(name, getattr(before, name)) if before else _NOTHING
        new = said(name, getattr(after, name))
        if old != new:
            yield Change(name, title, old, new)


def _items(before: ListingBody, after: ListingBody) -> Iterator[Change]:
    names = [item.name for item in (*before.items, *after.items)]
    for name in dict.fromkeys(names):
        title = Text(f"数据项 {name}", f"Item {name}")
        old = _item(before.item(name))
        new = _item(after.item(name))
        if old != new:
            yield Change("items", title, old, new, name)


def said(name: str, value: object) -> Text:
    """Return the value of a field in words."""
    if value is None or value in ("", ()):
        return _NOTHING
    if isinstance(value, Text):
        return value
    if name == "share_class":
        return both(ShareClass(str(value)))
    if name == "domain":
        return DOMAINS[str(value)]
    if name == "cycle":
        return CYCLES[str(value)].title
    if name == "ways" and isinstance(value, tuple):
        words = [WAYS[way] for way in value]
        return Text("、".join(w.zh for w in words), ", ".join(w.en for w in words))
    told = "、".join(value) if isinstance(value, tuple) else str(value)
    return Text(told, told)


def _item(item: ItemShare) -> Text:
    word = both(ShareClass(item.share_class))
    more = item.condition if item.share_class == ShareClass.CONDITIONAL else None
    more = item.reason if item.share_class == ShareClass.REFUSED else more
    zh = [word.zh, more.zh if more else "", item.law]
    en = [word.en, more.en if more else "", item.law]
    return Text(" · ".join(filter(None, zh)), " · ".join(filter(None, en)))
