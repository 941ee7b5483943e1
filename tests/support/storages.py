"""A storage behind URLs that a test fills, breaks and slows down: ``shelf://invoices/R-17.pdf``."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import fsspec
from fsspec.spec import AbstractFileSystem

#: A small PDF.
PDF = b"%PDF-1.7 invoice"


class Shelf:
    """What lies in the storage, and what happens there.

    Attributes:
        files: the contents, by path without ``shelf://``.
        errors: what opening a file raises, by path. It is raised each time.
        opened: how often each file was opened.
        before: called with the path before a file is opened, such as to wait.
        most_at_once: how many files were being opened at once, at most.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.errors: dict[str, Exception] = {}
        self.opened: Counter[str] = Counter()
        self.before: Callable[[str], object] = lambda path: None
        self.most_at_once = self._at_once = 0
        self._lock = threading.Lock()

    def put(self, *names: str, content: bytes = PDF) -> list[str]:
        """Puts files there, each with a content of its own. Gives their URLs."""
        self.files |= {name: content + name.encode() for name in names}
        return [f"shelf://{name}" for name in names]

    def open(self, path: str) -> bytes:
        """The content of a file."""
        with self._lock:
            self.opened[path] += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self.before(path)
        finally:
            with self._lock:
                self._at_once -= 1
        if path in self.errors:
            raise self.errors[path]
        if path not in self.files:
            raise FileNotFoundError(path)
        return self.files[path]


class _Filesystem(AbstractFileSystem):  # type: ignore[misc]
    protocol = "shelf"
    shelf = Shelf()

    def _open(self, path: str, mode: str = "rb", **_: Any) -> io.BytesIO:
        return io.BytesIO(self.shelf.open(path))


@contextmanager
def shelf() -> Iterator[Shelf]:
    """An empty storage."""
    fsspec.register_implementation("shelf", _Filesystem, clobber=True)
    _Filesystem.shelf = Shelf()
    _Filesystem.clear_instance_cache()
    yield _Filesystem.shelf
    _Filesystem.clear_instance_cache()
