"""Where the live feed of a stream's dataset is, and what it holds."""

from __future__ import annotations

from duokua.engine.index import IndexSpec
from duokua.engine.livefeed import LiveFeed, live_path
from duokua.kernel import environment
from duokua.lang.contract import Contract
from duokua.serving.keys import subject_key


def feed_of(contract: Contract) -> LiveFeed:
    """Open the live feed of a dataset for writing; it is made where there is none."""
    settings = environment.read()
    key = subject_key(settings.secret())
    return LiveFeed(live_path(settings.events, contract.id), spec_of(contract), key)


def spec_of(contract: Contract) -> IndexSpec:
    """Return what it holds: every column, in the order of the contract's key."""
    return IndexSpec(contract.columns, contract.key, (), contract.subject)
