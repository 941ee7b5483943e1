"""URLs of files: which are taken, and how they are put together. Reads nothing."""

from __future__ import annotations

import re
from urllib.parse import unquote
from urllib.request import url2pathname

from spapi_messaging.bulk.files.refusals import Refused

__all__ = ["below_url", "checked_root", "checked_url", "joined", "local_path", "looks_like_url", "name_of", "scheme_of"]

# A scheme has two letters at least: C:/ is a drive of Windows. Before it, others may be chained with "::".
_BEGIN = re.compile(r"[a-z][a-z0-9+.-]+(?:::[a-z0-9+.-]+)*:/", re.IGNORECASE)
# What stands before the @ of these is a container or a bucket, and not a user.
_WITH_CONTAINER = frozenset({"abfs", "abfss", "az", "oci"})
_RULE = "file-url"
_ENVIRONMENT = "Credentials come from the environment of the machine that sends."


def looks_like_url(path: str) -> bool:
    """Whether somebody meant a URL, and not a path."""
    return ":/" in path and _BEGIN.match(path) is not None


def checked_url(written: str) -> str:
    """The URL of a file, with its scheme in small letters.

    Raises:
        Refused: it holds what no ledger should keep, or cannot be the URL of a file. It is not repeated.
    """
    scheme, rest = _checked(written)
    if not rest.strip("/") or rest.endswith("/"):
        raise _no_file()
    return f"{scheme}://{rest}"


def checked_root(written: str) -> str:
    """The URL of a folder, without a slash at its end.

    Raises:
        Refused: as of ``checked_url``.
    """
    scheme, rest = _checked(written)
    return f"{scheme}://{rest.rstrip('/')}"


def joined(root: str, path: str) -> str:
    """The URL of a file below a folder.

    Args:
        root: the folder's URL, as ``checked_root`` gives it.
        path: the way from there, with ``/`` between its parts.

    Raises:
        Refused: that leads out of the folder, or cannot be a URL.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts:
        raise _no_file()
    return checked_url("/".join([root, *parts]))


def below_url(url: str, root: str) -> str | None:
    """The way from a folder to a file below it. None: it is elsewhere."""
    begin = f"{root}/"
    return url.removeprefix(begin) if url.startswith(begin) else None


def local_path(url: str) -> str | None:
    """The path that a ``file://`` URL stands for. None: it is the URL of something else.

    Raises:
        Refused: the file is on another machine.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in ("file", "local"):
        return None
    path = rest.removeprefix("localhost")
    if not path.startswith("/"):
        raise Refused(_RULE, "this URL names another machine.", "Write file:/// and an absolute path.")
    return url2pathname(path)


def name_of(url: str) -> str:
    """The name of a file: the last part of its URL."""
    last = url.rpartition("/")[2]
    return unquote(last) if scheme_of(url) in ("http", "https") else last


def scheme_of(url: str) -> str:
    """What stands before ``://``."""
    return url.partition("://")[0]


def _no_file() -> Refused:
    return Refused(_RULE, "this URL names no file.", "Give the URL of one file.")


def _checked(written: str) -> tuple[str, str]:
    """The scheme, in small letters, and what follows ``://``."""
    scheme, separator, rest = written.partition("://")
    if not separator or not looks_like_url(written):
        remedy = "Give it as a string, such as s3://invoices/R-17.pdf: a Path keeps one slash of them."
        raise Refused(_RULE, "a URL has two slashes behind its colon.", remedy)
    if "::" in written:
        told = "this URL is chained: it holds ::."
        raise Refused(_RULE, told, "Give the URL of the file itself, such as s3://invoices/R-17.pdf.")
    if "?" in rest or "#" in rest:
        told = "this URL has a query or a fragment: it holds ? or #."
        remedy = f"Give it without, or rename the file. A presigned URL is a secret, and expires. {_ENVIRONMENT}"
        raise Refused(_RULE, told, remedy)
    scheme = scheme.lower()
    user, at, _ = rest.partition("/")[0].rpartition("@")
    if at and (":" in user or scheme not in _WITH_CONTAINER):
        raise Refused(_RULE, "this URL holds a user or a password.", f"Give it without. {_ENVIRONMENT}")
    if not rest.isprintable() or "\\" in rest:
        told = "this URL holds a backslash, or characters that do not show."
        raise Refused(_RULE, told, "Write / between its parts.")
    if {".", ".."} & set(unquote(rest).replace("\\", "/").split("/")):
        raise Refused(_RULE, "this URL holds . or .. as a part.", "Write where the file is.")
    return scheme, rest
