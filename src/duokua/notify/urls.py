"""Addresses of the inbox."""

from __future__ import annotations

from django.urls import path

from duokua.notify import bulletin_views, views, wish_views

urlpatterns = [
    path("messages/", views.messages, name="messages"),
    path("notices/", bulletin_views.bulletins, name="bulletins"),
    path("notices/write/", bulletin_views.write, name="bulletin_write"),
    path("notices/<int:number>/", bulletin_views.bulletin, name="bulletin"),
    path("notices/<int:number>/end/", bulletin_views.end, name="bulletin_end"),
    path("me/notices/", wish_views.my_notices, name="my_notices"),
]
