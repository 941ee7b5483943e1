"""Asks before something is changed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session

__all__ = ["asking_options", "has_terminal", "is_agreed", "is_confirmed", "may_be_replaced", "these"]


def asking_options(*, with_note: bool = True) -> list[click.Option]:
    """The options of every command that asks."""
    note = Once(["--note"], metavar="TEXT", help="What is to be remembered with each message, such as a reason.")
    return [
        *([note] if with_note else []),
        click.Option(["--dry-run"], is_flag=True, help="Show what would be done, and change nothing."),
        click.Option(["--yes", "-y"], is_flag=True, help="Do not ask."),
    ]


def is_agreed(session: Session, question: str, *, yes: bool) -> bool:
    """Whether a person agrees. Ctrl-C means no.

    Args:
        session: the command's.
        question: what is asked.
        yes: whether `--yes` was given.

    Raises:
        click.UsageError: nobody can be asked.
    """
    if yes:
        return True
    if session.json:
        raise click.UsageError("With --json nobody is asked. Add --yes, or --dry-run to see what would be done.")
    if not has_terminal():
        raise click.UsageError(
            "Nothing was changed: there is no terminal to ask on. Add --yes, or --dry-run to see what would be done."
        )
    return is_confirmed(question)


def is_confirmed(question: str) -> bool:
    """Whether the answer is yes. Ctrl-C means no."""
    try:
        return click.confirm(question, default=False, err=True)
    except click.Abort:
        click.echo(err=True)  # the cursor is still in the line of the question
        return False


def may_be_replaced(session: Session, path: Path, *, force: bool) -> None:
    """Ask whether a file may be replaced. If nobody can be asked, it may not: it may hold corrections.

    Args:
        session: the command's.
        path: the file that `--output` names.
        force: whether `--force` was given.

    Raises:
        click.UsageError: the file exists, and may not be replaced.
    """
    if force or not path.exists():
        return
    if not session.json and has_terminal() and is_confirmed(f"{path.name} is there already. Replace it?"):
        return
    raise click.UsageError(
        f"{path.name} is there already, and was not changed. Give another --output, or --force to replace it.",
        click.get_current_context(),
    )


def has_terminal() -> bool:
    """Whether somebody can read a question and answer it."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def these(count: int) -> str:
    """How a question names the messages that it is about."""
    return "this message" if count == 1 else f"these {count:,} messages"
