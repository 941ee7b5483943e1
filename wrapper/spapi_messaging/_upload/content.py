"""What a file really is, by its content. Needs the library of the extra ``preflight``; without it, nothing is said."""

from __future__ import annotations

from collections.abc import Callable

#: How much of a file's beginning, and of its end, tells what it is.
SAMPLE = 8192

_EXPECTED = {".pdf": "pdf", ".doc": "doc", ".docx": "docx", ".jpg": "jpg", ".jpeg": "jpg", ".gif": "gif", ".png": "png"}
# The library knows these by two to four letters, with which a text can begin as well: "BM", "MZ", "ID3", "BZh", "CWS",
# "SQLi", "M4A ".
_ALSO_TEXT = frozenset({"bmp", "exe", "mp3", "bz2", "swf", "sqlite", "m4a"})


def detect_mismatch(suffix: str, head: bytes, tail: Callable[[], bytes]) -> str | None:
    """What the content is, if it is not what the extension says, by its first and last ``SAMPLE`` bytes."""
    try:
        from filetype import guess  # type: ignore[import-untyped]
    except ImportError:
        return None
    found = guess(head)
    is_text = b"\0" not in head
    content = "" if found is None or (is_text and _may_be_text(found.extension, head)) else str(found.extension)
    if _is_expected(suffix, content, head, tail):
        return None
    if content:
        return f"{'an' if content[0] in 'aefhilmnorsx' else 'a'} {content.upper()} file"
    return "plain text" if is_text else "of an unknown kind"


def _may_be_text(extension: str, head: bytes) -> bool:
    """Whether the format was recognised by so few letters that the file may still be a text."""
    return extension in _ALSO_TEXT or (extension == "gif" and not head.startswith((b"GIF87a", b"GIF89a")))


def _is_expected(suffix: str, content: str, head: bytes, tail: Callable[[], bytes]) -> bool:
    expected = _EXPECTED.get(suffix)
    if content == expected:
        return True
    if suffix == ".txt":
        return not content and (b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")))
    if suffix == ".pdf":  # readers take a PDF whose first KiB begins with something else
        return not content and b"%PDF-" in head[:1024]
    if suffix == ".doc":  # the library does not know every older Word document
        return not content and b"\0" in head
    if suffix == ".docx":  # the entries of the archive may come in any order; all names are at its end
        return content == "zip" and b"word/" in tail()
    return suffix == ".png" and content == "apng"
