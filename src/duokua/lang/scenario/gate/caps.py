"""What is measured before anything is parsed: length, tokens, depth, and letters that deceive."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from duokua.lang.scenario.gate.admitted import DIALECT, Teller

MOST_LETTERS = 20_000
MOST_TOKENS = 5_000
MOST_DEEP = 30
MOST_SIGNS = 8  # of NOT, minus and the like in a row
MOST_BRACKETS = 60  # lists and places in lists: the parser is slow with them
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_OPEN = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_SHUT = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_SIGNS = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE}
_ODD_TEXTS = {
    TokenType.HEREDOC_STRING, TokenType.BYTE_STRING, TokenType.HEX_STRING, TokenType.BIT_STRING,
    TokenType.RAW_STRING, TokenType.NATIONAL_STRING, TokenType.UNICODE_STRING,
}  # fmt: skip
_SPLIT = ("请拆成几个派生数据集（datasets/*.sql）", "split it into datasets (datasets/*.sql)")
_PLAIN = ("请只用 '…' 书写文字", "write texts as '…' only")
_RETYPE = ("请删去该字符，用英文半角重写", "delete it and type it anew in ASCII")


def measure(sql: str, teller: Teller) -> list[Token] | None:
    """Return the tokens of a statement; ``None`` when it is refused, which has been told."""
    before = len(teller.told)
    if len(sql) > MOST_LETTERS:
        teller.tell(
            1, f"超过 {MOST_LETTERS} 个字符", f"is longer than {MOST_LETTERS} letters", _SPLIT
        )
        return None
    _refuse_hidden(sql, teller)
    tokens = _tokens(sql, teller)
    if tokens is None:
        return None
    if len(tokens) > MOST_TOKENS:
        teller.tell(1, f"超过 {MOST_TOKENS} 个词", f"has more than {MOST_TOKENS} words", _SPLIT)
        return None
    _refuse_deep(tokens, teller)
    _refuse_letters(sql, tokens, teller)
    return tokens if len(teller.told) == before else None


def _tokens(sql: str, teller: Teller) -> list[Token] | None:
    try:
        return list(Dialect.get_or_raise(DIALECT).tokenize(sql))
    except (SqlglotError, RecursionError, ValueError, IndexError):
        teller.tell(
            1, "无法断词：引号或注释没有结束", "cannot be read: a quote or comment does not end",
            ("请检查引号与注释", "check quotes and comments"),
        )  # fmt: skip
        return None


def _refuse_hidden(sql: str, teller: Teller) -> None:
    """Refuse what cannot be seen or turns the order of letters around, wherever it stands."""
    for at, letter in enumerate(sql):
        if letter in "\n\t\r" or (" " <= letter <= "~"):
            continue
        if unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"}:
            code = f"U+{ord(letter):04X}"
            teller.tell(
                teller.line(at),
                f"有看不见的字符 {code}",
                f"has the invisible letter {code}",
                _RETYPE,
            )


def _refuse_deep(tokens: Sequence[Token], teller: Teller) -> None:
    depth = signs = brackets = 0
    for token in tokens:
        kind = token.token_type
        depth += (kind in _OPEN) - (kind in _SHUT)
        signs = signs + 1 if kind in _SIGNS else 0
        brackets += kind is TokenType.L_BRACKET
        if depth > MOST_DEEP or signs > MOST_SIGNS or brackets > MOST_BRACKETS:
            teller.tell(
                teller.line(token.start),
                f"嵌套超过 {MOST_DEEP} 层",
                f"is nested more than {MOST_DEEP} deep",
                _SPLIT,
            )
            return


def _refuse_letters(sql: str, tokens: Sequence[Token], teller: Teller) -> None:
    for token in tokens:
        if token.token_type in _ODD_TEXTS:
            teller.tell(
                teller.line(token.start),
                "此种文字写法不允许",
                "has a text of another form than '…'",
                _PLAIN,
            )
        elif token.token_type is not TokenType.STRING and not token.text.isascii():
            word = token.text[:40]
            teller.tell(
                teller.line(token.start), f"“{word}”不是英文字母", f"{word!r} is not ASCII", _RETYPE
            )
    for before, after in pairwise(tokens):
        touching = before.end + 1 == after.start
        if touching and before.token_type is TokenType.VAR and after.token_type is TokenType.STRING:
            teller.tell(
                after.line, "此种文字写法不允许", "has a text of another form than '…'", _PLAIN
            )
    for at, gap in _gaps(sql, tokens):
        if not _COMMENT.sub(" ", gap).isascii():
            teller.tell(
                teller.line(at), "有全角空格或类似字符", "has a blank that is not ASCII", _RETYPE
            )


def _gaps(sql: str, tokens: Sequence[Token]) -> Iterator[tuple[int, str]]:
    """Yield what stands between tokens: blanks and comments."""
    end = 0
    for token in tokens:
        gap = sql[end : token.start]
        if gap and not (gap.isspace() and gap.isascii()):
            yield token.start, gap
        end = token.end + 1
    if end < len(sql):
        yield len(sql), sql[end:]
