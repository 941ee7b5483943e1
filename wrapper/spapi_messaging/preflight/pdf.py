"""Whether a PDF opens. It is opened as far as its first page; no text and no picture in it is decoded."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, Literal

from spapi_messaging.preflight.libraries import load

__all__ = ["Defect", "examine"]

Defect = Literal["encrypted", "maybe-encrypted", "broken", "without-pages"]

# pypdf reads an honest file once, or a little more often where it must repair something.
_MAX_READS = 16  # of the whole file
_MAX_NODES = 16  # of the tree of pages
_MAX_OBJECTS = 1000  # that are tried where nothing says which is the first

_quiet: ContextVar[bool] = ContextVar("_quiet", default=False)


class _TooMuchReading(Exception):
    """No file needs this much work."""


class _Bounded(io.BytesIO):
    """A file that cannot be read without end."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left = _MAX_READS * len(content) + 1_000_000

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self._left -= len(found)
        if self._left < 0:
            raise _TooMuchReading
        return found


def examine(content: bytes) -> Defect | None:
    """What would keep a buyer from reading a PDF. None: no defect was found.

    A PDF that is encrypted with an empty password opens for everyone, so that is no defect.

    Raises:
        ModuleNotFoundError: the extra ``preflight`` is not installed.
    """
    pypdf = load("pypdf")
    with without_its_log():
        try:
            return _examined(pypdf, _Bounded(content))
        except Exception:  # a broken file can make pypdf raise anything
            return "broken"


def _examined(pypdf: Any, stream: io.BytesIO) -> Defect | None:
    is_open = False
    try:
        reader = pypdf.PdfReader(stream, root_object_recovery_limit=_MAX_OBJECTS)
        if reader.is_encrypted and not reader.decrypt(""):
            return "encrypted"
        is_open = True
        return None if _has_a_page(reader.root_object) else "without-pages"
    except pypdf.errors.DependencyError:  # AES, which pypdf leaves to other libraries
        return None if is_open else "maybe-encrypted"
    except NotImplementedError:  # not with a password, but for those who have a certain key
        return "encrypted"
    except pypdf.errors.LimitReachedError:
        return None


def _has_a_page(root: Any) -> bool:
    """Whether there is a page, as far as that is known after a few nodes. pypdf itself would look at every page."""
    nodes = [root["/Pages"]]
    for _ in range(_MAX_NODES):
        if not nodes:
            return False
        node = nodes.pop().get_object()
        if "/Kids" not in node:
            return True
        nodes += list(node["/Kids"].get_object()[:_MAX_NODES])[::-1]
    return True


@contextmanager
def without_its_log() -> Iterator[None]:
    """What pypdf logs here quotes from the file. What it logs for others stays as it is."""
    _filter_its_loggers()
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


@cache
def _filter_its_loggers() -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == "pypdf":
            logging.getLogger(name).addFilter(_is_for_others)


def _is_for_others(_: logging.LogRecord) -> bool:
    return not _quiet.get()
