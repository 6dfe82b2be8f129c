"""The quality page (数据质量) of a dataset: score, reasons, what to mend first, history."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from duokua.identity import policy
from duokua.identity.facade import Person, Role
from duokua.jobs import facade as jobs
from duokua.kernel import clock
from duokua.kernel.text import Text
from duokua.lake import facade
from duokua.lake.facade import QualityInfo, RuleOutcome
from duokua.lists.exports import csv_answer
from duokua.shell.language import active

_HISTORY = 60
_WIDTH, _HEIGHT, _PAD = 320.0, 64.0, 4.0
_FULL = 100.0
DIMENSIONS = {
    "completeness": Text("完整性", "Completeness"),
    "conformity": Text("规范性", "Conformity"),
    "uniqueness": Text("唯一性", "Uniqueness"),
    "consistency": Text("一致性", "Consistency"),
    "timeliness": Text("及时性", "Timeliness"),
    "accuracy": Text("准确性", "Accuracy"),
    "coverage": Text("覆盖度", "Coverage"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A dimension and its score, 0–100."""

    title: Text
    score: float


@dataclass(frozen=True, slots=True)
class Shown:
    """A run as the pages show it."""

    info: QualityInfo

    @property
    def parts(self) -> list[Part]:
        """The dimensions in their usual order."""
        found = self.info.dimensions
        return [Part(title, found[name]) for name, title in DIMENSIONS.items() if name in found]

    @property
    def best(self) -> RuleOutcome | None:
        """The rule to mend first."""
        return next((rule for rule in self.info.rules if rule.name == self.info.best), None)

    @property
    def rules(self) -> list[tuple[RuleOutcome, Text]]:
        """The rules with their dimensions, broken ones first."""
        ranked = sorted(self.info.rules, key=lambda rule: (rule.holds is not False, rule.holds))
        return [(rule, DIMENSIONS[rule.dimension]) for rule in ranked]


def newest(dataset_id: str) -> Shown | None:
    """Return the newest run of a dataset, if there is one."""
    runs = facade.quality_history(dataset_id, limit=1)
    return Shown(runs[0]) if runs else None


@policy.staff
def quality(request: HttpRequest, person: Person, dataset_id: str) -> HttpResponseBase:
    """Show the newest run and the history; a steward of the owner or a reviewer measures anew.

    :raises NotFound: there is no such dataset.
    """
    info = facade.describe(dataset_id, viewer=person.viewer)
    may = Role.BUREAU in person.hats or person.holds(Role.STEWARD, info.owner)
    if request.method == "POST":
        if not may:
            raise policy.RoleNeeded(Role.STEWARD, department=info.owner)
        # A large dataset is not measured while somebody waits for a page.
        jobs.enqueue(
            "lake.quality",
            {"dataset": dataset_id},
            by=person.username,
            now=clock.now(),
            key=f"lake.quality:{dataset_id}:asked",
            priority=1,
        )
        messages.success(request, _("It is being measured; reload the page in a moment."))
        return redirect("dataset_quality", dataset_id)
    runs = facade.quality_history(dataset_id, limit=_HISTORY)
    if request.GET.get("format") == "csv":
        return _export(dataset_id, runs)
    context = {
        "info": info,
        "run": Shown(runs[0]) if runs else None,
        "runs": runs,
        "line": _line([run.score for run in reversed(runs)]),
        "may": may,
    }
    return render(request, "lake/quality.html", context)


def _line(scores: list[float | None]) -> str:
    """Return the points of an SVG polyline, 320 by 64; runs without a score leave no point."""
    step = (_WIDTH - 2 * _PAD) / max(1, len(scores) - 1)
    reach = _HEIGHT - 2 * _PAD
    return " ".join(
        f"{_PAD + n * step:.1f},{_HEIGHT - _PAD - reach * score / _FULL:.1f}"
        for n, score in enumerate(scores)
        if score is not None
    )


def _export(dataset_id: str, runs: list[QualityInfo]) -> HttpResponseBase:
    head = [_("At"), _("Version"), _("Score"), _("Rule"), _("Kept"), _("Rows that break it")]
    words = {True: _("yes"), False: _("no"), None: _("unknown")}
    rows = (
        (
            clock.iso(run.at),
            run.version,
            "" if run.score is None else round(run.score, 2),
            rule.title.in_(active()),
            words[rule.holds],
            "" if rule.bad is None else rule.bad,
        )
        for run in runs
        for rule in run.rules
    )
    return csv_answer(f"quality-{dataset_id}", head, rows)
