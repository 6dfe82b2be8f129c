"""Addresses of sign-in and of a person's own page."""

from __future__ import annotations

from django.urls import path

from duokua.identity import views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("me/", views.me, name="me"),
]
