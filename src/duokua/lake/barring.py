"""Who was erased and must not come back (彻底删除名单), and by which columns rows are known.

Nothing here holds a number: subjects are compared by keyed marks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from duokua.engine.barring import bar
from duokua.engine.erasing import Marked, mark
from duokua.engine.intake import Staged
from duokua.kernel import environment
from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import subject_keys
from duokua.lake.models_erasure import Barred
from duokua.lang.contract import Contract, Kind
from duokua.lang.personal import Finding
from duokua.lang.subject import Subject, SubjectKind, normalise, pseudonym
from duokua.serving import keys

OWN = "own"  # a subject by the number that only one dataset gives it
KINDS: dict[str, Text] = {
    SubjectKind.PERSON.value: Text("个人（公民身份号码）", "a person, by resident identity number"),
    SubjectKind.COMPANY.value: Text("企业（统一社会信用代码）", "a company, by credit code"),
    OWN: Text("某一数据集的主体编号", "a subject of one dataset, by its number there"),
}
_PERSONAL = {
    SubjectKind.PERSON.value: Finding.RESIDENT_ID,
    SubjectKind.COMPANY.value: Finding.USCC,
}


@dataclass(frozen=True, slots=True)
class Whom:
    """A subject by the marks of each form of its number; the number itself is not kept."""

    kind: str
    marks: tuple[str, ...]
    known_as: tuple[str, ...] = ()  # the pseudonyms under which it may stand in review queues

    @property
    def pseudonym(self) -> str:
        """What records call the subject."""
        return f"e1:{self.marks[0]}"


def whom(kind: str, text: str) -> Whom:
    """Return whom a number names.

    :raises Invalid: it is no such number; the error does not repeat it.
    """
    key = _key()
    if kind == OWN and text.strip():
        return Whom(kind, (mark(key, kind, text.strip()),))
    if kind not in _PERSONAL:
        what = Text("主体编号或其类型有误", "the number or its kind is wrong")
        raise Invalid(what, Text("请核对", "check it"), faults=(Fault("subject", what, what),))
    found = normalise(SubjectKind(kind), text)
    if not isinstance(found, Subject):
        raise Invalid(found.what, found.mend, faults=(found,))
    secret = environment.read().secret()
    known = tuple(
        pseudonym(each, subject_keys.key(secret, each).secret, found.kind, found.normal)
        for each in subject_keys.every_id()
    )
    return Whom(kind, tuple(mark(key, kind, each) for each in _forms(found)), known)


def _forms(found: Subject) -> list[str]:
    """Return the number and, of a person's, its old form of 15 digits, where there was one."""
    normal = found.normal
    if found.kind is SubjectKind.PERSON and normal[6:8] in ("18", "19"):
        return [normal, normal[:6] + normal[8:17]]
    return [normal]


def columns_of(contract: Contract, kind: str) -> tuple[str, ...]:
    """Return the columns in which a subject of that kind would stand."""
    wanted = _PERSONAL.get(kind)
    names = [each.name for each in contract.columns if wanted and each.personal == wanted]
    subject = contract.by_name.get(contract.subject or "")
    if subject is None or subject.name in names:
        return tuple(names)
    if kind == OWN or (subject.kind is Kind.STRING and subject.personal is None):
        names.append(subject.name)
    return tuple(names)


def rows_of(contract: Contract, subject: Whom) -> Marked:
    """Return the choice of a subject's rows in a dataset."""
    return Marked(columns_of(contract, subject.kind), subject.marks, subject.kind, _key())


def stand_aside(
    dataset_id: str, contract: Contract, staged: Staged, file: Path, aside: Path, strict: bool
) -> Staged:
    """Let the rows of erased subjects in a staged file stand aside.

    :raises Invalid: no row would be left, or none may stand aside.
    """
    for subject in _barred(dataset_id):
        chosen = rows_of(contract, subject)
        if not chosen.columns:
            continue
        after = bar(staged, file, aside, contract, chosen, chosen.columns[0])
        if after is not staged and (strict or not after.stats.rows):
            raise Invalid(
                Text(
                    "文件含有已被彻底删除的主体", "the file has a subject that was erased for good"
                ),
                Text("请去掉这些行；确需恢复时先解除", "leave these rows out, or lift the erasure"),
            )
        staged = after
    return staged


def _barred(dataset_id: str) -> list[Whom]:
    """Return who is barred, all of a kind together."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = Barred.objects.filter(dataset__in=("", dataset_id), lifted_at=None)
    for kind, told in rows.values_list("kind", "mark").order_by("kind", "mark").distinct():
        found[kind].append(told)
    return [Whom(kind, tuple(marks)) for kind, marks in found.items()]


def _key() -> bytes:
    # Of its own and never rotated: who was erased cannot be told from a number any more.
    return keys.derive(environment.read().secret(), "erased/e1")
