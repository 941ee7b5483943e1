"""`bulk send FILE`: checks the whole file, then sends its messages, each at most once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from spapi_messaging.cli.bulk.checking import DIGEST, add_to_ledger, require_digest, show_checked
from spapi_messaging.cli.bulk.copies import refuse_copy
from spapi_messaging.cli.bulk.exit_codes import OF_WORST_MESSAGE
from spapi_messaging.cli.bulk.job_options import file_argument, job_file, job_options, known_options
from spapi_messaging.cli.bulk.ledger import ledger_option, open_ledger
from spapi_messaging.cli.bulk.running.accounts import known_accounts, make_sender, require_credentials, require_purpose
from spapi_messaging.cli.bulk.running.events import EventCommand
from spapi_messaging.cli.bulk.running.following import Interruption
from spapi_messaging.cli.bulk.running.summary import Ending, show_summary
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.global_options import examples
from spapi_messaging.cli.interruption import UNFINISHED, handle_interruptions, ignore_interruptions
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import DeliveryUnknownError, LedgerError

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Added, JobFile, Ledger, Sender

__all__ = ["send"]


def digest_given(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A digest, or enough of its beginning to recognise it."""
    if value is not None and not re.fullmatch(DIGEST, value.strip()):
        raise click.BadParameter("A digest is 32 hex digits, of which 16 or more are enough.", ctx, parameter)
    return value and value.strip()


class Unfinished(click.ClickException):
    """The command was interrupted before it began to send."""

    exit_code = UNFINISHED


@click.pass_context
def callback(
    ctx: click.Context,
    /,
    file: Path,
    ledger: str | None,
    attachments_root: Path | str | None,
    keep_texts: bool,
    retry: bool,
    digest: str | None,
    check: bool,
    strict: bool,
    dry_run: bool,
    replace: bool,
    leave_sent: bool,
    **options: Any,
) -> None:
    """Check the file, add its messages to the ledger, and send them."""
    from spapi_messaging.cli.bulk.running.watching import watch  # it needs what a shell's completion does without

    session = ctx.ensure_object(Session)
    if dry_run and (check or strict):
        raise click.UsageError("--dry-run asks nobody and sends nothing; --check and --strict ask Amazon. Give one.")
    interruption = Interruption()
    handle_interruptions(ctx, interruption)
    asked: bool | Literal["strict"] = "strict" if strict else check
    try:
        jobs = job_file(session, file, accounts=known_accounts(session), attachments_root=attachments_root, **options)
        with open_ledger(ledger, attachments_root=attachments_root, keep_texts=keep_texts) as opened:
            refuse_copy(opened, ledger)
            known = {"replace": replace, "leave_sent": leave_sent}
            sender, batch, added = prepared(ctx, opened, jobs, known, digest=digest, check=asked, dry_run=dry_run)
            if sender is None:
                if retry:
                    again = counted(added.rejected)
                    session.say(f"{again} {was(added.rejected)} rejected before: would be sent again now.")
                session.say("Nothing was sent, and nothing was added to the ledger.")
                return
            if retry:
                tell_retried(session, opened.retry(batch=batch, note="bulk send --retry"))
            tell_hurried(session, opened.hurry(batch=batch))
            events = watch(session, opened, batch, sender, interruption, check=bool(asked))
            code = show_summary(events, Ending(opened, ledger, batch, added, interruption.count > 0))
    except (KeyboardInterrupt, LedgerError) as interrupted:
        if interruption.has_begun and isinstance(interrupted, LedgerError):
            raise ledger_lost(interrupted) from interrupted
        if not interruption.is_before_run:
            raise
        told = "Nothing was sent: the command was interrupted before it began to send. Type it again."
        raise Unfinished(told) from interrupted
    finally:
        ignore_interruptions()
    ctx.exit(code)


def ledger_lost(error: LedgerError) -> DeliveryUnknownError:
    """The end of a run whose ledger failed: nobody knows whether what was on its way arrived."""
    return DeliveryUnknownError(
        f"The run ended, because the ledger failed. Messages that were on their way may have arrived. {error} Mend "
        "that, then type the same command again: it sends nothing twice, and says which messages are unknown."
    )


def prepared(
    ctx: click.Context,
    ledger: Ledger,
    file: JobFile,
    known: Mapping[str, bool],
    *,
    digest: str | None,
    check: bool | Literal["strict"],
    dry_run: bool,
) -> tuple[Sender | None, str, Added]:
    """Check everything that can be checked before anything is sent, and add the messages.

    Args:
        ctx: the command's context.
        ledger: the ledger.
        file: the job file.
        known: what becomes of rows that the ledger has with another content, as `add_to_ledger` takes it.
        digest: what a person has looked at; None: anything.
        check: whether Amazon is asked about each message.
        dry_run: add nothing.

    Returns:
        The sender (None for a dry run), the name of what it sends, and what the ledger had of it.
    """
    session = ctx.ensure_object(Session)
    sender = None
    with ledger.check(file) as jobs:
        if not jobs.problems:
            show_checked(session, ledger, jobs, file)
            require_digest(digest, jobs)
            accounts = {kind.account: kind.marketplace for kind in jobs.kinds}.items()
            if not dry_run:
                require_credentials(session, accounts)
            require_purpose(session, ledger, accounts)
            if not dry_run:
                sender = make_sender(session, ledger, batch=jobs.digest, check=check)
        added = add_to_ledger(ctx, ledger, jobs, batch=jobs.digest, dry_run=dry_run, **known)
        return sender, jobs.digest, added


def tell_retried(session: Session, count: int) -> None:
    """Print how many messages are sent again that were not accepted before."""
    session.event({"event": "retried", "count": count})
    session.say(f"{counted(count)} {was(count)} rejected before: sent again now.")


def was(count: int) -> str:
    """How a sentence goes on after a number of messages."""
    return "that was" if count == 1 else "that were"


def tell_hurried(session: Session, count: int) -> None:
    """Print how many messages are tried again that an earlier run left for later, such as without a network."""
    if count:
        session.event({"event": "hurried", "count": count})
        session.say(f"{counted(count)} left for later after trouble: tried again now.")


send = EventCommand(
    "send",
    callback=callback,
    params=[
        file_argument(),
        ledger_option(),
        Once(
            ["--digest"],
            metavar="D",
            callback=digest_given,
            help="Send only what has this digest, as `bulk prepare` and --dry-run print it.",
        ),
        click.Option(["--dry-run"], is_flag=True, help="Check the file, compare it with the ledger, and send nothing."),
        click.Option(["--check"], is_flag=True, help="Ask Amazon about each message just before it goes."),
        click.Option(["--strict"], is_flag=True, help="Like --check, and warnings stop a message too."),
        click.Option(["--retry"], is_flag=True, help="Send those again too that were rejected or given up before."),
        click.Option(["--keep-texts"], is_flag=True, help="Keep texts in the ledger after they were sent."),
        *known_options(),
        *job_options(),
    ],
    short_help="Send the messages of a job file.",
    help="""Send the messages of a job file, each at most once.

    FILE is a table (.csv, .tsv), one JSON object a line (.jsonl), or - for stdin. All of it is checked before anything
    is sent. The same command goes on where it was interrupted. Ctrl-C ends it after what is in flight; twice, at once.

    With --json, each line of stdout is an event: checked, added, problem, retried, hurried, outcome, summary or error.
    """,
    epilog=examples(
        "spapi-messaging bulk send jobs.csv --dry-run",
        "spapi-messaging bulk send jobs.csv --digest 0123456789abcdef",
        "spapi-messaging bulk send late.csv --type unexpectedProblem --text-file late.txt --text-file de=late.de.txt",
    )
    + f"\n\nExit codes, {OF_WORST_MESSAGE}; 2 for wrong usage.",
)
