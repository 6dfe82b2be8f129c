"""Addresses of the resource store; each subject adds its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from duokua.store.values.steps import WizardStep
from duokua.store.views import (
    cart,
    decision,
    dispute,
    finding,
    law,
    listing,
    listing_edit,
    listing_review,
    request,
    resource,
    wizard,
)

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
_LISTING = "store/listings/<slug:listing_id>/"
_LISTINGS: list[URLPattern | URLResolver] = [
    path("store/listings/mine/", listing_edit.mine, name="my_listings"),
    path("store/listings/new/", listing_edit.new, name="new_listing"),
    path(_LISTING, listing.listing, name="listing"),
    path(f"{_LISTING}say/", listing.say, name="say_listing"),
    path(f"{_LISTING}edit/", listing_edit.edit, name="edit_listing"),
    path(f"{_LISTING}withdraw/", listing_edit.withdraw, name="withdraw_listing"),
    path("store/review/", listing_review.reviews, name="listing_reviews"),
    path("store/review/<slug:listing_id>/", listing_review.review, name="review_listing"),
]
_USING: list[URLPattern | URLResolver] = [
    path("me/resources/", resource.my_resources, name="my_resources"),
    path("me/resources/<str:request_id>/", resource.my_resource, name="my_resource"),
    path("store/resources/", resource.our_resources, name="our_resources"),
    path("store/resources/<str:request_id>/", resource.our_resource, name="our_resource"),
    path("store/resources/<str:request_id>/act/", resource.resource_act, name="resource_act"),
]
_DECIDING: list[URLPattern | URLResolver] = [
    path("store/inbox/", decision.inbox, name="inbox"),
    path("store/steps/<int:step_id>/decide/", decision.decide, name="decide"),
    path(f"{_REQUEST}answer/", decision.answer, name="answer_request"),
    path(f"{_REQUEST}dispute/", dispute.open_dispute, name="open_dispute"),
    path("store/disputes/", dispute.disputes, name="disputes"),
    path("store/disputes/<str:dispute_id>/", dispute.dispute, name="dispute"),
    path("store/law/", law.law, name="law"),
]
_FINDING: list[URLPattern | URLResolver] = [
    path("store/", finding.home, name="store"),
    path("store/search/", finding.results, name="store_search"),
    path("store/suggest/", finding.suggest, name="store_suggest"),
]

urlpatterns: list[URLPattern | URLResolver] = [*_FINDING, *_DECIDING, *_ASKING, *_LISTINGS, *_USING]
