"""What a request is about (申请对象): the listing, its products, and what is wrong with the asking."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from duokua.exchange import facade as exchange
from duokua.exchange import orders
from duokua.exchange.values import InterfaceInfo
from duokua.kernel.errors import Fault, Faults, Invalid
from duokua.kernel.text import Text
from duokua.lang.interface import Interface, Shape
from duokua.store.models import Request
from duokua.store.selectors.listing import listing_info
from duokua.store.selectors.request import request_info
from duokua.store.states.listing import VISIBLE, ShareClass
from duokua.store.values import disclosure
from duokua.store.values.disclosure import Option, Question
from duokua.store.values.listing import ListingInfo
from duokua.store.values.ordering import order_of
from duokua.store.values.request import Ask, RequestInfo

LONGEST = timedelta(days=3 * 365)  # of one grant; our proposal, longer ones are renewed
_MOST = 10_000
_WORDS = {
    "purpose": (4, 120, "用途", "the purpose"),
    "explanation": (10, 2000, "用途说明", "what it is for"),
    "scenario": (4, 200, "应用场景", "the scenario"),
    "without": (4, 1000, "不提供的影响", "what happens without"),
    "basis": (4, 200, "法律依据", "the legal basis"),
    "disposal": (4, 500, "到期后的处置", "what becomes of the data"),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """A request with what it is about; ``product`` is the chosen interface."""

    info: RequestInfo
    listing: ListingInfo
    products: tuple[InterfaceInfo, ...]
    product: InterfaceInfo | None

    @property
    def options(self) -> tuple[Option, ...]:
        """What serves the question of the applicant, the least disclosing first."""
        question = self.info.ask.question
        return offered(self, Question(question)) if question in set(Question) else ()

    @property
    def points(self) -> int | None:
        """How much is disclosed by what is asked now; ``None`` before a product is chosen."""
        return points_of(self, self.info.ask)


def matter(row: Request) -> Matter:
    """Read what a request is about."""
    info = request_info(row)
    listing = listing_info(row.listing)
    products = products_of(listing, info.department)
    product = next((each for each in products if each.interface.id == info.interface), None)
    return Matter(info, listing, products, product)


def products_of(listing: ListingInfo, department: str) -> tuple[InterfaceInfo, ...]:
    """Return the interfaces of a listing that a department may ask for, refused items left out."""
    if listing.dataset is None:
        return ()
    found = exchange.interfaces(dataset=listing.dataset, viewer=department, limit=_MOST)
    told = (_without_refused(each, listing) for each in found if "@" not in each.interface.id)
    return tuple(each for each in told if each is not None and each.interface.deprecated is None)


def _without_refused(info: InterfaceInfo, listing: ListingInfo) -> InterfaceInfo | None:
    """Return a product without the items that are not shared; ``None`` if it needs one of them."""
    interface = info.interface
    refused = {
        name
        for name in interface.columns
        if listing.body.item(name).share_class == ShareClass.REFUSED
    }
    left = tuple(name for name in interface.columns if name not in refused)
    if not left or refused & set(_keys(interface)):
        return None
    return replace(info, interface=replace(interface, columns=left))


def _keys(interface: Interface) -> tuple[str, ...]:
    return interface.key if interface.shape is Shape.VERIFY else disclosure.needed(interface)


def offered(of: Matter, question: Question) -> tuple[Option, ...]:
    """Return what serves a question, the least disclosing first."""
    return disclosure.options(question, ((p.interface, p.contract) for p in of.products))


def points_of(of: Matter, ask: Ask) -> int | None:
    """Return how much ``ask`` would disclose of the chosen product."""
    if of.product is None:
        return None
    interface, contract = of.product.interface, of.product.contract
    columns = ask.columns or interface.columns
    shown = disclosure.masks_shown(interface, contract, columns, ask.masks, ask.plain)
    return disclosure.score(interface.shape, shown, filtered=ask.row_filter is not None)


def discloses_more(of: Matter, ask: Ask) -> bool:
    """Tell whether more is asked for than the least that serves the question."""
    points, options = points_of(of, ask), of.options
    return bool(options) and points is not None and points > options[0].points


def faults_of(of: Matter, now: datetime) -> list[Fault]:
    """Return everything that keeps a request from being submitted, each named by its field."""
    faults = Faults()
    ask = of.info.ask
    _check_listing(of, faults)
    for name in _WORDS:
        check_words(name, getattr(ask, name), faults)
    _check_product(of, faults)
    _check_period(ask, now, faults)
    if not ask.duty:
        faults.add("duty", "尚未承诺安全责任", "the security duty is not accepted",
                   "请阅读并勾选", "read it and tick the box")  # fmt: skip
    if of.product is not None:
        faults.found += _order_faults(of, of.product, now)
    told: dict[str, Fault] = {}
    for fault in faults.found:
        told.setdefault(fault.where, fault)
    return list(told.values())


def check_words(name: str, value: str, faults: Faults) -> None:
    """Check the length of one of the texts that a request states."""
    least, most, zh, en = _WORDS[name]
    if not least <= len(value.strip()) <= most or "\0" in value:
        faults.add(name, f"{zh}缺失、过短或过长", f"{en} is missing, too short or too long",
                   f"请用 {least} 至 {most} 字写明", f"write {least} to {most} characters")  # fmt: skip


def _check_listing(of: Matter, faults: Faults) -> None:
    own = of.listing.owner == of.info.department
    if of.listing.state not in VISIBLE and not own:
        faults.add("listing", "该资源已不在架", "the resource is not on offer any more",
                   "请选择其他资源", "choose another resource")  # fmt: skip
    if of.listing.body.share_class == ShareClass.REFUSED and not own:
        faults.add("listing", "该资源不予共享", "the resource is not shared",
                   "请查看理由与依据，或联系提供部门", "see its reason, or ask its owner")  # fmt: skip


def _check_product(of: Matter, faults: Faults) -> None:
    ask = of.info.ask
    if ask.question not in set(Question):
        faults.add("question", "未说明需要知道什么", "what you need to know is missing",
                   "请选择一项", "choose one")  # fmt: skip
    if of.product is None:
        faults.add("option", "未选择产品", "no product is chosen",
                   "请选择一种提供方式", "choose a way to get it")  # fmt: skip
    elif discloses_more(of, ask) and len(ask.more.strip()) < 10:
        faults.add("more", "所选方式超出最小够用", "more is asked for than the least that serves",
                   "请用至少 10 字说明为何需要", "say why, in 10 characters or more")  # fmt: skip
    own = {each.id for each in exchange.clients_of(of.info.department) if each.active}
    if of.info.client not in own:
        faults.add("client", "未选择本部门的应用", "no program of your department is chosen",
                   "请选择或登记一个应用", "choose or register one")  # fmt: skip


def _check_period(ask: Ask, now: datetime, faults: Faults) -> None:
    until = ask.valid_until
    if until is None or until <= now or until > now + LONGEST:
        faults.add("valid_until", "缺少有效期，或已过、或超过三年",
                   "the end is missing, past, or more than three years away",
                   "请填写三年以内的日期", "give a day within three years")  # fmt: skip
    if ask.quota.calls_per_day is None:
        faults.add("quota/calls_per_day", "未填写每日调用次数", "the calls per day are missing",
                   "请按需填写", "write how many are needed")  # fmt: skip


def _order_faults(of: Matter, product: InterfaceInfo, now: datetime) -> list[Fault]:
    order = order_of(of.info.ask, client=of.info.client, interface=product.interface.id, now=now)
    try:
        told = orders.complete(order, product.interface, product.contract)
        orders.check(told, product.interface, product.contract, now)
    except Invalid as error:
        return list(error.faults)
    if not of.info.ask.columns:
        what = Text("未选择字段", "no column is chosen")
        return [Fault("columns", what, Text("请至少选择一个字段", "choose at least one"))]
    return []
