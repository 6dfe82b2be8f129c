"""Addresses of the dataset pages."""

from __future__ import annotations

from django.urls import path

from duokua.lake import (
    erasure_views,
    lineage_views,
    matching_views,
    propose_views,
    quality_views,
    quarantine_views,
    sending_views,
    sources_views,
    views,
)

urlpatterns = [
    path("store/datasets/", views.datasets, name="datasets"),
    path("store/erasures/", erasure_views.erasures, name="erasures"),
    path("store/bring-in/", propose_views.start, name="bring_in"),
    path("store/bring-in/<slug:draft_id>/", propose_views.draft, name="draft"),
    path("store/datasets/<slug:dataset_id>/", views.dataset, name="dataset"),
    path(
        "store/datasets/<slug:dataset_id>/matches/", matching_views.matches, name="dataset_matches"
    ),
    path(
        "store/datasets/<slug:dataset_id>/quarantine/",
        quarantine_views.quarantine,
        name="dataset_quarantine",
    ),
    path(
        "store/datasets/<slug:dataset_id>/lineage/", lineage_views.lineage, name="dataset_lineage"
    ),
    path(
        "store/datasets/<slug:dataset_id>/quality/", quality_views.quality, name="dataset_quality"
    ),
    path("store/datasets/<slug:dataset_id>/bring-in/", sending_views.send, name="send"),
    path(
        "store/datasets/<slug:dataset_id>/bring-in/<int:job_id>/", sending_views.sent, name="sent"
    ),
    path(
        "store/datasets/<slug:dataset_id>/sources/",
        sources_views.dataset_sources,
        name="dataset_sources",
    ),
]
