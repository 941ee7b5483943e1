"""Commands that a person can copy and type."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from typing import Any

from spapi_messaging.cli.bulk.ledger import VARIABLE

__all__ = ["command", "selecting"]

# A user, a host, a port, a database and parameters, each of plain characters.
_WITHOUT_PASSWORD = re.compile(r"[a-z]+(\+[a-z]+)?://([\w.-]+@)?[\w.-]*(:\d+)?(/[\w.-]*)?(\?[\w.=&%,/+-]*)?", re.ASCII)


def command(url: str | None, *words: str) -> str:
    """A command of the group `bulk`, on the same ledger.

    Args:
        url: what `--ledger` was given. If it may have a password in it, a variable stands in its place.
        *words: what follows `spapi-messaging bulk`.
    """
    is_shown = url is not None and (url.startswith("sqlite") or _has_no_password(url))
    typed = ["spapi-messaging", "bulk", *words, *(["--ledger", url] if url is not None and is_shown else [])]
    is_named = url is not None and not is_shown
    if os.name != "nt":
        return shlex.join(typed) + (f' --ledger "${VARIABLE}"' if is_named else "")
    from subprocess import list2cmdline

    return list2cmdline(typed) + (f' --ledger "%{VARIABLE}%"' if is_named else "")


def _has_no_password(url: str) -> bool:
    """Whether a URL certainly has no password. A password that is not escaped may look like other parts of a URL."""
    return _WITHOUT_PASSWORD.fullmatch(url) is not None and "pass" not in url.partition("?")[2].casefold()


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
