"""Addresses of installed packs."""

from __future__ import annotations

from django.urls import path

from duokua.pack.rest import packs as rest
from duokua.pack.views import packs

urlpatterns = [
    path("store/packs/", packs.packs, name="packs"),
    path("store/packs/<slug:pack_id>/", packs.pack, name="pack"),
    path("api/v1/packs", rest.packs, name="api_packs"),
    path("api/v1/packs/<slug:pack_id>", rest.pack, name="api_pack"),
]
