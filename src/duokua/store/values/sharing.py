"""Rules of what a listing may say (上架规则), over the contract of its dataset; pure.

- A listing's level is never below that of its contract or of any column (就高从严).
- Conditional sharing needs the condition; refusing needs a reason and the article of law.
- An item is never shared more freely than its floor: all of an L4 dataset and each L4 column is
  refused; L2, L3, personal data and the person whom a row is about are shared on conditions at best;
  only open columns that tell of nobody may be unconditional.
- A listing is refused when all its items are, and only then. It is unconditional only when no item
  is conditional: items that are refused then stay out of every product, so their columns cannot be
  asked for, masked or plain. An open interface may serve unconditional items only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from duokua.kernel.errors import Fault, Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Column, Contract, Level
from duokua.store.states.listing import ShareClass
from duokua.store.values.listing import ItemShare, ListingBody
from duokua.store.values.vocabulary import CYCLES, DOMAINS, LAST_WAYS, WAYS, cycle_of

MOST_TITLE, MOST_TEXT, MOST_KEYWORDS = 200, 2000, 20
STRICTNESS = (ShareClass.UNCONDITIONAL, ShareClass.CONDITIONAL, ShareClass.REFUSED)
ASKED = Text("须经申请并说明用途", "on a request that states the purpose")  # the usual condition
CORE = Text("核心数据，不予共享", "core data are not shared")
CORE_LAW = "政务数据共享条例"
_OPEN_WORDS = 10  # columns that a proposal's summary names


def strictness(share_class: str) -> int:
    """Return how strict a class is: 0 unconditional, 1 conditional, 2 refused."""
    return STRICTNESS.index(ShareClass(share_class))


def floor(contract: Contract, column: Column) -> ShareClass:
    """Return the freest class in which a column may be shared."""
    if Level.L4 in (contract.level, column.level):
        return ShareClass.REFUSED
    about = column.personal or (contract.personal and column.name == contract.subject)
    if column.level is not Level.L1 or about:
        return ShareClass.CONDITIONAL
    return ShareClass.UNCONDITIONAL


def least_level(contract: Contract) -> str:
    """Return the highest level that stands anywhere in a contract."""
    return max([str(contract.level), *(str(column.level) for column in contract.columns)])


def proposed(contract: Contract, *, contact: Text | None = None, phone: str = "") -> ListingBody:
    """Draft (起草) what a listing of a dataset says, from its contract."""
    items = tuple(_item(contract, column) for column in contract.columns)
    whole = whole_class(items)
    first = "、".join(column.title.zh for column in contract.columns[:_OPEN_WORDS])
    words = (contract.title.zh, *(column.title.zh for column in contract.columns[:4]))
    return ListingBody(
        title=contract.title,
        summary=contract.description or Text(first, contract.title.en),
        share_class=whole,
        level=least_level(contract),
        keywords=tuple(dict.fromkeys(words)),
        condition=ASKED if whole == ShareClass.CONDITIONAL else None,
        reason=CORE if whole == ShareClass.REFUSED else None,
        law=CORE_LAW if whole == ShareClass.REFUSED else "",
        cycle=cycle_of(contract.refresh_h),
        ways=("system", "query"),
        contact=contact,
        phone=phone,
        items=items,
    )


def _item(contract: Contract, column: Column) -> ItemShare:
    least = floor(contract, column)
    if least == ShareClass.REFUSED:
        return ItemShare(column.name, least, reason=CORE, law=CORE_LAW)
    return ItemShare(column.name, least, ASKED if least == ShareClass.CONDITIONAL else None)


def whole_class(items: Iterable[ItemShare]) -> ShareClass:
    """Return the class of a listing with these items: the strictest of those that are shared."""
    shared = [strictness(item.share_class) for item in items]
    kept = [each for each in shared if each < strictness(ShareClass.REFUSED)]
    return STRICTNESS[max(kept)] if kept else ShareClass.REFUSED


def stated(body: ListingBody) -> ListingBody:
    """Return a body without the words that its share classes make no use of.

    A draft keeps them, so that choosing another class and back loses nothing.
    """

    def words(share_class: str, said: ListingBody | ItemShare) -> dict[str, Any]:
        refused = share_class == ShareClass.REFUSED
        return {
            "condition": said.condition if share_class == ShareClass.CONDITIONAL else None,
            "reason": said.reason if refused else None,
            "law": said.law if refused else "",
        }

    items = tuple(replace(item, **words(item.share_class, item)) for item in body.items)
    return replace(body, items=items, **words(body.share_class, body))


def check(body: ListingBody, contract: Contract, *, draft: bool = False) -> list[Fault]:
    """Return everything that is wrong with a body; of a draft only what cannot be kept."""
    faults = Faults()
    _check_sizes(body, faults)
    _check_names(body, contract, faults)
    if not draft and not faults.found:
        _check_words(body, faults)
        _check_share("", body, faults)
        _check_level(body, contract, faults)
        for column in contract.columns:
            _check_item(body.item(column.name), floor(contract, column), faults)
        _check_whole(body, contract, faults)
    return faults.found


def _check_sizes(body: ListingBody, faults: Faults) -> None:
    for name in ("title", "summary", "condition", "reason", "contact"):
        text = getattr(body, name)
        most = MOST_TITLE if name in ("title", "contact") else MOST_TEXT
        if text is not None and max(len(text.zh), len(text.en)) > most:
            faults.add(name, f"超过 {most} 字", f"over {most} characters", "请缩短", "shorten it")
    for name in ("law", "phone"):
        if len(getattr(body, name)) > MOST_TITLE:
            faults.add(name, "过长", "is too long", "请缩短", "shorten it")
    if len(body.keywords) > MOST_KEYWORDS or any(len(word) > 40 for word in body.keywords):
        faults.add("keywords", "关键词过多或过长", "too many or too long keywords",
                   f"至多 {MOST_KEYWORDS} 个，每个至多 40 字",
                   f"at most {MOST_KEYWORDS} of at most 40 characters")  # fmt: skip


def _check_names(body: ListingBody, contract: Contract, faults: Faults) -> None:
    known: dict[str, set[str]] = {
        "share_class": set(ShareClass),
        "level": set(Level),
        "cycle": {"", *CYCLES},
        "domain": {"", *DOMAINS},
    }
    for name, words in known.items():
        if getattr(body, name) not in words:
            faults.add(name, "不在可选范围内", "is none of the choices",
                       f"可用：{'、'.join(filter(None, sorted(words)))}",
                       f"use one of {', '.join(filter(None, sorted(words)))}")  # fmt: skip
    for way in body.ways:
        if way not in WAYS:
            faults.add("ways", f"没有共享方式“{way}”", f"there is no way {way!r}",
                       f"可用：{'、'.join(WAYS)}", f"use {', '.join(WAYS)}")  # fmt: skip
    seen: set[str] = set()
    for item in body.items:
        place = f"items/{item.name}"
        if item.name not in contract.by_name or item.name in seen:
            faults.add(place, "没有该数据项或重复", "no such data item, or it is there twice",
                       "请按契约的列名填写", "name each column of the contract once")  # fmt: skip
        if item.share_class not in set(ShareClass):
            faults.add(place, "没有该共享类型", "no such share class",
                       f"可用：{'、'.join(ShareClass)}", f"use {', '.join(ShareClass)}")  # fmt: skip
        seen.add(item.name)


def _check_words(body: ListingBody, faults: Faults) -> None:
    for name in ("title", "summary", "contact"):
        text = getattr(body, name)
        if text is None or not (text.zh.strip() and text.en.strip()):
            faults.add(name, "须有中文与英文", "is needed in Chinese and English",
                       "请补充两种语言", "write it in both")  # fmt: skip
    if not body.cycle:
        faults.add("cycle", "须写明更新周期", "the update cycle is missing",
                   "请选择", "choose one")  # fmt: skip
    if not body.ways and body.share_class != ShareClass.REFUSED:
        faults.add("ways", "须至少有一种共享方式", "at least one way of sharing is needed",
                   "请选择", "choose")  # fmt: skip
    if body.ways and set(body.ways) <= set(LAST_WAYS):
        faults.add("ways", "仅在其他方式不能满足时才可下载或拷贝",
                   "files are for cases that no online way serves",
                   "请至少加一种在线方式", "add an online way")  # fmt: skip


def _check_share(place: str, said: ListingBody | ItemShare, faults: Faults) -> None:
    def whole(text: Text | None) -> bool:
        return text is not None and bool(text.zh.strip() and text.en.strip())

    if said.share_class == ShareClass.CONDITIONAL and not whole(said.condition):
        faults.add(f"{place}condition", "有条件共享须写明条件（中英文）",
                   "sharing on conditions needs the condition in both languages",
                   "请写明条件", "state the condition")  # fmt: skip
    if said.share_class == ShareClass.REFUSED and not (whole(said.reason) and said.law.strip()):
        faults.add(f"{place}reason", "不予共享须写明理由（中英文）和法律依据",
                   "not sharing needs a reason in both languages and the article of law",
                   "请补充理由与法条", "state the reason and the article")  # fmt: skip


def _check_level(body: ListingBody, contract: Contract, faults: Faults) -> None:
    least = least_level(contract)
    if body.level < least:
        faults.add("level", f"低于数据契约的 {least}（就高从严）",
                   f"below {least}, the highest level of its contract",
                   f"请填 {least} 或更高", f"use {least} or above")  # fmt: skip


def _check_item(item: ItemShare, least: ShareClass, faults: Faults) -> None:
    place = f"items/{item.name}/"
    _check_share(place, item, faults)
    if strictness(item.share_class) < strictness(least):
        zh, en = {
            ShareClass.CONDITIONAL: ("敏感或个人数据项至多有条件共享",
                                     "a sensitive or personal item is shared on conditions at best"),
            ShareClass.REFUSED: ("核心数据项不予共享", "a core item is not shared"),
        }[least]  # fmt: skip
        faults.add(f"{place}share_class", zh, en, "请收紧共享类型", "choose a stricter class")


def _check_whole(body: ListingBody, contract: Contract, faults: Faults) -> None:
    items = [body.item(column.name) for column in contract.columns]
    whole = whole_class(items)
    refused = ShareClass.REFUSED
    if (body.share_class == refused) != (whole == refused):
        faults.add("share_class", "全部数据项不予共享时整体才为不予共享",
                   "the whole is refused when all its items are, and only then",
                   "请核对数据项", "check the items")  # fmt: skip
    elif strictness(body.share_class) < strictness(whole):
        faults.add("share_class", "含有条件共享的数据项，整体不能为无条件共享",
                   "with conditional items the whole cannot be unconditional",
                   "请改为有条件共享", "make the whole conditional")  # fmt: skip
    if body.level == Level.L4 and body.share_class != refused:
        faults.add("share_class", "核心资源不予共享", "a core resource is not shared",
                   "请改为不予共享", "refuse it")  # fmt: skip


def closed_items(body: ListingBody, columns: Iterable[str]) -> Iterator[str]:
    """Yield those of ``columns`` that an interface open to all may not serve."""
    for name in columns:
        if body.item(name).share_class != ShareClass.UNCONDITIONAL:
            yield name


def open_fault(column: str, interface: str) -> Fault:
    """Return the fault that an interface open to all serves an item that is not unconditional."""
    return Fault(
        f"items/{column}/share_class",
        Text(f"开放接口 {interface} 提供该项，须为无条件共享",
             f"the open interface {interface} serves it, so it is shared unconditionally"),
        Text("请先关闭该接口，或改为无条件共享", "close that interface first, or share it so"),
    )  # fmt: skip
