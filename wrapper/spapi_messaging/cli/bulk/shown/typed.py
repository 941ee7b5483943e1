"""Commands that a person can copy and type."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import Any

__all__ = ["command", "selecting"]


def command(url: str | None, *words: str) -> str:
    """A command of the group `bulk`, on the same ledger.

    Args:
        url: what `--ledger` was given. The URL of a server may have a password in it, and is not shown.
        *words: what follows `spapi-messaging bulk`.
    """
    ledger = [] if url is None else ["--ledger", url if url.startswith("sqlite") else "URL"]
    typed = ["spapi-messaging", "bulk", *words, *ledger]
    if os.name != "nt":
        return shlex.join(typed)
    from subprocess import list2cmdline

    return list2cmdline(typed)


def selecting(row: Mapping[str, Any]) -> list[str]:
    """The options that choose one message, as `Ledger.export` gives it, and no other where that is possible."""
    options = {
        "--order": row["amazon_order_id"],
        "--type": row["message_type"],
        "--document": row["document"],
        "--key": row["key"],
        "--account": None if row["amazon_order_id"] else row["account"],
    }
    return [word for option, value in options.items() if value for word in (option, value)]
