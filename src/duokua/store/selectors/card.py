"""What is asked, in words (申请卡片): the same card for the applicant and for who decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.exchange.forms.page import SHAPES
from duokua.exchange.words import PLAIN, filter_words, mask_words
from duokua.kernel.text import Text
from duokua.lang.contract import Column
from duokua.lang.grant import Quota
from duokua.lang.interface import Shape
from duokua.lang.mask_default import default_mask
from duokua.store.selectors.asking import Matter, points_of
from duokua.store.states.listing import ShareClass
from duokua.store.values import disclosure
from duokua.store.values.disclosure import QUESTIONS, Question
from duokua.store.values.request import Ask
from duokua.store.values.words import both

LIMITS = {
    "calls_per_day": Text("每日调用次数", "Calls per day"),
    "rows_per_day": Text("每日行数", "Rows per day"),
    "calls_total": Text("总调用次数", "Calls in total"),
    "rows_total": Text("总行数", "Rows in total"),
    "calls_per_second": Text("每秒调用次数", "Calls per second"),
}
_COMPARED = Text("只比对，不显示", "compared, never shown")


@dataclass(frozen=True, slots=True)
class CardColumn:
    """A column that is asked for, and what would be seen of it."""

    column: Column
    share_class: str
    share_words: Text
    shown: Text
    masked: bool
    bare: bool  # shown as it is though its default is a mask
    points: int  # what it alone would disclose


@dataclass(frozen=True, slots=True)
class Card:
    """Everything that is asked, in words."""

    ask: Ask
    question: Text | None
    product: Text | None
    shape: Text | None
    columns: tuple[CardColumn, ...]
    left_out: tuple[Column, ...]  # columns of the product that are not asked for
    filter: Text
    limits: tuple[tuple[Text, int], ...]
    points: int | None
    least: int | None  # of what would serve the question
    until: datetime | None


def card_of(of: Matter, ask: Ask | None = None) -> Card:
    """Return what a request asks for, or what ``ask`` leaves of it, in words."""
    told = of.info.ask if ask is None else ask
    known = told.question in set(Question)
    options = of.options
    product = of.product
    return Card(
        ask=told,
        question=QUESTIONS[Question(told.question)][0] if known else None,
        product=product.interface.title if product else None,
        shape=SHAPES[product.interface.shape][0] if product else None,
        columns=_columns(of, told),
        left_out=_left_out(of, told),
        filter=filter_words(told.row_filter, product.contract if product else None),
        limits=tuple(
            (words, limit)
            for name, words in LIMITS.items()
            if (limit := getattr(told.quota, name)) is not None
        ),
        points=points_of(of, told),
        least=options[0].points if options else None,
        until=told.valid_until,
    )


def _columns(of: Matter, ask: Ask) -> tuple[CardColumn, ...]:
    if of.product is None:
        return ()
    interface, contract = of.product.interface, of.product.contract
    shown = disclosure.masks_shown(interface, contract, ask.columns, ask.masks, ask.plain)
    verify = interface.shape is Shape.VERIFY
    found = []
    for column, mask in shown:
        words = _COMPARED if verify else PLAIN if mask is None else mask_words(mask)
        share = ShareClass(of.listing.body.item(column.name).share_class)
        points = disclosure.score(
            interface.shape, [(column, mask)], filtered=ask.row_filter is not None
        )
        bare = mask is None and default_mask(column) is not None and not verify
        found.append(
            CardColumn(column, share.value, both(share), words, mask is not None, bare, points)
        )
    return tuple(found)


def _left_out(of: Matter, ask: Ask) -> tuple[Column, ...]:
    if of.product is None:
        return ()
    by_name = of.product.contract.by_name
    return tuple(by_name[n] for n in of.product.interface.columns if n not in ask.columns)


def quota_lines(quota: Quota) -> list[tuple[str, Text, int | None]]:
    """Return each limit of a quota with its name and words."""
    return [(name, words, getattr(quota, name)) for name, words in LIMITS.items()]
