"""Addresses of sign-in and of a person's own page."""

from __future__ import annotations

from django.urls import path

from duokua.identity import (
    account_views,
    delegation_views,
    department_views,
    oidc_views,
    second_step_views,
    views,
)

urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", second_step_views.sign_in_code, name="sign_in_code"),
    path("sign-in/provider/", oidc_views.begin, name="provider_begin"),
    path("sign-in/provider/back/", oidc_views.back, name="provider_back"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("me/", views.me, name="me"),
    path("me/password/", account_views.password, name="password"),
    path("me/sign-ins/", account_views.sign_ins, name="sign_ins"),
    path("me/sign-out-everywhere/", account_views.sign_out_everywhere, name="sign_out_everywhere"),
    path("me/delegations/", delegation_views.delegations, name="delegations"),
    path("departments/", department_views.departments, name="departments"),
    path("departments/<str:code>/people/", department_views.people, name="people"),
    path("me/second-step/", second_step_views.set_up, name="second_step"),
]
