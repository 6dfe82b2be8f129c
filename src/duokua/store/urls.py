"""Addresses of the resource store; each subject adds its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from duokua.store.values.steps import WizardStep
from duokua.store.views import cart, request, wizard

_REQUEST = "store/requests/<str:request_id>/"
_ASKING: list[URLPattern | URLResolver] = [
    path("store/cart/", cart.cart, name="cart"),
    path("store/cart/add/", cart.cart_add, name="cart_add"),
    path("store/cart/remove/", cart.cart_remove, name="cart_remove"),
    path("store/requests/", request.requests, name="requests"),
    path(_REQUEST, request.request_page, name="request"),
    path(f"{_REQUEST}act/", request.request_act, name="request_act"),
    path(f"{_REQUEST}files/<str:attachment_id>/", request.attachment, name="request_attachment"),
    *(
        path(f"{_REQUEST}{step}/", wizard.step, {"step": step.value}, name=f"request_{step}")
        for step in WizardStep
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [*_ASKING]
