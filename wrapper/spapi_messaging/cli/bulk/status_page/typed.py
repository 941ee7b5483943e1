"""Commands, as a person types them where the page was made."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Typed"]


@dataclass(frozen=True)
class Typed:
    """Writes commands.

    Attributes:
        ledger: the value of --ledger. None: the commands need none.
    """

    ledger: str | None = None

    def command(self, *words: str) -> str:
        """A command of the group `bulk`."""
        named = ["--ledger", self.ledger] if self.ledger else []
        return " ".join(["spapi-messaging", "bulk", *map(_quoted, [*words, *named])])

    def resume(self, account: str | None) -> str:
        """What resumes a parked account."""
        return self.command("resume", *([account] if account else []))

    def resolve(self, row: Mapping[str, Any]) -> str | None:
        """What shows an unknown message; with --sent or --not-sent behind it, what is said of it.

        Args:
            row: the message, as `Ledger.export` gives it. None is returned if too little of it is known.
        """
        if row["key"]:
            return self.command("resolve", "--key", row["key"])
        if not row["amazon_order_id"]:
            return None
        document = ["--document", row["document"]] if row["document"] else []
        return self.command("resolve", "--order", row["amazon_order_id"], "--type", row["message_type"], *document)


def _quoted(word: str) -> str:
    """In the quotes that a POSIX shell takes, and cmd and PowerShell too where that can be."""
    if re.fullmatch(r"[A-Za-z0-9_./:@+=,-]+", word):
        return word
    return f'"{word}"' if re.fullmatch(r"[^\"$`\\!%\n\r]+", word) else shlex.quote(word)
