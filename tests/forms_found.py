"""The links and forms of a page as a program reads them: what can be opened, what can be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser

from duokua.kernel import clock

SOME_DAY = (clock.now() + timedelta(days=7)).date().isoformat()
TEXT = {"text", "search", "email", "url", "tel", ""}


@dataclass
class Form:
    """One form that is sent: where to, what it holds already, what may be written into it."""

    action: str
    kept: list[tuple[str, str]] = field(default_factory=list)  # as the page has filled it in
    text: dict[str, str] = field(default_factory=dict)  # what somebody writes freely: as it stands
    longest: dict[str, int] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    offers: dict[str, str] = field(default_factory=dict)  # what could be chosen or ticked besides
    ticks: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, *, offers: bool = False) -> list[tuple[str, str]]:
        """Return what a browser sends of what nobody writes; with ``offers`` all that is empty."""
        chosen = dict(self.choices)
        if offers:
            ticked = {name for name, _ in self.ticks}
            chosen |= {name: value for name, value in self.offers.items()
                       if not chosen.get(name) and name not in ticked}  # fmt: skip
        return [*self.kept, *chosen.items(), *self.ticks]


class Found(HTMLParser):
    """Collects links, the forms that are posted, and what would run if a browser read the page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.alive: list[str] = []  # handlers, addresses and inline scripts of a page
        self._form: Form | None = None
        self._within, self._picked, self._bare, self._chosen = "", False, False, False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self._judge(tag, told)
        if tag == "a" and told.get("href", "").startswith("/"):
            self.links.append(told["href"].split("#")[0])
        elif tag == "form":
            self._form = Form(told.get("action", "").split("#")[0])
            if told.get("method", "").lower() == "post":
                self.forms.append(self._form)
        elif self._form is not None and told.get("name") and "disabled" not in told:
            self._field(tag, told, self._form)
        elif self._form is not None and tag == "option" and self._within:
            self._option(told, self._form)

    def _judge(self, tag: str, told: dict[str, str]) -> None:
        own = [f"{tag} {name}" for name in told if name.startswith("on") or name == "style"]
        own += [f"{tag} {name}={value[:80]}" for name, value in told.items()
                if value.strip().lower().startswith("javascript:")
                and name in ("href", "src", "action", "formaction", "data")]  # fmt: skip
        plain = tag == "script" and "src" not in told
        if plain and told.get("type") not in ("application/json", "importmap"):
            own.append("script inline")
        self.alive += own

    def _field(self, tag: str, told: dict[str, str], form: Form) -> None:
        name, kind = told["name"], told.get("type", "").lower()
        if tag == "textarea" or (tag == "input" and kind in TEXT):
            form.text[name] = told.get("value", "")
            form.longest[name] = int(told.get("maxlength") or 10_000)
            self._within = name if tag == "textarea" else ""
        elif tag == "select":
            self._within, self._picked = name, False
            form.choices[name] = ""
        elif tag == "button" or kind == "submit":
            form.buttons.append((name, told.get("value", "")))
        elif kind in ("radio", "checkbox"):
            value = told.get("value", "on")
            if "checked" in told:
                form.ticks.append((name, value))
            form.offers.setdefault(name, value)
        elif kind == "date" and not told.get("value"):
            form.choices[name] = ""
            form.offers[name] = told.get("max") or told.get("min") or SOME_DAY
        elif kind == "file":
            form.files.append(name)
        elif kind != "password":
            form.kept.append((name, told.get("value", "")))

    def _option(self, told: dict[str, str], form: Form) -> None:
        self._bare = "value" not in told  # its text is its value
        self._chosen = "selected" in told
        if not self._bare:
            self._offer(told["value"], form)

    def _offer(self, value: str, form: Form) -> None:
        if self._chosen or not self._picked:
            form.choices[self._within], self._picked = value, True
        if value:
            form.offers.setdefault(self._within, value)

    def handle_data(self, data: str) -> None:
        if not self._within or self._form is None:
            return
        if self._within in self._form.text:
            self._form.text[self._within] += data
        elif self._bare and data.strip():
            self._offer(data.strip(), self._form)
            self._bare = False

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in ("select", "textarea"):
            self._within = ""
