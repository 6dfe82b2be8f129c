"""What of two answers may differ: the date, the receipt's number, and how a cursor is sealed."""

from __future__ import annotations

import base64
import io
import re
from email.utils import parsedate_to_datetime
from typing import Any

import pyarrow.ipc as pa_ipc
import pyarrow.parquet as pa_parquet
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from attacks.wire import Answer
from attacks.worlds import KEY
from duokua.serving.keys import cursor_key

_RECEIPT = re.compile(rb"\br-\d+\b")
_ARROW = "application/vnd.apache.arrow.stream"
_PARQUET = "application/vnd.apache.parquet"
# How an answer is framed follows the clock: a page that took too long on a busy machine is made by
# the worker and sent in chunks. Its length is that of a body that is compared.
_FRAME = ("date", "content-length", "transfer-encoding")
_NONCE, _TAG = 12, 16
_MINUTE_S = 60


def told(answer: Answer) -> Any:
    """Return all that an answer tells; two of them are equal or something leaks."""
    headers = [(n, _header(n, value, answer)) for n, value in answer.headers if n not in _FRAME]
    length = answer.header("content-length")
    whole = not length or not answer.body or int(length) == len(answer.body)
    return answer.status, headers, whole, _body(answer)


def _header(name: str, value: str, answer: Answer) -> object:
    match name:
        case "duokua-next":
            return place(value)
        case "duokua-receipt":
            return "r-"
        case "retry-after" if int(value) > _MINUTE_S:
            # A used-up quota ends at an instant; two answers a second apart count down to the same.
            told = parsedate_to_datetime(answer.header("date")).timestamp()
            return round((told + int(value)) / _MINUTE_S)
    return value


def place(cursor: str) -> bytes:
    """Return what is sealed in a cursor (AES-GCM is a stream cipher below its seal)."""
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    counter = raw[:_NONCE] + b"\0\0\0\x02"
    cipher = Cipher(algorithms.AES(cursor_key(KEY.encode())), modes.CTR(counter)).decryptor()
    return cipher.update(raw[_NONCE:-_TAG]) + b"/%d" % len(cursor)


def _body(answer: Answer) -> object:
    media = answer.header("content-type")
    if media == _ARROW:
        with pa_ipc.open_stream(answer.body) as reader:
            return _table(reader.read_all())
    if media == _PARQUET:
        file = pa_parquet.ParquetFile(io.BytesIO(answer.body))
        return _table(file.read()), file.num_row_groups
    body = answer.body
    if cursor := answer.header("duokua-next"):
        body = body.replace(cursor.encode(), b"(cursor)")
    return _RECEIPT.sub(b"r-", body)


def _table(table: Any) -> object:
    about = dict(table.schema.metadata or {})
    receipt = about.pop(b"receipt", b"")
    cursor = about.pop(b"next", b"")
    assert _RECEIPT.fullmatch(receipt), about
    sealed = place(cursor.decode()) if cursor else b""
    fields = [(field.name, str(field.type), field.nullable) for field in table.schema]
    return about, sealed, fields, table.to_pylist()
