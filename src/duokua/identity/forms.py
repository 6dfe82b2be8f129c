"""The forms of sign-in, passwords and people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SignInForm(forms.Form):
    """User name and password."""

    username = forms.CharField(
        max_length=64,
        label=_("User name"),
        error_messages={"required": _("Enter your user name")},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        max_length=256,
        strip=False,
        label=_("Password"),
        error_messages={"required": _("Enter your password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(forms.Form):
    """The present password and the new one, twice."""

    old = forms.CharField(
        max_length=256,
        strip=False,
        label=_("Present password"),
        error_messages={"required": _("Enter your present password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    fresh = forms.CharField(
        max_length=256,
        strip=False,
        label=_("New password"),
        error_messages={"required": _("Enter a new password")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        max_length=256,
        strip=False,
        label=_("New password again"),
        error_messages={"required": _("Enter the new password again")},
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Hold the two against each other."""
        told = super().clean() or {}
        if "fresh" in told and "again" in told and told["fresh"] != told["again"]:
            self.add_error("again", _("The two are not the same."))
        return told
