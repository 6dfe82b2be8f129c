"""The reviewers' inbox of listings (上架审核), and the page on which one is decided."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role, departments
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.store import facade
from duokua.store.forms.listing import by_field
from duokua.store.states.listing import VersionState
from duokua.store.values.assessment import AUDIENCES, QUESTIONS, Findings, findings_from_json
from duokua.store.values.listing_page import share_words

_REVIEWERS = (Role.SECURITY, Role.HEAD, Role.BUREAU)


@policy.roles(*_REVIEWERS)
def reviews(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List the versions that wait for a post of this person, oldest first."""
    names, words, shares = departments(), dict(VersionState.choices), share_words()
    rows = [
        (
            each,
            names.get(each.owner),
            words[each.version.state],
            shares[each.version.body.share_class],
        )
        for each in facade.listings_to_review(person)
    ]
    return render(request, "store/reviews.html", {"rows": rows})


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
