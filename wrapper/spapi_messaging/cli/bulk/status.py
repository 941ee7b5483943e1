"""`status`: how the messages of a ledger stand, and what a person has to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.copies import copy_told
from spapi_messaging.cli.bulk.exit_codes import OF_WORST_MESSAGE
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.selection import selection_of, selection_options
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.counts import table, terminal_width
from spapi_messaging.cli.bulk.shown.messages import time_shown
from spapi_messaging.cli.bulk.shown.parked import parked_lines
from spapi_messaging.cli.bulk.shown.typed import command
from spapi_messaging.cli.bulk.status_page.page_file import STDOUT, check_target, html_option, write_page
from spapi_messaging.cli.columns import wrapped
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.session import Session

if TYPE_CHECKING:
    from spapi_messaging.bulk import Ledger, Status

__all__ = ["status"]

MAX_PARKED = 10


@click.command(
    cls=Command,
    params=[*selection_options(), html_option(), ledger_option()],
    short_help="Show how the messages of a ledger stand.",
    epilog=examples(
        "spapi-messaging bulk status",
        "spapi-messaging bulk status --account shop-de --type invoice",
        "spapi-messaging bulk status --ledger sqlite:///sent.db --json",
        "spapi-messaging bulk status --html status.html",
    )
    + f"\n\nExit codes, {OF_WORST_MESSAGE}.",
)
@click.pass_context
def status(ctx: click.Context, /, ledger: str | None, html: str | None, **given: Any) -> None:
    """Show how the messages of a ledger stand, by account, type and state, and what a person has to do.

    It changes nothing, and makes no ledger. It ends with the exit code of the worst message.
    """
    from spapi_messaging.bulk import Status  # these need the extra `bulk`
    from spapi_messaging.bulk.claiming.witness import why_copied

    session = ctx.ensure_object(Session)
    selection = selection_of(session, given)
    if html is not None:
        check_target(session, html)
    nothing = Status((), 0, 0, None, (), 0)
    with open_existing(session, ledger, nothing.to_dict()) as opened:
        found, copied = opened.status(**selection), why_copied(opened.database)
        if copied:
            click.echo(f"warning: {copy_told(copied, ledger)}\n", err=True)
        if html != STDOUT:
            session.document(found.to_dict() | ({"copied": copied} if copied else {}))
            show(session, opened, found, is_all=not selection)
            if found.counts and not copied:
                for line in to_do(found, ledger):
                    session.say(line)
        if html is not None:
            write_page(session, opened, html, selection, ledger)
    ctx.exit(found.exit_code)


def show(session: Session, ledger: Ledger, found: Status, *, is_all: bool) -> None:
    """Prints it for people."""
    if not found.counts:
        told = "This ledger has no messages." if is_all else "No message of this ledger fits."
        session.say(f"{told} It is {ledger.database.url_shown}")
        return
    session.say("\n".join([*table(found.counts, terminal_width()), "", *facts(found)]))


def facts(found: Status) -> Iterable[str]:
    """What is late, what waits, who sends."""
    if found.late:
        yield click.style(f"Late: {counted(found.late)}.", fg="red")
    if found.due_today:
        yield f"Due today: {counted(found.due_today)}."
    if found.oldest_pending is not None:
        yield f"The oldest message that waits for its turn was added at {time_shown(found.oldest_pending.isoformat())}."
    yield f"Senders running: {found.senders}."


def to_do(found: Status, url: str | None) -> Iterable[str]:
    """What a person has to do, with the command for it."""
    states = found.states
    if unknown := states.get(State.UNKNOWN, 0):
        yield from advice(
            f"Unknown: {counted(unknown)}. Nobody knows whether the buyer got anything, and no sender tries again. "
            "This shows what is known, and what to do:",
            command(url, "resolve"),
        )
    for parked in found.parked[:MAX_PARKED]:
        yield ""
        yield from parked_lines(found, [parked])
        yield f"  When that is mended: {command(url, 'resume', parked.account or '')}"
    if (more := len(found.parked) - MAX_PARKED) > 0:
        yield from advice(f"{more:,} more accounts are parked. When all is mended:", command(url, "resume", "--all"))
    if refused := states.get(State.REJECTED, 0) + states.get(State.GIVEN_UP, 0):
        yield from advice(
            f"Rejected or given up: {counted(refused)}. This says why:",
            command(url, "export", "--state", "rejected", "--state", "given_up"),
            "Mend what was wrong, then type the same `bulk send FILE` with --retry. If nothing in the file has to "
            "change:",
            command(url, "retry"),
        )
    if sum(states.get(state, 0) for state in (State.PENDING, State.WAITING, State.CLAIMED)) > found.later:
        yield from advice(
            "Not sent yet: type the same `bulk send` again to go on, or leave it to the workers (`bulk work`)."
        )
    if found.next_at is not None:
        yield from advice(
            f"For later: {counted(found.later)} may not be sent yet, the first from "
            f"{time_shown(found.next_at.isoformat())} on. Type the same `bulk send` again then, or leave it to the "
            "workers (`bulk work`). `bulk send` also tries again at once what could not be reached before."
        )


def advice(*told: str) -> Iterable[str]:
    """Sentences, and commands that are not broken into lines."""
    yield ""
    for each in told:
        if each.startswith("spapi-messaging "):
            yield f"  {each}"
        else:
            yield from wrapped(each, terminal_width())
