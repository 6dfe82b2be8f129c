"""Calls the data interfaces (数据接口) of a duokua platform from Python.

>>> from duokua_client import Client
>>> with Client("https://data.example", "my_program", secret, purpose="site inspection") as data:
...     for row in data.rows("air_hourly", station="S01"):
...         print(row)
"""

from __future__ import annotations

from duokua_client.client import Client, Listed
from duokua_client.errors import (
    BadParameters,
    ConnectionFailed,
    DuokuaClientError,
    ExportFailed,
    Fault,
    Gone,
    NotAuthenticated,
    NotFound,
    NotGranted,
    Problem,
    TooManyCalls,
    Unavailable,
)
from duokua_client.exports import Exported
from duokua_client.rows import Changes, Found, Row, Rows, Verified

__version__ = "0.1.0"
__all__ = [
    "BadParameters",
    "Changes",
    "Client",
    "ConnectionFailed",
    "DuokuaClientError",
    "ExportFailed",
    "Exported",
    "Fault",
    "Found",
    "Gone",
    "Listed",
    "NotAuthenticated",
    "NotFound",
    "NotGranted",
    "Problem",
    "Row",
    "Rows",
    "TooManyCalls",
    "Unavailable",
    "Verified",
]
