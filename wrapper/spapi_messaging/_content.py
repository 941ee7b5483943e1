"""What a file really is, by its content. Needs the library of the ``preflight`` extra to tell; guesses nothing."""

from __future__ import annotations

from collections.abc import Callable

#: How much of a file's beginning, and of its end, tells what it is.
SAMPLE = 8192

_EXPECTED = {".pdf": "pdf", ".doc": "doc", ".docx": "docx", ".jpg": "jpg", ".jpeg": "jpg", ".gif": "gif", ".png": "png"}
_NAMES = {
    "doc": "a Word document (.doc)",
    "docx": "a Word document (.docx)",
    "exe": "a program",
    "pdf": "a PDF",
    "rtf": "rich text (.rtf)",
    "xls": "an Excel workbook",
    "xlsx": "an Excel workbook",
    "zip": "a ZIP archive",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF_16_AND_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


def mistaken(suffix: str, head: bytes, tail: Callable[[], bytes]) -> str | None:
    """What the content is, when it is not what the extension says. None when it is, or when nobody can tell.

    Args:
        suffix: the extension, in lower case, with its dot.
        head: the first bytes of the file, ``SAMPLE`` of them where there are so many.
        tail: gives the last ones.
    """
    try:
        from filetype import guess  # type: ignore[import-untyped]
    except ImportError:
        return None
    found = guess(head)
    kind = "" if found is None else str(found.extension)
    if suffix == ".txt":
        return None if _is_text(kind, head) else _described(kind, head)
    return None if _is(_EXPECTED.get(suffix), kind, head, tail) else _described(kind, head)


def _is(expected: str | None, kind: str, head: bytes, tail: Callable[[], bytes]) -> bool:
    if kind == expected or expected is None:
        return True
    if expected == "pdf":  # readers take a PDF whose first KiB begins with something else
        return b"%PDF-" in head[:1024] and not kind
    if expected == "doc":  # the library knows the older Office formats by traits that not all of them have
        return head.startswith(_OLE)
    if expected == "docx":  # the entries of the archive may come in any order; all names are at its end
        return kind == "zip" and b"word/" in tail()
    return expected == "png" and kind == "apng"


def _is_text(kind: str, head: bytes) -> bool:
    if kind in ("pdf", "rtf"):  # formats that are written in letters
        return False
    # Two letters make a bitmap or a program for the library, and a sentence can begin with them ("BM", "MZ").
    return b"\0" not in head or (not kind and head.startswith(_UTF_16_AND_32))


def _described(kind: str, head: bytes) -> str:
    if kind and not (b"\0" not in head and kind in ("bmp", "exe", "mp3")):
        return _NAMES.get(kind, f"{'an' if kind[0] in 'aeio' else 'a'} {kind.upper()} file")
    if head.startswith(_OLE):
        return "an older Office document"
    if b"\0" in head:
        return "of a kind that is not known"
    start = head[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return "an HTML page" if start.startswith((b"<!doctype html", b"<html")) else "plain text"
