"""Files to upload: opened or copied to disk, hashed, and read in chunks as often as it takes."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import inspect
import io
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import IO, Any
from weakref import WeakValueDictionary

import httpx

from spapi_messaging._io.fork import reset_in_child
from spapi_messaging.attachments import MAX_TOTAL_SIZE

#: Bytes that are read, hashed and sent at a time: few enough not to hold an event loop, enough to waste no time.
CHUNK = 256 * 1024


class Unusable(Exception):
    """Something that cannot be sent as a file.

    Args:
        rule: the rule that it breaks.
        told: what is wrong with it.
        remedy: what to do.
    """

    def __init__(self, rule: str, told: str, remedy: str = "") -> None:
        super().__init__(told)
        self.rule = rule
        self.told = told
        self.remedy = remedy


class FileTrouble(Exception):
    """What happened to a file after it was opened, as the rest of a sentence that begins with its name."""


class Content:
    """A file that was opened here, and that several uploads read side by side."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self.size = size
        self._file = file
        self._lock = threading.Lock()

    def read(self, position: int, size: int = CHUNK) -> bytes:
        """At most ``size`` bytes from there, and at least one; FileTrouble if the file has ended."""
        try:
            with self._lock:  # nobody may move the file between these two
                self._file.seek(position)
                chunk = self._file.read(min(size, self.size - position))
        except (OSError, ValueError) as error:
            raise FileTrouble(f"cannot be read any more ({_reason(error)})") from error
        if not chunk:
            raise FileTrouble("became shorter while it was read")
        return chunk

    def close(self) -> None:
        """Closes the file. Waits for nobody, since a read may hang."""
        self._file.close()

    __del__ = close  # for a call that was given up before it got hold of its files


class PreparedFile:
    """A file that was checked and hashed, and can be read as often as it takes.

    If it changes after that, the storage notices: it compares the digest with what arrives.

    Attributes:
        name: the name that the buyer sees.
        content_type: its media type.
        size: in bytes.
        md5: base64 of the raw MD5 digest, as S3 and ``contentMD5`` want it.
        sha256: hex digest, for the receipt.
    """

    def __init__(self, name: str, content_type: str, content: Content) -> None:
        self.name = name
        self.content_type = content_type
        self.size = content.size
        self.md5 = self.sha256 = ""
        self.read = content.read
        self.close = content.close

    def chunks(self) -> Iterator[bytes]:
        """The whole file, exactly ``size`` bytes of it."""
        position = 0
        while position < self.size:
            chunk = self.read(position)
            position += len(chunk)
            yield chunk

    def hash(self) -> None:
        """Reads the whole file for its digests. The second time, it raises FileTrouble if they differ."""
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        for chunk in self.chunks():
            md5.update(chunk)
            sha256.update(chunk)
        if self.sha256 not in ("", sha256.hexdigest()):
            raise FileTrouble("changed after it was hashed")
        self.md5, self.sha256 = base64.b64encode(md5.digest()).decode(), sha256.hexdigest()


class FileReader(io.RawIOBase):
    """A prepared file as a binary file, for libraries that read those. Closing it leaves the prepared file open."""

    def __init__(self, file: PreparedFile) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._file.size - self._position)
        if wanted <= 0:
            return 0
        try:
            chunk = self._file.read(self._position, wanted)
        except FileTrouble as trouble:
            raise OSError(f"The file {trouble}") from trouble
        buffer[: len(chunk)] = chunk
        self._position += len(chunk)
        return len(chunk)


class FileBody(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A file as the body of a request, read in chunks, from its beginning for each request.

    If there is a deadline, an event loop must not read it itself. Without one it ``may_block``: the file was just
    hashed, so it is in the memory of the machine.
    """

    def __init__(self, file: PreparedFile, *, may_block: bool) -> None:
        self._file = file
        self._may_block = may_block
        self.is_cut = False  # whether something of it was taken, and not all

    def __iter__(self) -> Iterator[bytes]:
        self.is_cut = True
        yield from self._file.chunks()
        self.is_cut = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio  # a program without an event loop does without these two

        from spapi_messaging._io.helper import in_helper_thread

        self.is_cut = True
        position = 0
        while position < self._file.size:
            read = partial(self._file.read, position)
            chunk = read() if self._may_block else (await asyncio.wrap_future(in_helper_thread(read)))()
            position += len(chunk)
            yield chunk
        self.is_cut = False


class Opener:
    """Opens or copies what the caller gave. A file that is given twice is copied once."""

    def __init__(self) -> None:
        self._copies: dict[int, Content] = {}

    def open(self, source: object) -> Content:
        """The content of a path, of bytes or of a binary file; Unusable says what is wrong with anything else."""
        if isinstance(source, bytes | bytearray | memoryview):
            data = bytes(source)  # copies a buffer that can change, so that the caller may go on with it; bytes stay
            return Content(io.BytesIO(data), len(data))
        if isinstance(source, str | os.PathLike):
            return self._open_path(Path(os.fsdecode(source)))
        if id(source) not in self._copies:
            self._copies[id(source)] = self._copy(source)
        return self._copies[id(source)]

    def _open_path(self, path: Path) -> Content:
        try:
            if not path.is_file():
                found = "its path does not lead to a file" if path.exists() else "there is no such file"
                begins = "" if path.is_absolute() else "A relative path begins in the folder where the program runs."
                raise Unusable("file-unreadable", f"{found}.", begins)
            file = path.open("rb", buffering=0)
        except (OSError, ValueError) as error:
            raise Unusable("file-unreadable", f"the file cannot be read ({_reason(error)}).") from error
        return Content(file, os.fstat(file.fileno()).st_size)

    def _copy(self, file: Any) -> Content:
        """Copies the rest of the caller's file. The file is moved back afterwards: a second try sends all of it."""
        copy = _temporary_file()
        try:
            _check_is_binary(file)
            with _locks.of(file):  # another call may be sending the same file, and both move it
                start = None if is_stream(file) else file.tell()
                try:
                    size = self._read(file, copy)
                finally:
                    if start is not None:
                        file.seek(start)
            if not size and start:
                told = "the file stands at its end, so there is nothing left to send."
                raise Unusable("file-unreadable", told, "Call its seek(0) first.")
            return Content(copy, size)
        except BaseException as error:
            with contextlib.suppress(OSError):  # of a full disk, again
                copy.close()
            if isinstance(error, Unusable) or not isinstance(error, Exception):
                raise
            if getattr(file, "closed", False) is True:
                raise Unusable("file-unreadable", "the file is closed.", "Open it again.") from error
            # A file of the caller's own may raise anything.
            raise Unusable("file-unreadable", f"the file cannot be read ({_reason(error)}).") from error

    def _read(self, file: Any, copy: IO[bytes]) -> int:
        size = 0
        while chunk := file.read(CHUNK):
            size += copy.write(chunk)
            if size > MAX_TOTAL_SIZE:
                told = f"the file has more than {MAX_TOTAL_SIZE:,} bytes."
                raise Unusable("file-size", told, "Amazon takes less than 10 MB a message.")
        copy.flush()  # a full disk is told here at the latest
        if chunk is None:
            told = "the stream does not block, and has no more to give now."
            raise Unusable("file-unreadable", told, "Read it to its end first.")
        return size


class _Locks:
    """A lock for each open file that is being copied."""

    def __init__(self) -> None:
        self.in_child()
        reset_in_child(self)

    def in_child(self) -> None:
        """Begins anew: after a fork, those who hold locks are in the parent process."""
        self._lock = threading.Lock()
        self._by_file: WeakValueDictionary[int, Any] = WeakValueDictionary()

    def of(self, file: object) -> AbstractContextManager[object]:
        with self._lock:
            lock: AbstractContextManager[object] = self._by_file.setdefault(id(file), threading.Lock())
            return lock


_locks = _Locks()


def _temporary_file() -> IO[bytes]:
    try:
        return tempfile.TemporaryFile()
    except OSError:  # a container without a folder for temporary files
        return io.BytesIO()


def close_all(files: Iterable[object]) -> None:
    """Closes what was opened here; the caller's own files stay open."""
    for file in files:
        if isinstance(file, PreparedFile):
            file.close()


def is_stream(source: Any) -> bool:
    """Whether this is a file that can be read only once: a pipe, a socket, an answer from the network."""
    if not hasattr(source, "read"):
        return False
    try:
        return not source.seekable()
    except Exception:  # of a closed file, say, which opening it will tell
        return not hasattr(source, "seek")


def _check_is_binary(file: Any) -> None:
    if not hasattr(file, "read"):
        told = f"a {type(file).__name__} cannot be a file's content."
        raise Unusable("type", told, "Give bytes, a path or a binary file.")
    if inspect.iscoroutinefunction(file.read):
        remedy = "Give its path, its content, or the plain file below it."
        raise Unusable("type", "this is an asynchronous file.", remedy)
    if hasattr(file, "encoding") or isinstance(file.read(0), str):
        raise Unusable("type", "the file is open as text.", "Open it in binary mode, 'rb'.")


def _reason(error: Exception) -> str:
    """Why a file cannot be read, in the system's words. The error's own words may hold anything."""
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__
