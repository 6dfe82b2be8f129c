"""Addresses of the sensing pages."""

from __future__ import annotations

from django.urls import path

from duokua.sensing import views

urlpatterns = [
    path("streams/", views.streams, name="streams"),
    path("streams/<slug:stream_id>/", views.stream, name="stream"),
    path("devices/", views.devices, name="devices"),
    path("devices/<str:device_id>/", views.device, name="device"),
    path("devices/<str:device_id>/act/", views.act, name="act_on_device"),
]
