"""A progress bar for rows: how many, how fast, how long still; on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text as Line


class _Rows(ProgressColumn):
    """Rows done and rows a second."""

    def render(self, task: Task) -> Line:
        speed = f"{task.speed:,.0f}/s" if task.speed else "–"
        return Line(f"{task.completed:,.0f} · {speed}")


@contextmanager
def row_progress(*, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Give a function that is told rows done and in all; ``None`` where nobody would see it."""
    if not shown or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.percentage:>3.0f}%"), BarColumn(), _Rows(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=max(total, done))
