"""How a word is carried out: shown, asked about, done, told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import click

from spapi_messaging.cli.bulk.asking import is_agreed, these
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.words.preview import Preview, lines_of, nothing_to_do
from spapi_messaging.cli.bulk.words.word import Word
from spapi_messaging.cli.session import Session

__all__ = ["Change", "carry_out", "declined", "document", "nothing_of"]

#: Changes messages; with True, it only tries to. Returns how many messages are changed.
Change = Callable[[bool], int]


def carry_out(
    session: Session, word: Word, look: Callable[[], Preview], change: Change, *, yes: bool, dry_run: bool
) -> None:
    """Shows what a word would do, asks, does it, and tells what was done.

    Args:
        session: the command's.
        word: the word.
        look: finds out what there is to show.
        change: does it.
        yes: whether nobody is asked.
        dry_run: whether nothing is done.

    Raises:
        click.exceptions.Exit: a person said no.
        click.UsageError: nobody can be asked.
    """
    count = change(True)
    preview = look()
    if not count:
        session.document(document(word, preview, 0, 0, dry_run=dry_run))
        session.say(nothing_to_do(word, preview))
        return
    for line in lines_of(word, preview, count):
        session.say(line)
    if dry_run:
        session.document(document(word, preview, count, 0, dry_run=True))
        session.say("Nothing was changed: --dry-run.")
        return
    if not is_agreed(session, word.question.format(these=these(count)), yes=yes):
        declined(session)
    changed = change(False)
    session.document(document(word, preview, count, changed, dry_run=False))
    session.say(word.done.format(messages=counted(changed)))
    if changed != count:
        session.say(f"It was {counted(count)} when this was shown. The others changed in the meantime.")


def declined(session: Session) -> NoReturn:
    """Ends a command whose question was answered with no."""
    session.say("Nothing was changed.")
    raise click.exceptions.Exit(1)


def document(word: Word, preview: Preview, count: int, changed: int, *, dry_run: bool) -> dict[str, Any]:
    """What `--json` prints."""
    counts = [
        {"account": each.account, "message_type": each.message_type, "state": each.state.value, "count": each.count}
        for each in preview.counts
    ]
    return {
        "word": word.name,
        "count": count,
        "changed": changed,
        "held": preview.kept(count),
        "dry_run": dry_run,
        "counts": counts if count else [],
    }


def nothing_of(word: Word, *, dry_run: bool) -> dict[str, Any]:
    """What `--json` prints of a word where there is no ledger yet."""
    return document(word, Preview(), 0, 0, dry_run=dry_run)
