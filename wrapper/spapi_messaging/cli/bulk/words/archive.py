"""`archive`: removes what was finished long ago."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.asking import asking_options
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.option_values import day_or_time
from spapi_messaging.cli.bulk.words.carrying_out import carry_out, nothing_of
from spapi_messaging.cli.bulk.words.preview import MAX_EXAMPLES, Preview
from spapi_messaging.cli.bulk.words.word import Word
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session, pass_session

if TYPE_CHECKING:
    from spapi_messaging.bulk import Ledger

__all__ = ["archive"]

ARCHIVE = Word(
    "archive",
    (State.SENT, State.CANCELLED, State.SKIPPED),
    "Remove {these} from the ledger? The ledger still knows that they were sent or withdrawn, so they are not sent "
    "again; but `bulk status` and `bulk export` do not show them any more.",
    "Archived: {messages}.",
)


@click.command(
    cls=Command,
    params=[
        Once(
            ["--before"],
            metavar="DATE",
            required=True,
            callback=day_or_time,
            help="A day, which begins in UTC, or a time with a zone.",
        ),
        ledger_option(),
        *asking_options(with_note=False),
    ],
    short_help="Remove messages that were finished long ago.",
    epilog=examples(
        "spapi-messaging bulk archive --before 2026-01-01 --dry-run",
        "spapi-messaging bulk archive --before 2026-01-01",
    ),
)
@pass_session
def archive(session: Session, before: str, ledger: str | None, dry_run: bool, yes: bool) -> None:
    """Remove messages that were sent, cancelled or skipped before DATE.

    The hashes of their keys stay: what was sent is not sent again. Write what you want to keep into a file first:
    `bulk export`.
    """
    with open_existing(session, ledger, nothing_of(ARCHIVE, dry_run=dry_run)) as opened:
        require_past(before)

        def change(tried: bool) -> int:
            return opened.archive(before, dry_run=tried)

        carry_out(session, ARCHIVE, lambda: preview(opened, before), change, yes=yes, dry_run=dry_run)


def require_past(before: str) -> None:
    """Refuse a time that has not come: all that is finished would go, and what is sent until then would not.

    Raises:
        click.BadParameter: it is in the future.
    """
    from spapi_messaging.bulk.storage.dates import moment_of

    if moment_of("before", before) > datetime.now(UTC).timestamp() * 1000:
        told = f"{before} is in the future. Give a day or a time that has passed; today's date keeps today's messages."
        raise click.BadParameter(told, param_hint="--before")


def preview(ledger: Ledger, before: str) -> Preview:
    """What was finished before a time. It reads all of it."""
    from spapi_messaging.bulk import Count

    tally: Counter[tuple[str | None, str, State]] = Counter()
    found: list[Mapping[str, Any]] = []
    for row in ledger.archivable(before):
        tally[row["account"], row["message_type"], State(row["state"])] += 1
        if len(found) < MAX_EXAMPLES:
            found.append(row)
    ordered = sorted(tally.items(), key=lambda each: (each[0][0] or "", *each[0][1:]))
    return Preview(tuple(Count(*key, count) for key, count in ordered), tuple(found))
