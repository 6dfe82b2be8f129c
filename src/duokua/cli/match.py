"""``duokua data match``: who is in two datasets, told by pseudonyms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from duokua.cli.lake import lake
from duokua.cli.outcome import Tell, guarded
from duokua.kernel import environment
from duokua.kernel.text import Text

if TYPE_CHECKING:
    from duokua.lake.matching import MatchReport

_REASONS = {
    "name_birth": Text("同名且出生日期相同", "same name and birth date"),
    "name_phone": Text("同名且电话相同", "same name and phone"),
    "name_birth_phone": Text("同名且出生日期、电话相同", "same name, birth date and phone"),
    "names_differ": Text("同一编号、姓名不同", "same number, other name"),
}
_SHOWN = 20


@click.command()
@click.argument("left")
@click.argument("right")
@click.option("--most", default=1000, show_default=True, help="The most pairs to list.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@guarded
def match(left: str, right: str, most: int, as_json: bool) -> None:
    """Match the subjects of two datasets: exact, probable, in conflict (主体比对).

    Example: duokua data match site_worker patient_visit
    """
    lake()
    from duokua.lake.matching import current_key, report

    found = report(left, right, key=current_key(environment.read().secret()), most=most)
    tell = Tell(as_json)
    if as_json:
        tell.answer(_json(found), [])
        return
    _say(tell, found)


def _say(tell: Tell, found: MatchReport) -> None:
    matched = found.matched
    tell.line(
        Text(
            f"一致 {matched.exact:,}，疑似 {matched.probable:,}，冲突 {matched.conflict:,}",
            f"exact {matched.exact:,}, probable {matched.probable:,}, conflict {matched.conflict:,}",
        )
    )
    for name, side in ((found.left, matched.left), (found.right, matched.right)):
        tell.line(
            Text(
                f"{name}：{side.rows:,} 行，{side.subjects:,} 个主体，"
                f"{side.invalid:,} 个编号无效，{side.unmatched:,} 个未匹配",
                f"{name}: {side.rows:,} rows, {side.subjects:,} subjects, "
                f"{side.invalid:,} invalid numbers, {side.unmatched:,} unmatched",
            )
        )
    heads = [Text("类别", "kind"), Text(found.left, found.left), Text(found.right, found.right)]
    rows = [
        [pair.kind, pair.left or "–", pair.right or "–", _REASONS[pair.reason].in_(tell.language)]
        for pair in matched.queue[:_SHOWN]
    ]
    if rows:
        tell.table([*heads, Text("依据", "why")], rows)


def _json(found: MatchReport) -> dict[str, Any]:
    matched = found.matched
    return {
        "left": found.left,
        "right": found.right,
        "kind": found.kind.value,
        "key": found.key_id,
        "exact": matched.exact,
        "probable": matched.probable,
        "conflict": matched.conflict,
        "sides": [
            {
                "rows": side.rows,
                "subjects": side.subjects,
                "invalid": side.invalid,
                "unmatched": side.unmatched,
            }
            for side in (matched.left, matched.right)
        ],
        "queue": [
            {"kind": pair.kind, "left": pair.left, "right": pair.right, "reason": pair.reason}
            for pair in matched.queue
        ],
    }
