"""Every address of the portal."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("duokua.shell.urls")),
    path("", include("duokua.identity.urls")),
    path("", include("duokua.notify.urls")),
    path("", include("duokua.lake.urls")),
    path("", include("duokua.exchange.urls")),
    path("", include("duokua.sensing.urls")),
    path("", include("duokua.loop.urls")),
    path("", include("duokua.loop.scenario_urls")),
    path("", include("duokua.loop.rest.urls")),
    path("", include("duokua.pack.urls")),
    path("", include("duokua.store.urls")),
    path("", include("duokua.store.rest.urls")),
    path("", include("duokua.portal.urls")),
]
handler400 = "duokua.shell.views.bad_request"
handler403 = "duokua.shell.views.not_allowed"
handler404 = "duokua.shell.views.not_found"
handler500 = "duokua.shell.views.broken"
