"""What a grant shows of columns of which it says nothing."""

from __future__ import annotations

import pytest

from duokua.kernel.text import Text
from duokua.lang.contract import Column, Kind, Level
from duokua.lang.mask import (
    ByKind,
    Grid,
    Hide,
    Mask,
    Truncate,
    fits,
    mask_from_json,
    mask_to_json,
)
from duokua.lang.mask_default import RULES, default_mask
from duokua.lang.mask_kinds import GRIDS, MaskKind

PHONE = ByKind(MaskKind.PHONE)


def column(level: Level, personal: str | None, kind: Kind, unit: str | None = None) -> Column:
    return Column("x", kind, Text("列", "x"), level=level, personal=personal, unit=unit)


@pytest.mark.parametrize(
    ("level", "personal", "kind", "unit", "shown"),
    [
        (Level.L1, None, Kind.STRING, None, None),
        (Level.L2, None, Kind.NUMBER, None, None),
        (Level.L2, "phone", Kind.STRING, None, PHONE),
        (Level.L3, "phone", Kind.STRING, None, PHONE),
        (Level.L3, "phone", Kind.INTEGER, None, Hide()),
        (Level.L3, "blood_group", Kind.STRING, None, Hide()),
        (Level.L3, "birth_date", Kind.DATE, None, ByKind(MaskKind.BIRTH_DATE)),
        (Level.L3, None, Kind.DATE, None, Truncate("month")),
        (Level.L3, None, Kind.NUMBER, None, ByKind(MaskKind.MONEY)),
        (Level.L3, None, Kind.INTEGER, "CNY", ByKind(MaskKind.MONEY)),
        (Level.L3, None, Kind.INTEGER, None, Hide()),
        (Level.L3, None, Kind.STRING, None, Hide()),
        (Level.L4, "phone", Kind.STRING, None, Hide()),
        (Level.L4, None, Kind.BOOLEAN, None, Hide()),
    ],
)
def test_default(
    level: Level, personal: str | None, kind: Kind, unit: str | None, shown: Mask | None
) -> None:
    assert default_mask(column(level, personal, kind, unit)) == shown


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("personal", [None, "odd", *MaskKind])
def test_every_default_fits_and_no_person_is_shown(
    level: Level, kind: Kind, personal: str | None
) -> None:
    made = column(level, personal, kind)
    mask = default_mask(made)
    assert mask is None or fits(mask, made)
    assert mask is not None or (personal is None and level < Level.L3)
    rules = [each for each in RULES if level in each.levels and each.personal == bool(personal)]
    assert len(rules) == 1, "each case stands in the table once"


@pytest.mark.parametrize("mask", [*map(ByKind, MaskKind), *map(Grid, GRIDS), Truncate("decade")])
def test_masks_are_read_as_they_are_written(mask: Mask) -> None:
    assert mask_from_json(mask_to_json(mask)) == mask


@pytest.mark.parametrize("told", [{"kind": "shoe"}, {"grid": 0.5}, {"truncate": "week"}, "none"])
def test_what_is_no_mask_is_refused(told: object) -> None:
    with pytest.raises(ValueError, match="is no mask"):
        mask_from_json(told)
