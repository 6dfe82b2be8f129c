"""Addresses of scenarios."""

from __future__ import annotations

from django.urls import path

from duokua.loop.views import scenario

urlpatterns = [
    path("s/<slug:pack>/", scenario.scenario, name="scenario"),
    path("s/<slug:pack>/indicators/", scenario.indicators, name="scenario_indicators"),
    path("s/<slug:pack>/indicators/<slug:name>/", scenario.indicator, name="scenario_indicator"),
    path("s/<slug:pack>/<slug:name>/", scenario.view, name="scenario_view"),
    path("s/<slug:pack>/<slug:name>/<slug:panel>.csv", scenario.export, name="scenario_export"),
]
