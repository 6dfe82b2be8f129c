"""The shape of a tree: every node of a listed class, with nothing set on it that is not listed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from sqlglot import exp

from duokua.lang.scenario.functions import Function
from duokua.lang.scenario.gate.admitted import NO_FUNCTIONS, Teller, shown
from duokua.lang.scenario.gate.allowed import (
    CLASSES,
    INSTEAD,
    JOIN_WORDS,
    PARTS,
    PLAIN_FUNCTIONS,
    TYPES,
    UNITS,
    USUAL,
)

MOST_DEEP = 200  # nodes below each other; a long chain of AND counts as deep
MOST_JOINS = 12
MOST_SELECTS = 60
MOST_SERIES = 100_000
MOST_WIDE = 200  # letters that a text is padded to
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_SPLIT = ("请拆成几个派生数据集（datasets/*.sql）", "split it into datasets (datasets/*.sql)")


def check_shape(
    tree: exp.Expr,
    parameters: Collection[str],
    teller: Teller,
    functions: Mapping[str, Function] = NO_FUNCTIONS,
) -> bool:
    """Tell everything in a tree that may not stand there.

    Returns whether every node is of a listed class with listed parts, so that its names can be
    looked up, too: a parameter or function that nobody knows is told and stands in nothing's way.
    """
    check = _Check(parameters, teller, functions)
    sound = True
    joins = selects = 0
    todo = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        if depth > MOST_DEEP:
            teller.tell(
                node, f"嵌套超过 {MOST_DEEP} 层", f"is nested more than {MOST_DEEP} deep", _SPLIT
            )
            return False
        if check.passes(node):
            todo.extend((each, depth + 1) for each in node.iter_expressions())
        else:
            sound = False
        joins += isinstance(node, exp.Join)
        selects += isinstance(node, exp.Select)
    if joins > MOST_JOINS:
        teller.tell(tree, f"联接超过 {MOST_JOINS} 个", f"has more than {MOST_JOINS} joins", _SPLIT)
    if selects > MOST_SELECTS:
        teller.tell(
            tree, f"子查询超过 {MOST_SELECTS} 个", f"has more than {MOST_SELECTS} selects", _SPLIT
        )
    return sound and joins <= MOST_JOINS and selects <= MOST_SELECTS


class _Check:
    def __init__(
        self, parameters: Collection[str], teller: Teller, functions: Mapping[str, Function]
    ) -> None:
        self.parameters = parameters
        self.teller = teller
        self.functions = functions

    def passes(self, node: exp.Expr) -> bool:
        """Tell whether to look at what is below a node; what is wrong with it has been told."""
        kind = type(node)
        if kind not in CLASSES:
            self._bar(node, kind.__name__)
            return False
        for part in self._odd_parts(node):
            told = part if isinstance(part, exp.Expr) and type(node) is not exp.Table else node
            self._bar(told, type(part).__name__)
            return False
        check = _CHECKS.get(kind)
        return check is None or check(self, node)

    def _odd_parts(self, node: exp.Expr) -> Iterator[object]:
        listed = PARTS.get(type(node))
        if listed is None:
            return
        for name, value in node.args.items():
            if name not in listed and value not in (None, False, [], ""):
                first = value[0] if isinstance(value, list) else value
                yield first if isinstance(first, exp.Expr) else name

    def _bar(self, node: exp.Expr, name: str, mend: tuple[str, str] | None = None) -> None:
        text = shown(node)
        mend = mend or INSTEAD.get(name) or INSTEAD.get(name.lower()) or USUAL
        self.teller.tell(node, f"不允许：{text}", f"is not allowed: {text}", mend)

    def anonymous(self, node: exp.Expr) -> bool:
        name = str(node.this).lower() if isinstance(node.this, str) else shown(node.this)
        if name in PLAIN_FUNCTIONS:
            return True
        own = self.functions.get(name)
        if own is not None:
            return self._takes(node, own)
        text = name[:40]
        self.teller.tell(
            node, f"函数 {text} 不在清单内", f"the function {text} is not listed",
            INSTEAD.get(name, USUAL),
        )  # fmt: skip
        return isinstance(node.this, str)

    def _takes(self, node: exp.Expr, own: Function) -> bool:
        if len(node.expressions) == len(own.takes):
            return True
        self.teller.tell(
            node, f"{own.name} 要 {len(own.takes)} 个参数", f"{own.name} takes {len(own.takes)} arguments",
            ("请按 functions.py 填写", "give what functions.py says"),
        )  # fmt: skip
        return True

    def identifier(self, node: exp.Expr) -> bool:
        if isinstance(node.this, str) and _WORD.fullmatch(node.this):
            return True
        name = str(node.this)[:40]
        self.teller.tell(
            node, f"名称“{name}”不合规", f"{name!r} is no name",
            ("名称用字母、数字、下划线，至多 63 个", "names are letters, digits and _, up to 63"),
        )  # fmt: skip
        return False

    def placeholder(self, node: exp.Expr) -> bool:
        name = node.this
        if isinstance(name, str) and name in self.parameters:
            return True
        known = "、".join(f"${each}" for each in sorted(self.parameters)[:12])
        told = f"${name}" if isinstance(name, str) else "?"
        self.teller.tell(
            node, f"{told} 不是已知参数", f"{told} is no known parameter",
            (f"已知：{known}；或在 parameters/ 中声明",
             f"known: {known.replace('、', ', ')}; or declare it in parameters/"),
        )  # fmt: skip
        return isinstance(name, str)

    def data_type(self, node: exp.Expr) -> bool:
        sizes = all(
            isinstance(each, exp.DataTypeParam) and _is_small(each.this)
            for each in node.expressions
        )
        if node.this in TYPES and not node.args.get("nested") and sizes:
            return True
        self._bar(node, "", ("请用 double、bigint、varchar、date、timestamp 等",
                             "use double, bigint, varchar, date, timestamp …"))  # fmt: skip
        return False

    def join(self, node: exp.Expr) -> bool:
        for part, words in JOIN_WORDS.items():
            if str(node.args.get(part) or "").upper() not in words:
                self._bar(node, "", ("请写 join … on 或 using", "write join … on, or using"))
                return False
        return True

    def unit(self, node: exp.Expr) -> bool:
        name = str(node.this).lower().removesuffix("s")
        if name in UNITS:
            return True
        if name == "all":
            self._bar(node, "", ("请写出列", "name the columns"))
        else:
            self._bar(node, "", ("请用 second … year", "use second … year"))
        return False

    def number_only(self, node: exp.Expr) -> bool:
        if _is_small(node.expression, 9):
            return True
        self._bar(node, "", ("请写出数字", "write a number"))
        return False

    def series(self, node: exp.Expr) -> bool:
        parts = [node.args.get(each) for each in ("start", "end", "step")]
        if all(each is None or _is_small(each) for each in parts):
            return True
        self._bar(node, "", ("请写 range(0, n)，n 为不超过 100000 的数字，再加到日期上",
                             "write range(0, n) with n up to 100000, and add it to a day"))  # fmt: skip
        return False

    def pad(self, node: exp.Expr) -> bool:
        width = node.expression
        if _is_small(width) and int(width.name) <= MOST_WIDE:
            return True
        self._bar(
            node, "", (f"宽度写数字，至多 {MOST_WIDE}", f"write the width, up to {MOST_WIDE}")
        )
        return False


def _is_small(node: object, digits: int = 6) -> bool:
    if isinstance(node, exp.Neg):
        node = node.this
    if not isinstance(node, exp.Literal) or node.is_string:
        return False
    return node.name.isascii() and node.name.isdigit() and len(node.name) <= digits


_CHECKS: dict[type[exp.Expr], Callable[[_Check, exp.Expr], bool]] = {
    exp.Anonymous: _Check.anonymous,
    exp.Identifier: _Check.identifier,
    exp.Placeholder: _Check.placeholder,
    exp.DataType: _Check.data_type,
    exp.Join: _Check.join,
    exp.Var: _Check.unit,
    exp.Limit: _Check.number_only,
    exp.Offset: _Check.number_only,
    exp.GenerateSeries: _Check.series,
    exp.Pad: _Check.pad,
}
