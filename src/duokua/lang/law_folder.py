"""Where law packs lie: a folder for each below the packs of this installation."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from duokua.kernel.errors import NotFound
from duokua.kernel.text import Text
from duokua.lang.law_pack import LawPack, read_pack

DATA_SHARING = "data_sharing_law"
_KINDS = (".yaml", ".csv")


def law_pack(packs: Path, name: str = DATA_SHARING) -> LawPack:
    """Return a pack as its files are now; it is read again once one of them changes.

    :raises NotFound: there is no such pack.
    :raises Invalid: naming everything that is wrong with it.
    """
    folder = packs / name
    found = sorted(p for p in folder.rglob("*") if p.suffix in _KINDS) if folder.is_dir() else []
    if not found:
        raise NotFound(
            Text(f"没有规则包 {folder}", f"there is no law pack {folder}"),
            Text(
                "请把 DUOKUA_PACKS 设为规则包所在文件夹", "set DUOKUA_PACKS to the folder of packs"
            ),
        )
    stamps = tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in found)
    return _read(str(folder), stamps)


@lru_cache(maxsize=4)
def _read(folder: str, stamps: tuple[tuple[str, int, int], ...]) -> LawPack:
    paths = [Path(name) for name, *_ in stamps]
    return read_pack(
        {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    )
