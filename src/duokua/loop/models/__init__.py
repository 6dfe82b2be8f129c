"""What the loop keeps: rule sets, runs, findings; cases with tasks, clocks, evidence and timeline."""

from duokua.loop.models.case import Case, CaseEvent, Clock, Evidence, Rung, SavedView, Task
from duokua.loop.models.finding import Cursor, Finding, RuleRun, Ruleset, Standing

__all__ = [
    "Case",
    "CaseEvent",
    "Clock",
    "Cursor",
    "Evidence",
    "Finding",
    "RuleRun",
    "Ruleset",
    "Rung",
    "SavedView",
    "Standing",
    "Task",
]
