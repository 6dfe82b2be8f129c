"""Taking in what phones send (移动端发送), each piece once."""

from __future__ import annotations

from duokua.loop.actions.sending import once

__all__ = ["once"]
