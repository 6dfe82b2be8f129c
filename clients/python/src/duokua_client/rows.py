"""The rows of a call as an iterator that fetches page after page, and what was told about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Fetch = Callable[[str | None], dict[str, Any]]  # cursor → one page


class Found(Row):
    """The one row of a look-up, with the receipt of the call and the age of the data."""

    def __init__(self, row: Row, receipt: str, as_of: str) -> None:
        super().__init__(row)
        self.receipt, self.as_of = receipt, as_of


@dataclass(frozen=True)
class Verified:
    """The answer of a verification (核验), true or false like ``match``."""

    match: bool
    receipt: str
    as_of: str

    def __bool__(self) -> bool:
        return self.match


class Rows(Iterator[Row]):
    """Iterates over all rows; the next page is fetched when the one before is used up.

    ``receipts`` holds the receipt (调用凭证) of every page fetched so far, ``receipt`` the last;
    ``as_of`` says when the served data were committed (ISO 8601).
    """

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._page: Iterator[Row] = iter(())
        self._next: str | None = None
        self._begun = False
        self.receipts: list[str] = []
        self.as_of: str | None = None

    @property
    def receipt(self) -> str | None:
        """The receipt of the page that was fetched last."""
        return self.receipts[-1] if self.receipts else None

    def __iter__(self) -> Rows:
        return self

    def __next__(self) -> Row:
        """Return the next row.

        :raises Problem: the page was refused, and went on to be after the retries.
        """
        while True:
            row = next(self._page, None)
            if row is not None:
                return row
            if self._begun and self._next is None:
                raise StopIteration
            self._take(self._fetch(self._next))

    def _take(self, page: dict[str, Any]) -> None:
        self._begun = True
        self._page = iter(page["rows"])
        self._next = page.get("next")
        self.as_of = page.get("as_of")
        self.receipts.append(page["receipt"])


class Changes(Rows):
    """Iterates over what changed; each row says how in ``_change``, ``upsert`` or ``delete``.

    ``version`` is to be kept and sent as ``since`` next time. It is there once all rows were read,
    so that whoever ends before that comes back to the same changes.
    """

    def __init__(self, fetch: Fetch) -> None:
        super().__init__(fetch)
        self._told: int | None = None
        self.version: int | None = None

    def __next__(self) -> Row:
        """Return the next change.

        :raises Problem: the page was refused, and went on to be after the retries.
        """
        try:
            return super().__next__()
        except StopIteration:
            self.version = self._told
            raise

    def _take(self, page: dict[str, Any]) -> None:
        super()._take(page)
        self._told = int(page["version"])
