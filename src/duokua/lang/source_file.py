"""Sources (数据源) as YAML files.

::

    source: water_level_pull
    dataset: water_level
    kind: postgresql                     # or mysql, http, folder
    url: postgresql://reader@db.example/water
    secret: {env: WATER_PASSWORD}        # or {file: /etc/duokua/water.password}
    table: public.readings               # or query: select …
    mode: upsert                         # or append, replace
    cursor: updated_at                   # only what is new since the last run
    every_s: 900                         # or daily: '02:30'

A folder has ``folder`` and ``pattern``. HTTP has ``items``, the JSON pointer of the list of rows, and
``paging: {kind: link, pointer: /next}``, ``{kind: page, parameter: page}`` or
``{kind: cursor, parameter: after, pointer: /next}``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lang import yamlfile
from duokua.lang.source import Paging, PagingKind, Secret, Source, SourceKind

_WHAT = Text("数据源文件有误", "the source file is wrong")
MODES = ("append", "replace", "upsert")
_ALWAYS = {"source", "dataset", "kind", "mode", "every_s", "daily"}
_TABLE = {"url", "secret", "table", "query", "cursor", "settle_s", "slice_rows"}
_KNOWN: dict[str, set[str]] = {
    "folder": {"folder", "pattern"},
    "postgresql": _TABLE,
    "mysql": _TABLE,
    "http": {"url", "secret", "secret_header", "items", "paging", "cursor", "since_parameter"},
}
_SCHEMES = {
    "postgresql": ("postgresql", "postgres"),
    "mysql": ("mysql", "mariadb"),
    "http": ("https", "http"),
}
_SECRET_WORDS = {"password", "passwd", "token", "secret", "key", "apikey", "api_key", "sslpassword"}
_MOST_SLICE = 20_000_000
_MOST_TEXT = 20_000


def load_source(text: str, *, source: str) -> Source:
    """Read the declaration of a source.

    :raises Invalid: naming every fault with its line.
    """
    document = yamlfile.load(text, source=source)
    faults = Faults()
    fields = document.value if isinstance(document.value, dict) else {}
    reader = _Reader(document, fields, faults)
    reader.check_names()
    faults.raise_if_any(_WHAT)
    made = reader.read()
    reader.check(made)
    faults.raise_if_any(_WHAT)
    return made


class _Reader:
    def __init__(self, document: yamlfile.Document, fields: dict[str, Any], faults: Faults) -> None:
        self._document, self._fields, self._faults = document, fields, faults

    def _note(self, name: str, zh: str, en: str, mend_zh: str, mend_en: str) -> None:
        place = self._document.place(*name.split("/"))
        self._faults.add(f"{place} {name}", zh, en, mend_zh, mend_en)

    def check_names(self) -> None:
        """Note what is missing and what is not known."""
        fields = self._fields
        for name in ("source", "dataset", "kind"):
            if not isinstance(fields.get(name), str):
                self._note(name, "缺少该项", "is missing", "请补充", "state it")
        kind = fields.get("kind")
        if isinstance(kind, str) and kind not in _KNOWN:
            known = " | ".join(_KNOWN)
            self._note("kind", f"“{kind}”不受支持", f"{kind!r} is not supported",
                       f"请填 {known}", f"use {known}")  # fmt: skip
            return
        known_names = _ALWAYS | _KNOWN.get(str(kind), set())
        for name in fields:
            if name not in known_names:
                self._note(name, "此类数据源没有该项", f"a {kind} source has no such item",
                           f"可用：{'、'.join(sorted(known_names))}",
                           f"it has {', '.join(sorted(known_names))}")  # fmt: skip

    def read(self) -> Source:
        """Return the source; what is wrong has been noted."""
        kind = SourceKind(self._fields["kind"])
        return Source(
            id=self._text("source"),
            dataset=self._text("dataset"),
            kind=kind,
            mode=self._text("mode") or "append",
            every_s=self._whole("every_s", 1, 366 * 86_400),
            daily=self._text("daily"),
            url=self._text("url"),
            secret=self._secret(),
            table=self._text("table"),
            query=self._text("query").strip().rstrip(";"),
            cursor=self._text("cursor"),
            settle_s=self._whole("settle_s", 0, 86_400) or 0,
            slice_rows=self._whole("slice_rows", 1, _MOST_SLICE) or 2_000_000,
            folder=self._text("folder"),
            pattern=self._text("pattern") or ("*" if kind is SourceKind.FOLDER else ""),
            items=self._text("items"),
            paging=self._paging(),
            secret_header=self._text("secret_header"),
            since_parameter=self._text("since_parameter"),
        )

    def _text(self, name: str) -> str:
        value = self._at(name)
        if value is None:
            return ""
        if isinstance(value, str) and len(value) <= _MOST_TEXT and "\0" not in value:
            return value
        self._note(name, "不是文字", "is no text", "请填文字", "give text")
        return ""

    def _at(self, name: str) -> object:
        value: Any = self._fields
        for step in name.split("/"):
            value = value.get(step) if isinstance(value, dict) else None
        return value

    def _whole(self, name: str, least: int, most: int) -> int | None:
        value = self._at(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._note(name, f"不是 {least} 至 {most} 的整数", f"is no whole number {least}–{most}",
                   "请改正", "mend it")  # fmt: skip
        return None

    def _table_of(self, name: str, known: set[str]) -> bool:
        value = self._fields.get(name)
        if value is None:
            return False
        if isinstance(value, dict) and set(value) <= known:
            return True
        self._note(name, "写法有误", "is not written well",
                   f"可用：{'、'.join(sorted(known))}", f"it has {', '.join(sorted(known))}")  # fmt: skip
        return False

    def _secret(self) -> Secret | None:
        if not self._table_of("secret", {"env", "file"}):
            return None
        made = Secret(env=self._text("secret/env"), file=self._text("secret/file"))
        if bool(made.env) == bool(made.file):
            self._note("secret", "须写 env 或 file 之一", "has not one of env and file",
                       "如 secret: {env: PASSWORD}", "such as secret: {env: PASSWORD}")  # fmt: skip
        return made

    def _paging(self) -> Paging:
        if not self._table_of("paging", set(Paging.__slots__)):
            return Paging()
        kind = self._text("paging/kind")
        if kind not in set(PagingKind):
            self._note("paging/kind", "翻页方式不受支持", "is no known way to turn pages",
                       "请填 link | page | cursor | none", "use link | page | cursor | none")  # fmt: skip
            return Paging()
        made = Paging(
            kind=PagingKind(kind),
            pointer=self._text("paging/pointer"),
            parameter=self._text("paging/parameter"),
            first=1 if (first := self._whole("paging/first", 0, 1_000_000)) is None else first,
            size_parameter=self._text("paging/size_parameter"),
            size=self._whole("paging/size", 1, 1_000_000) or 0,
        )
        self._check_paging(made)
        return made

    def _check_paging(self, paging: Paging) -> None:
        asks = paging.kind in (PagingKind.PAGE, PagingKind.CURSOR)
        told = paging.kind in (PagingKind.LINK, PagingKind.CURSOR)
        if asks and not paging.parameter:
            self._note("paging/parameter", "缺少参数名", "is missing", "请补充", "state it")
        if told and not paging.pointer.startswith("/"):
            self._note("paging/pointer", "缺少以 / 开头的 JSON 指针", "is no JSON pointer",
                       "如 pointer: /next", "such as pointer: /next")  # fmt: skip

    def check(self, made: Source) -> None:
        """Note what does not go together."""
        for name, value in (("source", made.id), ("dataset", made.dataset)):
            if not is_word(value):
                self._note(name, "只可用小写字母、数字和下划线", "is not a–z, 0–9 and _",
                           "如 water_level", "such as water_level")  # fmt: skip
        if made.mode not in MODES:
            self._note("mode", f"“{made.mode}”不受支持", f"{made.mode!r} is not supported",
                       f"请填 {' | '.join(MODES)}", f"use {' | '.join(MODES)}")  # fmt: skip
        if made.every_s is not None and made.daily:
            self._note("daily", "与 every_s 不能并用", "goes not with every_s",
                       "请删去其一", "remove one of them")  # fmt: skip
        if made.cursor and made.mode == "replace":
            self._note("mode", "增量不能整体替换", "an increment cannot replace everything",
                       "请用 append 或 upsert", "use append or upsert")  # fmt: skip
        if made.kind is SourceKind.FOLDER:
            self._check_folder(made)
        else:
            self._check_url(made)
        if made.kind in (SourceKind.POSTGRESQL, SourceKind.MYSQL):
            self._check_table(made)

    def _check_folder(self, made: Source) -> None:
        if not made.folder.startswith("/"):
            self._note("folder", "须是绝对路径", "is no absolute path",
                       "如 /data/inbox/water", "such as /data/inbox/water")  # fmt: skip
        if "/" in made.pattern or made.pattern.startswith("."):
            self._note("pattern", "须是文件名样式", "is no pattern of file names",
                       "如 '*.csv'", "such as '*.csv'")  # fmt: skip

    def _check_table(self, made: Source) -> None:
        if bool(made.table) == bool(made.query):
            self._note("table", "须写 table 或 query 之一", "give one of table and query",
                       "如 table: public.readings", "such as table: public.readings")  # fmt: skip
        if made.mode == "append" and not made.cursor:
            self._note("mode", "没有 cursor 时，第二次 append 会重复", "without a cursor a second"
                       " append would repeat everything", "请加 cursor，或用 replace",
                       "add a cursor, or use replace")  # fmt: skip

    def _check_url(self, made: Source) -> None:
        schemes = _SCHEMES[made.kind]
        try:
            parts = urlsplit(made.url)
            sound = parts.scheme in schemes and bool(parts.netloc) and (parts.port or 1) > 0
        except ValueError:
            sound = False
        if not sound:
            self._note("url", "地址有误", "is no address of that kind",
                       f"须以 {schemes[0]}:// 开头", f"it begins with {schemes[0]}://")  # fmt: skip
            return
        asked = {name.lower() for name, _ in parse_qsl(parts.query)}
        hidden = bool(parts.password or asked & _SECRET_WORDS)
        hidden = hidden or bool(parts.username and made.kind is SourceKind.HTTP)
        if hidden:
            self._note("url", "地址中含有口令", "holds a password",
                       "请从地址中删去，改写 secret: {env: …} 或 {file: …}",
                       "take it out and write secret: {env: …} or {file: …}")  # fmt: skip
