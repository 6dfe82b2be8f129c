"""A pack as one signed file (签名包): a zip of its files with a manifest of their digests.

``MANIFEST.json`` names the pack, its version and the SHA-256 of every file, sorted and without
spaces; ``MANIFEST.sig`` is an Ed25519 signature over exactly those bytes. The same files give the
same bytes, so that a bundle can be compared. Nothing is unpacked onto a disk: files are read into
memory within the limits below, and only those that the manifest names.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from duokua.kernel.errors import Faults, Invalid
from duokua.kernel.text import Text

FORMAT = 1
MANIFEST, SIGNATURE = "MANIFEST.json", "MANIFEST.sig"
MOST_FILES, MOST_BYTES, MOST_ONE = 2_000, 64 << 20, 16 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,99}")
_BROKEN = (  # what a damaged zip makes the library raise
    zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, OSError,
    EOFError, ValueError, IndexError, OverflowError,
)  # fmt: skip
_WHAT = Text("场景包文件有误", "the bundle is wrong")
_MEND = Text("请向提供方索取完整的签名包", "ask whoever gave it for the whole bundle")


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a bundle holds, its digests checked; whether its key is trusted is not decided here."""

    pack: str
    version: str
    files: dict[str, str]
    key: str  # id of the key that signed it
    public: bytes  # that key, as the bundle tells it
    signature: bytes
    manifest: bytes

    def signed_by(self, public: bytes) -> bool:
        """Tell whether a key signed exactly this manifest."""
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(self.signature, self.manifest)
        except (InvalidSignature, ValueError):
            return False
        return True


def key_id(public: bytes) -> str:
    """Return the id of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def digest(text: str) -> str:
    """Return the digest by which a manifest names the content of a file."""
    return hashlib.sha256(text.encode()).hexdigest()


def write(files: Mapping[str, str], *, pack: str, version: str, key: Ed25519PrivateKey) -> bytes:
    """Return the bundle of a pack's files, signed.

    :raises Invalid: a file's name cannot stand in a bundle, or there are too many or too large ones.
    """
    faults = Faults()
    for name, text in files.items():
        _check_name(name, faults)
        _check_size(name, len(text.encode()), faults)
    _check_sum(len(files), sum(len(text.encode()) for text in files.values()), faults)
    faults.raise_if_any(_WHAT)
    public = key.public_key().public_bytes_raw()
    told = {
        "format": FORMAT,
        "pack": pack,
        "version": version,
        "key": base64.b64encode(public).decode(),
        "files": {name: digest(files[name]) for name in sorted(files)},
    }
    manifest = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, MANIFEST, manifest)
        _put(archive, SIGNATURE, base64.b64encode(key.sign(manifest)))
        for name in sorted(files):
            _put(archive, name, files[name].encode())
    return into.getvalue()


def _put(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, content)


def read(content: bytes) -> Bundle:
    """Read a bundle and check that it holds what its manifest names, no more and no less.

    :raises Invalid: it is no bundle, is too large, or differs from its manifest; all at once.
    """
    found = _contents(content)
    manifest, signature = found.pop(MANIFEST, None), found.pop(SIGNATURE, None)
    if manifest is None or signature is None:
        raise Invalid(
            Text("没有签名清单", "it has no signed manifest"),
            Text("请用 duokua pack export 制作签名包", "make it by duokua pack export"),
        )
    told = _told(manifest)
    _compare(found, told["files"])
    try:
        public = base64.b64decode(told["key"], validate=True)
        signed = base64.b64decode(signature, validate=True)
        files = {name: body.decode("utf-8") for name, body in found.items()}
    except ValueError:
        raise Invalid(_WHAT, _MEND) from None
    made = Bundle(told["pack"], told["version"], files, key_id(public), public, signed, manifest)
    if not made.signed_by(public):
        raise Invalid(Text("签名与内容不符", "the signature does not fit the content"), _MEND)
    return made


def _contents(content: bytes) -> dict[str, bytes]:
    faults = Faults()
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_sum(len(entries), sum(each.file_size for each in entries), faults)
            for each in entries:
                _check_entry(each, found, faults)
            faults.raise_if_any(_WHAT)
            for each in entries:
                found[each.filename] = _bounded(archive, each)
    except _BROKEN:
        raise Invalid(Text("不是场景包文件", "it is no bundle of a pack"), _MEND) from None
    return found


def _check_entry(entry: zipfile.ZipInfo, found: dict[str, bytes], faults: Faults) -> None:
    name = entry.filename
    _check_name(name, faults)
    _check_size(name, entry.file_size, faults)
    kind = entry.external_attr >> 28
    if kind not in (0, 0o10):  # a link, a device or a folder
        faults.add(name, "不是普通文件", "is no plain file", "请去掉", "leave it out")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        faults.add(name, "压缩方式不支持", "is packed in another way", "请重新打包", "pack it anew")
    if name in found:
        faults.add(name, "出现两次", "is there twice", "请去掉", "leave one out")
    found[name] = b""


def _bounded(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as stream:
        body = stream.read(entry.file_size + 1)  # a zip may lie about how much comes out of it
    if len(body) != entry.file_size:
        raise ValueError(entry.filename)
    return body


def _told(manifest: bytes) -> dict[str, Any]:
    try:
        told = json.loads(manifest)
    except (ValueError, RecursionError):
        told = None
    names = ("pack", "version", "key")
    if (
        not isinstance(told, dict)
        or told.get("format") != FORMAT
        or not all(isinstance(told.get(name), str) for name in names)
        or not isinstance(told.get("files"), dict)
    ):
        raise Invalid(Text("签名清单无法读取", "the manifest cannot be read"), _MEND)
    return told


def _compare(found: Mapping[str, bytes], named: Mapping[str, object]) -> None:
    faults = Faults()
    for name in sorted(found.keys() - named.keys()):
        faults.add(name, "清单中没有", "is not in the manifest", "请去掉", "leave it out")
    for name in sorted(named.keys() - found.keys()):
        faults.add(name, "缺失", "is missing", "请补齐", "bring the whole bundle")
    for name in sorted(found.keys() & named.keys()):
        if hashlib.sha256(found[name]).hexdigest() != named[name]:
            faults.add(name, "与清单不符", "differs from the manifest",
                       "请索取原件", "ask for the original")  # fmt: skip
    faults.raise_if_any(Text("内容与签名清单不符", "the content differs from the signed manifest"))


def _check_name(name: str, faults: Faults) -> None:
    parts = name.split("/")
    if len(parts) > 6 or not all(_PART.fullmatch(part) for part in parts):
        faults.add(repr(name)[:120], "文件名不合规则", "cannot be a file's name in a bundle",
                   "请用字母、数字、下划线、点与横线", "use letters, digits, _, . and -")  # fmt: skip


def _check_size(name: str, size: int, faults: Faults) -> None:
    if size > MOST_ONE:
        faults.add(name, f"超过 {MOST_ONE >> 20} MiB", f"is over {MOST_ONE >> 20} MiB",
                   "请拆分", "split it")  # fmt: skip


def _check_sum(count: int, size: int, faults: Faults) -> None:
    if count > MOST_FILES + 2 or size > MOST_BYTES:
        faults.add(
            "", f"超过 {MOST_FILES} 个文件或 {MOST_BYTES >> 20} MiB",
            f"over {MOST_FILES} files or {MOST_BYTES >> 20} MiB", "请拆分", "split it",
        )  # fmt: skip
