"""The verifier (核验): tells whether a ledger is what was written, and where it stops being so.

Needs nothing but Python; works on a copy and with the platform stopped:
``python -m duokua.ledger.verify FOLDER [--anchors FILE_OR_FOLDER] [--json]``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from duokua.kernel.text import Text
from duokua.ledger.anchor import Anchor, read_anchors
from duokua.ledger.chunk import Chunk, Outcome, check
from duokua.ledger.plan import Break, first_header, plan
from duokua.ledger.record import LedgerBroken, segment_paths

_PARALLEL_BYTES = 48 * 1024 * 1024  # below this, starting processes costs more than they save
_TEXTS = {
    "good": Text("账本完整", "the ledger is sound"),
    "edited": Text("第 {seq} 条被改动", "record {seq} was changed"),
    "sequence": Text(
        "第 {seq} 条缺失、错位或被插入", "record {seq} is missing, out of place or inserted"
    ),
    "unreadable": Text("第 {seq} 条无法读取", "record {seq} is unreadable"),
    "header": Text(
        "第 {seq} 条所在分段的首行有误", "the segment header before record {seq} is wrong"
    ),
    "rewritten": Text(
        "自第 {seq} 条起与锚点不符，不可信",
        "from record {seq} on the ledger differs from its anchors and cannot be trusted",
    ),
    "truncated": Text(
        "第 {seq} 条起缺失：锚点之后的记录被截去",
        "records from {seq} on are gone: the ledger ends before its newest anchor",
    ),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result. ``records`` hold; ``first_bad`` is the first record that cannot be trusted;
    ``anchored_to`` the newest record that agrees with an anchor (0: none was compared)."""

    ok: bool
    records: int
    first_bad: int | None
    reason: str
    text: Text
    anchored_to: int


Progress = Callable[[int, int], None]


def verify(
    ledger: Path,
    anchors: Path | None = None,
    *,
    progress: Progress | None = None,
    processes: int | None = None,
) -> Verdict:
    """Verify a ledger folder, or one segment file of it.

    ``anchors`` is a file of anchors or the folder that holds it. ``progress`` is called with the
    bytes checked and the bytes in all. ``processes`` defaults to the number of processors.

    :raises FileNotFoundError: there is no such ledger, or no such anchors.
    :raises OSError: it cannot be read.
    """
    whole = ledger.is_dir()
    paths = segment_paths(ledger) if whole else [ledger]
    if not whole and not ledger.exists():
        raise FileNotFoundError(ledger)
    name = _name(paths, ledger)
    told = _anchored_links(anchors, name)
    if whole:
        paths = segment_paths(ledger)  # after the anchors: a running server may have gone on
    first = _first(paths) if not whole else 1
    start = _start(paths, told, first)
    steps = plan(paths, told, whole=whole)
    total = sum(path.stat().st_size for path in paths)
    if processes is None:
        processes = (os.cpu_count() or 1) if total > _PARALLEL_BYTES else 1
    found = _survey(steps, start, total, progress, processes)
    may_end_early = not whole and any(
        path.name > ledger.name for path in ledger.parent.glob("*.log")
    )
    return _judge(found, told, first, check_end=not may_end_early)


@dataclass(frozen=True, slots=True)
class _Findings:
    last: int
    anchored: int
    bad: int | None = None
    code: str = ""
    estranged: int | None = None


def _survey(
    steps: Iterator[Chunk | Break],
    start: _Findings,
    total: int,
    progress: Progress | None,
    processes: int,
) -> _Findings:
    last, anchored, done = start.last, start.anchored, 0
    if start.estranged is not None:
        return start
    for outcome in _outcomes(steps, processes):
        if isinstance(outcome, Break):
            return _Findings(last, anchored, outcome.seq, outcome.code)
        last, anchored = outcome.last, max(anchored, outcome.anchored)
        done += outcome.size
        if progress is not None:
            progress(done, total)
        if outcome.bad is not None or outcome.estranged is not None:
            return _Findings(last, anchored, outcome.bad, outcome.code, outcome.estranged)
    return _Findings(last, anchored)


def _outcomes(steps: Iterator[Chunk | Break], processes: int) -> Iterator[Outcome | Break]:
    if processes <= 1:
        for step in steps:
            yield step if isinstance(step, Break) else check(step)
        return
    every = list(steps)
    chunks = [step for step in every if isinstance(step, Chunk)]
    pool = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield from pool.map(check, chunks)
        yield from (step for step in every if isinstance(step, Break))
    finally:
        pool.shutdown(cancel_futures=True)


def _judge(found: _Findings, told: Mapping[int, bytes], first: int, *, check_end: bool) -> Verdict:
    last = found.last if found.bad is None else min(found.last, found.bad - 1)
    records = max(0, last - first + 1)
    newest = max(told, default=0)
    if found.estranged is not None:
        return _verdict("rewritten", records, max(found.anchored + 1, first), found.anchored)
    if found.bad is not None:
        return _verdict(found.code, records, found.bad, found.anchored)
    if check_end and newest > found.last:
        return _verdict("truncated", records, found.last + 1, found.anchored)
    return _verdict("good", records, None, found.anchored)


def _verdict(reason: str, records: int, first_bad: int | None, anchored: int) -> Verdict:
    text = _TEXTS[reason].format(seq=first_bad)
    return Verdict(first_bad is None, records, first_bad, reason, text, anchored)


def _name(paths: list[Path], ledger: Path) -> str:
    header = first_header(paths[0]) if paths else None
    if header is not None:
        return header.ledger
    return ledger.name if ledger.is_dir() else ledger.parent.name


def _first(paths: list[Path]) -> int:
    header = first_header(paths[0])
    return header.first if header else 1


def _anchored_links(anchors: Path | None, name: str) -> dict[int, bytes]:
    if anchors is None:
        return {}
    path = anchors / f"{name}.anchors" if anchors.is_dir() else anchors
    if not path.exists() and path == anchors:
        raise FileNotFoundError(anchors)
    links: dict[int, bytes] = {}
    for anchor in _of_ledger(read_anchors(path), name):
        links.setdefault(anchor.seq, anchor.link.encode())  # what was told first stands
    return links


def _of_ledger(anchors: Iterable[Anchor], name: str) -> Iterator[Anchor]:
    return (anchor for anchor in anchors if anchor.ledger == name)


def _start(paths: list[Path], told: Mapping[int, bytes], first: int) -> _Findings:
    """What holds before ``first``: a later segment alone starts from the link in its header, which
    an anchor at that very place may vouch for or belie."""
    header = first_header(paths[0]) if first > 1 else None
    link = told.get(first - 1)
    if header is None or link is None:
        return _Findings(first - 1, 0)
    agrees = link == header.prev
    return _Findings(first - 1, (first - 1) * agrees, estranged=None if agrees else first)


def main(arguments: list[str] | None = None) -> int:
    """Run as a program: 0 sound, 1 not sound, 2 cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m duokua.ledger.verify", description=__doc__)
    parser.add_argument("ledger", type=Path, help="folder of the ledger, or one segment")
    parser.add_argument("--anchors", type=Path, help="file of anchors, or its folder")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    try:
        verdict = verify(options.ledger, options.anchors)
    except (OSError, LedgerBroken) as error:
        print(f"无法读取 cannot read: {error}", file=sys.stderr)
        return 2
    print(report(verdict, as_json=options.json))
    return 0 if verdict.ok else 1


def report(verdict: Verdict, *, as_json: bool) -> str:
    """Return a verdict for people (both languages) or for programs (JSON)."""
    if as_json:
        return json.dumps(asdict(verdict), ensure_ascii=False)
    marks = "✓" if verdict.ok else "✗"
    return (
        f"{marks} {verdict.text.zh} · {verdict.text.en}\n"
        f"  记录 records {verdict.records:,} · 锚定至 anchored to {verdict.anchored_to:,}"
    )


if __name__ == "__main__":
    raise SystemExit(main())
