"""Clocks of cases (时限): begun and ended with the acts, looked at when something is due."""

from duokua.loop.actions.clocks.keeping import CaseClocks, limits_of
from duokua.loop.actions.clocks.looking import look

__all__ = ["CaseClocks", "limits_of", "look"]
