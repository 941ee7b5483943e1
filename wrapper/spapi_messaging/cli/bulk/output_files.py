"""Files that a command writes, and may write again: an earlier one is replaced, and no other file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from spapi_messaging.bulk.whole_files import begin_of_file, replaced

__all__ = ["check_output", "output_file"]


def check_output(option: str, path: str, what: str, is_earlier: Callable[[bytes], bool]) -> None:
    """Refuse a file that cannot be the output, before anything is asked of the ledger.

    Args:
        option: the option that names it.
        path: what the option was given.
        what: what the command writes, in a word.
        is_earlier: whether a file that begins like this is one that the command wrote earlier.

    Raises:
        click.BadParameter: it is a folder, a device, another file, or in a folder that does not exist.
        click.ClickException: it cannot be reached.
    """
    target = Path(path)
    wrong = ""
    try:
        if not path.strip() or target.is_dir():
            wrong = "This is a folder. Name a file in it."
        elif not target.parent.is_dir():
            wrong = "The folder of this file does not exist. Make it first."
        elif target.exists():
            begin = begin_of_file(target)
            if begin is None:
                wrong = "This is a pipe or a device. Name a file, or - for stdout."
            elif begin and not is_earlier(begin):
                wrong = f"This file exists, and is not an earlier {what}. Name another file."
    except (OSError, ValueError) as error:  # a folder that cannot be entered, a name that is too long or has a NUL
        raise _unwritten(option, what, error) from error
    if wrong:
        raise click.BadParameter(wrong, param_hint=option)


@contextmanager
def output_file(option: str, path: str, what: str) -> Iterator[BinaryIO]:
    """The file to write. A reader sees the earlier one or the new one, and never half of one.

    Args:
        option: as of `check_output`.
        path: likewise.
        what: likewise.

    Raises:
        click.ClickException: it could not be written.
    """
    try:
        with replaced(Path(path)) as file:
            yield file
    except OSError as error:
        raise _unwritten(option, what, error) from error


def _unwritten(option: str, what: str, error: Exception) -> click.ClickException:
    why = getattr(error, "strerror", None) or type(error).__name__
    return click.ClickException(f"{option}: the {what} could not be written: {why}.")
