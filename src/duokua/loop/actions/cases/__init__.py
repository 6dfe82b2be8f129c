"""Cases (事件): opened by findings, acted on by people, verified by asking the rule again."""

from duokua.loop.actions.cases.following import Followed, follow
from duokua.loop.actions.cases.performing import TAKES, Act, open_drill, perform, resume_due

__all__ = ["TAKES", "Act", "Followed", "follow", "open_drill", "perform", "resume_due"]
