"""The Python client as a wheel (PEP 427), so that ``pip install`` takes it from this platform.

It is packed from the sources that are installed here: client and platform never differ.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import duokua

PACKAGE = "duokua_client"
_DAY = (2026, 1, 1, 0, 0, 0)  # one wheel for one source, whenever it is packed
_METADATA = """\
Metadata-Version: 2.1
Name: duokua-client
Version: {version}
Summary: Calls the data interfaces of a duokua platform: pages, retries, typed errors, Arrow.
License: Apache-2.0
Requires-Python: >=3.10
Provides-Extra: arrow
Requires-Dist: pyarrow>=15; extra == "arrow"
Provides-Extra: pandas
Requires-Dist: pyarrow>=15; extra == "pandas"
Requires-Dist: pandas>=2; extra == "pandas"
"""
_WHEEL = "Wheel-Version: 1.0\nGenerator: duokua\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def sources() -> Path | None:
    """Return the folder of the client's sources, ``None`` where they were not installed."""
    spec = find_spec(PACKAGE)
    if spec is not None and spec.origin:
        return Path(spec.origin).parent
    beside = Path(duokua.__file__).parents[2] / "clients" / "python" / "src" / PACKAGE
    return beside if beside.is_dir() else None


def file_name() -> str | None:
    """Return the file name of the wheel, ``None`` where there is none."""
    folder = sources()
    if folder is None:
        return None
    return f"{PACKAGE}-{_version(folder)}-py3-none-any.whl"


def _version(folder: Path) -> str:
    found = re.search(r'^__version__ = "([^"]+)"', (folder / "__init__.py").read_text(), re.M)
    return found[1] if found else "0"


@cache
def packed(folder: Path) -> bytes:
    """Return the wheel of the sources in ``folder``."""
    info = f"{PACKAGE}-{_version(folder)}.dist-info"
    files = {f"{PACKAGE}/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())
             if path.suffix in (".py", ".typed")}  # fmt: skip
    files[f"{info}/METADATA"] = _METADATA.format(version=_version(folder)).encode()
    files[f"{info}/WHEEL"] = _WHEEL.encode()
    record = [f"{name},{_digest(body)},{len(body)}" for name, body in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), body, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def _digest(body: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest())
    return "sha256=" + digest.rstrip(b"=").decode()
