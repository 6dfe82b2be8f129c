"""The second look (二次核对): what the engine itself takes a text for, before it runs it.

The gate has read the text with another parser. Here the engine's own parser has its say: one SELECT,
made of listed nodes and functions, that reads granted tables only. Whatever cannot be told is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from duokua.engine.scenario.engine_words import CLASSES, FUNCTIONS, NODES, SERIES

if TYPE_CHECKING:
    from duokua.engine.duck import DuckConnection

_DEEPEST = 400


class Undeclared(Exception):
    """The engine takes the text for something that was not granted."""


def look(
    duck: DuckConnection,
    query: str,
    tables: Collection[str],
    functions: Collection[str] = (),
) -> frozenset[str]:
    """Make sure that ``query`` is one SELECT over ``tables``; return the parameters that it names.

    The engine's list of tables (``get_table_names``) is not asked: it fails on innocent joins with
    USING. Its parse tree says the same and more: functions, catalogues, schemas.

    :raises Undeclared: it is not, or that cannot be told.
    :raises duckdb.Error: the engine cannot read it.
    """
    import duckdb

    found = duck.extract_statements(query)
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise Undeclared("not a single query")
    rows = duck.execute("select json_serialize_sql(?)", [query]).fetchall()
    try:
        told = orjson.loads(rows[0][0])
    except ValueError:  # deeper than it reads
        raise Undeclared("nested too deep") from None
    statements = told.get("statements", ())
    if told.get("error", True) or len(statements) != 1:
        raise Undeclared("not a plain query")
    _check(statements[0], {name.lower() for name in tables}, FUNCTIONS | frozenset(functions))
    return frozenset(str(name) for name in found[0].named_parameters)


def _check(statement: Mapping[str, Any], granted: set[str], known: frozenset[str]) -> None:
    own: set[str] = set()
    read: set[str] = set()
    for node in _nodes(statement):
        own.update(_names_of_with(node))
        _check_node(node, known)
        if node.get("type") == "BASE_TABLE":
            read.add(_table(node))
    if own & granted:
        raise Undeclared("a WITH name hides a table")
    if not read <= granted | own:
        raise Undeclared("reads a table that was not granted")


def _nodes(statement: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    todo: list[tuple[Any, int]] = [(statement, 0)]
    while todo:
        each, depth = todo.pop()
        if depth > _DEEPEST:
            raise Undeclared("nested too deep")
        if isinstance(each, dict):
            yield each
            todo.extend((value, depth + 1) for value in each.values())
        elif isinstance(each, list):
            todo.extend((value, depth + 1) for value in each)


def _check_node(node: Mapping[str, Any], known: frozenset[str]) -> None:
    kind = node.get("type")
    is_frame = isinstance(kind, str) and ("alias" in node or kind.endswith("_NODE"))
    if "class" in node:
        if node["class"] not in CLASSES or node.get("columns"):
            raise Undeclared(f"has {node['class']}")
    elif is_frame and kind not in NODES:
        raise Undeclared(f"has {kind}")
    if node.get("sample") or node.get("at_clause"):
        raise Undeclared("samples, or reads another version")
    _check_function(node, known)


def _check_function(node: Mapping[str, Any], known: frozenset[str]) -> None:
    name = node.get("function_name")
    if name is not None and (str(name).lower() not in known or _is_elsewhere(node)):
        raise Undeclared(f"calls {name}")
    if node.get("type") == "TABLE_FUNCTION":
        called = node.get("function", {}).get("function_name")
        if called not in SERIES:
            raise Undeclared(f"reads {called}")


def _table(node: Mapping[str, Any]) -> str:
    path = node.get("qualified_name", {}).get("path", [node.get("table_name")])
    if node.get("schema_name") or _is_elsewhere(node) or path != [node.get("table_name")]:
        raise Undeclared("names a schema")
    return str(node["table_name"]).lower()


def _is_elsewhere(node: Mapping[str, Any]) -> bool:
    return bool(node.get("schema") or node.get("catalog") or node.get("catalog_name"))


def _names_of_with(node: Mapping[str, Any]) -> Iterator[str]:
    held = node.get("cte_map")
    for each in held.get("map", ()) if isinstance(held, dict) else ():
        yield str(each["key"]).lower()
