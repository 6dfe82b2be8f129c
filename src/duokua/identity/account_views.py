"""A person's own account: the password, the list of sign-ins, the end of every session."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from duokua.identity import entering, facade, passwords, policy
from duokua.identity.actions import SignInDelayed, SignInRefused
from duokua.identity.facade import Person, Visit
from duokua.identity.forms import PasswordForm
from duokua.identity.words import too_many
from duokua.kernel import clock
from duokua.kernel.errors import Invalid
from duokua.lists import asking
from duokua.lists.exports import list_answer

_SHOWN = 50
_EXPORTED = 10_000
_HEAD = ("at", "address", "granted", "way")
_KEPT = timedelta(days=365)


@policy.signed_in
@sensitive_post_parameters("old", "fresh", "again")
def password(request: HttpRequest, person: Person) -> HttpResponseBase:
    """Change one's own password; this session goes on, all others end."""
    form = PasswordForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = _change(request, person, form) if form.is_valid() else 422
        if status == 302:
            messages.success(request, _("Your password is changed. Every other session has ended."))
            return redirect("me")
    context = {"form": form, "owed": entering.owed(request) == "password"}
    return render(request, "identity/password.html", context, status=status)


def _change(request: HttpRequest, person: Person, form: PasswordForm) -> int:
    told = form.cleaned_data
    try:
        user = passwords.change(person.username, told["old"], told["fresh"], now=clock.now())
    except SignInDelayed as wait:
        form.add_error(None, too_many(wait.wait_s))
        return 429
    except SignInRefused:
        form.add_error("old", _("The present password is wrong."))
    except Invalid:
        form.add_error("fresh", _("The new password is the present one. Choose another."))
    except ValidationError as weak:
        form.add_error("fresh", _weaknesses(weak))
    else:
        update_session_auth_hash(request, user)
        return 302
    return 422


def _weaknesses(weak: ValidationError) -> list[str]:
    """Return what makes a password weak; the framework's own texts are not all translated."""
    words = {
        "password_too_short": _("It is too short: at least 10 characters."),
        "password_too_similar": _("It is too much like your name or user name."),
        "password_too_common": _("It is one of those that everybody tries first."),
        "password_entirely_numeric": _("It has nothing but digits."),
    }
    return [words.get(each.code or "", each.messages[0]) for each in weak.error_list]


@policy.signed_in
def sign_ins(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List one's own sign-ins of a year, by page or as a file."""
    since = clock.now() - _KEPT
    if kind := asking.choice(request, "format", asking.EXPORTS):
        rows = facade.visits(person.username, _EXPORTED, since=since)
        return list_answer(kind, "sign_ins", _HEAD, [_plain(row) for row in rows])
    before = request.GET.get("before", "")
    last = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    rows = facade.visits(person.username, _SHOWN + 1, before=last, since=since)
    more = rows[_SHOWN - 1].number if len(rows) > _SHOWN else None
    return render(request, "identity/sign_ins.html", {"visits": rows[:_SHOWN], "more": more})


def _plain(row: Visit) -> dict[str, object]:
    return {
        "at": clock.iso(row.at), "address": row.address, "granted": row.granted, "way": row.way
    }  # fmt: skip


@policy.signed_in
@require_POST
def sign_out_everywhere(request: HttpRequest, person: Person) -> HttpResponseBase:
    """End every session of mine but this one."""
    user = passwords.sign_out_everywhere(person.username, now=clock.now())
    update_session_auth_hash(request, user)
    messages.success(request, _("Every other session of yours has ended."))
    return redirect("sign_ins")
