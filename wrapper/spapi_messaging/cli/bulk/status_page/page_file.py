"""`bulk status --html FILE`: a page that shows how a ledger stands. It is one file, without scripts."""

from __future__ import annotations

import secrets
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session
from spapi_messaging.cli.streams import check_written

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger

__all__ = ["STDOUT", "check_target", "html_option", "write_page"]

#: What a page begins with, by which it is known again. The template has it, too.
MARK = (
    b'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    b'<meta name="generator" content="spapi-messaging bulk status">'
)
STDOUT = "-"


def html_option() -> click.Option:
    """The option. Give its value to `check_target` and `write_page`."""
    told = (
        "Also write a page for a browser. An earlier page is replaced, and no other file. -: the page alone, to stdout."
    )
    return Once(["--html"], metavar="FILE", help=told)


def check_target(session: Session, path: str) -> None:
    """Refuse a file that cannot be the page, before anything is asked of the ledger.

    Args:
        session: the command's.
        path: what `--html` was given.

    Raises:
        click.BadParameter: it is a folder, another file, or in a folder that does not exist.
        click.ClickException: it cannot be reached.
    """
    if path == STDOUT:
        if session.json:
            raise _unfit("The page and --json cannot both go to stdout. Name a file.")
        return
    target = Path(path)
    try:
        if not path.strip() or target.is_dir():
            raise _unfit("This is a folder. Name a file in it.")
        if not target.parent.is_dir():
            raise _unfit("The folder of this file does not exist. Make it first.")
        if target.exists() and not _is_page(target):
            raise _unfit("This file exists, and is no such page. Name another file.")
    except (OSError, ValueError) as error:  # a folder that cannot be entered, a name that is too long or has a NUL
        raise _unwritten(error) from error


def write_page(
    session: Session,
    ledger: Ledger,
    path: str,
    selection: Mapping[str, Any],
    url: str | None = None,
    *,
    now: datetime | None = None,
) -> None:
    """Write the page. A reader sees the earlier page or the new one, and never half of one.

    Args:
        session: the command's.
        ledger: the ledger.
        path: the file, or "-" for stdout.
        selection: keywords of `Ledger.status`. None or empty: any.
        url: what `--ledger` was given. Commands on the page have it, too; the password of a server has not.
        now: the time, for tests.

    Raises:
        click.BadParameter: as of `check_target`.
        click.ClickException: the file could not be written.
    """
    from spapi_messaging.cli.bulk.status_page.facts import facts_of
    from spapi_messaging.cli.bulk.status_page.rendering import rendered

    check_target(session, path)
    page = rendered(facts_of(ledger, selection, now or datetime.now(UTC), url))
    if path == STDOUT:
        click.echo(page, nl=False)
        check_written(sys.stdout)
        return
    try:
        _replace(Path(path).resolve(), page)
    except OSError as error:
        raise _unwritten(error) from error
    session.say(f"Wrote the page {path}.")


def _is_page(target: Path) -> bool:
    """Whether a file is such a page, or empty. Nothing is read from a pipe or a device."""
    if not stat.S_ISREG(target.stat().st_mode):
        return False
    with target.open("rb") as file:
        begin = file.read(len(MARK))
    return begin in (MARK, b"")


def _replace(target: Path, content: bytes) -> None:
    """Put a file with this content into its place, with the rights that the earlier one has."""
    new = target.with_name(f".status-page.{secrets.token_hex(8)}.new")
    try:
        with new.open("xb") as file:
            file.write(content)
        with suppress(FileNotFoundError):
            new.chmod(stat.S_IMODE(target.stat().st_mode))
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _unfit(why: str) -> click.BadParameter:
    return click.BadParameter(why, param_hint="--html")


def _unwritten(error: Exception) -> click.ClickException:
    why = getattr(error, "strerror", None) or type(error).__name__
    return click.ClickException(f"--html: the page could not be written: {why}.")
