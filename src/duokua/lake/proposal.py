"""Proposes a data contract (契约草案) from a file that has none, and tells what it would refuse."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from duokua.engine.profile import Broken, Profile, Totals, open_profile
from duokua.kernel.errors import Invalid
from duokua.kernel.ids import is_word
from duokua.kernel.text import Text
from duokua.lake.proposal_keys import find_key
from duokua.lake.proposal_kinds import Guess, guess_columns
from duokua.lake.proposal_words import Heading, column_name, read_heading
from duokua.lang.contract import Code, Column, Contract, Kind, Level
from duokua.lang.odcs import dump_contract, load_contract
from duokua.lang.personal import Finding

_MOST_CODES = 30
_LONGEST_CODE = 20
_CODE_SHARE = 5  # a code stands in at least so many rows on average
_FIGURE_CODE = re.compile(
    r"类型|状态|等级|级别|类别|性别|种类|type|status|level|grade|class|category", re.I
)
_MOST_CELLS = 200
_FIRST = "1.0.0"


@dataclass(frozen=True, slots=True)
class Note:
    """Why a column is proposed as it is; ``personal`` tells the share of cells found personal."""

    column: str
    kind: Text
    personal: Text | None
    translated: bool  # false: its English title is still to be written


@dataclass(frozen=True, slots=True)
class Proposal:
    """A contract for a file, the reasons, and what of the file it would refuse."""

    contract: Contract
    yaml: str
    notes: tuple[Note, ...]
    exact_key: bool
    rows: int
    format: str
    encoding: str | None
    broken: Broken


def propose(path: Path, *, dataset: str, owner: str, title: str | None = None) -> Proposal:
    """Propose a contract for ``path``; ``title`` is by default the file's name.

    :raises Invalid: the file cannot be read, has no rows, or no columns that identify one.
    """
    with _looked_at(path) as profile:
        return _propose(profile, dataset, owner, title or path.stem)


def would_break(path: Path, contract: Contract) -> Broken:
    """Tell what of ``path`` would stand aside under a contract with its columns, in its order.

    :raises Invalid: the file cannot be read.
    """
    with _looked_at(path) as profile:
        return profile.broken(contract, _MOST_CELLS)


@contextmanager
def _looked_at(path: Path) -> Iterator[Profile]:
    with (
        tempfile.TemporaryDirectory(prefix="duokua-propose-") as work,
        open_profile(path.absolute(), Path(work)) as profile,
    ):
        yield profile


def dataset_id(file: str) -> str:
    """Return an id for the dataset of a file of that name."""
    heading = read_heading(Path(file).stem)
    name = column_name(heading, Path(file).stem, 1, ())
    return "dataset_1" if name == "column_1" else name


def _propose(profile: Profile, dataset: str, owner: str, title: str) -> Proposal:
    guesses, null_words = guess_columns(profile)
    rows, totals = profile.totals(null_words)
    if not rows:
        what = Text("文件没有数据行", "the file has no rows")
        raise Invalid(what, Text("请提供至少一行数据", "send a file with at least one row"))
    headings = [read_heading(header) for header in profile.header]
    columns = _columns(profile, guesses, headings, rows, totals, null_words)
    key = find_key(profile, columns, rows, totals, null_words)
    if key is None:
        raise _no_key()
    contract = _contract(dataset, owner, title, columns, key.columns, null_words)
    text = dump_contract(contract)
    return Proposal(
        contract=load_contract(text, source=f"{dataset}.odcs.yaml"),
        yaml=text,
        notes=_notes(columns, guesses, headings),
        exact_key=key.distinct == rows,
        rows=rows,
        format=profile.table.format.value,
        encoding=profile.table.encoding,
        broken=profile.broken(contract, _MOST_CELLS),
    )


def _no_key() -> Invalid:
    return Invalid(
        Text("没有能识别一行的列", "no columns identify a row"),
        Text(
            "请在文件中加一列不重复、不为空的编号",
            "add a column of numbers that are never empty and never repeated",
        ),
    )


def _columns(
    profile: Profile,
    guesses: list[Guess],
    headings: list[Heading],
    rows: int,
    totals: dict[str, Totals],
    null_words: Sequence[str],
) -> list[Column]:
    columns: list[Column] = []
    people = any(guess.judgement.kind in _OF_PEOPLE for guess in guesses)
    for at, (name, guess, heading) in enumerate(zip(profile.names, guesses, headings, strict=True)):
        header = profile.header[at]
        taken = [column.name for column in columns]
        called = column_name(heading, header, at + 1, taken)
        codes = _codes(profile, name, guess, header, rows, totals[name], null_words)
        personal, level = _levels(guess.judgement.kind, people)
        columns.append(
            Column(
                name=called,
                kind=guess.kind,
                title=heading.title,
                required=totals[name].filled == rows,
                unit=heading.unit if guess.kind in (Kind.INTEGER, Kind.NUMBER) else None,
                codes=codes,
                level=level,
                personal=personal,
                zone=guess.zone,
                source_name=header if header != called else None,
            )
        )
    return columns


_OF_PEOPLE = (
    Finding.RESIDENT_ID,
    Finding.NAME,
    Finding.PHONE,
    Finding.BANK_CARD,
    Finding.BIRTH_DATE,
)


def _levels(kind: Finding | None, people: bool) -> tuple[str | None, Level]:
    """An address is personal beside a person only: a building site has one as well."""
    if kind is None or kind is Finding.USCC:
        return None, Level.L1
    if kind is Finding.ADDRESS and not people:
        return None, Level.L2
    return kind.value, Level.L3


def _codes(
    profile: Profile,
    name: str,
    guess: Guess,
    header: str,
    rows: int,
    totals: Totals,
    null_words: Sequence[str],
) -> tuple[Code, ...]:
    coded = guess.kind is Kind.STRING or (
        guess.kind is Kind.INTEGER and _FIGURE_CODE.search(header) is not None
    )
    few = 1 < totals.distinct <= _MOST_CODES * 2 and totals.longest <= _LONGEST_CODE
    if not coded or not few or guess.judgement.kind is not None:
        return ()
    values = profile.values(name, null_words, _MOST_CODES + 1)
    if len(values) > _MOST_CODES or rows < _CODE_SHARE * len(values):
        return ()
    if guess.kind is Kind.INTEGER and not all(value.lstrip("-").isdigit() for value in values):
        return ()
    return tuple(Code(value, Text(value, value)) for value in sorted(values))


def _contract(
    dataset: str,
    owner: str,
    title: str,
    columns: list[Column],
    key: tuple[int, ...],
    null_words: tuple[str, ...],
) -> Contract:
    if not is_word(dataset):
        raise Invalid(
            Text(f"“{dataset}”不能作数据集标识", f"{dataset!r} is no id for a dataset"),
            Text("请用小写字母、数字和下划线", "use lower case letters, digits and _"),
        )
    kept = [
        replace(column, required=column.required or at in key) for at, column in enumerate(columns)
    ]
    subject = _subject(kept)
    heading = read_heading(title)
    return Contract(
        id=dataset,
        version=_FIRST,
        title=heading.title,
        description=heading.title,
        owner=owner,
        level=max((column.level for column in kept), default=Level.L1),
        columns=tuple(kept),
        key=tuple(columns[at].name for at in key),
        subject=subject,
        null_words=null_words,
    )


def _subject(columns: list[Column]) -> str | None:
    """The column that names whom a row is about: a person before a company."""
    people = [each.name for each in columns if each.personal == Finding.RESIDENT_ID]
    companies = [each.name for each in columns if each.title.zh in ("统一社会信用代码", "信用代码")]
    return next(iter([*people, *companies]), None)


def _notes(
    columns: list[Column], guesses: list[Guess], headings: list[Heading]
) -> tuple[Note, ...]:
    return tuple(
        Note(
            column.name,
            guess.reason,
            guess.judgement.reason if guess.judgement.kind else None,
            heading.translated,
        )
        for column, guess, heading in zip(columns, guesses, headings, strict=True)
    )
