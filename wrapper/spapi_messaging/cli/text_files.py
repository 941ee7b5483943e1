"""Files with the text of a message, or with a template of it."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import click

__all__ = ["content_of"]

#: Characters. No message takes a hundredth of them, and a file may have no end.
MAX_CHARACTERS = 2**20


def content_of(file: TextIO) -> str:
    """The text of a file, without the line end that editors put last.

    Args:
        file: the file, open as text.

    Raises:
        BadParameter: it is not UTF-8 text, is too long, or cannot be read.
    """
    name = Path(str(getattr(file, "name", "standard input"))).name
    try:
        text = file.read(MAX_CHARACTERS + 1)
    except UnicodeDecodeError:
        wrong = f"{name} is not UTF-8 text."
    except OSError as error:
        wrong = f"{name} cannot be read: {error.strerror or type(error).__name__}."
    else:
        if len(text) <= MAX_CHARACTERS:
            return text.removesuffix("\n")
        wrong = f"{name} has more than {MAX_CHARACTERS:,} characters."
    raise click.BadParameter(wrong, param_hint="--text-file")  # outside the `except`: the error holds the file's bytes
