"""`recover`: after a backup of the ledger was put back, or where a copy goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.asking import asking_options, is_agreed, these
from spapi_messaging.cli.bulk.checking import show_problems
from spapi_messaging.cli.bulk.job_options import job_file, job_options
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.typed import command
from spapi_messaging.cli.bulk.words.decisions import nothing_of
from spapi_messaging.cli.bulk.words.deeds import Seen, Word, document, nothing_done, seen, shown
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session

if TYPE_CHECKING:
    from spapi_messaging.bulk import Entry, JobFile, Ledger

__all__ = ["recover"]

RECOVER = Word(
    "recover",
    (State.PENDING, State.PARKED, State.WAITING),
    "Mark {these} as unknown, because they may have been sent since then?",
    "Unknown now: {messages}.",
    others="{messages} of job files, or of a sender that is gone",
)
#: What is asked where nothing can have been sent since then: the ledger is a copy that goes on.
AS_IT_IS = "Nothing was sent since then, so nothing becomes unknown. Go on with this ledger?"


class JobFiles:
    """Several job files, one after the other.

    Attributes:
        has_lines: problems name lines.
    """

    has_lines = True

    def __init__(self, files: list[JobFile]) -> None:
        self._files = files

    def __iter__(self) -> Iterator[Entry]:
        return chain.from_iterable(self._files)


@click.command(
    cls=Command,
    params=[
        click.Argument(["files"], nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path)),
        Once(
            ["--since"],
            metavar="TIME",
            required=True,
            help="When the backup was made: a day, which begins in UTC, or a time with a zone.",
        ),
        ledger_option(),
        *asking_options(),
        *job_options(),
    ],
    short_help="Go on with a ledger that was put back from a backup.",
    epilog=examples(
        "spapi-messaging bulk recover --since 2026-11-22T03:00:00+01:00",
        "spapi-messaging bulk recover --since 2026-11-22 jobs.csv",
    ),
)
@click.pass_context
def recover(
    ctx: click.Context,
    /,
    files: tuple[Path, ...],
    since: str,
    ledger: str | None,
    note: str | None,
    dry_run: bool,
    yes: bool,
    attachments_root: Path | None,
    **options: Any,
) -> None:
    """Go on with a ledger that was put back from a backup, or with a copy.

    Such a ledger does not know what was sent since it was made. So all messages that it has not sent become unknown:
    `bulk resolve` says what became of them. Give the job files that were added since then: their messages become
    unknown too, where the ledger does not know them.
    """
    session = ctx.ensure_object(Session)
    with open_existing(session, ledger, nothing_of(RECOVER), attachments_root=attachments_root) as opened:
        read = [job_file(session, file, **options) for file in files]
        check(ctx, opened, read, files)
        jobs = JobFiles(read)

        def do(tried: bool) -> int:
            return opened.recover(since, jobs, note=note, dry_run=tried)

        count = do(True)
        found = seen(opened, RECOVER, {})
        if count < sum(each.count for each in found.counts):
            found = Seen()  # nothing was sent since then, and what waits stays as it is
        session.say("\n".join(shown(RECOVER, found, count)))
        if dry_run:
            session.document(document(RECOVER.name, found, count, 0, dry_run=True))
            session.say("Nothing was changed: --dry-run.")
            return
        question = RECOVER.question.format(these=these(count)) if count else AS_IT_IS
        if not is_agreed(session, question, yes=yes):
            nothing_done(session)
        changed = do(False)
        session.document(document(RECOVER.name, found, count, changed, dry_run=False))
        session.say(RECOVER.done.format(messages=counted(changed)))
        if changed:
            session.say(f"This shows them, and what to do: {command(ledger, 'resolve')}")


def check(ctx: click.Context, ledger: Ledger, jobs: list[JobFile], files: tuple[Path, ...]) -> None:
    """Checks each file by itself, so that its name stands before its problems. Ends the command if there are any."""
    wrong = False
    with ExitStack() as stack:
        for path, each in zip(files, jobs, strict=True):
            checked = stack.enter_context(ledger.check(each))
            if checked.problems:
                wrong = True
                click.echo(f"{path}:", err=True)
                show_problems(ctx.ensure_object(Session), checked)
    if wrong:
        ctx.exit(1)
