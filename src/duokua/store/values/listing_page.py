"""What the pages of listings show, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from duokua.kernel.text import Text
from duokua.lake.facade import Affected
from duokua.lang.contract import Column, Contract
from duokua.store.states.listing import ListingState, ShareClass, VersionState
from duokua.store.values.assessment import Risk
from duokua.store.values.difference import Change
from duokua.store.values.listing import ItemShare, ListingInfo
from duokua.store.values.listing_quality import Judged
from duokua.store.values.opinion import QuestionInfo, RatingInfo
from duokua.store.values.reviewing import ReviewInfo, VersionInfo
from duokua.store.values.words import both


def share_words() -> dict[str, Text]:
    """Return the share classes in words."""
    return {each.value: both(each) for each in ShareClass}


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A data item as the page shows it: never a value of it."""

    column: Column
    share: ItemShare
    words: Text
    key: bool


@dataclass(frozen=True, slots=True)
class Product:
    """An interface that can be asked for."""

    id: str
    title: Text
    description: Text
    shape: str
    open: bool
    sunset: float | None
    as_of: str | None


@dataclass(frozen=True, slots=True)
class Opinions:
    """What users say of a listing, with the names of their departments."""

    users: int
    ratings: tuple[tuple[RatingInfo, Text], ...]
    questions: tuple[tuple[QuestionInfo, Text], ...]
    followers: int
    follows: bool
    own: RatingInfo | None


@dataclass(frozen=True, slots=True)
class ListingPage:
    """Everything that one page shows of a listing to one person."""

    info: ListingInfo
    owner: Text
    contract: Contract
    items: tuple[ItemRow, ...]
    judged: Judged | None
    products: tuple[Product, ...]
    opinions: Opinions
    versions: tuple[VersionInfo, ...]
    under_way: VersionInfo | None
    successor: Text | None
    refreshed_at: datetime | None
    stale_since: datetime | None
    may: frozenset[str]

    @property
    def share(self) -> Text:
        """The share class in words."""
        return share_words()[self.info.body.share_class]


@dataclass(frozen=True, slots=True)
class EditPage:
    """A draft beside what it is drafted over, and what it changes."""

    version: VersionInfo
    contract: Contract
    state: str  # of the listing
    changes: tuple[Change, ...]  # against what is on show
    returned: ReviewInfo | None  # why it came back


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A version that waits for a reviewer, with all they need to decide."""

    info: ListingInfo
    owner: Text
    version: VersionInfo
    contract: Contract
    changes: tuple[Change, ...]
    items: tuple[ItemRow, ...]
    reviews: tuple[ReviewInfo, ...]
    first: bool
    may: bool
    risks: tuple[tuple[str, Text, Risk], ...]  # of each audience


@dataclass(frozen=True, slots=True)
class Blast:
    """Who would feel it if a listing went (影响范围)."""

    affected: tuple[Affected, ...]
    users: tuple[Text, ...]  # departments that use it now
    pending: int  # requests that wait to be decided
    followers: int

    @property
    def grants(self) -> int:
        """How many grants live on its interfaces."""
        return sum(each.grants for each in self.affected)


@dataclass(frozen=True, slots=True)
class OwnListing:
    """A dataset of one's own department with its listing, if it has one, as the list shows it."""

    dataset: str
    title: Text
    level: str
    state: str  # "" without a listing
    under_way: str  # state of the version that is written or reviewed, or ""
    share_class: str
    quality: float | None
    heat: int
    open_questions: int
    changed_at: datetime | None

    @property
    def percent(self) -> int | None:
        """Its quality in percent."""
        return None if self.quality is None else round(100 * self.quality)

    @property
    def state_words(self) -> Text:
        """Where the listing stands, in words."""
        return both(ListingState(self.state))

    @property
    def way_words(self) -> Text:
        """Where the version under way stands, in words."""
        return both(VersionState(self.under_way))

    @property
    def share_words(self) -> Text:
        """The share class in words."""
        return both(ShareClass(self.share_class))


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One step on the way to a grant: what is decided, by whom, within how many working days."""

    title: Text
    who: Text
    days: Text | None = None
