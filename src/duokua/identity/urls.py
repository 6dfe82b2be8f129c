"""Addresses of sign-in and of a person's own page."""

from __future__ import annotations

from django.urls import path

from duokua.identity import second_step_views, views

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", second_step_views.sign_in_code, name="sign_in_code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("me/", views.me, name="me"),
    path("me/second-step/", second_step_views.set_up, name="second_step"),
]
