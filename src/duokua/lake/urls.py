"""Addresses of the dataset pages."""

from __future__ import annotations

from django.urls import path

from duokua.lake import lineage_views, quality_views, views

urlpatterns = [
    path("store/datasets/", views.datasets, name="datasets"),
    path("store/datasets/<slug:dataset_id>/", views.dataset, name="dataset"),
    path(
        "store/datasets/<slug:dataset_id>/lineage/", lineage_views.lineage, name="dataset_lineage"
    ),
    path(
        "store/datasets/<slug:dataset_id>/quality/", quality_views.quality, name="dataset_quality"
    ),
]
