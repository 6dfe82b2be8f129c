"""Forms of a pack that were filled in for one thing, as far as the reader may know of the cases."""

from __future__ import annotations

from duokua.identity import facade as identity
from duokua.identity.facade import Person
from duokua.kernel.text import Text
from duokua.lang.scenario.pack import Pack
from duokua.loop.models import Evidence, Task
from duokua.loop.selectors.seeing import visible_to
from duokua.loop.values.case import FilledForm
from duokua.loop.values.subject import subject_key

_MOST = 20  # newest ones of a thing


def filled_forms(
    pack: Pack, form: str, person: Person, *, column: str, key: str
) -> list[FilledForm]:
    """Return how a form was filled in for the thing that ``column`` names ``key``, newest first.

    Its cases are those of rules whose subject is that column alone.
    """
    rules = [rule.id for rule in pack.rules.values() if rule.subject == (column,)]
    asked = {
        (play.id, ask.id)
        for book in pack.playbooks.values()
        for play in book.tasks
        for ask in play.asks
        if ask.kind == "form" and ask.form == form
    }
    cases = visible_to(person).filter(
        pack=pack.manifest.pack, rule__in=rules, subject=subject_key([key]), drill=False
    )
    rows = Evidence.objects.filter(
        case__in=cases.values("id"), kind="form", ask__in={ask for _, ask in asked}
    )
    rows = rows.select_related("case").order_by("-given_at", "id")[:_MOST]
    plays = dict(Task.objects.filter(id__in={row.task for row in rows}).values_list("id", "play"))
    names = identity.names({row.given_by for row in rows})
    return [
        FilledForm(row.case.number, row.given_at, _name(row, names), row.body)
        for row in rows
        if (plays.get(row.task or 0), row.ask) in asked
    ]


def _name(row: Evidence, names: dict[str, Text]) -> Text:
    return names.get(row.given_by, Text(row.given_by, row.given_by))
