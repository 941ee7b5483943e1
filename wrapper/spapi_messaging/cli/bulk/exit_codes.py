"""Exit codes, as the help tells them."""

from __future__ import annotations

__all__ = ["OF_WORST_MESSAGE"]

OF_WORST_MESSAGE = "by the worst message: 0 sent, 1 rejected, 3 unknown, 4 an account is parked, 6 unfinished"
"""Of commands that tell how messages stand. The states have them from `spapi_messaging.bulk.exit_code`."""
