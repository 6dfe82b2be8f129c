"""Addresses of the dataset pages."""

from __future__ import annotations

from django.urls import path

from duokua.lake import views

urlpatterns = [
    path("store/datasets/", views.datasets, name="datasets"),
    path("store/datasets/<slug:dataset_id>/", views.dataset, name="dataset"),
]
