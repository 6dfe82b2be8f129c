"""What the store offers to its neighbours and to its own pages; one module for each subject."""

from __future__ import annotations

from duokua.store.facade.finding import (
    StoreHome,
    find,
    found_ids,
    note_changed,
    reindex,
    store_home,
    suggest,
)
from duokua.store.facade.home import (
    domains,
    followed_listings,
    listings_in_order,
    listings_of_domain,
    successors,
    suggested_listings,
    todos,
)
from duokua.store.facade.listing_pages import (
    blast_radius,
    changes_of,
    edit_page,
    listing_page,
    own_listings,
    review_page,
    route_of,
    seen_listing,
)
from duokua.store.facade.listings import (
    announce_withdrawal,
    change_listing,
    complete_withdrawals,
    draft_listing,
    drop_listing,
    export_listing,
    judge_listings,
    keep_listing,
    list_by_file,
    listing_file,
    listings_to_review,
    measure_heat,
    notice_end,
    propose_listing,
    publish_listings,
    review_listing,
    save_listing,
    submit_listing,
)
from duokua.store.facade.opinion import (
    answer_question,
    ask_question,
    follow_listing,
    rate_listing,
    unfollow_listing,
)
from duokua.store.facade.reading import listing, may_see, request
from duokua.store.signals import listing_changed
from duokua.store.states.listing import ResourceKind, ShareClass
from duokua.store.states.request import RequestState
from duokua.store.values.assessment import Audience, Findings
from duokua.store.values.home import Domain, Shown, Todo
from duokua.store.values.listing import ItemShare, ListingBody, ListingInfo
from duokua.store.values.listing_page import Blast, EditPage, ListingPage, OwnListing, ReviewPage
from duokua.store.values.request import RequestInfo
from duokua.store.values.reviewing import ReviewInfo, VersionInfo, Waiting
from duokua.store.values.taking_over import TakenOver

__all__ = [
    "Audience",
    "Blast",
    "Domain",
    "EditPage",
    "Findings",
    "ItemShare",
    "ListingBody",
    "ListingInfo",
    "ListingPage",
    "OwnListing",
    "RequestInfo",
    "RequestState",
    "ResourceKind",
    "ReviewInfo",
    "ReviewPage",
    "ShareClass",
    "Shown",
    "StoreHome",
    "TakenOver",
    "Todo",
    "VersionInfo",
    "Waiting",
    "announce_withdrawal",
    "answer_question",
    "ask_question",
    "blast_radius",
    "change_listing",
    "changes_of",
    "complete_withdrawals",
    "domains",
    "draft_listing",
    "drop_listing",
    "edit_page",
    "export_listing",
    "find",
    "follow_listing",
    "followed_listings",
    "found_ids",
    "judge_listings",
    "keep_listing",
    "list_by_file",
    "listing",
    "listing_changed",
    "listing_file",
    "listing_page",
    "listings_in_order",
    "listings_of_domain",
    "listings_to_review",
    "may_see",
    "measure_heat",
    "note_changed",
    "notice_end",
    "own_listings",
    "propose_listing",
    "publish_listings",
    "rate_listing",
    "reindex",
    "request",
    "review_listing",
    "review_page",
    "route_of",
    "save_listing",
    "seen_listing",
    "store_home",
    "submit_listing",
    "successors",
    "suggest",
    "suggested_listings",
    "todos",
    "unfollow_listing",
]
