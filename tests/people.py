"""The people of the web tests: user name, department, role."""

from __future__ import annotations

PASSWORD = "correct horse battery"
PEOPLE = {
    "steward_a": ("dept_a", "steward"),
    "developer_b": ("dept_b", "developer"),
    "bureau_a": ("dept_a", "bureau"),
    "auditor_c": ("dept_c", "auditor"),
}
LANGUAGES = ("zh-hans", "en")
