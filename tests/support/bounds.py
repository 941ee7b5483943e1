"""How long something hostile may keep a check busy."""

from __future__ import annotations

#: Seconds of this process's own work, many times what is needed: a test finds what never ends, and measures no speed.
SOON = 20.0
