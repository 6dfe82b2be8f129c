"""Writing a statement anew from its tree until it says the same when it is read again."""

from __future__ import annotations

import logging

from sqlglot import exp, parse
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import Token

from duokua.lang.scenario.gate.admitted import DIALECT, Teller

_ROUNDS = 3
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)  # what it does not know is refused and told
# What the parser raises for text that it was not made for.
BROKEN = (SqlglotError, RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError)
_ONE = ("请只写一条 SELECT（可带 WITH）", "write one SELECT, with WITH if needed")


def parse_one(sql: str, tokens: list[Token], teller: Teller) -> exp.Expr | None:
    """Return the tree of the only statement; ``None``: it was told why there is none."""
    try:
        trees = Dialect.get_or_raise(DIALECT).parser().parse(tokens, sql)
        parsed = [each for each in trees if each is not None]
    except BROKEN as error:
        at, first = _problem(error, sql)
        teller.tell(
            teller.line(at), f"无法解析：{first}", f"cannot be parsed: {first}",
            ("请检查此处的语法", "check the syntax here"),
        )  # fmt: skip
        return None
    if len(parsed) != 1:
        line = teller.line(tokens[0].start) if tokens else 1
        teller.tell(line, "须恰好有一条语句", "it has to be exactly one statement", _ONE)
        return None
    return parsed[0]


def write_anew(tree: exp.Expr) -> tuple[str, exp.Expr] | None:
    """Return a text and its tree such that the tree writes exactly that text; ``None``: none found.

    What the first reading took and the writer put otherwise is settled in the next round.
    """
    text = _written(tree)
    for _ in range(_ROUNDS):
        if text is None:
            return None
        read = _read(text)
        if read is None:
            return None
        again = _written(read)
        if again == text:
            return text, read
        text = again
    return None


def _written(tree: exp.Expr) -> str | None:
    try:
        return tree.sql(DIALECT, comments=False, unsupported_level=ErrorLevel.RAISE)
    except BROKEN:
        return None


def _read(text: str) -> exp.Expr | None:
    try:
        parsed = parse(text, dialect=DIALECT)
    except BROKEN:
        return None
    return parsed[0] if len(parsed) == 1 else None


def _problem(error: Exception, sql: str) -> tuple[int, str]:
    """Return where in the text the parser stopped, and what it says."""
    told = getattr(error, "errors", None)
    if told:
        before, word = str(told[0].get("start_context") or ""), str(told[0].get("highlight") or "")
        first = f"{told[0].get('description', '')} “{word}”"
        at = sql.find(before + word)
        return max(at, 0) + len(before), " ".join(first.split())[:160]
    return 0, "too deep" if isinstance(error, RecursionError) else type(error).__name__
