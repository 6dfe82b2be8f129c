"""Addresses of the management interface."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from duokua.store.rest import requests

_ONE = "api/v1/requests/<str:request_id>"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", requests.openapi, name="api_description"),
    path("api/v1/requests", requests.requests, name="api_requests"),
    path(_ONE, requests.request, name="api_request"),
    path(f"{_ONE}/submit", requests.submit, name="api_submit_request"),
]
