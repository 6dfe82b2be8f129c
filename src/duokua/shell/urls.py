"""Addresses of the switches."""

from __future__ import annotations

from django.urls import path

from duokua.shell import views

urlpatterns = [
    path("set/language/", views.language, name="set_language"),
    path("set/theme/", views.theme, name="set_theme"),
    path("set/letters/", views.elder, name="set_elder"),
    path("style/", views.style, name="style"),
]
