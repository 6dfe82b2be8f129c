"""Restarts, kill -9 and clocks that jump: every alert exactly once, every clock within a minute.

Each schedule runs in a home of its own: somebody finds, somebody watches; both die at random and are
started again while the clock is set forward and back. In the end each subject has one finding, one
case and one message, and each reminder and each rung was there once.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledgers import EFFORT

SERVER = Path(__file__).with_name("case_server.py")
SCHEDULES = 10 * EFFORT if EFFORT < 10 else 50 * EFFORT  # ten in a plain run, 500 at night
SUBJECTS = 6
WITHIN_S = 60.0
RACES = 5 * EFFORT


def variables(home: Path) -> dict[str, str]:
    """Return the environment of the processes."""
    path = os.pathsep.join([str(SERVER.parent.parent), *sys.path])
    return os.environ | {"DUOKUA_HOME": str(home), "PYTHONPATH": path}


@dataclass(frozen=True)
class Stage:
    """A home and the process that forks those who live in it."""

    home: Path
    server: subprocess.Popen[str]

    def _say(self, *words: str) -> int:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(" ".join(words) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def start(self, verb: str, *more: str) -> int:
        """Start a child; return its process id."""
        return self._say(verb, *more)

    def end(self, child: int, how: signal.Signals) -> int:
        """End a child by a signal; return its exit code."""
        os.kill(child, how)
        return self._say("wait", str(child))

    def run(self, verb: str, *more: str) -> str:
        """Run a child to its end; return what it printed."""
        child = self._say(verb, *more)
        assert self._say("wait", str(child)) == 0
        return (self.home / f"told-{child}").read_text()


@contextmanager
def staged(home: Path) -> Iterator[Stage]:
    """Start what forks the children of a home."""
    with subprocess.Popen(
        [sys.executable, str(SERVER), "serve", str(home)],
        env=variables(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
        yield Stage(home, server)


def run(verb: str, home: Path, *more: str) -> str:
    """Run a process to its end; return what it printed."""
    done = subprocess.run(
        [sys.executable, str(SERVER), verb, str(home), *more],
        env=variables(home), stdout=subprocess.PIPE, text=True, timeout=600, check=True,
    )  # fmt: skip
    return done.stdout


def set_clock(home: Path, offset: float) -> None:
    """Let the clock be so far from that of the machine."""
    fresh = home / ".offset"
    fresh.write_text(str(offset))
    fresh.replace(home / "offset")


def end(stage: Stage, child: int, rng: random.Random) -> bool:
    """End a child, mostly without asking; tell whether it was cut short."""
    return stage.end(child, rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))) != 0


def schedule(stage: Stage, rng: random.Random) -> dict[str, Any]:
    """Run one schedule; return what stands in the end."""
    wait, highest, cut = threading.Event(), 0.0, 0
    watcher = stage.start("work")
    for _ in range(rng.randrange(2, 4)):
        finder = stage.start("find", str(SUBJECTS))
        wait.wait(rng.uniform(0.0, 1.0))
        offset = rng.choice((0.0, 5.0, 90.0, 3_600.0, -5.0, -600.0, -3_600.0))
        set_clock(stage.home, offset)
        highest = max(highest, offset)
        wait.wait(rng.uniform(0.0, 0.5))
        if rng.random() < 0.8:
            cut += end(stage, watcher, rng)
            watcher = stage.start("work")
        cut += end(stage, finder, rng)
    stage.run("find", str(SUBJECTS))
    set_clock(stage.home, highest + 30)  # by now every limit is over
    told = _until_quiet(stage)
    assert stage.end(watcher, signal.SIGTERM) in (0, -signal.SIGTERM)  # it may be just born
    return told | {"cut": cut}


def _until_quiet(stage: Stage) -> dict[str, Any]:
    """Wait until both rungs of every clock are climbed, at most a minute of this machine."""
    ends, wait = time.monotonic() + WITHIN_S, threading.Event()
    while True:
        told: dict[str, Any] = json.loads(stage.run("state").splitlines()[-1])
        if len(told["rungs"]) >= 2 * SUBJECTS or time.monotonic() > ends:
            return told
        wait.wait(0.2)


def check(told: dict[str, Any]) -> None:
    """Hold what stands against what has to be."""
    names = {json.dumps([f"S{number}"]) for number in range(SUBJECTS)}
    assert sorted(subject for subject, _ in told["findings"]) == sorted(names)
    assert sorted(subject for subject, *_ in told["cases"]) == sorted(names)
    cases = {subject: case for subject, case, _ in told["cases"]}
    assert all(cases[subject] == case for subject, case in told["findings"])
    verbs = Counter((subject, verb) for subject, verb, _ in told["events"])
    for verb in ("found", "file", "dispatch", "missed"):
        assert {subject: verbs[subject, verb] for subject in names} == dict.fromkeys(names, 1), verb
    reminded = Counter(
        (subject, detail["percent"]) for subject, verb, detail in told["events"] if verb == "warned"
    )
    assert all(many == 1 for many in reminded.values())
    assert Counter(map(tuple, told["rungs"])) == {(s, at): 1 for s in names for at in (0, 1)}
    assert {(subject, state) for subject, state, _ in told["clocks"]} == {
        (subject, "missed") for subject in names
    }
    alerts = Counter(
        cause for cause, *_ in told["messages"] if cause.startswith(("loop.task:", "loop.rung:"))
    )
    assert len(alerts) == 3 * SUBJECTS and set(alerts.values()) == {1}
    assert all(times == 1 for *_, times in told["messages"])


@pytest.mark.campaign
@pytest.mark.timeout(300 + 120 * SCHEDULES)
def test_every_alert_once_and_every_clock_within_a_minute(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    template = tmp_path / "template"
    template.mkdir()
    run("set_up", template)
    cut = 0
    for number in range(SCHEDULES):
        home = tmp_path / f"home-{number}"
        shutil.copytree(template, home)
        with staged(home) as stage:
            told = schedule(stage, rng)
        check(told)
        cut += told["cut"]
        shutil.rmtree(home)
    print(f"{SCHEDULES} schedules, {cut} processes cut short")
    assert cut > 0


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_of_eight_who_act_at_once_one_wins_and_the_others_are_told_by_whom(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    told = json.loads(run("race", home, str(RACES)).splitlines()[-1])
    assert set(told["endings"]) <= {"won", "told"}, told["endings"]
    assert sum(told["endings"].values()) == 8 * RACES
    acts = Counter(number for number, _, by in told["events"] if by != "system")
    assert sum(acts.values()) == told["endings"]["won"]
    task_acts = Counter(
        number for number, verb, by in told["events"] if verb in ("accept", "claim")
    )
    assert all(many <= 1 for many in task_acts.values())  # of one revision one act follows
    ended = Counter(
        number for number, verb, _ in told["events"] if verb.endswith(("alarm", "judge"))
    )
    assert all(many <= 1 for many in ended.values())
    assert set(acts) == {number for number, *_ in told["cases"]}
