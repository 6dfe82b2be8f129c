"""Whether a pack can be installed here (安装前检查): what its files cannot tell of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from duokua.kernel.errors import Faults
from duokua.kernel.text import Text
from duokua.lang.scenario.functions import FILE
from duokua.lang.scenario.pack import Pack
from duokua.lang.scenario.reading import read_pack
from duokua.pack.actions import fitting

_WHAT = Text("场景包不能安装", "the pack cannot be installed")


def checked(files: Mapping[str, str], *, signed: bool, now: datetime) -> Pack:
    """Read a pack and check that it fits this house; Python stands in a ``signed`` one only.

    :raises Invalid: naming everything that is wrong with its files, or with it here.
    """
    pack = read_pack(files)
    refuse_unsigned(pack, signed=signed)
    faults = fitting.misfits(pack, files, now=now)
    faults.raise_if_any(_WHAT)
    return pack


def refuse_unsigned(pack: Pack, *, signed: bool) -> None:
    """Refuse the functions of a pack that nobody trusted has signed.

    :raises Invalid: it has some.
    """
    faults = Faults()
    if pack.functions.source and not signed:
        faults.add(
            FILE, "未签名的场景包不能带函数", "an unsigned pack has no functions",
            "请用 duokua pack export 签名，再安装签名包",
            "sign it by duokua pack export, then install the bundle",
        )  # fmt: skip
    faults.raise_if_any(_WHAT)
