"""Probing a grant that was opened (开通探测): it shows what was agreed and refuses everything else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

from duokua.exchange import orders, selectors
from duokua.exchange.models import Grant
from duokua.exchange.probing import calls, credential
from duokua.exchange.probing.door import Door, open_door
from duokua.exchange.probing.truth import Row, Truth
from duokua.exchange.probing.values import Ask, Check, Probed, Seen, refused
from duokua.exchange.states import GrantState
from duokua.exchange.values import GrantOrder
from duokua.kernel import clock
from duokua.lake import facade as lake
from duokua.lang.codec import interface_from_json
from duokua.lang.interface import Shape

OTHER = "duokua-probe"  # a purpose that nobody is granted
_TRIES = 3  # new data may come between what is to be seen and what is seen
_CAP = 10_000  # rows of an answer of all rows that a probe reads at most


@dataclass(frozen=True, slots=True)
class Trial:
    """One door, the credential, and what is to be seen."""

    door: Door
    truth: Truth
    token: str
    client: str
    now: datetime

    def seen(self, call: Ask) -> Seen:
        """Call as the program would."""
        return self.door.ask(replace(call, token=self.token))


def probe_open(grant_id: str, order: GrantOrder, *, now: datetime) -> Probed:
    """Probe a grant against the order that was agreed, as its program would call.

    ``now`` dates what counts; tokens are those of the present instant, as a gateway asks for.

    :raises NotFound: there is no such grant.
    :raises Unavailable: the gateway does not answer, or did not take over the policy in time.
    """
    begun = time.perf_counter()
    row = selectors.grant_row(grant_id)
    with open_door() as door:
        checks = _checks(door, row, order, now)
        way = door.way
    return Probed(way, tuple(checks), round((time.perf_counter() - begun) * 1000))


def _checks(door: Door, row: Grant, order: GrantOrder, now: datetime) -> list[Check]:
    contract = lake.contract(row.interface.dataset_id)
    interface = interface_from_json(row.interface.body)
    order = orders.complete(order, interface, contract)
    present = clock.now()
    key = credential.key_of(row.client_id, present)
    bound = None if key else row.id
    token = credential.token(row.client_id, order.purpose, now=present, key=key, grant=bound)
    for _ in range(_TRIES):
        truth = Truth.of(interface, contract, order, row.id)
        if truth is None:
            return [refused("allowed", door.ask(Ask(interface.id, token=token)), 200)]
        with closing(truth):
            trial = Trial(door, truth, token, row.client_id, present)
            if order.valid_from is not None and order.valid_from > max(now, present):
                return [*_not_yet(trial), *_refusals(trial)]
            checks, fresh = _shown(trial)
            if fresh:
                return [*checks, *_refusals(trial)]
    return checks


def _not_yet(trial: Trial) -> Iterator[Check]:
    truth = trial.truth
    row = truth.raw(within=True, whole=calls.whole(truth))
    yield refused("not_yet", trial.seen(calls.allowed(truth, row)), 403)


def _shown(trial: Trial) -> tuple[list[Check], bool]:
    """Check what is answered; tell also whether it was of the data that the truth is of."""
    truth = trial.truth
    row = truth.raw(within=True, whole=calls.whole(truth))
    seen = trial.seen(calls.allowed(truth, row))
    checks = [Check("allowed", "200", seen.short, seen.status == 200)]
    if seen.status != 200:
        return checks, True
    if truth.interface.shape is Shape.VERIFY:
        match = bool(seen.rows and seen.rows[0].get("match"))
        told = "match" if row else "no match"
        checks.append(Check("rows", told, "match" if match else "no match", match is bool(row)))
    else:
        checks += [*_columns(truth, seen), *_rows(truth, seen, row)]
    return checks, not seen.as_of or seen.as_of == truth.manifest.as_of


def _columns(truth: Truth, seen: Seen) -> Iterator[Check]:
    """Check that each row has the granted columns and no other."""
    if truth.interface.shape is Shape.AGGREGATE or not seen.rows:
        return
    names = set(truth.names)
    found = {name for row in seen.rows for name in row}
    found -= {"_change", "_version"} if truth.interface.shape is Shape.CHANGES else set()
    missing = any(not names <= row.keys() for row in seen.rows)
    yield Check("columns", _names(names), _names(found), found == names and not missing)


def _rows(truth: Truth, seen: Seen, row: Row | None) -> Iterator[Check]:
    """Check that the rows are those of the agreed range, masked as agreed, none more or less."""
    key = calls.place(truth, row)
    if truth.interface.shape in (Shape.AGGREGATE, Shape.CHANGES) or key is None:
        return
    limit = 1 if truth.interface.shape is Shape.LOOKUP else calls.LOOKED_AT
    wanted = truth.shown(limit, key) if row is not None else []
    same = sum(one == other for one, other in zip(wanted, seen.rows, strict=False))
    passed = wanted == seen.rows
    yield Check("rows", f"{len(wanted)} = {len(wanted)}", f"{same} = {len(seen.rows)}", passed)


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _refusals(trial: Trial) -> Iterator[Check]:
    """Check that what is not granted is refused."""
    truth, client = trial.truth, trial.client
    interface, order = truth.interface, truth.order
    row = truth.raw(within=True, whole=calls.whole(truth))
    call = calls.allowed(truth, row)
    stated = trial.door.ask(replace(call, token=trial.token, purpose=OTHER))
    yield refused("stated_purpose", stated, 403)
    key = credential.key_of(client, trial.now)
    if key is not None and not interface.open:
        other = credential.token(client, OTHER, now=trial.now, key=key)
        yield refused("other_purpose", trial.door.ask(replace(call, token=other)), 403)
    if not interface.open:
        yield refused("no_token", trial.door.ask(call), 401)
    yield from _beyond(trial)
    elsewhere = _elsewhere(truth, client)
    if elsewhere is not None and key is not None:
        free = credential.token(client, order.purpose, now=trial.now, key=key)
        yield refused("other_interface", trial.door.ask(Ask(elsewhere, token=free)), 403, 404)


def _beyond(trial: Trial) -> Iterator[Check]:
    """Check columns, rows and numbers of rows beyond the grant; nothing where none are there."""
    truth = trial.truth
    if truth.order.valid_from is not None and truth.order.valid_from > trial.now:
        return
    column = calls.other_column(truth)
    if column is not None:
        yield refused("other_column", trial.seen(column), 403, 422)
    outside = calls.outside(truth)
    if outside is not None:
        seen = trial.seen(outside)
        told = [row for row in seen.rows if row.get("match", True)]
        absent = seen.status == 200 and not told
        yield Check("outside", "200, 0", f"{seen.short}, {len(told)}", absent)
    cap = truth.order.row_cap
    if truth.interface.shape is Shape.PAGE and cap <= _CAP and truth.more_than(cap):
        seen = trial.seen(Ask(truth.interface.id, "limit=all&format=csv"))
        most = seen.most if seen.most is not None else -1
        yield Check("row_cap", f"≤ {cap}", f"{seen.short}, {most}", 0 <= most <= cap)


def _elsewhere(truth: Truth, client: str) -> str | None:
    """Return another interface of the dataset that the program holds no grant of."""
    held = set(
        Grant.objects.filter(client_id=client, state=GrantState.ACTIVE).values_list(
            "interface_id", flat=True
        )
    )
    others = (
        other.id
        for other in selectors.interfaces_of(truth.interface.dataset)
        if other.id != truth.interface.id and other.id not in held and not other.open
    )
    return next((name for name in others if "@" not in name), None)
