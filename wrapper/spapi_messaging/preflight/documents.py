"""The language of a document. Amazon wants some in the buyer's language, as it wants the text of a message."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, BinaryIO

from spapi_messaging.attachments import MAX_TOTAL_SIZE
from spapi_messaging.errors import Problem
from spapi_messaging.preflight.language import language_of, other_language
from spapi_messaging.preflight.libraries import load
from spapi_messaging.preflight.pdf import without_its_log
from spapi_messaging.preflight.printable import printable
from spapi_messaging.preflight.words import is_read_by_the_buyer

__all__ = ["check_document"]

# The first pages say in which language a document is.
_MAX_PAGES = 3
_MAX_CHARACTERS = 10_000
# Of all these pages together: lines, pictures, pieces of text. A page of a book has a few thousand.
_MAX_OPERATIONS = 20_000


def check_document(
    name: str, content: BinaryIO, *, message_type: str, locale: str | None, field: str = "attachments"
) -> list[Problem]:
    """Whether a document is in the buyer's language. The problem shows nothing of its content.

    Args:
        name: the name that the buyer sees. Only texts (.txt) and PDFs are checked.
        content: the file, open; it is read from its beginning.
        message_type: the type by its wire name. Only some types must have their documents in the buyer's language.
        locale: the buyer's, such as ``"de-DE"``. None: it is unknown, and nothing is checked.
        field: the argument to which the problem belongs.

    Returns:
        A warning, if the document is surely in another language.

    Raises:
        ModuleNotFoundError: it is a PDF, and the extra ``preflight`` is not installed.
    """
    read = _READERS.get(PurePath(name).suffix.casefold())
    if read is None or locale is None or not is_read_by_the_buyer(message_type):
        return []
    try:
        content.seek(0)
        text = read(content.read(MAX_TOTAL_SIZE))
    except (OSError, ValueError):  # the send says what is wrong with the file
        return []
    found = other_language(text, locale)
    if found is None:
        return []
    told = f"{printable(name, 100)} seems to be in another language ({found}) than the buyer's ({language_of(locale)})."
    remedy = "Amazon wants the documents of this message in the buyer's language."
    return [Problem(field, told, "warning", "language", remedy)]


def _of_text(content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)[:_MAX_CHARACTERS]
    except UnicodeDecodeError:
        return content[:_MAX_CHARACTERS].decode("cp1252", "replace")


class _Enough(Exception):
    """The pages have more in them than is worth reading."""


def _of_pdf(content: bytes) -> str:
    pypdf = load("pypdf")
    found: list[str] = []
    left = _MAX_OPERATIONS

    def count(*_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _Enough

    with without_its_log():
        try:
            reader = pypdf.PdfReader(io.BytesIO(content))
            for number in range(_MAX_PAGES):
                found.append(reader.pages[number].extract_text(visitor_operand_before=count))
        except Exception:  # no page is left, there is too much, or the file is broken: then pypdf may raise anything
            pass
    return "\n".join(found)[:_MAX_CHARACTERS]


_READERS: dict[str, Callable[[bytes], str]] = {".txt": _of_text, ".pdf": _of_pdf}
