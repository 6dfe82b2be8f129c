"""Addresses of the interface pages."""

from __future__ import annotations

from django.urls import path

from duokua.exchange import keys_views, views, views_consumers, views_form, views_grant

urlpatterns = [
    path("me/clients/", keys_views.my_clients, name="my_clients"),
    path("me/clients/<slug:client_id>/keys/", keys_views.add_key, name="add_key"),
    path(
        "me/clients/<slug:client_id>/keys/<slug:key_id>/retire/",
        keys_views.retire_key,
        name="retire_key",
    ),
    path(
        "me/clients/<slug:client_id>/keys/<slug:key_id>/revoke/",
        keys_views.revoke_key,
        name="revoke_key",
    ),
    path("store/interfaces/", views.interfaces, name="interfaces"),
    path("store/interfaces/of/<slug:dataset_id>/", views.interfaces_of, name="interfaces_of"),
    path("store/interfaces/define/", views_form.choose, name="choose_dataset"),
    path("store/interfaces/define/<slug:dataset_id>/", views_form.define, name="define_interface"),
    path("store/interfaces/<str:interface_id>/change/", views_form.change, name="change_interface"),
    path(
        "store/interfaces/<str:interface_id>/grants/open/",
        views_grant.open_grant,
        name="open_grant",
    ),
    path("store/grants/<slug:grant_id>/revoke/", views_grant.revoke_grant, name="revoke_grant"),
    path(
        "store/interfaces/of/<slug:dataset_id>/consumers/",
        views_consumers.consumers,
        name="consumers_of",
    ),
    path("store/clients/<str:name>", views.client_wheel, name="client_wheel"),
    path("store/interfaces/<str:interface_id>/", views.interface, name="interface"),
    path("store/interfaces/<str:interface_id>/try", views.try_it, name="try_interface"),
]
