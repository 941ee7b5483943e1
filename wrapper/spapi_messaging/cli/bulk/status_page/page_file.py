"""`bulk status --html FILE`: a page that shows how a ledger stands. It is one file, without scripts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.bulk.output_files import check_output, output_file
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
HTML, WHAT = "--html", "page"


def html_option() -> click.Option:
    """The option. Give its value to `check_target` and `write_page`."""
    told = (
        "Also write a page for a browser. An earlier page is replaced, and no other file. -: the page alone, to stdout."
    )
    return Once([HTML], metavar="FILE", help=told)


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
            raise click.BadParameter("The page and --json cannot both go to stdout. Name a file.", param_hint=HTML)
        return
    check_output(HTML, path, WHAT, lambda begin: begin.startswith(MARK))


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
    with output_file(HTML, path, WHAT) as file:
        file.write(page)
    session.say(f"Wrote the page {path}.")
