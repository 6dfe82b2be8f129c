"""A file that cannot be read is told of once; what only follows from it is not told."""

from __future__ import annotations

import pytest
from tests.packs_made import made_pack

from duokua.kernel.errors import Invalid
from duokua.lang.scenario.reading import read_pack

FILES = made_pack()


def told(files: dict[str, str]) -> list[str]:
    """Return where a pack is wrong."""
    with pytest.raises(Invalid) as caught:
        read_pack(files)
    return [each.where for each in caught.value.faults]


@pytest.mark.parametrize(
    "path",
    sorted(
        path
        for path in FILES
        if path.endswith(".yaml") and not path.startswith(("tests/", "quality"))
    ),
)
def test_one_wide_colon_is_one_fault(path: str) -> None:
    lines = FILES[path].splitlines()
    at = next(at for at, line in enumerate(lines) if ":" in line and not line.startswith(" -"))
    lines[at] = lines[at].replace(":", "：", 1)
    lines.append("")
    assert told({**FILES, path: "\n".join(lines)}) == [f"{path}:{at + 1}"]


def test_other_faults_are_told_beside_it() -> None:
    files = dict(FILES)
    files["pack.yaml"] = files["pack.yaml"].replace("tier: bronze", "tier：bronze")
    files["playbooks/repair.yaml"] = files["playbooks/repair.yaml"].replace("clocks:", "clock:", 1)
    found = told(files)
    assert found[0].startswith("pack.yaml:")
    assert any(each.startswith("playbooks/repair.yaml:") for each in found)
    assert not any(each.startswith(("rules/", "contracts/")) for each in found)
