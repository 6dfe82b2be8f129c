"""The match report (主体比对) of two datasets: who is in both, perhaps in both, or contradictory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa

from duokua.engine.matching import SIDE, Matched, match
from duokua.kernel.errors import Fault, Invalid
from duokua.kernel.text import Text
from duokua.lake import facade, subject_keys
from duokua.lake.subject_keys import Key
from duokua.lang.contract import Column, Contract, Kind
from duokua.lang.personal import Finding
from duokua.lang.personal.text import plain
from duokua.lang.subject import Subject, SubjectKind, normalise, pseudonym

_REMEMBERED = 65_536
_COMPANY_TITLES = ("信用代码", "credit code")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a dataset tell whom a row is about."""

    kind: SubjectKind
    number: str
    name: str | None
    birth: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What two datasets have in common, by pseudonyms under the key ``key_id``."""

    left: str
    right: str
    kind: SubjectKind
    key_id: str
    matched: Matched


def current_key(secret: bytes) -> Key:
    """Return the key under which subjects are told apart now, from the installation's secret."""
    return subject_keys.key(secret, subject_keys.current_id())


def report(left: str, right: str, *, key: Key, most: int = 1000) -> MatchReport:
    """Match the subjects of two datasets; ``most`` bounds the queue of pairs to look at.

    :raises NotFound: there is no such dataset.
    :raises Invalid: a dataset has no column that numbers its subjects, or they are of two kinds.
    """
    contracts = [facade.contract(left), facade.contract(right)]
    sides = [subject_columns(contract) for contract in contracts]
    faults = [_no_subject(each.id) for each, side in zip(contracts, sides, strict=True) if not side]
    if faults:
        raise Invalid(
            Text("无法比对主体", "subjects cannot be matched"), faults[0].mend, faults=tuple(faults)
        )
    one, other = sides
    assert one is not None and other is not None  # noqa: S101 - told above
    if one.kind is not other.kind:
        raise Invalid(
            Text("两个数据集的主体类型不同", "the two datasets are about different kinds"),
            Text(
                "请选择同为个人或同为企业的数据集",
                "choose two about people, or two about companies",
            ),
        )
    matched = match(_side(left, one, key), _side(right, other, key), most)
    return MatchReport(left, right, one.kind, key.id, matched)


def _no_subject(dataset: str) -> Fault:
    return Fault(
        dataset,
        Text("没有主体编号列", "it has no column that numbers its subjects"),
        Text(
            "请在契约中把身份证号列标为 personal: resident_id，或标明统一社会信用代码列",
            "mark a column as personal: resident_id, or name one of credit codes in the contract",
        ),
    )


def subject_columns(contract: Contract) -> Columns | None:
    """Return the columns that tell whom a row is about; ``None`` if no column numbers anybody."""
    by_kind = {each.personal: each.name for each in reversed(contract.columns) if each.personal}
    number = by_kind.get(Finding.RESIDENT_ID)
    kind = SubjectKind.PERSON
    if number is None:
        number, kind = _company_column(contract), SubjectKind.COMPANY
    if number is None:
        return None
    return Columns(
        kind=kind,
        number=number,
        name=by_kind.get(Finding.NAME) if kind is SubjectKind.PERSON else None,
        birth=by_kind.get(Finding.BIRTH_DATE),
        phone=by_kind.get(Finding.PHONE),
    )


def _company_column(contract: Contract) -> str | None:
    return next((each.name for each in contract.columns if _is_company(each)), None)


def _is_company(column: Column) -> bool:
    title = f"{column.title.zh} {column.title.en.lower()}"
    named = any(word in title for word in _COMPANY_TITLES)
    return column.kind is Kind.STRING and (named or column.personal == Finding.USCC)


def renamed(dataset: str, wanted: frozenset[str], old: Key, new: Key) -> dict[str, str]:
    """Return what the pseudonyms ``wanted``, made under ``old``, are called under ``new``.

    One whose subject is not in the dataset any more is left out.
    """
    columns = subject_columns(facade.contract(dataset))
    opened = facade.open_rows(dataset, [columns.number]) if columns and wanted else None
    if columns is None or opened is None:
        return {}
    before, after = _pseudonyms(columns.kind, old), _pseudonyms(columns.kind, new)
    found: dict[str, str] = {}
    for batch in opened[1]:
        for number in batch.column(columns.number).to_pylist():
            was, now = before(number), after(number)
            if was in wanted and was is not None and now is not None:
                found[was] = now
    return found


def _side(dataset: str, columns: Columns, key: Key) -> Iterator[pa.RecordBatch]:
    """Open a dataset now, in this thread; the engine reads its rows in one of its own."""
    wanted = [columns.number, columns.name, columns.birth, columns.phone]
    names = [name for name in wanted if name is not None]
    opened = facade.open_rows(dataset, names)
    return _told(opened[1], names, columns, key) if opened else iter(())


def _told(
    batches: Iterator[pa.RecordBatch], names: list[str], columns: Columns, key: Key
) -> Iterator[pa.RecordBatch]:
    number_of = _pseudonyms(columns.kind, key)
    phone_of = _pseudonyms(SubjectKind.PHONE, key)
    for batch in batches:
        cells = {name: batch.column(name).to_pylist() for name in names}
        empty = [None] * batch.num_rows
        numbers = cells[columns.number]
        subjects = [number_of(each) for each in numbers]
        births = cells[columns.birth] if columns.birth else empty
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(subjects, pa.string()),
                pa.array([each is not None for each in numbers], pa.bool_()),
                pa.array(map(_name, cells.get(columns.name or "", empty)), pa.string()),
                pa.array(map(_birth(columns.kind), births, numbers), pa.string()),
                pa.array(map(phone_of, cells.get(columns.phone or "", empty)), pa.string()),
            ],
            schema=SIDE,
        )


def _pseudonyms(kind: SubjectKind, key: Key) -> Callable[[object], str | None]:
    @lru_cache(maxsize=_REMEMBERED)
    def of(value: object) -> str | None:
        found = normalise(kind, str(value)) if value is not None else None
        if not isinstance(found, Subject):
            return None
        return pseudonym(key.id, key.secret, kind, found.normal)

    return of


def _name(value: object) -> str | None:
    return "".join(plain(str(value)).split()).casefold() or None if value is not None else None


def _birth(kind: SubjectKind) -> Callable[[object, object], str | None]:
    """Return a reader of birth dates: the column's, else the one in the identity number."""

    def of(told: object, number: object) -> str | None:
        if told is not None:
            return str(told).replace("/", "-")[:10]
        found = normalise(SubjectKind.PERSON, str(number)) if number is not None else None
        if kind is not SubjectKind.PERSON or not isinstance(found, Subject):
            return None
        day = found.normal[6:14]
        return f"{day[:4]}-{day[4:6]}-{day[6:]}"

    return of
