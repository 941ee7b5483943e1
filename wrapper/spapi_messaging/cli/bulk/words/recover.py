"""`recover`: after a backup of the ledger was put back, or where a copy goes on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.asking import asking_options, is_agreed, these
from spapi_messaging.cli.bulk.checking import list_problems, listed_problems
from spapi_messaging.cli.bulk.job_options import job_file, job_options
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.option_values import day_or_time
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.typed import command
from spapi_messaging.cli.bulk.words.carrying_out import declined, document, nothing_of
from spapi_messaging.cli.bulk.words.preview import Preview, lines_of, preview_of
from spapi_messaging.cli.bulk.words.word import Word
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
            callback=day_or_time,
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
    attachments_root: Path | str | None,
    **options: Any,
) -> None:
    """Go on with a ledger that was put back from a backup, or with a copy.

    Such a ledger does not know what was sent since it was made. So all messages that it has not sent become unknown.
    Then say with `bulk resolve` whether they were sent. Give the job files that were added since then: their messages
    become unknown too, where the ledger does not know them.
    """
    session = ctx.ensure_object(Session)
    nothing = nothing_of(RECOVER, dry_run=dry_run)
    with open_existing(session, ledger, nothing, attachments_root=attachments_root) as opened:
        read = [job_file(session, file, attachments_root=attachments_root, **options) for file in files]
        check(ctx, opened, read, files)
        jobs = JobFiles(read)

        def change(tried: bool) -> int:
            return opened.recover(since, jobs, note=note, dry_run=tried)

        count = change(True)
        found = preview_of(opened, RECOVER, {})
        if count < sum(each.count for each in found.counts):
            found = Preview()  # nothing was sent since then, and what waits stays as it is
        session.say("\n".join(lines_of(RECOVER, found, count)))
        if dry_run:
            session.document(document(RECOVER, found, count, 0, dry_run=True))
            session.say("Nothing was changed: --dry-run.")
            return
        question = RECOVER.question.format(these=these(count)) if count else AS_IT_IS
        if not is_agreed(session, question, yes=yes):
            declined(session)
        changed = change(False)
        session.document(document(RECOVER, found, count, changed, dry_run=False))
        session.say(RECOVER.done.format(messages=counted(changed)))
        if changed:
            session.say(f"This shows them, and what to do: {command(ledger, 'resolve')}")


def check(ctx: click.Context, ledger: Ledger, jobs: list[JobFile], files: tuple[Path, ...]) -> None:
    """Checks each file by itself, so that its name stands before its problems. Ends the command if there are any."""
    wrong: list[dict[str, Any]] = []
    for path, each in zip(files, jobs, strict=True):
        with ledger.check(each) as checked:
            if checked.problems:
                wrong += [{"file": path.name, **problem} for problem in listed_problems(checked)]
                click.echo(f"{path}:", err=True)
                click.echo(f"{list_problems(checked)}.", err=True)
    if wrong:
        told = "Nothing was changed: the job files have problems. Mend them and try again."
        error = {"type": "InvalidMessageError", "message": told, "outcome": "not_sent", "retryable": False}
        ctx.ensure_object(Session).document({"error": {**error, "problems": wrong}})
        click.echo(told, err=True)
        ctx.exit(1)
