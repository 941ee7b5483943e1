"""`retry`, `cancel`, `skip` and `forget`: what a person decides about messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from spapi_messaging.bulk.states import REFUSED, WITHDRAWN, State
from spapi_messaging.cli.bulk.asking import asking_options
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.selection import require_choice, selection_of, selection_options
from spapi_messaging.cli.bulk.words.carrying_out import carry_out, nothing_of
from spapi_messaging.cli.bulk.words.preview import preview_of
from spapi_messaging.cli.bulk.words.word import Word
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.session import Session, pass_session

__all__ = ["cancel", "forget", "retry", "skip"]

CANCELLED = (State.PENDING, State.PARKED, State.WAITING)
"""By `forget`: nobody can send what has no order any more."""
WITHDRAWABLE = (*CANCELLED, *REFUSED)

RETRY = Word(
    "retry",
    REFUSED,
    "Send {these} again?",
    "Now to be sent again: {messages}. Type the same `bulk send` again, or leave it to the workers.",
)
CANCEL = Word("cancel", WITHDRAWABLE, "Cancel {these}?", "Cancelled: {messages}.", spares_held=True)
SKIP = Word(
    "skip",
    WITHDRAWABLE,
    "Leave out {these}, because they were sent elsewhere?",
    "Left out as sent elsewhere: {messages}.",
    spares_held=True,
)
FORGET = Word(
    "forget",
    tuple(State),
    "Remove the personal data of {these}? It cannot be undone.",
    "Forgotten: {messages}. Copies and backups of the ledger are yours to remove.",
)
ALL = click.Option(["--all", "every"], is_flag=True, help="Every message of the ledger that is not sent yet.")


def chosen(session: Session, given: dict[str, Any]) -> dict[str, list[str]]:
    """The selection of a word that does not touch everything unless it is told to.

    Raises:
        click.UsageError: nothing was chosen, or everything and something besides.
    """
    selection = selection_of(session, given)
    require_choice(selection, every=given.get("every", False))
    return selection or {"state": [state.value for state in State]}


@click.command(
    cls=Command,
    params=[*selection_options(), ledger_option(), *asking_options()],
    short_help="Send messages again that were rejected.",
    epilog=examples(
        "spapi-messaging bulk retry --order 303-1234567-1234567",
        "spapi-messaging bulk retry --type invoice --dry-run",
        "spapi-messaging bulk retry --state cancelled --account shop-de",
    ),
)
@pass_session
def retry(session: Session, /, ledger: str | None, note: str | None, dry_run: bool, yes: bool, **given: Any) -> None:
    """Send messages again that were rejected or given up: all of them, or those that fit.

    Mend first what was wrong. If a message or a file has to change, add the changed job file again: a rejected message
    takes the new content. Cancelled and skipped messages are sent again if --state names them.
    """
    selection = selection_of(session, given)
    states = (*REFUSED, *WITHDRAWN) if "state" in selection else REFUSED
    word = Word(RETRY.name, states, RETRY.question, RETRY.done)
    decide(session, word, selection, ledger, note=note, dry_run=dry_run, yes=yes)


@click.command(
    cls=Command,
    params=[*selection_options(), ALL, ledger_option(), *asking_options()],
    short_help="Withdraw messages that were not sent.",
    epilog=examples(
        "spapi-messaging bulk cancel --order 303-1234567-1234567",
        'spapi-messaging bulk cancel --type invoice --account shop-de --note "sent by post"',
    ),
)
@pass_session
def cancel(session: Session, /, ledger: str | None, note: str | None, dry_run: bool, yes: bool, **given: Any) -> None:
    """Withdraw messages that are not to be sent.

    It changes messages that wait, and those that were rejected or given up. A message that a sender has just now is not
    touched. `bulk retry --state cancelled` takes it back, after the job was added again: its text is removed.
    """
    decide(session, CANCEL, chosen(session, given), ledger, note=note, dry_run=dry_run, yes=yes)


@click.command(
    cls=Command,
    params=[*selection_options(), ALL, ledger_option(), *asking_options()],
    short_help="Leave out messages that were sent elsewhere.",
    epilog=examples('spapi-messaging bulk skip --order 303-1234567-1234567 --note "sent in Seller Central"'),
)
@pass_session
def skip(session: Session, /, ledger: str | None, note: str | None, dry_run: bool, yes: bool, **given: Any) -> None:
    """Leave out messages that were sent elsewhere, such as in Seller Central.

    It changes what `bulk cancel` changes. `bulk retry --state skipped` takes it back.
    """
    decide(session, SKIP, chosen(session, given), ledger, note=note, dry_run=dry_run, yes=yes)


@click.command(
    cls=Command,
    params=[click.Argument(["order"]), ledger_option(), *asking_options()],
    short_help="Remove the personal data of an order.",
    epilog=examples("spapi-messaging bulk forget 303-1234567-1234567"),
)
@pass_session
def forget(session: Session, ledger: str | None, note: str | None, dry_run: bool, yes: bool, order: str) -> None:
    """Remove at once the personal data of all messages for ORDER, and cancel those that were not sent yet.

    Results, times and request ids stay, and what was sent is not sent again. It cannot be undone. Copies and backups of
    the ledger are yours to remove.
    """
    with open_existing(session, ledger, nothing_of(FORGET, dry_run=dry_run)) as opened:

        def change(tried: bool) -> int:
            return opened.forget(order, note=note, dry_run=tried)

        selection = {"order_id": [order]}
        word = forgetting(opened.status(**selection).states)
        carry_out(session, word, lambda: preview_of(opened, word, selection), change, yes=yes, dry_run=dry_run)


def forgetting(states: Mapping[State, int]) -> Word:
    """The word `forget`. It says how many messages are cancelled, because they were not sent yet.

    Args:
        states: the messages of the order, by state.
    """
    count = sum(states.get(state, 0) for state in CANCELLED)
    if not count:
        return FORGET
    question, done = FORGET.question, FORGET.done
    return replace(
        FORGET,
        question=question.replace("?", f", and cancel {count:,} that {'is' if count == 1 else 'are'} not sent yet?"),
        done=done.replace("{messages}.", f"{{messages}}, {count:,} of which not sent yet: cancelled."),
    )


def decide(
    session: Session,
    word: Word,
    selection: dict[str, list[str]],
    url: str | None,
    *,
    note: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Carries out a word on the messages of a selection."""
    with open_existing(session, url, nothing_of(word, dry_run=dry_run)) as ledger:
        method = {"retry": ledger.retry, "cancel": ledger.cancel, "skip": ledger.skip}[word.name]

        def change(tried: bool) -> int:
            return method(note=note, dry_run=tried, **selection)

        carry_out(session, word, lambda: preview_of(ledger, word, selection), change, yes=yes, dry_run=dry_run)
