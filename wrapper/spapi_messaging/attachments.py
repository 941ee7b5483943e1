"""Attachments: the rules they keep, their digest, their upload destination and the PUT that takes them there."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple

import httpx

from spapi_messaging._engine import Engine, Exchange, Invoke, deadline
from spapi_messaging._flow import Flow
from spapi_messaging._redaction import redact
from spapi_messaging._retry import Trouble, delay_before_retry
from spapi_messaging._transport.network import is_safe
from spapi_messaging.errors import InvalidMessageError, SpApiMessagingError, UploadError
from spapi_messaging.messages import OPERATIONS, Operation, invalid
from spapi_messaging.results import Attachment, Problem

#: What Amazon takes, by extension.
CONTENT_TYPES = {
    ".txt": "text/plain",
    ".pdf": "application/pdf",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".png": "image/png",
}
#: All attachments of a message together must be smaller, in bytes.
MAX_TOTAL_SIZE = 10 * 1024 * 1024

#: What the clients take as an attachment: a path, ``(name, bytes)``, a binary file, or one that was uploaded before.
AttachmentSource = (
    str | os.PathLike[str] | tuple[str, "bytes | BinaryIO | str | os.PathLike[str]"] | BinaryIO | Attachment
)

UPLOAD = OPERATIONS["createUploadDestinationForResource"]

_CHUNK = 256 * 1024
_NAME_LENGTH = 255
# Control characters, and the marks that turn the direction of writing and make "fdp.exe" out of "exe.pdf".
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LIFETIME = 900.0  # seconds that a destination lives, where its URL does not tell
_SAFETY = 5.0  # seconds before its end at which it is no longer worth a try


class FileChanged(Exception):
    """The file is not what was hashed."""


class Renamed(NamedTuple):
    """A source with another name or media type than its own."""

    source: Any
    file_name: str | None
    content_type: str | None


def renamed(source: AttachmentSource, file_name: str | None, content_type: str | None) -> Any:
    """The source under another name."""
    return source if file_name is None and content_type is None else Renamed(source, file_name, content_type)


class PreparedFile:
    """A file that was checked and hashed, and can be read as often as it takes.

    Attributes:
        name: the name that the buyer sees.
        size: in bytes.
        md5: base64 of the raw MD5 digest, as S3 and ``contentMD5`` want it.
        content_type: of the name's extension.
    """

    def __init__(self, name: str, file: IO[bytes], *, path: Path | None, owned: bool, start: int, size: int) -> None:
        self.name = name
        self.size = size
        self.content_type = CONTENT_TYPES.get(Path(name).suffix.lower(), "application/octet-stream")
        self.md5 = ""
        self._file = file
        self._path = path
        self._owned = owned
        self._start = start
        self._state = self._look()

    def hash(self) -> None:
        """Reads the whole file for its digest."""
        self._state = self._look()
        self.md5 = self._digest()

    def check_unchanged(self) -> None:
        """Compares size, time and identity with those of the moment of hashing.

        Raises:
            FileChanged: when they differ.
        """
        if self._look() != self._state:
            raise FileChanged(self.name)

    def check_content(self) -> None:
        """Reads the file once more, to tell a damaged transfer from a changed file.

        Raises:
            FileChanged: when the digest differs.
        """
        if self._digest() != self.md5:
            raise FileChanged(self.name)

    def chunks(self) -> Iterator[bytes]:
        """The content, exactly ``size`` bytes of it.

        Raises:
            FileChanged: when there is less.
        """
        self._file.seek(self._start)
        left = self.size
        while left:
            chunk = self._file.read(min(_CHUNK, left))
            if not chunk:
                raise FileChanged(self.name)
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        if self._owned:
            self._file.close()

    def _digest(self) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for chunk in self.chunks():
            digest.update(chunk)
        return base64.b64encode(digest.digest()).decode()

    def _look(self) -> tuple[int, ...]:
        try:
            if self._path is not None:
                state = self._path.stat()
                return (state.st_ino, state.st_dev, state.st_size, state.st_mtime_ns)
            state = os.fstat(self._file.fileno())
            return (state.st_size, state.st_mtime_ns)
        except FileNotFoundError:
            return ()
        except (OSError, AttributeError, ValueError):
            return (self._file.seek(0, os.SEEK_END),)  # a file in memory has no more than its size


class Destination(NamedTuple):
    """Where Amazon wants one file."""

    id: str
    url: str
    headers: Mapping[str, str]
    expires_at: float


def prepare(operation: Operation, sources: Sequence[AttachmentSource]) -> list[PreparedFile | Attachment]:
    """Checks and hashes attachments, in order, before there is any traffic.

    Args:
        operation: the message's operation.
        sources: what the caller gave.

    Raises:
        InvalidMessageError: names every file that cannot be sent, and why.
    """
    files: list[PreparedFile | Attachment] = []
    try:
        problems = _open_all(sources, files)
        prepared = [file for file in files if isinstance(file, PreparedFile)]
        if (total := sum(file.size for file in prepared)) >= MAX_TOTAL_SIZE:
            problems.append(
                Problem(
                    "attachments", f"the files have {total:,} bytes together; Amazon takes less than 10 MB a message."
                )
            )
        if problems:
            raise invalid(problems)
        for file in prepared:
            file.hash()
        return files
    except BaseException as error:
        close_all(files)
        if isinstance(error, FileChanged | OSError) and not isinstance(error, InvalidMessageError):
            raise invalid(
                [Problem("attachments", f"a file changed or vanished while it was read ({error}).")]
            ) from error
        raise


def close_all(files: Iterable[PreparedFile | Attachment]) -> None:
    """Closes what was opened here; the caller's own files stay open."""
    for file in files:
        if isinstance(file, PreparedFile):
            file.close()


def upload_flow(
    engine: Engine,
    client: Any,
    operation: Operation,
    order_id: str,
    marketplace_id: str,
    file: PreparedFile | Attachment,
) -> Flow[Attachment]:
    """Takes one file to Amazon.

    Args:
        engine: the calls of the seller.
        client: the generated client.
        operation: the message's operation; a destination is good for its order and message type alone.
        order_id: the order.
        marketplace_id: the marketplace.
        file: the file; an Attachment is there already.

    Raises:
        UploadError: the file did not arrive.
    """
    if isinstance(file, Attachment):
        return file
    ask = _ask_for_destination(client, operation, order_id, marketplace_id, file)
    try:
        for last in (False, True):
            answer = yield ask
            destination = _read_destination(answer.parsed, file, engine.now())
            if (yield from _put(engine, destination, file, last=last)):
                return Attachment(destination.id, file.name)
        raise AssertionError("the last destination either works or raises")
    except FileChanged as changed:
        raise UploadError(
            f"{file.name} changed after it was hashed, so it was not sent, and neither was a message. "
            "Send it when nobody writes to it any more.",
            file_name=file.name,
        ) from changed
    except SpApiMessagingError as error:
        if isinstance(error, UploadError):
            raise
        error.add_note(f"This happened while {file.name} was uploaded; no message was sent.")
        raise


def _put(engine: Engine, destination: Destination, file: PreparedFile, *, last: bool) -> Flow[bool]:
    """PUTs the file, again and again while the destination lives. False: a new destination is needed."""
    policy, number = engine.settings.policy, 1
    until = deadline.get()
    while True:
        response: httpx.Response | None = None
        lost: httpx.HTTPError | None = None
        yield Invoke(file.check_unchanged, lambda: asyncio.to_thread(file.check_unchanged))
        try:
            response = yield Exchange(_put_request(destination, file, engine.settings.timeout), until)
        except httpx.HTTPError as error:
            lost = error
        if response is not None and 200 <= response.status_code < 300:
            return True
        code = _storage_code(response)
        if _wants_new_destination(response, code):
            if code == "BadDigest":
                yield Invoke(file.check_content, lambda: asyncio.to_thread(file.check_content))
            if last:
                raise _refused(file, response, code, lost)
            return False
        again = response is None or response.status_code >= 500 or code in ("RequestTimeout", "SlowDown")
        delay = delay_before_retry(
            Trouble.UNKNOWN, is_send=False, attempt=number, policy=policy, random=engine.settings.random
        )
        if not again or delay is None or (until is not None and engine.now() + delay >= until):
            raise _refused(file, response, code, lost)
        if engine.now() + delay >= destination.expires_at - _SAFETY:
            if last:
                raise _refused(file, response, code, lost)
            return False
        yield from engine.sleep(delay)
        number += 1


def _ask_for_destination(
    client: Any, operation: Operation, order_id: str, marketplace_id: str, file: PreparedFile
) -> Invoke:
    endpoint = import_module(UPLOAD.module)
    arguments = {
        "amazon_order_id": order_id,
        "message_type": operation.message_type,
        "client": client,
        "marketplace_ids": [marketplace_id],
        "content_md5": file.md5,
        "content_type": file.content_type,
    }
    return Invoke(lambda: endpoint.sync_detailed(**arguments), lambda: endpoint.asyncio_detailed(**arguments))


def _read_destination(answer: Any, file: PreparedFile, now: float) -> Destination:
    payload = answer.to_dict()["payload"]
    headers = payload.get("headers") or {"Content-MD5": file.md5, "Content-Type": file.content_type}
    url: str = payload["url"]
    lifetime = re.search(r"[?&]X-Amz-Expires=(\d{1,6})(?:&|$)", url)
    expires_at = now + (float(lifetime.group(1)) if lifetime else _LIFETIME)
    return Destination(payload["uploadDestinationId"], url, {str(k): str(v) for k, v in headers.items()}, expires_at)


def _put_request(destination: Destination, file: PreparedFile, timeout: httpx.Timeout) -> httpx.Request:
    origin, target = _split(destination.url, file)
    content_length = ("Content-Length", str(file.size))
    return httpx.Request(
        "PUT",
        origin,
        # Nothing but what the signature covers: no token, no user agent.
        headers=[("Host", origin.netloc.decode("ascii")), *destination.headers.items(), content_length],
        stream=_Body(file),
        # httpx would rewrite the target, and every byte of it is signed.
        extensions={"timeout": timeout.as_dict(), "target": target},
    )


def _split(url: str, file: PreparedFile) -> tuple[httpx.URL, bytes]:
    """The origin, and everything after it to the byte."""
    found = re.fullmatch(r"(https?://[^/?#\s]+)(/[\x21-\x22\x24-\x7e]*)(?:#.*)?", url, re.IGNORECASE)
    try:
        origin = httpx.URL(found.group(1)) if found else None
    except httpx.InvalidURL:
        origin = None
    if found is None or origin is None or not is_safe(origin):
        raise UploadError(
            f"Amazon gave a destination for {file.name} that is no https URL. No message was sent. Try again.",
            file_name=file.name,
        )
    return origin, found.group(2).encode("ascii")


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The file as the body of a request, read in chunks and from the beginning each time."""

    def __init__(self, file: PreparedFile) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self._file.chunks()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        chunks = self._file.chunks()
        # A disk, or a file of the caller's own, may be slow, and must not hold the event loop.
        while chunk := await asyncio.to_thread(next, chunks, b""):
            yield chunk


def _storage_code(response: httpx.Response | None) -> str | None:
    """The code of S3's XML error. The rest of it holds what was signed, and is not for showing."""
    if response is None:
        return None
    found = re.search(rb"<Code>(\w+)</Code>", response.content)
    code = found.group(1).decode() if found else None
    return "Expired" if code == "AccessDenied" and b"expired" in response.content else code


def _wants_new_destination(response: httpx.Response | None, code: str | None) -> bool:
    return (
        response is not None
        and 400 <= response.status_code < 500
        and code in ("Expired", "ExpiredToken", "SignatureDoesNotMatch", "BadDigest", "InvalidDigest")
    )


def _refused(
    file: PreparedFile, response: httpx.Response | None, code: str | None, lost: httpx.HTTPError | None
) -> UploadError:
    status = None if response is None else response.status_code
    if response is None:
        happened = f"the connection failed ({type(lost).__name__}{f': {redact(str(lost))}' if str(lost) else ''})"
    elif 300 <= response.status_code < 400:
        happened = f"the storage redirected elsewhere ({status}), which is not followed"
    else:
        happened = f"the storage answered {status}{f' {code}' if code else ''}"
    error = UploadError(
        f"{file.name} did not reach its upload destination: {happened}. No message was sent. Try again later.",
        file_name=file.name,
        status_code=status,
        code=code,
    )
    error.__cause__ = lost
    return error


def _open_all(sources: Sequence[AttachmentSource], files: list[PreparedFile | Attachment]) -> list[Problem]:
    problems: list[Problem] = []
    seen: set[int] = set()
    for source in sources:
        if isinstance(source, Attachment):
            problems += _name_problems(source.file_name)
            files.append(source)
            continue
        try:
            file = _open(source, again=id(source) in seen)
        except _Unusable as unusable:
            problems.append(Problem("attachments", str(unusable)))
            continue
        seen.add(id(source))
        files.append(file)
        problems += _name_problems(file.name)
        if file.size == 0:
            problems.append(Problem("attachments", f"{file.name} is empty."))
    return problems


class _Unusable(Exception):
    """A source that is no file."""


def _open(source: Any, *, again: bool = False) -> PreparedFile:
    if isinstance(source, Renamed):
        file = _open(source.source)
        file.content_type = source.content_type or file.content_type
        file.name = source.file_name or file.name
        return file
    name, content = source if isinstance(source, tuple) and len(source) == 2 else (None, source)
    if name is not None and not isinstance(name, str):
        raise _Unusable(f"the name of an attachment is a string, not {type(name).__name__}.")
    if isinstance(content, str | os.PathLike):
        return _open_path(name, Path(content))
    if isinstance(content, bytes | bytearray | memoryview):
        if name is None:
            raise _Unusable('bytes need a name, which the buyer sees: ("invoice.pdf", data).')
        size = len(content)
        return PreparedFile(name, io.BytesIO(content), path=None, owned=True, start=0, size=size)
    if hasattr(content, "read"):
        return _open_file(name, content, again=again)
    raise _Unusable(
        f"a {type(source).__name__} is no attachment: give a path, (name, bytes), a binary file or an Attachment."
    )


def _open_path(name: str | None, path: Path) -> PreparedFile:
    try:
        if not path.is_file():
            raise _Unusable(f"{path} is {'no file' if path.exists() else 'not there'}.")
        size = path.stat().st_size
        return PreparedFile(name or path.name, path.open("rb"), path=path, owned=True, start=0, size=size)
    except (OSError, ValueError) as error:
        raise _Unusable(f"{path} cannot be read ({getattr(error, 'strerror', None) or error}).") from error


def _open_file(name: str | None, file: Any, *, again: bool) -> PreparedFile:
    if name is None:
        given = getattr(file, "name", None)
        if not isinstance(given, str) or not given:
            raise _Unusable('this file has no name: give ("invoice.pdf", file).')
        name = Path(given).name
    if hasattr(file, "encoding") or isinstance(file.read(0), str):
        raise _Unusable(f"{name} is open as text: open it in binary mode, 'rb'.")
    if not _can_seek(file):
        return _spool(name, iter(lambda: file.read(_CHUNK) or b"", b""))
    start = file.tell()
    if again:  # two uploads at once must not move the same file to and fro
        copy = _spool(name, iter(lambda: file.read(_CHUNK), b""))
        file.seek(start)
        return copy
    size = file.seek(0, os.SEEK_END) - start
    file.seek(start)
    return PreparedFile(name, file, path=None, owned=False, start=start, size=max(0, size))


def _can_seek(file: Any) -> bool:
    try:
        return bool(file.seekable())
    except AttributeError:
        return False


def _spool(name: str, chunks: Iterator[bytes]) -> PreparedFile:
    """A copy on disk of what cannot be read twice."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the upload
    size = 0
    for chunk in chunks:
        size += copy.write(chunk)
        if size > MAX_TOTAL_SIZE:
            copy.close()
            raise _Unusable(f"{name} has more than 10 MB; Amazon takes less a message.")
    return PreparedFile(name, copy, path=None, owned=True, start=0, size=size)


def _name_problems(name: str) -> list[Problem]:
    """Whether a buyer can be shown this file name."""
    shown = _UNSAFE.sub("?", name)[:60]
    suffix = Path(name).suffix.lower() if name.strip() else ""
    if not name.strip() or name != name.strip():
        wrong = f"the file name {shown!r} is empty or has white space around it."
    elif "/" in name or "\\" in name:
        wrong = f"the file name {shown!r} is a path: the buyer sees it, so give the last part alone."
    elif _UNSAFE.search(name):
        wrong = f"the file name {shown!r} holds control characters."
    elif len(name) > _NAME_LENGTH:
        wrong = f"the file name has {len(name)} characters; keep it under {_NAME_LENGTH}."
    elif suffix not in CONTENT_TYPES:
        taken = ", ".join(CONTENT_TYPES)
        wrong = f"{shown} has {'no extension' if not suffix else f'the extension {suffix}'}; Amazon takes {taken}."
    else:
        return []
    return [Problem("attachments", wrong)]
