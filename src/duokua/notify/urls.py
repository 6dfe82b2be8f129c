"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from duokua.notify import views

urlpatterns = [path("messages/", views.messages, name="messages")]
