"""The masks that a form offers for a column, as texts of a list of choices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from duokua.exchange.words import PLAIN, mask_words
from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.contract import Column
from duokua.lang.grant_file import NONE
from duokua.lang.mask import (
    ByKind,
    Grid,
    Hide,
    Keep,
    Mask,
    Pseudonym,
    Round,
    Truncate,
    fits,
    mask_from_json,
    mask_to_json,
)
from duokua.lang.mask_default import default_mask
from duokua.lang.mask_kinds import GRIDS, MaskKind

DEFAULT = ""
_OFFERED: tuple[Mask, ...] = (
    Hide(),
    *map(ByKind, MaskKind),
    Keep(1, 0), Keep(3, 4), Keep(0, 4),
    Truncate("month"), Truncate("year"), Truncate("decade"),
    Round(10), Round(100), Round(1000), *map(Grid, GRIDS),
    Pseudonym(),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list of choices."""

    value: str
    title: Text


@dataclass(frozen=True, slots=True)
class Chosen:
    """The masks of an order: named ones, and columns to show as they are."""

    masks: tuple[tuple[str, Mask], ...]
    plain: tuple[str, ...]


def mask_choices(column: Column) -> list[Choice]:
    """Return what may be chosen for a column: its default first, then ``none``, then each mask."""
    default = mask_words(default_mask(column))
    choices = [
        Choice(DEFAULT, Text(f"默认：{default.zh}", f"default: {default.en}")),
        Choice(NONE, PLAIN),
    ]
    offered = [mask for mask in _OFFERED if fits(mask, column)]
    return choices + [Choice(written(mask), mask_words(mask)) for mask in offered]


def written(mask: Mask) -> str:
    """Write a mask as the value of its choice."""
    return json.dumps(mask_to_json(mask))


def chosen_masks(form: Mapping[str, str], columns: tuple[str, ...], faults: Faults) -> Chosen:
    """Read ``mask_<column>`` of each column; whatever is not named is left to the default."""
    masks: list[tuple[str, Mask]] = []
    plain: list[str] = []
    for name in columns:
        told = form.get(f"mask_{name}", DEFAULT)
        if told == NONE:
            plain.append(name)
        elif told:
            try:
                masks.append((name, mask_from_json(json.loads(told))))
            except ValueError:
                faults.add(f"masks/{name}", "没有这种脱敏方式", "there is no such mask",
                           "请从列表中选择", "choose from the list")  # fmt: skip
    return Chosen(tuple(masks), tuple(plain))
