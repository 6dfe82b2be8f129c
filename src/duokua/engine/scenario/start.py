"""Starts a worker: it gives everything up before anything else is loaded.

A library may start threads of its own when it is loaded, and a thread keeps what it had.
"""

from __future__ import annotations

import sys

from duokua.engine.scenario.confine import confine


def main(memory_mb: int, threads: int, address_space: int) -> None:
    """Confine this process, then let it answer messages."""
    shut = confine(address_space)
    from duokua.engine.scenario.worker import serve

    serve(memory_mb, threads, shut=shut)


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:4]))
