"""The reviewers' inbox of listings (上架审核), and the page on which one is decided."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.clock import iso
from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lists import asking
from duokua.lists.exports import list_answer
from duokua.lists.paging import SortValue, page
from duokua.shell.language import active
from duokua.store import facade
from duokua.store.forms.listing import by_field
from duokua.store.states.listing import VersionState
from duokua.store.values.assessment import AUDIENCES, QUESTIONS, Findings, findings_from_json
from duokua.store.values.listing_page import share_words
from duokua.store.values.reviewing import DUTIES, Waiting

_STAGE = (Text("环节", "Stage"), Text("全部环节", "Every stage"))
_OWNER = (Text("部门", "Department"), Text("全部部门", "All departments"))
_SHARE = (Text("共享类型", "Share class"), Text("全部共享类型", "Every share class"))
_ORDERS = {
    "waiting": Text("等待最久在前", "Waiting longest first"),
    "-waiting": Text("最新在前", "Newest first"),
    "title": Text("按名称", "By title"),
}
_SORTS: dict[str, Callable[[Waiting], SortValue]] = {
    "waiting": lambda each: each.version.changed_at.timestamp(),
    "title": lambda each: each.version.body.title.in_(active()),
}
_HEAD = (
    "listing", "title_zh", "title_en", "owner", "state", "version", "first", "level", "share_class",
    "changed_at",
)  # fmt: skip
_REVIEWERS = (Role.SECURITY, Role.HEAD, Role.BUREAU)


@policy.roles(*_REVIEWERS)
def reviews(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the versions that wait for a post of this person, oldest first."""
    names, every = departments(), facade.listings_to_review(person)
    owners = sorted({each.owner for each in every})
    stages = [(each.value, each.label) for each in DUTIES]
    choices = [
        asking.offered(request, "state", *_STAGE, stages),
        asking.offered(request, "department", *_OWNER, [(e, names.get(e, e)) for e in owners]),
        asking.offered(request, "share", *_SHARE, share_words().items()),
        asking.orders(request, _ORDERS.items()),
    ]
    state, owner, share, sort = (each.value for each in choices)
    words = asking.words(request)
    found = [
        each
        for each in every
        if state in ("", each.version.state)
        and owner in ("", each.owner)
        and share in ("", each.version.body.share_class)
        and words.lower() in _text(each)
    ]
    if kind := asking.export(request):
        return list_answer(kind, "listings-to-review", _HEAD, [_plain(each) for each in found])
    shown = page(
        found,
        sorts=_SORTS,
        identity=lambda each: each.version.listing,
        sort=sort,
        after=request.GET.get("after"),
    )
    stage_words, shares = dict(VersionState.choices), share_words()
    rows = [
        (
            each,
            names.get(each.owner),
            stage_words[each.version.state],
            shares[each.version.body.share_class],
        )
        for each in shown.rows
    ]
    context = {
        "rows": rows, "page": shown, "choices": choices, "words": words,
        "filtered": bool(state or owner or share or words),
    }  # fmt: skip
    return render(request, "store/reviews.html", context)


def _text(each: Waiting) -> str:
    title = each.version.body.title
    return f"{each.version.listing} {title.zh} {title.en}".lower()


def _plain(each: Waiting) -> dict[str, object]:
    body = each.version.body
    return {
        "listing": each.version.listing, "title_zh": body.title.zh, "title_en": body.title.en,
        "owner": each.owner, "state": each.version.state, "version": each.version.number,
        "first": each.first, "level": body.level, "share_class": body.share_class,
        "changed_at": iso(each.version.changed_at),
    }  # fmt: skip


@policy.roles(*_REVIEWERS)
def review(request: HttpRequest, person: Person, listing_id: str) -> HttpResponseBase:
    """Show what a version changes and what it says; agree to it or return it.

    :raises NotFound: nothing waits, or not for a post of this person.
    :raises NotAllowed: it is not theirs to decide.
    :raises Conflict: somebody else was first.
    """
    page, told = facade.review_page(listing_id, person), None
    if request.method == "POST":
        try:
            done = _decide(request, person, listing_id)
            _thank(request, done.state)
            return redirect("listing_reviews")
        except Invalid as error:
            told = error
    context = {
        "page": page,
        "stage": VersionState(page.version.state).label,
        "assess": page.version.state == VersionState.ASSESSMENT,
        "share": share_words()[page.version.body.share_class],
        "questions": [(name, words, request.POST.get(name)) for name, words in QUESTIONS.items()],
        "audiences": [(each.value, words) for each, words in AUDIENCES.items()],
        "audience": request.POST.get("audience", ""),
        "comment": request.POST.get("comment", ""),
        "told": told,
        "faults": by_field(told.faults) if told else {},
    }
    return render(request, "store/review_listing.html", context, status=422 if told else 200)


def _decide(request: HttpRequest, person: Person, listing_id: str) -> facade.VersionInfo:
    sent = request.POST.get("revision", "")
    return facade.review_listing(
        listing_id,
        by=person,
        agreed=request.POST.get("act") == "agree",
        comment=request.POST.get("comment", ""),
        findings=_findings(request),
        revision=int(sent) if sent.isascii() and sent.isdigit() else -1,
        now=clock.now(),
    )


def _findings(request: HttpRequest) -> Findings | None:
    """Return the answers of the questionnaire, once each of them is given."""
    answers = {name: request.POST.get(name) for name in QUESTIONS}
    if any(answer not in ("yes", "no") for answer in answers.values()):
        return None
    told: dict[str, object] = {name: answer == "yes" for name, answer in answers.items()}
    try:
        return findings_from_json(told | {"audience": request.POST.get("audience")})
    except ValueError:
        return None


def _thank(request: HttpRequest, state: str) -> None:
    words = {
        VersionState.SHOWN.value: _("It is on show now."),
        VersionState.DRAFT.value: _("Returned to its author with your comment."),
    }
    messages.success(request, words.get(state, _("Agreed. The next post was told.")))
