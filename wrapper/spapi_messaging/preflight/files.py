"""Files that a buyer could not open, or that Amazon advises against. Whether a file is what its name says is checked
elsewhere, and so is its size.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import BinaryIO

from spapi_messaging.attachments import MAX_TOTAL_SIZE
from spapi_messaging.errors import Problem
from spapi_messaging.preflight import gif, pdf
from spapi_messaging.preflight.printable import printable

__all__ = ["check_file"]

_WITHOUT_PASSWORD = "Save it without a password."
_SAVE_AGAIN = "Open it in the program that it comes from, and save it again."
_TOLD: dict[pdf.Defect, tuple[str, str, str]] = {
    "encrypted": ("pdf-encrypted", "asks for a password, which the buyer does not have.", _WITHOUT_PASSWORD),
    "maybe-encrypted": ("pdf-encrypted", "is encrypted, and may ask the buyer for a password.", _WITHOUT_PASSWORD),
    "broken": ("pdf-broken", "does not open as a PDF.", _SAVE_AGAIN),
    "without-pages": ("pdf-broken", "has no page.", _SAVE_AGAIN),
}


def check_file(name: str, content: BinaryIO, field: str = "attachments") -> list[Problem]:
    """What is wrong with the content of one file. No content makes it raise, and no problem quotes the content.

    Args:
        name: the name that the buyer sees; its extension says what is checked.
        content: the file, open; it is read from its beginning, and left where it was.
        field: the argument to which the problems belong.

    Returns:
        Warnings: a PDF that is encrypted or does not open, an animated GIF.

    Raises:
        ModuleNotFoundError: it is a PDF, and the extra ``preflight`` is not installed.
    """
    suffix = PurePath(name).suffix.casefold()
    if suffix not in (".pdf", ".gif"):
        return []
    data = _read(content)
    if data is None:
        return []
    shown = printable(name, 100)
    if suffix == ".gif":
        if not gif.is_animated(data):
            return []
        told = f"{shown} is an animated picture, which Amazon advises against."
        return [Problem(field, told, "warning", "animated-gif", "Send one that stands still.")]
    if (defect := pdf.examine(data)) is None:
        return []
    rule, wrong, remedy = _TOLD[defect]
    return [Problem(field, f"{shown} {wrong}", "warning", rule, remedy)]


def _read(content: BinaryIO) -> bytes | None:
    """The whole file. None: it cannot be read, or it is larger than Amazon takes; the send says so."""
    try:
        place = content.tell()
        content.seek(0)
        try:
            data = content.read(MAX_TOTAL_SIZE)
        finally:
            content.seek(place)
    except (OSError, ValueError):
        return None
    return data if isinstance(data, bytes) and len(data) < MAX_TOTAL_SIZE else None
