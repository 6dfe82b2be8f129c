"""Addresses of the interface pages."""

from __future__ import annotations

from django.urls import path

from duokua.exchange import views

urlpatterns = [
    path("store/interfaces/", views.interfaces, name="interfaces"),
    path("store/interfaces/of/<slug:dataset_id>/", views.interfaces_of, name="interfaces_of"),
    path("store/interfaces/<slug:interface_id>/", views.interface, name="interface"),
    path("store/interfaces/<slug:interface_id>/try", views.try_it, name="try_interface"),
]
