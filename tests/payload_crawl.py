"""Writes payloads into every form that somebody finds, each field with a mark of its own."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urljoin, urlsplit

from django.urls import Resolver404, resolve

from forms_found import Form, Found
from plain_visit import PlainVisit

HIT = "window.__hit=1;fetch('/canary-hit')"
PAYLOADS = (  # MARK is the field's own
    f"MARK<script>{HIT}</script><img src=/canary-hit onerror={HIT!r}>",
    f'MARK"\' autofocus onfocus="{HIT}" style="x" x=\'',
    f'MARK<svg/onload="{HIT}"><details open ontoggle="{HIT}">',
    f"javascript:{HIT}//MARK",
    "MARK{{constructor.constructor('window.__hit=1')()}}{% load x %}${window.__hit=1}",
    f"MARK[a](javascript:{HIT}) `<b onclick={HIT!r}>`",
    f"MARK</script></textarea></title><script>{HIT}</script>",
    f"MARK\u202e\u200b<script>{HIT}</script>\u202c",
)
ADDRESS = 'dingtalk://aaaaaaaaaaaaaaaaaaaaaaaa/?MARK"><svg/onload=__hit=1>'
# One that gets out of text, attributes, titles, scripts and addresses alike: for a plain run.
EVERYWHERE = (
    f"javascript:{HIT}//MARK\"'></textarea></title></script><script>{HIT}</script>"
    "<svg/onload=__hit=1>{{7*7}}"
)
SHORT = "MARK\"'><svg/onload=__hit=1>"
MARK = re.compile(r"kq(\d+)z")
FILE_MARK = "kq90001z"
WORDS = {"keywords", "null_words"}  # lists of words, each of which may be short only
LEFT = ("sign_out", "sign_out_everywhere", "set_language", "set_theme", "set_elder", "password",
        "second_step", "erasures")  # fmt: skip
ENDINGS = ("revoke", "withdraw", "delete", "remove", "end", "forget", "rotate")
ENDS = {"revoke", "off", "withdraw", "cancel", "delete", "remove", "reset", "refuse", "erase",
        "give_back", "suspend", "switch_off", "disable", "announce", "archive", "end"}  # fmt: skip
FIRST = ("save", "next", "ask", "publish", "open", "accept", "say", "answer", "rate", "write")
# What has a form of its own: a payload would only be refused with everything around it.
FORMED = re.compile(r"(^|_)(id|dataset|version|username|code|number|limit|quota|cap|day|hours?|date"
                    r"|until|from|to|phone|domain|column|op|name|budget|least|most)(_|$)"
                    r"|^name_|^p_|^where_|^given_|^unit_")  # fmt: skip

STRUCTURED = {(f"{act}_interface", "more") for act in ("define", "change")}  # YAML
SEVERAL = ("say_listing", "decide", "dispute")  # one address, a field's meaning by the button


def _kind(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).url_name or ""
    except Resolver404:
        return ""


def file_name() -> str:
    """Return a name of a file that is a payload."""
    return f"{FILE_MARK}<svg onload=__hit=1>.csv"


class Pen:
    """Knows what is written into which field, by a mark of its own."""

    def __init__(self, shift: int) -> None:
        self.marks: dict[tuple[str, str], int] = {}
        self.shift = shift  # 0: one that fits everywhere; then each kind in each field

    def text(self, kind: str, name: str, longest: int = 10_000, *, short: bool = False) -> str:
        """Return the payload of a field, no longer than it may be; empty when none fits."""
        number = self.marks.setdefault((kind, name), len(self.marks) + 1)
        payload = PAYLOADS[(number + self.shift) % len(PAYLOADS)] if self.shift else EVERYWHERE
        found = (
            [ADDRESS] if name == "place" else [payload, SHORT, "MARK<b>"][short or name in WORDS :]
        )
        told = [one.replace("MARK", f"kq{number}z") for one in found]
        return next((one for one in told if len(one) <= longest), "")

    def named(self, numbers: set[int]) -> set[tuple[str, str]]:
        """Return the fields of these marks."""
        return {field for field, number in self.marks.items() if number in numbers}


class Crawl:
    """Follows the links of one person, writes into every form that they find, reads every page."""

    def __init__(self, visit: PlainVisit, pen: Pen) -> None:
        self.visit, self.pen = visit, pen
        self.seen: Counter[str] = Counter()
        self.marked: dict[str, str] = {}  # kind of page → one on which a mark stands
        self.marks: set[int] = set()
        self.sent: set[str] = set()
        self.taken: set[tuple[str, str]] = set()
        self.broken: list[str] = []

    def walk(self, *, write: bool, starts: tuple[str, ...] = ()) -> None:
        """Open what can be reached, one page of each kind; write where that is asked."""
        waiting = ["/", *starts]
        known = set(waiting)
        while waiting:
            path = waiting.pop(0)
            kind = _kind(path)
            often = 1 if path not in starts else 9
            if not kind or kind in LEFT or self.seen[kind] >= often or "export=" in path:
                continue
            self.seen[kind] += 1
            found = self.read(path, kind)
            for form in found.forms if write else ():
                self._write(path, form)
            fresh = [link for link in found.links if link not in known]
            known.update(fresh)
            # What was written last stands first: marked pages before the rest of their kind.
            waiting += fresh

    def read(self, path: str, kind: str) -> Found:
        """Read a page; note which marks stand on it and what in it would run."""
        status, text = self.visit.get(path)
        found = Found(text)
        if status >= 500 or found.alive:
            self.broken.append(f"{self.visit.name} {path}: {status} {found.alive}")
        here = {int(number) for number in MARK.findall(text)}
        if here - self.marks or (here and kind not in self.marked):
            self.marked.setdefault(kind, path)
        self.marks |= here
        return found

    def _write(self, path: str, form: Form) -> None:
        target = urljoin(path, form.action) if form.action else urlsplit(path).path
        kind = _kind(target)
        dull = not form.text or kind in LEFT or any(each in kind for each in ENDINGS)
        buttons = [each for each in form.buttons if each[1] not in ENDS] or [("", "")]
        if dull or (form.buttons and buttons == [("", "")] and form.buttons[0][1] in ENDS):
            return
        buttons.sort(key=lambda one: FIRST.index(one[1]) if one[1] in FIRST else len(FIRST))
        which = f"{kind} {sorted(form.text)} {buttons[0][1]}"
        if which in self.sent:
            return
        self.sent.add(which)
        if not self.send(path, target, form, buttons[0]):
            self.send(path, target, form, buttons[0], all_of=False)

    def send(
        self,
        path: str,
        target: str,
        form: Form,
        button: tuple[str, str],
        *,
        all_of: bool = True,
        told: dict[str, str] | None = None,
        short: bool = False,
    ) -> str:
        """Send a form with payloads in it; return where it leads, empty when it is refused."""
        pairs, kind, told = form.filled(offers=not all_of), _kind(target), told or {}
        field = f"{kind} {button[1]}" if kind in SEVERAL else kind
        for name, value in form.text.items():
            formed = FORMED.search(name) or (kind, name) in STRUCTURED
            formed = formed or (value and not all_of)
            payload = (
                value
                if formed
                else self.pen.text(field, name, form.longest[name], short=short or not all_of)
            )
            pairs.append((name, payload))
        pairs = [each for each in pairs if each[0] not in told] + list(told.items())
        files = [(name, file_name(), b"kq,1\n") for name in form.files] if "duty" in kind else []
        status, place = self.visit.post(path, target, [*pairs, button] if button[0] else pairs,
                                        files)  # fmt: skip
        if status >= 500:
            self.broken.append(f"{self.visit.name} POST {target}: {status}")
        if status not in (302, 303):
            return ""
        self.taken |= {(field, name) for name, value in pairs if MARK.search(value)}
        return place

    def press(self, path: str, act: str, **told: str) -> str:
        """Press one button of a page, with payloads in every field that is not told."""
        form = self.visit.form(path, act)
        target = urljoin(path, form.action) if form.action else path
        place = ""
        for short in (False, True):
            place = place or self.send(path, target, form, ("act", act), told=told, short=short)
        assert place, (self.visit.name, path, act, told)
        return place
