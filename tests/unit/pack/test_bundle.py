"""A bundle gives back what was signed, and nothing else is taken for it."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from duokua.kernel.errors import Invalid
from duokua.pack import bundle, signing

FILES = {"pack.yaml": "pack: yard\n", "rules/late.sql": "select 1", "README.zh.md": "院子"}


def key(seed: int = 1) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def made(files: dict[str, str] = FILES, seed: int = 1) -> bytes:
    return bundle.write(files, pack="yard", version="1.0.0", key=key(seed))


def rewritten(content: bytes, **changes: bytes | None) -> bytes:
    """Return the zip with entries replaced, added or (None) left out."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {each.filename: archive.read(each) for each in archive.infolist()}
    named = {name.replace("__", "/").replace("_dot_", "."): body for name, body in changes.items()}
    entries |= {name: body for name, body in named.items() if body is not None}
    for name, body in named.items():
        if body is None:
            entries.pop(name)
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    return into.getvalue()


def test_what_was_signed_comes_back() -> None:
    found = bundle.read(made())
    assert found.files == FILES
    assert (found.pack, found.version) == ("yard", "1.0.0")
    assert found.signed_by(key().public_key().public_bytes_raw())
    assert not found.signed_by(key(2).public_key().public_bytes_raw())
    assert found.key == bundle.key_id(key().public_key().public_bytes_raw())


def test_the_same_files_give_the_same_bytes() -> None:
    assert made() == made(dict(reversed(FILES.items())))


names = st.from_regex(r"\A[a-z]{1,8}(/[a-z]{1,8})?\.(yaml|sql|csv)\Z")


@given(st.dictionaries(names, st.text(max_size=200).map(lambda t: t.replace("\ud800", ""))))
def test_any_files_come_back(files: dict[str, str]) -> None:
    clean = {name: text.encode(errors="replace").decode() for name, text in files.items()}
    assert bundle.read(made(clean)).files == clean


@given(st.data())
def test_no_flipped_byte_is_taken_for_the_signed_content(data: st.DataObject) -> None:
    content = bytearray(made())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        found = bundle.read(bytes(content))
    except Invalid:
        return
    assert found.files == FILES  # a byte of the zip that says nothing of the content
    assert found.signed_by(key().public_key().public_bytes_raw())


@pytest.mark.parametrize(
    "changes",
    [
        {"rules__late_dot_sql": b"select 2"},
        {"rules__late_dot_sql": None},
        {"rules__more_dot_sql": b"select 3"},
        {"MANIFEST_dot_json": b"{}"},
        {"MANIFEST_dot_json": None},
        {"MANIFEST_dot_sig": None},
        {"MANIFEST_dot_sig": b"AAAA"},
    ],
)
def test_what_differs_from_the_manifest_is_refused(changes: dict[str, bytes | None]) -> None:
    with pytest.raises(Invalid):
        bundle.read(rewritten(made(), **changes))


@pytest.mark.parametrize(
    "name", ["../out.yaml", "/etc/passwd", "a//b.yaml", "a\\b", "a/./b", "x\n"]
)
def test_names_that_lead_out_are_refused(name: str) -> None:
    with pytest.raises(Invalid):
        made({name: "x"})
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(Invalid):
        bundle.read(into.getvalue())


def test_a_link_is_refused() -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        info = zipfile.ZipInfo("link.yaml")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(Invalid) as refused:
        bundle.read(into.getvalue())
    assert "link.yaml" in {fault.where for fault in refused.value.faults}


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.csv", b"\0" * (bundle.MOST_ONE + 1))
    assert len(into.getvalue()) < 100_000
    with pytest.raises(Invalid):
        bundle.read(into.getvalue())


def test_the_own_key_is_made_once_and_nobody_elses(tmp_path: Path) -> None:
    one = signing.own_key(tmp_path)
    assert one.private_bytes_raw() == signing.own_key(tmp_path).private_bytes_raw()
    assert stat.S_IMODE((tmp_path / signing.FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [signing.FILE]


def test_what_is_no_key_is_told(tmp_path: Path) -> None:
    (tmp_path / signing.FILE).write_text("nothing")
    with pytest.raises(Invalid):
        signing.own_key(tmp_path)
