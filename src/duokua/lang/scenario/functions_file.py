"""Reads ``functions.py``: a few pure, typed functions, in a small part of Python.

Only listed kinds of statements, names and attributes may stand there. That is for readers, and
against slips: what holds harm off is that only signed code runs, in a process that has given up
files and network (:mod:`duokua.engine.scenario.worker`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from sqlglot import exp

from duokua.kernel.errors import Faults
from duokua.kernel.ids import is_word
from duokua.lang.contract import Kind
from duokua.lang.scenario.functions import FILE, Function, Functions
from duokua.lang.scenario.gate.allowed import PLAIN_FUNCTIONS

MOST_FUNCTIONS, MOST_LETTERS, MOST_TAKEN = 40, 40_000, 12
KINDS = {
    "int": Kind.INTEGER, "float": Kind.NUMBER, "str": Kind.STRING, "bool": Kind.BOOLEAN,
    "date": Kind.DATE, "datetime": Kind.TIMESTAMP,
}  # fmt: skip
IMPORTS = {
    "__future__": frozenset({"annotations"}),
    "datetime": frozenset({"date", "datetime", "timedelta"}),
    "statistics": frozenset({"fmean", "mean", "median", "pstdev", "stdev", "quantiles"}),
    "collections.abc": frozenset({"Sequence", "Mapping"}),
}
BUILTINS = frozenset(
    {
        "abs", "all", "any", "bool", "dict", "divmod", "enumerate", "float", "int", "len", "list",
        "max", "min", "range", "round", "set", "sorted", "str", "sum", "tuple", "zip", "ValueError",
    }
)  # fmt: skip
_NODES = (
    ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign, ast.AnnAssign, ast.AugAssign,
    ast.For, ast.If, ast.Expr, ast.Pass, ast.Break, ast.Continue, ast.BoolOp, ast.BinOp,
    ast.UnaryOp, ast.IfExp, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.comprehension, ast.Compare, ast.Call, ast.keyword, ast.JoinedStr,
    ast.FormattedValue, ast.Constant, ast.Attribute, ast.Subscript, ast.Slice, ast.Name, ast.List,
    ast.Tuple, ast.Starred, ast.Raise, ast.expr_context, ast.boolop, ast.operator, ast.unaryop,
    ast.cmpop,
)  # fmt: skip
_ATTRIBUTES = frozenset(
    {
        "year", "month", "day", "hour", "minute", "second", "date", "days", "seconds", "weekday",
        "isoweekday", "total_seconds", "toordinal", "replace", "upper", "lower", "strip", "lstrip",
        "rstrip", "split", "startswith", "endswith", "find", "count", "index", "isdigit", "join",
        "append", "extend", "sort", "get", "items", "keys", "values", "zfill", "removeprefix",
        "removesuffix",
    }
)  # fmt: skip
_MEND = ("只写纯函数：数、文字、日期进，一个值出；见场景包指南“函数”",
         "write pure functions: numbers, text, days in, one value out; see the guide")  # fmt: skip


def read_functions(text: str, faults: Faults) -> Functions:
    """Return the functions of a pack's Python; what may not stand there is noted."""
    if len(text) > MOST_LETTERS:
        _add(faults, 1, f"超过 {MOST_LETTERS} 字", f"is longer than {MOST_LETTERS} letters")
        return Functions(text)
    try:
        tree = ast.parse(text, FILE)
        compile(
            tree, FILE, "exec", dont_inherit=True
        )  # not run: a `break` in no loop is found here
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        _add(faults, getattr(error, "lineno", 1) or 1, "不是 Python", "is not Python")
        return Functions(text)
    for line, zh, en in (*_wrong(tree), *_unknown(tree)):
        _add(faults, line, zh, en)
    # Those of a wrong file are known, too: else every rule that calls one would seem wrong.
    return Functions(text, _functions(tree, faults))


def _add(faults: Faults, line: int, zh: str, en: str, mend: tuple[str, str] = _MEND) -> None:
    faults.add(f"{FILE}:{line}", zh, en, *mend)


def _wrong(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _wrong_import(node)
        elif isinstance(node, ast.FunctionDef | ast.Assign | ast.AnnAssign) or _is_text(node):
            yield from _wrong_within(node)
        else:
            yield (node.lineno, "模块里只写函数与常量", "a module has functions and constants only")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _wrong_import(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[int, str, str]]:
    if isinstance(node, ast.Import):
        fine = all(each.name == "math" and each.asname is None for each in node.names)
    else:
        listed = IMPORTS.get(node.module or "", frozenset())
        fine = not node.level and all(
            each.name in listed and each.asname is None for each in node.names
        )
    if not fine:
        yield (
            node.lineno,
            f"不能引入：{ast.unparse(node)}",
            f"is not imported: {ast.unparse(node)}",
        )


def _wrong_within(top: ast.stmt) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(top):
        line = getattr(node, "lineno", top.lineno)
        if not isinstance(node, _NODES) or (node is not top and isinstance(node, ast.FunctionDef)):
            name = type(node).__name__
            yield (line, f"不允许 {name}", f"{name} is not allowed")
        elif isinstance(node, ast.FunctionDef) and (node.decorator_list or _odd(node.args)):
            yield (line, "不允许装饰器、默认值与 *", "no decorators, defaults or *")
        elif isinstance(node, ast.Name | ast.arg) and _name(node).startswith("__"):
            yield (line, f"名称 {_name(node)} 不可用", f"{_name(node)} is no name to use")
        elif isinstance(node, ast.Attribute) and not _may(node):
            yield (line, f"属性 {node.attr} 不在清单内", f"the attribute {node.attr} is not listed")


def _unknown(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Find names that are nobody's: calling one would fail only when the rule is run."""
    names = [each for each in ast.walk(tree) if isinstance(each, ast.Name)]
    known = BUILTINS | {each.id for each in names if isinstance(each.ctx, ast.Store)}
    for each in ast.walk(tree):
        if isinstance(each, ast.arg):
            known |= {each.arg}
        elif isinstance(each, ast.FunctionDef | ast.alias):
            known |= {each.name}
    for each in names:
        if each.id not in known:
            yield (each.lineno, f"没有名称 {each.id}", f"there is no {each.id}")


def _odd(args: ast.arguments) -> bool:
    return bool(args.vararg or args.kwarg or args.kwonlyargs or args.defaults or args.posonlyargs)


def _name(node: ast.Name | ast.arg) -> str:
    return node.id if isinstance(node, ast.Name) else node.arg


def _may(node: ast.Attribute) -> bool:
    of_math = isinstance(node.value, ast.Name) and node.value.id == "math"
    return node.attr in _ATTRIBUTES or (of_math and not node.attr.startswith("_"))


def _functions(tree: ast.Module, faults: Faults) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            made = _function(node, faults)
            if made is not None:
                found[made.name] = made
    if len(found) > MOST_FUNCTIONS:
        _add(
            faults, 1, f"超过 {MOST_FUNCTIONS} 个函数", f"has more than {MOST_FUNCTIONS} functions"
        )
    return found


def _function(node: ast.FunctionDef, faults: Faults) -> Function | None:
    takes = [_kind(each.annotation) for each in node.args.args]
    gives = _kind(node.returns)
    if is_taken(node.name) or not is_word(node.name):
        _add(faults, node.lineno, f"“{node.name}”不能作为函数名", f"{node.name!r} cannot name a function",
             ("用 SQL 未占用的小写名称", "use a lower-case name that SQL has no function of"))  # fmt: skip
        return None
    if None in takes or gives is None or not takes or len(takes) > MOST_TAKEN:
        _add(faults, node.lineno, f"{node.name} 的参数与结果须注明类型",
             f"{node.name}: arguments and result need types",
             (f"可用：{'、'.join(KINDS)}；1 至 {MOST_TAKEN} 个参数",
              f"there are {', '.join(KINDS)}; 1 to {MOST_TAKEN} arguments"))  # fmt: skip
        return None
    return Function(node.name, tuple(each for each in takes if each), gives, node.lineno)


def is_taken(name: str) -> bool:
    """Tell whether SQL has a function of that name itself."""
    return name.lower() in PLAIN_FUNCTIONS or name.upper() in exp.FUNCTION_BY_NAME


def _kind(node: ast.expr | None) -> Kind | None:
    """Return the kind that an annotation names; what may be missing is marked ``| None``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        sides = (node.left, node.right)
        named = [each for each in sides if not _is_none(each)]
        return _kind(named[0]) if len(named) == 1 else None
    return KINDS.get(node.id) if isinstance(node, ast.Name) else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
