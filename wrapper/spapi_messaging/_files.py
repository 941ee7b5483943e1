"""Files to upload: opened or spooled, hashed, watched for changes, read in chunks. Knows nothing of Amazon."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import inspect
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

#: Bytes that are read, hashed and sent at a time: few enough not to hold an event loop, enough to waste no time.
CHUNK = 256 * 1024


class Unusable(Exception):
    """Something that cannot be sent as a file; says why."""


class FileTrouble(Exception):
    """What happened to a file after it was opened, as the rest of a sentence that begins with its name."""


class Content(Protocol):
    """Bytes that can be read at any place, as often as it takes."""

    size: int

    def read(self, position: int, size: int) -> bytes:
        """At most so many bytes from there."""

    def state(self) -> tuple[int, ...] | None:
        """Something that differs when the content does, or None when only reading it would tell."""

    def close(self) -> None:
        """Lets go of it."""


class Memory:
    """Bytes that the caller gave, of which no copy is made."""

    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    def read(self, position: int, size: int) -> bytes:
        return self._data[position : position + size]

    def state(self) -> tuple[int, ...]:
        return ()

    def close(self) -> None:
        pass


class OpenFile:
    """A file that can be rewound, read by several uploads side by side.

    Args:
        file: the file.
        start: where its content begins.
        size: how many bytes there are from there.
        path: where it was opened, when it was opened here; another file in its place is a change, too.
        owned: whether to close it.
    """

    def __init__(self, file: IO[bytes], start: int, size: int, *, path: Path | None = None, owned: bool) -> None:
        self.size = size
        self._file = file
        self._start = start
        self._path = path
        self._owned = owned
        self._lock = threading.Lock()

    def read(self, position: int, size: int) -> bytes:
        with self._lock:  # nobody may move the file between these two
            self._file.seek(self._start + position)
            return self._file.read(size)

    def state(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat() if self._path is not None else os.fstat(self._file.fileno())
        except FileNotFoundError:
            return (0,)
        except (OSError, AttributeError, ValueError):
            return None  # a file in memory, or one that is made while it is read
        return (found.st_ino, found.st_dev, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def close(self) -> None:
        """Closes the file; or leaves one of the caller's where it stood, so that who tries again sends all of it."""
        with self._lock:
            if self._owned:
                self._file.close()
                return
            with contextlib.suppress(Exception):  # it was closed meanwhile
                self._file.seek(self._start)


class PreparedFile:
    """A file that was checked and hashed, and can be read as often as it takes.

    Attributes:
        name: the name that the buyer sees.
        content_type: its media type.
        size: in bytes.
        md5: base64 of the raw MD5 digest, as S3 and ``contentMD5`` want it.
        slowest_read: seconds that the slowest of all reads took.
    """

    def __init__(self, name: str, content_type: str, content: Content) -> None:
        self.name = name
        self.content_type = content_type
        self.size = content.size
        self.md5 = ""
        self.slowest_read = 0.0
        self._content = content
        self._state = content.state()

    def read(self, position: int, size: int = CHUNK) -> bytes:
        """Bytes of the file, one at least.

        Args:
            position: where they begin.
            size: how many, at most.

        Raises:
            FileTrouble: there is nothing any more.
        """
        size = min(size, self.size - position)
        began = time.monotonic()
        try:
            chunk = self._content.read(position, size)
        except Exception as error:  # a file of the caller's own may raise anything
            raise FileTrouble(f"cannot be read any more ({_reason(error)})") from error
        self.slowest_read = max(self.slowest_read, time.monotonic() - began)
        if not chunk:
            raise FileTrouble("became shorter while it was read")
        return bytes(chunk[:size])

    def chunks(self) -> Iterator[bytes]:
        """The whole file, exactly ``size`` bytes of it."""
        position = 0
        while position < self.size:
            chunk = self.read(position)
            position += len(chunk)
            yield chunk

    def hash(self) -> None:
        """Reads the whole file for its digest.

        Raises:
            FileTrouble: it changed meanwhile.
        """
        self.md5 = self._digest()
        if self._content.state() != self._state:
            raise FileTrouble("changed while it was read")

    def check_unchanged(self) -> None:
        """Looks whether the file is still what was hashed, as far as can be told without reading it.

        Raises:
            FileTrouble: it is not.
        """
        if self._state is None:
            self.check_content()
        elif self._content.state() != self._state:
            raise FileTrouble("changed after it was hashed")

    def check_content(self) -> None:
        """Reads the file once more, to tell a changed file from a damaged transfer.

        Raises:
            FileTrouble: it changed.
        """
        if self._digest() != self.md5:
            raise FileTrouble("changed after it was hashed")

    def close(self) -> None:
        """Closes what was opened here; a file of the caller's own stays open."""
        self._content.close()

    def _digest(self) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in self.chunks():
            digest.update(chunk)
        return base64.b64encode(digest.digest()).decode()


class Opener:
    """Opens what the caller gave. One file that is given twice is opened, and if need be spooled, once.

    Args:
        limit: bytes above which a file cannot be sent, whatever it is.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._opened: dict[int, Content] = {}

    def open(self, source: object) -> Content:
        """The content of a path, of bytes or of a binary file.

        Raises:
            Unusable: it is none of these, or cannot be read.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            # A buffer that can change is copied, so that the caller may go on with it.
            return Memory(source if isinstance(source, bytes) else bytes(source))
        if isinstance(source, str | os.PathLike):
            return self._open_path(Path(source))
        if id(source) not in self._opened:
            self._opened[id(source)] = self._open_file(source)
        return self._opened[id(source)]

    def _open_path(self, path: Path) -> Content:
        try:
            if not path.is_file():
                raise Unusable(f"{path} is {'no file' if path.exists() else 'not there'}.")
            file = path.open("rb", buffering=0)
        except (OSError, ValueError) as error:
            raise Unusable(f"{path} cannot be read ({_reason(error)}).") from error
        return OpenFile(file, 0, os.fstat(file.fileno()).st_size, path=path, owned=True)

    def _open_file(self, file: Any) -> Content:
        try:
            _check_is_binary(file)
            if is_stream(file):
                return self._spool(file)
            start = file.tell()
            size = max(0, file.seek(0, os.SEEK_END) - start)
            file.seek(start)
        except Unusable:
            raise
        except Exception as error:  # a file of the caller's own may raise anything
            raise Unusable(f"the file cannot be read ({_reason(error)}).") from error
        if not size and start:
            raise Unusable("the file stands at its end, so there is nothing left to send: call its seek(0) first.")
        return OpenFile(file, start, size, owned=False)

    def _spool(self, stream: Any) -> Content:
        """A copy on disk of what cannot be read twice."""
        copy = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - it lives as long as the upload
        size = 0
        try:
            while chunk := stream.read(CHUNK):
                size += copy.write(chunk)
                if size > self._limit:
                    raise Unusable(f"the stream has more than {self._limit:,} bytes.")
            if chunk is None:
                raise Unusable("the stream does not block, and has no more to give now: read it to its end first.")
        except BaseException:
            copy.close()
            raise
        return OpenFile(copy, 0, size, owned=True)


def is_stream(source: Any) -> bool:
    """Whether this is a file that can be read only once: a pipe, a socket, an answer from the network."""
    if not hasattr(source, "read"):
        return False
    try:
        return not source.seekable()
    except (AttributeError, ValueError):  # of a closed file, which opening it will tell
        return not hasattr(source, "seek")


def _check_is_binary(file: Any) -> None:
    if not hasattr(file, "read"):
        raise Unusable(f"a {type(file).__name__} is no content: give bytes, a path or a binary file.")
    if inspect.iscoroutinefunction(file.read):
        raise Unusable("this is an asynchronous file: give its path, its content, or the plain file below it.")
    if hasattr(file, "encoding") or isinstance(file.read(0), str):
        raise Unusable("the file is open as text: open it in binary mode, 'rb'.")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
