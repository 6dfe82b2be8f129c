"""Reads of ratings, questions and followers."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Sum

from duokua.exchange import facade as exchange
from duokua.store.models import Follow, Question, Rating, Request
from duokua.store.states.request import RequestState
from duokua.store.values.opinion import QuestionInfo, RatingInfo

# Where a grant served, now or once.
USED = (
    RequestState.IN_USE, RequestState.SUSPENDED, RequestState.REVOKED,
    RequestState.EXPIRED, RequestState.GIVEN_BACK, RequestState.ARCHIVED,
)  # fmt: skip


def has_used(listing_id: str, department: str) -> bool:
    """Tell whether a department uses a listing or did: a grant was opened for it."""
    found = Request.objects.filter(listing=listing_id, department=department, state__in=USED)
    return found.filter(grant__isnull=False).exists()


def users_of(listing_id: str, now: datetime) -> frozenset[str]:
    """Return the departments that use a listing now, by a request or a grant its steward opened.

    The listing of a dataset bears the dataset's id.
    """
    return exchange.consuming_departments(listing_id, now=now)


def stars_of(listing_id: str) -> tuple[int, int]:
    """Return the sum of a listing's stars and how many ratings there are."""
    told = Rating.objects.filter(listing=listing_id).aggregate(stars=Sum("stars"), n=Count("id"))
    return told["stars"] or 0, told["n"]


def ratings(listing_id: str, limit: int = 50) -> list[RatingInfo]:
    """Return the ratings of a listing, newest first."""
    rows = Rating.objects.filter(listing=listing_id).order_by("-at", "-id")[:limit]
    return [RatingInfo(row.department_id, row.stars, row.text, row.at) for row in rows]


def questions(listing_id: str, limit: int = 50) -> list[QuestionInfo]:
    """Return the questions about a listing, newest first."""
    rows = Question.objects.filter(listing=listing_id).order_by("-at", "-id")[:limit]
    return [
        QuestionInfo(row.pk, row.department_id, row.at, row.text, row.answer, row.answered_at)
        for row in rows
    ]


def answered(listing_id: str) -> tuple[int, int]:
    """Return how many questions were answered, and how many there are."""
    every = Question.objects.filter(listing=listing_id)
    return every.filter(answered_at__isnull=False).count(), every.count()


def follows(listing_id: str, username: str) -> bool:
    """Tell whether a person follows a listing."""
    return Follow.objects.filter(listing=listing_id, username=username).exists()


def followers(listing_id: str) -> int:
    """Return how many people follow a listing."""
    return Follow.objects.filter(listing=listing_id).count()
