"""Addresses of the interface pages."""

from __future__ import annotations

from django.urls import path

from duokua.exchange import consumers_views, form_views, grant_views, keys_views, views

urlpatterns = [
    path("me/clients/", keys_views.my_clients, name="my_clients"),
    path("me/clients/register/", keys_views.register_client, name="register_client"),
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
    path("store/interfaces/define/", form_views.choose, name="choose_dataset"),
    path("store/interfaces/define/<slug:dataset_id>/", form_views.define, name="define_interface"),
    path("store/interfaces/<str:interface_id>/change/", form_views.change, name="change_interface"),
    path(
        "store/interfaces/<str:interface_id>/grants/open/",
        grant_views.open_grant,
        name="open_grant",
    ),
    path("store/grants/<slug:grant_id>/revoke/", grant_views.revoke_grant, name="revoke_grant"),
    path(
        "store/interfaces/of/<slug:dataset_id>/consumers/",
        consumers_views.consumers,
        name="consumers_of",
    ),
    path("store/clients/<str:name>", views.client_wheel, name="client_wheel"),
    path("store/interfaces/<str:interface_id>/", views.interface, name="interface"),
    path("store/interfaces/<str:interface_id>/try", views.try_it, name="try_interface"),
]
