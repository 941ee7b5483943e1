"""From bytes to lines of text: UTF-8, UTF-16 with its mark, and other encodings by name."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator

from spapi_messaging.bulk.job_files.binary_files import explained, is_utf_16_without_mark
from spapi_messaging.bulk.job_files.refusals import refused
from spapi_messaging.errors import ConfigurationError, InvalidMessageError, quoted

__all__ = ["MAX_LINE", "checked_encoding", "lines_of"]

#: Characters of a line, and of a row of several lines: 1 MiB.
MAX_LINE = 1024 * 1024
# What an encoding leaves at the beginning of a file that it wrote.
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_ENOUGH_TO_KNOW = 4096
# For names of web sites, and for text in programs. No spreadsheet writes a file in these.
_NO_FILES = ("idna", "punycode", "unicode-escape", "raw-unicode-escape")


def checked_encoding(name: str | None) -> str | None:
    """The name of an encoding as Python writes it.

    Raises:
        ConfigurationError: there is no such encoding.
    """
    if name is None:
        return None
    try:
        found = codecs.lookup(name).name
        "a".encode(found)  # some "encodings" are not for text, such as base64
        codecs.getincrementaldecoder(found)
        if found in _NO_FILES:
            raise LookupError
    except (LookupError, TypeError, ValueError):
        told = f"There is no encoding {quoted(name)}."
        raise ConfigurationError(f'{told} Spreadsheets write "utf-8", "utf-16" or "windows-1252".') from None
    return "utf-8" if found == "utf-8-sig" else found


def lines_of(chunks: Iterable[bytes], encoding: str | None) -> Iterator[str]:
    """The lines, each with ``\\n`` at its end whichever line break the file has; the last line may have no line break.

    Args:
        chunks: the file's content.
        encoding: what ``checked_encoding`` gave. A mark at the beginning of the file says more than this.

    Raises:
        InvalidMessageError: this is not text, or has another encoding, or a line is longer than MAX_LINE.
    """
    pieces = _with_a_beginning(chunks)
    beginning = next(pieces, b"")
    skip, found = _encoding_of(beginning, encoding)
    text = _Lines(found, is_named=encoding is not None)
    yield from text.feed(beginning[skip:])
    for piece in pieces:
        yield from text.feed(piece)
    yield from text.feed(b"", final=True)


def _with_a_beginning(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same content. The first piece is long enough to see what the file is."""
    rest = iter(chunks)
    beginning = b""
    while len(beginning) < _ENOUGH_TO_KNOW and (chunk := next(rest, b"")):
        beginning += chunk
    yield beginning
    yield from rest


def _encoding_of(beginning: bytes, named: str | None) -> tuple[int, str]:
    """How many bytes the mark has, and the encoding."""
    start = beginning[:_ENOUGH_TO_KNOW]
    if wrong := explained(start):
        raise refused(1, *wrong, rule="encoding")
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return len(mark), encoding
    if named is None and is_utf_16_without_mark(start):
        remedy = 'Save it as CSV UTF-8; or name the encoding: "utf-16-le" if it comes from Windows.'
        raise refused(1, "this is UTF-16 without the mark by which it is known.", remedy, rule="encoding")
    return 0, named or "utf-8"


class _Lines:
    """Takes bytes, gives lines."""

    def __init__(self, encoding: str, *, is_named: bool) -> None:
        self._encoding = encoding
        self._is_named = is_named
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._breaks = io.IncrementalNewlineDecoder(None, translate=True)
        self._open: list[str] = []  # of the line that has not ended: a stream may give it in many small pieces
        self._size = 0
        self._count = 0

    def feed(self, data: bytes, *, final: bool = False) -> Iterator[str]:
        """The lines that end in this piece."""
        text, wrong = self._decoded(data, final)
        if "\0" in text:
            line = self._count + 1 + text[: text.index("\0")].count("\n")
            wrong = wrong or refused(line, "this is a binary file, or a damaged one: it holds NUL.", rule="encoding")
        rest, *others = text.split("\n")
        self._add(rest)
        for each in others:
            yield "".join(self._open) + "\n"
            self._open, self._size = [], 0
            self._count += 1
            self._add(each)
        if wrong:
            raise wrong
        if final and self._size:
            yield "".join(self._open)

    def _add(self, piece: str) -> None:
        self._open.append(piece)
        self._size += len(piece)
        if self._size > MAX_LINE:
            told = f"the line has more than {MAX_LINE:,} characters."
            raise refused(self._count + 1, told, "Is this a job file?", rule="line-length")

    def _decoded(self, data: bytes, final: bool) -> tuple[str, InvalidMessageError | None]:
        """The text of a piece; or none, and what is wrong with the piece."""
        try:
            return self._breaks.decode(self._decoder.decode(data, final), final), None
        except UnicodeError as error:
            good = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
            text = good.decode(self._encoding, "ignore").replace("\r\n", "\n").replace("\r", "\n")
        line = self._count + 1 + text.count("\n")
        return "", refused(line, *self._mistake(), rule="encoding")

    def _mistake(self) -> tuple[str, str]:
        if self._is_named:
            remedy = "Name the encoding: that in which it was saved. Or save it as CSV UTF-8."
            return f"it holds bytes that {self._encoding} does not have.", remedy
        told = f"this is not {self._encoding.upper()}."
        return told, 'Save it as CSV UTF-8; or name the encoding, such as "windows-1252".'
