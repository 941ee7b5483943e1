"""Recognises files that are not text, by their first bytes, so that an error can say what they are."""

from __future__ import annotations

__all__ = ["explained", "is_utf_16_without_mark"]

_SAVE_AS_CSV = "Open it in the spreadsheet, and save it as CSV UTF-8."
# How a file begins, what it is then, and what to do.
_BEGINNINGS = (
    (b"\xd0\xcf\x11\xe0", "this is an old Excel workbook.", _SAVE_AS_CSV),
    (b"%PDF", "this is a PDF.", "Give the job file; PDFs are named in its column attachments."),
    (b"{\\rtf", "this is a document of a word processor.", "Save it as plain text in UTF-8."),
    (b"\x1f\x8b", "this is a compressed file.", "Unpack it first."),
    (b"<!DOCTYPE", "this is a web page.", "Download the file itself, or save it as CSV UTF-8."),
    (b"<html", "this is a web page.", "Download the file itself, or save it as CSV UTF-8."),
    (b"<?xml", "this is an XML file.", "Save it as CSV UTF-8."),
    (b"\xff\xfe\0\0", "this is text in UTF-32.", "Save it as UTF-8."),
    (b"\0\0\xfe\xff", "this is text in UTF-32.", "Save it as UTF-8."),
)
# What a ZIP archive holds, by names that stand in its first bytes.
_ARCHIVES = (
    (b"opendocument.spreadsheet", "this is a workbook of LibreOffice.", _SAVE_AS_CSV),
    (b"Index/", "this is a document of Numbers.", "Export it as CSV, with the encoding UTF-8."),
    (b"word/", "this is a document of Word.", "Save it as plain text in UTF-8."),
    (b"[Content_Types].xml", "this is an Excel workbook.", _SAVE_AS_CSV),
    (b"xl/", "this is an Excel workbook.", _SAVE_AS_CSV),
)


def explained(beginning: bytes) -> tuple[str, str] | None:
    """What kind of file this is, if it is not text, and what to do. None: it may be text.

    Args:
        beginning: its first kilobytes.
    """
    if beginning.startswith(b"PK\x03\x04"):
        found = ((told, remedy) for mark, told, remedy in _ARCHIVES if mark in beginning)
        return next(found, ("this is a ZIP archive.", "Unpack it first."))
    start = beginning[3:] if beginning.startswith(b"\xef\xbb\xbf") else beginning
    for mark, told, remedy in _BEGINNINGS:
        if start[: len(mark)].lower() == mark.lower():
            return told, remedy
    return None


def is_utf_16_without_mark(beginning: bytes) -> bool:
    """Whether this looks like UTF-16 that does not say so: every other byte of it is zero."""
    even, odd = beginning[0:1000:2], beginning[1:1000:2]
    most = 0.7 * len(odd)
    return len(odd) > 3 and (even.count(0) > most > odd.count(0) or odd.count(0) > most > even.count(0))
