"""Writing and withdrawing listings (上架、变更、下架), and the list of a department's own."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.kernel import clock
from duokua.kernel.errors import DuokuaError, Fault, Invalid, NotFound
from duokua.lang.contract import Level
from duokua.lists import asking
from duokua.lists.exports import csv_answer
from duokua.lists.paging import SortValue, page
from duokua.shell.language import active
from duokua.store import facade
from duokua.store.facade import ListingBody, OwnListing
from duokua.store.forms.listing import by_field, item_lines, named_faults, read_body
from duokua.store.states.listing import ListingState, ShareClass, VersionState
from duokua.store.values.listing_page import EditPage, share_words
from duokua.store.values.sharing import stated
from duokua.store.values.vocabulary import CYCLES, DOMAINS, WAYS


def _title(row: OwnListing) -> SortValue:
    return row.title.in_(active())


def _quality(row: OwnListing) -> SortValue:
    return -1.0 if row.quality is None else row.quality


def _heat(row: OwnListing) -> SortValue:
    return row.heat


def _changed(row: OwnListing) -> SortValue:
    return row.changed_at.timestamp() if row.changed_at else 0.0


SORTS = {"quality": _quality, "title": _title, "heat": _heat, "changed": _changed}
_NONE = "none"  # the filter for datasets without a listing


@policy.roles(Role.STEWARD, Role.HEAD)
def mine(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the department's datasets with their listings, worst quality first."""
    asked = asking.words(request).lower()
    state = asking.choice(request, "state", dict(_states()))
    found = [
        row
        for row in facade.own_listings(person)
        if (not asked or asked in f"{row.dataset} {row.title.zh} {row.title.en}".lower())
        and (not state or _is_at(row, state))
    ]
    if asking.choice(request, "format", ("csv",)):
        return _export(found)
    shown = page(
        found, sorts=SORTS, identity=lambda row: row.dataset,
        sort=asking.order(request, SORTS), after=request.GET.get("after"),
    )  # fmt: skip
    context = {
        "page": shown,
        "rows": shown.rows,
        "states": _states(),
        "open": sum(row.open_questions for row in found),
    }
    return render(request, "store/my_listings.html", context)


def _states() -> list[tuple[str, str]]:
    return [(_NONE, _("No listing")), *((s.value, str(s.label)) for s in ListingState)]


def _is_at(row: OwnListing, state: str) -> bool:
    return row.state == ("" if state == _NONE else state) or row.under_way == state


def _export(found: list[OwnListing]) -> HttpResponseBase:
    head = [_("Identifier"), _("Title"), _("Level"), _("State"), _("Share class"), _("Quality"),
            _("Calls in 30 days")]  # fmt: skip
    words, shares = dict(_states()), share_words()
    rows = (
        (
            row.dataset,
            row.title.in_(active()),
            row.level,
            words[row.state or _NONE],
            shares[row.share_class].in_(active()) if row.share_class else "",
            "" if row.quality is None else round(100 * row.quality),
            row.heat,
        )
        for row in found
    )
    return csv_answer("listings", head, rows)


@policy.roles(Role.STEWARD)
def new(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Ask which dataset of the department to list; then draft it from its contract.

    :raises NotFound: there is no such dataset.
    :raises NotAllowed: another department owns it.
    :raises Conflict: it has a listing.
    """
    if request.method == "POST":
        made = facade.draft_listing(request.POST.get("dataset", ""), by=person, now=clock.now())
        messages.success(request, _("Drafted from its contract. Look through it and submit."))
        return redirect("edit_listing", made.id)
    rows = [row for row in facade.own_listings(person) if not row.state]
    return render(request, "store/new_listing.html", {"rows": rows})


@dataclass(slots=True)
class _Attempt:
    """One sending of the form, and what came of it."""

    body: ListingBody
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    told: DuokuaError | None = None


@policy.roles(Role.STEWARD)
def edit(request: HttpRequest, person: Person, listing_id: str) -> HttpResponseBase:
    """Write the draft of a listing: save, submit, download or drop it; or begin a change.

    :raises NotFound: there is no such listing.
    :raises NotAllowed: another department owns it.
    """
    act = request.POST.get("act", "")
    if request.method == "POST" and act == "change":
        facade.change_listing(listing_id, by=person, now=clock.now())
        return redirect("edit_listing", listing_id)
    try:
        shown = facade.edit_page(listing_id, person)
    except NotFound:
        info = facade.listing_page(listing_id, person, now=clock.now()).info
        return render(request, "store/begin_change.html", {"info": info})
    if request.method == "POST" and act == "drop":
        facade.drop_listing(listing_id, by=person, now=clock.now())
        return redirect("my_listings")
    if request.method != "POST":
        return _form(request, shown, _Attempt(shown.version.body))
    sent = {name: str(value) for name, value in request.POST.items()}
    attempt = _Attempt(read_body(sent, request.POST.getlist("ways"), shown.contract))
    if act == "download":
        return _download(listing_id, attempt.body)
    if done := _save(request, person, shown, attempt, act):
        return done
    return _form(request, shown, attempt)


def _download(listing_id: str, body: ListingBody) -> HttpResponseBase:
    text = facade.listing_file(listing_id, stated(body))
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{listing_id}.yaml"'
    return answer


def _save(
    request: HttpRequest, person: Person, shown: EditPage, attempt: _Attempt, act: str
) -> HttpResponseBase | None:
    """Save, and submit if asked to; ``None`` when something is to be mended first."""
    listing_id, sent = shown.version.listing, request.POST.get("revision", "")
    revision = int(sent) if sent.isascii() and sent.isdigit() else -1
    now = clock.now()
    try:
        facade.save_listing(listing_id, attempt.body, revision=revision, by=person, now=now)
        if act == "submit":
            facade.submit_listing(listing_id, by=person, now=now)
    except DuokuaError as error:
        attempt.told = error
        attempt.faults = by_field(error.faults)
        return None
    if act == "submit":
        messages.success(request, _("Submitted. The security officer looks at it next."))
        return redirect("my_listings")
    messages.success(request, _("Saved"))
    return redirect("edit_listing", listing_id)


def _form(request: HttpRequest, shown: EditPage, attempt: _Attempt) -> HttpResponseBase:
    if isinstance(attempt.told, Invalid):  # it was saved, so the next sending has to name that
        shown = facade.edit_page(shown.version.listing, _person(request))
    body = attempt.body
    context = {
        "shown": shown,
        "version": shown.version,
        "body": body,
        "writable": shown.version.state == VersionState.DRAFT,
        "lines": item_lines(body, shown.contract, attempt.faults),
        "faults": attempt.faults,
        "fault_count": sum(map(len, attempt.faults.values())),
        "told": attempt.told,
        "told_faults": named_faults(attempt.told.faults if attempt.told else (), shown.contract),
        "changes": facade.changes_of(shown.version.listing, stated(body)) if _whole(body) else (),
        "state_word": VersionState(shown.version.state).label,
        "shares": list(ShareClass),
        "levels": list(Level),
        "cycles": CYCLES,
        "domains": DOMAINS,
        "ways": WAYS,
        "keywords": "、".join(body.keywords),
    }
    status = 422 if attempt.told else 200
    return render(request, "store/edit_listing.html", context, status=status)


def _whole(body: ListingBody) -> bool:
    """Tell whether every choice is one of the choices, so that it can be said in words."""
    words = set(ShareClass)
    shares = {body.share_class, *(item.share_class for item in body.items)}
    known = body.cycle in {"", *CYCLES} and body.domain in {"", *DOMAINS}
    return shares <= words and known and set(body.ways) <= set(WAYS)


def _person(request: HttpRequest) -> Person:
    from duokua.identity.facade import person_of

    person = person_of(request)
    if person is None:
        raise PermissionDenied
    return person


@policy.roles(Role.STEWARD, Role.HEAD)
def withdraw(request: HttpRequest, person: Person, listing_id: str) -> HttpResponseBase:
    """Show who would feel it if a listing went; announce that it goes, or take that back.

    :raises NotFound: there is no such listing.
    :raises NotAllowed: another department owns it.
    :raises Conflict: somebody else was first.
    """
    now, told = clock.now(), None
    blast = facade.blast_radius(listing_id, person, now=now)
    if request.method == "POST":
        try:
            _withdraw(request, person, listing_id)
            return redirect("listing", listing_id)
        except Invalid as error:
            told = error
    context = {
        "info": facade.listing(listing_id),
        "blast": blast,
        "until": facade.notice_end(now),
        "told": told,
        "faults": by_field(told.faults) if told else {},
        "reason": request.POST.get("reason", ""),
        "successor": request.POST.get("successor", ""),
        "successors": facade.successors(listing_id, person),
    }
    return render(request, "store/withdraw_listing.html", context, status=422 if told else 200)


def _withdraw(request: HttpRequest, person: Person, listing_id: str) -> None:
    if request.POST.get("act") == "keep":
        facade.keep_listing(listing_id, by=person, now=clock.now())
        messages.success(request, _("The withdrawal is taken back."))
        return
    facade.announce_withdrawal(
        listing_id,
        reason=request.POST.get("reason", ""),
        successor=request.POST.get("successor", "").strip() or None,
        by=person,
        now=clock.now(),
    )
    messages.success(request, _("The withdrawal is announced; users and followers were told."))
