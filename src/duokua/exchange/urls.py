"""Addresses of the interface pages."""

from __future__ import annotations

from django.urls import path

from duokua.exchange import views, views_consumers, views_form, views_grant

urlpatterns = [
    path("store/interfaces/", views.interfaces, name="interfaces"),
    path("store/interfaces/of/<slug:dataset_id>/", views.interfaces_of, name="interfaces_of"),
    path("store/interfaces/define/", views_form.choose, name="choose_dataset"),
    path("store/interfaces/define/<slug:dataset_id>/", views_form.define, name="define_interface"),
    path(
        "store/interfaces/<slug:interface_id>/change/", views_form.change, name="change_interface"
    ),
    path(
        "store/interfaces/<slug:interface_id>/grants/open/",
        views_grant.open_grant,
        name="open_grant",
    ),
    path("store/grants/<slug:grant_id>/revoke/", views_grant.revoke_grant, name="revoke_grant"),
    path(
        "store/interfaces/of/<slug:dataset_id>/consumers/",
        views_consumers.consumers,
        name="consumers_of",
    ),
    path("store/interfaces/<slug:interface_id>/", views.interface, name="interface"),
    path("store/interfaces/<slug:interface_id>/try", views.try_it, name="try_interface"),
]
