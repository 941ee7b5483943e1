"""The options of the commands that read a job file: what the file does not say by itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.bulk.option_values import FolderOrUrl, delimiter_option, headings_by_name, message_type
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.session import Session
from spapi_messaging.cli.text_files import content_of
from spapi_messaging.marketplaces import Marketplace

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import JobFile

__all__ = ["file_argument", "job_file", "job_options", "known_options"]

LANGUAGE = r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*"


def file_argument() -> click.Argument:
    """The job file. Give its value to `job_file`."""
    return click.Argument(["file"], type=click.Path(path_type=Path, allow_dash=True), callback=no_folder)


def no_folder(ctx: click.Context, parameter: click.Parameter, path: Path) -> Path:
    """Refuse a folder, and say what is made of one."""
    if path.is_dir():
        raise click.BadParameter(
            f"{path.name or path} is a folder. `bulk prepare` makes a job file of it.", ctx, parameter
        )
    return path


def job_options() -> list[click.Option]:
    """The options. Give their values to `job_file`, by their names."""
    return [
        Once(["--type"], metavar="TYPE", callback=message_type, help="The message type of rows that do not name one."),
        click.Option(
            ["--text-file"],
            metavar="[LANG=]FILE",
            multiple=True,
            help="The text of rows without a text of their own. It may be a template. It is for buyers with this "
            "language, such as de=late.de.txt, or for all others.",
        ),
        click.Option(
            ["--column"],
            metavar="NAME=HEADING",
            multiple=True,
            callback=headings_by_name,
            help="Which column of the file is meant, where its heading is another one: order='Bestell-Nr.'.",
        ),
        Once(["--format"], type=click.Choice(["csv", "jsonl"]), help="Default: by the file's name; csv for stdin."),
        Once(["--encoding"], metavar="NAME", help="Such as windows-1252. Default: UTF-8, or UTF-16 if it begins so."),
        delimiter_option("What stands between two cells: a comma, ';', tab. Default: guessed."),
        Once(
            ["--attachments-root"],
            metavar="FOLDER",
            type=FolderOrUrl(),
            help="A folder that all attachments lie below, and in which relative paths begin; or the URL of one, such "
            "as s3://invoices. The ledger keeps paths below it, so that a sender may have the folder elsewhere.",
        ),
    ]


def known_options() -> list[click.Option]:
    """What becomes of rows that the ledger has with another content. Give their values to `add_to_ledger`."""
    told = {
        "--replace": "Send the new content of rows that were added before and not sent yet.",
        "--leave-sent": "Leave rows out that were sent before, whatever is in them now.",
    }
    return [click.Option([name], is_flag=True, help=help) for name, help in told.items()]


def job_file(
    session: Session,
    file: Path,
    *,
    type: str | None = None,
    text_file: tuple[str, ...] = (),
    column: Mapping[str, str] | None = None,
    accounts: Iterable[str] | None = None,
    attachments_root: Path | str | None = None,
    **given: Any,
) -> JobFile:
    """The job file that the options describe.

    Args:
        session: the command's. Its account and marketplace are for rows that name none.
        file: the argument; ``-`` is stdin.
        type: the message type of rows that name none.
        text_file: ``[LANG=]FILE``, several.
        column: the file's headings, by our names of columns.
        accounts: the accounts that exist; None: any.
        attachments_root: the folder in which relative paths begin, or its URL; None: the file's.
        **given: ``format``, ``encoding`` and ``delimiter``.
    """
    from spapi_messaging.bulk import JobFile

    is_stdin = str(file) == "-"
    marketplace = session.marketplace_given()
    return JobFile(
        sys.stdin.buffer if is_stdin else file,
        message_type=type,
        texts=texts_of(text_file) or None,
        columns=column or None,
        account=session.profile,
        marketplace=Marketplace.parse(marketplace).name if marketplace else None,
        accounts=accounts,
        folder=attachments_root,
        **given,
    )


def texts_of(given: Iterable[str]) -> dict[str | None, str]:
    """The texts of files by language; None is for buyers with any other language."""
    texts: dict[str | None, str] = {}
    for each in given:
        found = re.fullmatch(rf"({LANGUAGE})=(.+)", each, re.DOTALL)
        language, path = (found[1], found[2]) if found else (None, each)
        if language in texts:
            whose = f"the language {language}" if language else "buyers with any other language"
            raise click.UsageError(f"--text-file gives two texts for {whose}. Give one.")
        texts[language] = _content_of(Path(path))
    return texts


def _content_of(path: Path) -> str:
    try:
        file = path.open(encoding="utf-8-sig")
    except OSError as error:
        wrong = f"{path.name} cannot be read: {error.strerror or type(error).__name__}."
        raise click.BadParameter(wrong, param_hint="--text-file") from None
    with file:
        return content_of(file)
