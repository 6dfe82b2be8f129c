"""A person's own account: the password, the list of sign-ins, the end of every session."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
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

_SHOWN = 50
_EXPORTED = 10_000
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
        form.add_error("fresh", weak)
    else:
        update_session_auth_hash(request, user)
        return 302
    return 422


@policy.signed_in
def sign_ins(request: HttpRequest, person: Person) -> HttpResponseBase:
    """List one's own sign-ins of a year, by page or as a file."""
    since = clock.now() - _KEPT
    wanted = request.GET.get("format", "")
    if wanted in ("csv", "json"):
        rows = facade.visits(person.username, _EXPORTED, since=since)
        return _csv(rows) if wanted == "csv" else _json(rows)
    before = request.GET.get("before", "")
    last = int(before) if before.isascii() and before.isdecimal() and len(before) < 19 else None
    rows = facade.visits(person.username, _SHOWN + 1, before=last, since=since)
    more = rows[_SHOWN - 1].number if len(rows) > _SHOWN else None
    return render(request, "identity/sign_ins.html", {"visits": rows[:_SHOWN], "more": more})


def _csv(rows: list[Visit]) -> HttpResponse:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("at", "address", "granted", "way"))
    for row in rows:
        writer.writerow((clock.iso(row.at), row.address, row.granted, _plain(row.way)))
    answer = HttpResponse("\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="sign-ins.csv"'
    return answer


def _plain(word: str) -> str:
    """Return a word that no spreadsheet takes for a formula."""
    return f"'{word}" if word[:1] in ("=", "+", "-", "@") else word


def _json(rows: list[Visit]) -> HttpResponse:
    told = [
        {"at": clock.iso(row.at), "address": row.address, "granted": row.granted, "way": row.way}
        for row in rows
    ]
    dumps = {"ensure_ascii": False}
    answer = JsonResponse({"sign_ins": told}, json_dumps_params=dumps)
    answer.headers["Content-Disposition"] = 'attachment; filename="sign-ins.json"'
    return answer


@policy.signed_in
@require_POST
def sign_out_everywhere(request: HttpRequest, person: Person) -> HttpResponseBase:
    """End every session of mine but this one."""
    user = passwords.sign_out_everywhere(person.username, now=clock.now())
    update_session_auth_hash(request, user)
    messages.success(request, _("Every other session of yours has ended."))
    return redirect("sign_ins")
