"""The front matter (文件头) of a SQL file: YAML in its leading comment."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from duokua.kernel.errors import Faults, Invalid
from duokua.lang import yamlfile

# What is left of `*/15 * * * *` when its beginning has ended the comment.
_CRON_REST = re.compile(r"\s*[0-9]+(\s+[*0-9/,-]+)+")
_CRON = re.compile(r"\s*([*0-9/,-]+\s+){4,5}[*0-9/,A-Za-z-]+\s*")


@dataclass(frozen=True, slots=True)
class Front:
    """What a file's comment declares, the SQL after it, and where that begins."""

    document: yamlfile.Document
    sql: str
    file: str
    first: int  # line of the file on which ``sql`` begins

    def place(self, line: int) -> str:
        """Return ``file:line`` of a line of the SQL."""
        return f"{self.file}:{self.first + line - 1}"


def read_front(text: str, *, file: str, faults: Faults) -> Front | None:
    """Take a SQL file apart; ``None`` when it cannot be, which has been noted."""
    body = text.replace("\r\n", "\n")
    blank = len(body) - len(body.lstrip())
    end = body.find("*/", blank + 2)
    if not body.startswith("/*", blank) or end < 0:
        faults.add(
            f"{file}:1", "没有文件头", "has no front matter",
            "请以 /* 开头写标题等，*/ 结束，其后写查询",
            "begin with /*, the title and so on, end with */, then the query",
        )  # fmt: skip
        return None
    first = body.count("\n", 0, end) + 1
    if _tell_cron(body[blank + 2 : end], body[end + 2 :], f"{file}:{first}", faults):
        return None
    opened = body.count("\n", 0, blank)
    inner = "\n" * opened + "  " + body[blank + 2 : end]
    try:
        document = yamlfile.load(inner, source=file)
    except Invalid as error:
        faults.found.extend(error.faults)
        return None
    return Front(document, body[end + 2 :], file, first)


def _tell_cron(front: str, rest: str, where: str, faults: Faults) -> bool:
    """Tell of a schedule in the manner of cron, whose ``*/`` ends the comment."""
    if not _CRON_REST.match(rest.split("\n", 1)[0]):
        return False
    faults.add(
        where, "*/ 结束了文件头：此处不能写 cron", "*/ ends the front matter: no cron here",
        "请写 every: 15m", "write every: 15m",
    )  # fmt: skip
    return True


def is_cron(value: object) -> bool:
    """Tell whether a value is a schedule in the manner of cron."""
    return isinstance(value, str) and _CRON.fullmatch(value) is not None


def sql_only(text: str, *, file: str) -> tuple[str, Callable[[int], str]]:
    """Return the SQL of a file without front matter, and the place of each of its lines."""
    return text.replace("\r\n", "\n"), lambda line: f"{file}:{line}"
