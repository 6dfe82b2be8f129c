"""Addresses of cases in the management interface."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from duokua.loop.rest import cases, evidence

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/cases", cases.cases, name="api_cases"),
    path("api/v1/cases/<str:number>", cases.case, name="api_case"),
    path("api/v1/cases/<str:number>/evidence", evidence.give, name="api_case_evidence"),
    path(
        "api/v1/cases/<str:number>/evidence/<str:evidence_id>",
        evidence.content,
        name="api_case_content",
    ),
    path("api/v1/cases/<str:number>/<slug:verb>", cases.act, name="api_case_act"),
]
