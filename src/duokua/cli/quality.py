"""``duokua data quality``: measure a dataset's quality rules, or show how they fared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from duokua.cli.outcome import Tell, guarded
from duokua.kernel import clock
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.facade import QualityInfo

_HELD = {True: Text("符合", "kept"), False: Text("不符合", "broken"), None: Text("未知", "unknown")}


@click.command()
@click.argument("dataset")
@click.option("--history", is_flag=True, help="Show earlier runs instead of measuring now.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def quality(dataset: str, history: bool, as_json: bool) -> None:
    """Measure the quality rules of a dataset: score, reasons, and the fix that helps most.

    Example: duokua data quality air_quality
    """
    import django  # takes most of a second, which `--help` does not need

    django.setup()
    from duokua.lake import facade

    tell = Tell(as_json)
    if history:
        _history(tell, facade.quality_history(dataset))
        return
    info = facade.check_quality(dataset, now=clock.now())
    if as_json:
        tell.answer(_as_json(info), [])
        return
    tell.line(_headline(info))
    heads = [Text("规则", "rule"), Text("维度", "dimension"), Text("结果", "outcome")]
    heads += [Text("不符行数", "rows that break it"), Text("总行数", "rows")]
    tell.table(
        heads,
        [
            [
                rule.title.in_(tell.language),
                rule.dimension,
                _HELD[rule.holds].in_(tell.language),
                "–" if rule.bad is None else f"{rule.bad:,}",
                f"{rule.rows:,}",
            ]
            for rule in info.rules
        ],
    )
    best = next((rule for rule in info.rules if rule.name == info.best), None)
    if best is not None:
        zh = f"最值得先改：{best.title.zh}，可提高 {info.gain:.1f} 分"
        tell.line(Text(zh, f"mend first: {best.title.en}, {info.gain:.1f} points to gain"))


def _headline(info: QualityInfo) -> Text:
    if info.score is None:
        return Text(
            "没有可评估的质量规则，评分未知", "no rule could be judged; the score is unknown"
        )
    return Text(f"质量评分 {info.score:.1f}（满分 100）", f"quality score {info.score:.1f} of 100")


def _history(tell: Tell, runs: list[QualityInfo]) -> None:
    if tell.as_json:
        tell.answer([_as_json(run) for run in runs], [])
        return
    heads = [Text("时间", "at"), Text("版本", "version"), Text("评分", "score")]
    tell.table(
        heads,
        [
            [
                run.at.astimezone(clock.SHANGHAI).strftime("%Y-%m-%d %H:%M"),
                "–" if run.version is None else str(run.version),
                "–" if run.score is None else f"{run.score:.1f}",
            ]
            for run in runs
        ],
    )


def _as_json(info: QualityInfo) -> dict[str, Any]:
    return {
        "at": clock.iso(info.at),
        "version": info.version,
        "score": info.score,
        "dimensions": info.dimensions,
        "best": info.best,
        "gain": info.gain,
        "rules": [
            {
                "name": rule.name,
                "title": {"zh": rule.title.zh, "en": rule.title.en},
                "dimension": rule.dimension,
                "holds": rule.holds,
                "value": rule.value,
                "bad": rule.bad,
                "rows": rule.rows,
            }
            for rule in info.rules
        ],
    }
