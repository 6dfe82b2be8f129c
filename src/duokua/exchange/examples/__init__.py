"""Examples (调用示例) that run as they stand: shell, Python, JavaScript and Java.

Each gets a token, reads page after page and says what a refusal says. Texts that people wrote, such
as purposes, are quoted by each language's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from duokua.exchange.examples import curl, java, javascript, python
from duokua.exchange.examples.call import SECRET, Call, call_of
from duokua.lang.interface import Shape

__all__ = ["SECRET", "Call", "Example", "call_of", "examples"]


@dataclass(frozen=True, slots=True)
class Example:
    """One program: its name on the tab, the file it belongs into and what runs that."""

    id: str
    title: str
    file: str
    run: str
    code: str


def examples(call: Call) -> list[Example]:
    """Return the examples of a call, the plainest first."""
    told = [
        Example("curl", "curl", "example.sh", "bash example.sh", curl.example(call)),
        Example("python", "Python", "example.py", "python3 example.py", python.example(call)),
        Example("client", "Python + duokua-client", "with_client.py",
                "python3 with_client.py", python.client_example(call)),
        Example("javascript", "JavaScript", "example.mjs",
                "node example.mjs", javascript.example(call)),
        Example("java", "Java", "Example.java", "java Example.java", java.example(call)),
    ]  # fmt: skip
    if call.shape is Shape.PAGE:
        told.append(Example("arrow", "Arrow", "as_table.py", "python3 as_table.py",
                            python.arrow_example(call)))  # fmt: skip
    if call.exported:
        told.append(Example("export", "Parquet", "as_file.py", "python3 as_file.py",
                            python.export_example(call)))  # fmt: skip
    return told
