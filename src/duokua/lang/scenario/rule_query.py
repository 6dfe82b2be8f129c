"""What is plain to see in a rule's query: levels that it may give, parameters that it names."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp, parse_one

from duokua.lang.scenario.gate.admitted import DIALECT
from duokua.lang.scenario.rule import LEVEL, WINDOW


def named_in(condition: str | None) -> set[str]:
    """Return the dated parameters that a condition names."""
    if condition is None:
        return set()
    tree = parse_one(condition, dialect=DIALECT)
    return {str(each.this) for each in tree.find_all(exp.Placeholder)} - set(WINDOW)


def words_of_level(tree: exp.Expr) -> Iterator[str]:
    """Yield the texts that the level is said to be, where they are plain to see."""
    if not isinstance(tree, exp.Query):
        return
    at = [name.lower() for name in tree.named_selects].index(LEVEL)
    todo: list[exp.Expr | None] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, exp.SetOperation):
            todo += [node.this, node.expression]
        elif isinstance(node, exp.Select):
            todo.append(node.expressions[at])
        elif isinstance(node, exp.Alias | exp.Paren | exp.Subquery):
            todo.append(node.this)
        elif isinstance(node, exp.Case):
            todo += [*(each.args["true"] for each in node.args["ifs"]), node.args.get("default")]
        elif isinstance(node, exp.Coalesce):
            todo += [node.this, *node.expressions]
        elif isinstance(node, exp.Literal) and node.is_string:
            yield node.name
