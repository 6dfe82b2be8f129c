"""Every test run has a home of its own, named before Django reads its settings."""

from __future__ import annotations

import os
import tempfile

os.environ["DUOKUA_HOME"] = tempfile.mkdtemp(prefix="duokua-test-")
