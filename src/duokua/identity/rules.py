"""What an administrator of a department (部门管理员) may do: pure rules.

1. They manage the people of their own department and of every department below it, nobody else's.
2. Anywhere there they give the posts of a department: head, steward, developer, enterprise clerk,
   administrator. That somebody is a resident is nothing that is given.
3. A post that reaches over the whole district (data bureau reviewer, security officer, auditor) they
   give in their very own department only, and only where somebody holds it already whom the
   platform's operator appointed at the console. So the data bureau's administrator can name a
   second reviewer and the audit office's a second auditor, and no other department can name the
   first.
4. They touch (reset the password, switch off, end a post of) nobody who holds a post which they
   could not give, and never themselves: a password that one sets is a role that one gets.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from duokua.identity.states import DISTRICT_WIDE, Role

OF_A_DEPARTMENT = frozenset((Role.HEAD, Role.STEWARD, Role.DEVELOPER, Role.CLERK, Role.ADMIN))


@dataclass(frozen=True, slots=True)
class Reach:
    """Where an administrator manages people, and which posts over the district they may give.

    ``appointed`` are those of :data:`DISTRICT_WIDE` that somebody of the own department holds.
    """

    username: str
    department: str
    below: frozenset[str]
    appointed: frozenset[Role] = frozenset()

    def covers(self, department: str) -> bool:
        """Tell whether they manage the people of a department."""
        return department == self.department or department in self.below

    def may_give(self, role: Role, department: str) -> bool:
        """Tell whether they may give a post in a department."""
        if not self.covers(department):
            return False
        if role in DISTRICT_WIDE:
            return department == self.department and role in self.appointed
        return role in OF_A_DEPARTMENT

    def may_touch(self, username: str, department: str, roles: Iterable[Role]) -> bool:
        """Tell whether they may change a person who holds ``roles`` in ``department``."""
        if username == self.username or not self.covers(department):
            return False
        return all(self.may_give(role, department) for role in roles)
