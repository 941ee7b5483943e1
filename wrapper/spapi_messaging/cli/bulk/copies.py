"""A ledger that is a copy, or a backup that was put back: no sender takes it, and this says how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spapi_messaging.cli.bulk.shown.counts import terminal_width
from spapi_messaging.cli.bulk.shown.typed import command
from spapi_messaging.cli.columns import wrapped
from spapi_messaging.errors import ConfigurationError

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger

__all__ = ["copy_told", "refuse_copy"]


def copy_told(reason: str, url: str | None) -> str:
    """What is wrong with such a ledger, and the command to go on with it.

    Args:
        reason: what says that it is one.
        url: what `--ledger` was given.
    """
    told = (
        f"This ledger is a copy, or a backup that was put back: {reason}. It does not know what was sent since. No "
        "sender takes it, until you give the time of the copy:"
    )
    return "\n".join([*wrapped(told, terminal_width()), f"  {command(url, 'recover', '--since', 'TIME')}"])


def refuse_copy(ledger: Ledger, url: str | None) -> None:
    """Refuse a ledger that no sender takes, before anything is added to it.

    Raises:
        ConfigurationError: it is a copy.
    """
    from spapi_messaging.bulk.claiming.witness import why_copied

    if reason := why_copied(ledger.database):
        raise ConfigurationError(copy_told(reason, url))
