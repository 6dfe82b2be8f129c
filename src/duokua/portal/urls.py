"""Addresses of home, search and receipts."""

from __future__ import annotations

from django.urls import path

from duokua.portal import domains, home, jobs, receipts, subject_views, usage_views, views

urlpatterns = [
    path("", home.home, name="home"),
    path("domains/<slug:word>/", domains.domain, name="domain"),
    path("portal-health", views.health, name="health"),
    path("search/", views.search_page, name="search"),
    path("me/usage/", usage_views.my_usage, name="my_usage"),
    path(
        "store/interfaces/<slug:interface_id>/usage/",
        usage_views.interface_usage,
        name="interface_usage",
    ),
    path("tasks/", jobs.tasks, name="jobs"),
    path("tasks/<int:job_id>/", jobs.act, name="act_on_job"),
    path("receipts/", receipts.receipts, name="receipts"),
    path("receipts/subject/", subject_views.subject, name="subject_search"),
    path("receipts/<slug:receipt_id>/", receipts.receipt, name="receipt"),
]
