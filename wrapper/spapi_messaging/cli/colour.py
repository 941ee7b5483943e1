"""Whether the output may have colours."""

from __future__ import annotations

from collections.abc import Mapping


def wanted(environment: Mapping[str, str], *, json: bool) -> bool | None:
    """True and False decide for every output; with None, terminals get colours and files do not."""
    if json or environment.get("NO_COLOR") or environment.get("TERM") == "dumb":
        return False
    return True if environment.get("FORCE_COLOR", "0") not in ("", "0") else None
