"""Attachments: the rules they keep, their digest, their upload destination and the PUT that takes them there."""

from __future__ import annotations

import copy
import logging
import os
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import attrs
import httpx

from spapi_messaging._content import SAMPLE, mistaken
from spapi_messaging._effects import Exchange, Invoke, blocking
from spapi_messaging._engine import Engine, deadline
from spapi_messaging._files import FileTrouble, Opener, PreparedFile, Unusable, is_stream
from spapi_messaging._flow import Flow
from spapi_messaging._retry import Trouble, delay_before_retry
from spapi_messaging._storage import Destination, Verdict, judge, judge_loss, put_request, read_destination
from spapi_messaging.errors import ApiError, AuthorizationError, Problem, SpApiMessagingError, UploadError
from spapi_messaging.messages import OPERATIONS, Operation, endpoint, invalid
from spapi_messaging.results import Attachment

if TYPE_CHECKING:
    import asyncio  # loaded where it is used: a program without an event loop does without it

__all__ = ["CONTENT_TYPES", "MAX_TOTAL_SIZE", "AttachmentSource", "BinaryFile"]

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


class BinaryFile(Protocol):
    """Anything that is read like a file opened in binary mode; it need not be possible to rewind it."""

    def read(self, size: int = ..., /) -> bytes:
        """At most so many bytes, none at the end."""


#: What the clients take as an attachment: a path, ``(name, bytes)``, a binary file, or one that was uploaded before.
AttachmentSource = (
    str | os.PathLike[str] | tuple[str, "bytes | BinaryFile | str | os.PathLike[str]"] | BinaryFile | Attachment
)

UPLOAD = OPERATIONS["createUploadDestinationForResource"]

_NAME_LENGTH = 255
_MOST_FILES = 32  # of a message that is wrong anyway: a mistaken list must not open files without end
# Control characters, line ends, halves of characters, and marks that nobody sees, some of which make "fdp.exe" out of
# "exe.pdf"; but for the two joiners, which scripts and emoji need.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*", re.ASCII)
_QUICK = 0.005  # seconds that an event loop may well be held for
_SAFETY = 5.0  # seconds before the end of a destination at which it is no longer worth a try

_log = logging.getLogger("spapi_messaging")


class Renamed(NamedTuple):
    """A source with another name or media type than its own."""

    source: Any
    file_name: str | None
    content_type: str | None


def renamed(source: AttachmentSource, file_name: str | None, content_type: str | None) -> Any:
    """The source under another name."""
    return source if file_name is None and content_type is None else Renamed(source, file_name, content_type)


def prepare(sources: Sequence[Any], problems: Sequence[Problem] = ()) -> list[PreparedFile | Attachment]:
    """Checks and hashes attachments, in order, before there is any traffic.

    Args:
        sources: what the caller gave.
        problems: what is wrong with the rest of the message.

    Raises:
        InvalidMessageError: names every file that cannot be sent, and why, and the other problems.
    """
    preparation = _Preparation(problems)
    try:
        preparation.open_all(sources[:_MOST_FILES] if problems else sources)
        if preparation.problems:
            raise invalid(preparation.problems)
        for file in preparation.opened:
            _hash(file)
        return [preparation.files[index] for index in range(len(sources))]
    except BaseException:
        close_all(preparation.opened)
        raise


async def prepare_async(sources: Sequence[Any], problems: Sequence[Problem] = ()) -> list[PreparedFile | Attachment]:
    """The same without holding the event loop."""
    import asyncio

    work = asyncio.get_running_loop().run_in_executor(None, _prepare_in_thread, sources, problems)
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        work.add_done_callback(_close_abandoned)  # the thread cannot be stopped, and nobody wants its files any more
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
        SpApiMessagingError: Amazon gave no destination for it; the error names the file.
    """
    if isinstance(file, Attachment):
        return file
    ask = _ask_for_destination(client, operation, order_id, marketplace_id, file)
    try:
        for last in (False, True):
            answer = yield ask
            destination = _destination(answer.parsed, file, engine.now())
            if (yield from _put(engine, destination, file, order_id, last=last)):
                return Attachment(destination.id, file.name)
        raise AssertionError("the last destination either works or raises")
    except FileTrouble as trouble:
        raise UploadError(
            f"{file.name} {trouble}, so it was not sent, and neither was a message. "
            "Send it when nobody writes to it any more.",
            file_name=file.name,
        ) from trouble
    except SpApiMessagingError as error:
        if isinstance(error, UploadError | AuthorizationError):  # the latter is no file's fault
            raise
        raise _naming(error, file) from error.__cause__


def explain_missing(error: ApiError, attachments: Iterable[Attachment]) -> None:
    """Lets an error that speaks of an upload destination name its file, which is what people know.

    Args:
        error: the answer to a message.
        attachments: what went with the message.
    """
    said = " ".join(str(value) for each in error.errors for value in each.values())
    names = [each.file_name for each in attachments if each.upload_destination_id in said]
    if names:
        error.args = (f"{error} This is about {', '.join(dict.fromkeys(names))}.",)


def _put(engine: Engine, destination: Destination, file: PreparedFile, order_id: str, *, last: bool) -> Flow[bool]:
    """PUTs the file, again and again while the destination lives. False: a new destination is needed."""
    settings, until = engine.settings, deadline.get()
    number = 1
    while True:
        verdict = yield from _attempt(engine, destination, file, until)
        status = verdict.status or type(verdict.cause).__name__
        _log.debug("PUT order=%s status=%s code=%s attempt=%d", order_id, status, verdict.code, number)
        if verdict.arrived:
            return True
        delay = delay_before_retry(
            Trouble.UNKNOWN, is_send=False, attempt=number, policy=settings.policy, random=settings.random
        )
        again = verdict.again and delay is not None and (until is None or engine.now() + delay < until)
        lives = delay is None or engine.now() + delay < destination.expires_at - _SAFETY
        if not last and (verdict.renew or (again and not lives)):
            return False
        if delay is None or not again or not lives:
            raise _refused(file, verdict) from verdict.cause
        yield from engine.sleep(delay)
        number += 1


def _attempt(engine: Engine, destination: Destination, file: PreparedFile, until: float | None) -> Flow[Verdict]:
    engine.check_open()
    yield blocking(file.check_unchanged)
    request = put_request(destination, file.size, _Body(file), engine.settings.timeout)
    try:
        verdict = judge((yield Exchange(request, until)))
    except httpx.HTTPError as error:
        return judge_loss(error)
    if verdict.damaged:
        yield blocking(file.check_content)
    return verdict


def _ask_for_destination(
    client: Any, operation: Operation, order_id: str, marketplace_id: str, file: PreparedFile
) -> Invoke:
    generated = endpoint(UPLOAD)
    arguments = {
        "amazon_order_id": order_id,
        "message_type": operation.message_type,
        "client": client,
        "marketplace_ids": [marketplace_id],
        "content_md5": file.md5,
        "content_type": file.content_type,
    }
    return Invoke(lambda: generated.sync_detailed(**arguments), lambda: generated.asyncio_detailed(**arguments))


def _destination(parsed: Any, file: PreparedFile, now: float) -> Destination:
    try:
        return read_destination(parsed.to_dict()["payload"], file.md5, file.content_type, now)
    except ValueError as error:
        raise UploadError(
            f"Amazon gave a destination for {file.name} that is {error}. No message was sent. Try again.",
            file_name=file.name,
        ) from error


def _refused(file: PreparedFile, verdict: Verdict) -> UploadError:
    return UploadError(
        f"{file.name} did not reach its upload destination: {verdict.happened}. No message was sent. {verdict.remedy}",
        file_name=file.name,
        status_code=verdict.status,
        code=verdict.code,
    )


def _naming(error: SpApiMessagingError, file: PreparedFile) -> SpApiMessagingError:
    """The same error, naming the file. A copy: everyone who waits for one token is told with one error."""
    named = copy.copy(error)
    named.args = (f"{error} This was for uploading {file.name}; no message was sent.",)
    return named.with_traceback(error.__traceback__)


class _Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """The file as the body of a request, read in chunks and from the beginning each time."""

    def __init__(self, file: PreparedFile) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return self._file.chunks()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        import asyncio

        position = 0
        while position < self._file.size:
            # A thread for each read costs a fifth of the whole upload, and is of use only where reading takes time: at
            # a slow disk, or in a file of the caller's own. Hashing has just shown whether it does.
            quick = self._file.slowest_read < _QUICK
            chunk = self._file.read(position) if quick else await asyncio.to_thread(self._file.read, position)
            position += len(chunk)
            yield chunk


class _Preparation:
    """Opens and checks the attachments of one message.

    Attributes:
        files: what was opened, by its place.
        problems: what is wrong.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.files: dict[int, PreparedFile | Attachment] = {}
        self.problems = list(problems)
        self._opener = Opener(MAX_TOTAL_SIZE)

    @property
    def opened(self) -> list[PreparedFile]:
        return [file for file in self.files.values() if isinstance(file, PreparedFile)]

    def open_all(self, sources: Sequence[Any]) -> None:
        # A stream can be read only once, so it is left alone when the message cannot be sent for another reason.
        streams = [is_stream(_parts(source)[1]) for source in sources]
        for index in sorted(range(len(sources)), key=streams.__getitem__):
            if not (streams[index] and self.problems):
                self._add(index, sources[index])
        if (total := sum(file.size for file in self.opened)) >= MAX_TOTAL_SIZE:
            self._wrong(f"the files have {total:,} bytes together; Amazon takes less than 10 MB a message.")

    def _add(self, index: int, source: Any) -> None:
        try:
            file = self._open(source)
        except Unusable as unusable:
            self._wrong(str(unusable))
        else:
            self.files[index] = file
            if isinstance(file, PreparedFile):
                self._wrong(_wrong_content(file))

    def _open(self, source: Any) -> PreparedFile | Attachment:
        name, content, content_type = _parts(source)
        if isinstance(content, Attachment):
            name = name or content.file_name
            _check_name(name)
            return attrs.evolve(content, file_name=name)
        if name is None:
            name = _own_name(content)
        _check_name(name)
        if content_type is None:
            content_type = CONTENT_TYPES[_suffix(name)]
        elif not isinstance(content_type, str) or not _MEDIA_TYPE.fullmatch(content_type):
            raise Unusable(f"{content_type!r} is no media type, such as application/pdf.")
        try:
            return PreparedFile(name, content_type, self._opener.open(content))
        except Unusable as unusable:
            by_path = isinstance(content, str | os.PathLike)  # whose message names the path
            raise Unusable(str(unusable) if by_path else f"{name}: {unusable}") from unusable

    def _wrong(self, message: str | None) -> None:
        if message:
            self.problems.append(Problem("attachments", message))


def _parts(source: Any) -> tuple[Any, Any, Any]:
    """Name, content and media type, as far as the source gives them."""
    if isinstance(source, Renamed):
        name, content, _ = _parts(source.source)
        return source.file_name or name, content, source.content_type
    if isinstance(source, tuple) and len(source) == 2:
        return (*source, None)
    return None, source, None


def _own_name(content: Any) -> str:
    if isinstance(content, bytes | bytearray | memoryview):
        raise Unusable('bytes need a name, which the buyer sees: ("invoice.pdf", data).')
    if not isinstance(content, str | os.PathLike) and not hasattr(content, "read"):
        raise Unusable(
            f"a {type(content).__name__} is no attachment: give a path, (name, bytes), a binary file or an Attachment."
        )
    given = getattr(content, "name", None) if hasattr(content, "read") else content
    if not isinstance(given, str | bytes | os.PathLike) or not given:
        raise Unusable('this file has no name: give ("invoice.pdf", file).')
    return Path(os.fsdecode(given)).name


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _check_name(name: Any) -> None:
    """Whether a buyer can be shown this file name.

    Raises:
        Unusable: not this one.
    """
    if not isinstance(name, str):
        raise Unusable(f"the name of an attachment is a string, not {type(name).__name__}.")
    shown = "".join("?" if _is_unsafe(character) else character for character in name[:60])
    if not name.strip() or name != name.strip():
        raise Unusable(f"the file name {shown!r} is empty or has white space around it.")
    if "/" in name or "\\" in name:
        raise Unusable(f"the file name {shown!r} is a path: the buyer sees it, so give the last part alone.")
    if any(map(_is_unsafe, name)):
        raise Unusable(f"the file name {shown!r} holds control characters, or others that do not show.")
    if len(name) > _NAME_LENGTH:
        raise Unusable(f"the file name has {len(name)} characters; keep it under {_NAME_LENGTH}.")
    if (suffix := _suffix(name)) not in CONTENT_TYPES:
        has = f"the extension {suffix}" if suffix else "no extension"
        raise Unusable(f"{shown} has {has}; Amazon takes {', '.join(CONTENT_TYPES)}.")


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE_CATEGORIES and character not in _JOINERS


def _wrong_content(file: PreparedFile) -> str | None:
    if file.size == 0:
        return f"{file.name} is empty."
    suffix = _suffix(file.name)
    try:
        end = max(0, file.size - SAMPLE)
        found = mistaken(suffix, file.read(0, SAMPLE), lambda: file.read(end, SAMPLE))
    except FileTrouble as trouble:
        return f"{file.name} {trouble}."
    if found is None:
        return None
    return f"{file.name} is not what its extension says: it is {found}. Send a real {suffix} file."


def _hash(file: PreparedFile) -> None:
    try:
        file.hash()
    except FileTrouble as trouble:
        raise invalid([Problem("attachments", f"{file.name} {trouble}.")]) from trouble


def _prepare_in_thread(sources: Sequence[Any], problems: Sequence[Problem]) -> list[PreparedFile | Attachment]:
    endpoint(UPLOAD)  # the first time it takes long enough to hold an event loop
    return prepare(sources, problems)


def _close_abandoned(work: asyncio.Future[list[PreparedFile | Attachment]]) -> None:
    if not work.cancelled() and work.exception() is None:
        close_all(work.result())
