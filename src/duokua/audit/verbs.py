"""The verbs (动作) that may stand in the audit ledger; each app registers its own when it loads."""

from __future__ import annotations

from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.ids import WORD
from duokua.kernel.text import Text

_VERBS: dict[str, Text] = {}


def register(verbs: dict[str, Text]) -> None:
    """Make verbs such as ``grant.approve`` known, each with its label.

    :raises Invalid: a verb is not ``noun.verb``, or has another label already.
    """
    for verb, label in verbs.items():
        well_formed = all(WORD.fullmatch(part) for part in verb.split(".")) and "." in verb
        if not well_formed or _VERBS.get(verb, label) != label:
            raise _refusal(
                verb,
                Text("动作名重复或不合规则", "the verb is malformed or registered otherwise"),
                Text("请写成“对象.动作”且不重名", "write it as `noun.verb`, once"),
            )
        _VERBS[verb] = label


def label(verb: str) -> Text:
    """Return the label of a verb; an old one that nobody registers any more stands for itself."""
    return _VERBS.get(verb, Text(verb, verb))


def require(verb: str) -> None:
    """Refuse a verb that nobody registered.

    :raises Invalid: it is unknown.
    """
    if verb not in _VERBS:
        raise _refusal(
            verb,
            Text("动作未登记", "nobody registered this verb"),
            Text(
                "请先用 audit.facade.register 登记", "register it with audit.facade.register first"
            ),
        )


def _refusal(verb: str, what: Text, mend: Text) -> Invalid:
    return Invalid(what, mend, faults=(Fault(verb, what, mend),))
