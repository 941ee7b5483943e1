"""`bulk status --html FILE`: a page that shows how a ledger stands. It is one file, without scripts."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.bulk.ledger import VARIABLE
from spapi_messaging.cli.bulk.status_page.facts import facts_of
from spapi_messaging.cli.bulk.status_page.rendering import MARK, rendered
from spapi_messaging.cli.bulk.status_page.typed import Typed
from spapi_messaging.cli.session import Session
from spapi_messaging.cli.streams import check_written

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Ledger

__all__ = ["check_target", "write_page"]

STDOUT = "-"


def check_target(session: Session, path: str) -> None:
    """Refuse a file that cannot be the page, before anything is asked of the ledger.

    Args:
        session: the command's.
        path: what `--html` was given.

    Raises:
        click.UsageError: it is a folder, another file, or in a folder that does not exist.
    """
    if path == STDOUT:
        if session.json:
            raise click.UsageError("--html - and --json both write to stdout. Give --html a file.")
        return
    target = Path(path)
    try:
        if not path.strip() or target.is_dir():
            raise _unfit(path, "is a folder. Give the name of a file in it.")
        if not target.parent.is_dir():
            raise _unfit(path, "is in a folder that does not exist. Make the folder first.")
        if target.exists() and not _is_page(target):
            raise _unfit(path, "is another file, and not such a page. Give another name, or move that file away.")
    except (OSError, ValueError) as error:  # a folder that cannot be entered, a name that is too long or has a NUL
        raise _unwritten(path, error) from error


def write_page(
    session: Session, ledger: Ledger, path: str, selection: Mapping[str, Any], *, now: datetime | None = None
) -> None:
    """Write the page. A reader sees the earlier page or the new one, and never half of one.

    Args:
        session: the command's.
        ledger: the ledger.
        path: the file, or "-" for stdout.
        selection: keywords of `Ledger.status`. None or empty: any.
        now: the time, for tests.

    Raises:
        click.UsageError: as of `check_target`.
        click.ClickException: the file could not be written.
    """
    check_target(session, path)
    page = rendered(facts_of(ledger, selection, now or datetime.now(UTC), Typed(_ledger_to_type(session, ledger))))
    if path == STDOUT:
        click.echo(page, nl=False)
        check_written(sys.stdout)
        return
    try:
        _replace(Path(path).resolve(), page)
    except OSError as error:
        raise _unwritten(path, error) from error
    session.say(f"Wrote the page {path}.")


def _ledger_to_type(session: Session, ledger: Ledger) -> str | None:
    """What commands on the page need as --ledger. A password does not stand there."""
    if not any(word.partition("=")[0] == "--ledger" for word in session.arguments) and not os.environ.get(VARIABLE):
        return None
    return ledger.database.url_shown if ledger.database.is_sqlite else "URL"


def _is_page(target: Path) -> bool:
    """Whether a file is such a page, or empty. Nothing is read from a pipe or a device."""
    if not stat.S_ISREG(target.stat().st_mode):
        return False
    with target.open("rb") as file:
        begin = file.read(len(MARK))
    return begin in (MARK, b"")


def _replace(target: Path, content: bytes) -> None:
    """Put a file with this content into its place, with the rights that the earlier one has."""
    new = target.with_name(f".{target.name[:100]}.{os.getpid()}.new")
    try:
        with new.open("xb") as file:
            file.write(content)
        with suppress(FileNotFoundError):
            new.chmod(stat.S_IMODE(target.stat().st_mode))
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _unfit(path: str, why: str) -> click.UsageError:
    return click.UsageError(f"--html: {click.format_filename(path)!r} {why}")


def _unwritten(path: str, error: Exception) -> click.ClickException:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return click.ClickException(f"The page could not be written to {click.format_filename(path)!r}: {why}.")
