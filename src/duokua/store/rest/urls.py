"""Addresses of the management interface."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from duokua.store.rest import grants, requests, resources

_ONE = "api/v1/requests/<str:request_id>"
_GRANT = "api/v1/grants/<str:request_id>"
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", requests.openapi, name="api_description"),
    path("api/v1/requests", requests.requests, name="api_requests"),
    path(_ONE, requests.request, name="api_request"),
    path(f"{_ONE}/submit", requests.submit, name="api_submit_request"),
    path("api/v1/resources", resources.resources, name="api_resources"),
    path("api/v1/resources/<slug:listing_id>", resources.resource, name="api_resource"),
    path("api/v1/grants", grants.grants, name="api_grants"),
    path(_GRANT, grants.grant, name="api_grant"),
    path(f"{_GRANT}/<slug:verb>", grants.act, name="api_grant_act"),
]
