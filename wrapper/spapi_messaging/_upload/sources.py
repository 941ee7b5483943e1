"""Checks what the caller gave as attachments, before there is any traffic."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from spapi_messaging._upload.content import SAMPLE, detect_mismatch
from spapi_messaging._upload.files import FileTrouble, Opener, PreparedFile, Unusable, close_all, is_stream
from spapi_messaging.attachments import CONTENT_TYPES, MAX_TOTAL_SIZE, Attachment, ExpectedFile
from spapi_messaging.errors import Problem, is_shown_as_it_is, quoted
from spapi_messaging.messages import invalid

MAX_NAME_LENGTH = 255
# Files that are opened for a message that is wrong anyway: a long list may have been given by mistake.
MAX_FILES_CHECKED = 32
# Control characters, line ends, halves of characters, and marks that nobody sees, some of which make "fdp.exe" out of
# "exe.pdf"; but for the two joiners, which scripts and emoji need.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_MEDIA_TYPE = r"[\w.+-]+/[\w.+-]+(?:; ?[\w.+-]+=[\w.+-]+)*"


class Renamed(NamedTuple):
    """A source with a name or media type that replaces its own. None keeps its own."""

    source: Any
    file_name: str | None
    content_type: str | None


def prepare(sources: Sequence[Any], problems: Sequence[Problem] = ()) -> list[PreparedFile | Attachment]:
    """Checks and hashes attachments, in order. The error names every problem, those of the rest of the message too."""
    opened = open_files(sources, problems)
    if opened.problems:
        opened.close()
        raise invalid(opened.problems)
    return opened.sound


def open_files(sources: Sequence[Any], problems: Sequence[Problem] = (), *, to_send: bool = True) -> OpenFiles:
    """Opens and checks attachments, and lists every problem, those of the rest of the message too.

    With ``to_send``, they are hashed too. Without it, only files with an expected digest are hashed, and a
    stream is left alone: it can be read only once, and the send needs it.
    """
    opened = OpenFiles(problems, to_send=to_send)
    try:
        opened.add_all(sources[:MAX_FILES_CHECKED] if problems else sources)
    except BaseException:
        opened.close()
        raise
    return opened


class OpenFiles:
    """The attachments of one message, opened and checked.

    Attributes:
        problems: what is wrong with the message.
    """

    def __init__(self, problems: Sequence[Problem] = (), *, to_send: bool = True) -> None:
        self.problems = list(problems)
        self._files: dict[int, PreparedFile | Attachment] = {}  # by their place in the list
        self._unsound: set[int] = set()
        self._to_send = to_send
        self._opener = Opener()

    @property
    def sound(self) -> list[PreparedFile | Attachment]:
        """The files that may be sent, in order."""
        return [self._files[index] for index in sorted(self._files.keys() - self._unsound)]

    def close(self) -> None:
        """Closes what was opened here; the caller's own files stay open."""
        close_all(self._files.values())

    @property
    def _total(self) -> int:
        return sum(file.size for file in self._files.values() if isinstance(file, PreparedFile))

    def add_all(self, sources: Sequence[Any]) -> None:
        """Opens and checks all attachments of the message."""
        # A stream can be read only once, so it is left alone if the message cannot be sent for another reason.
        streams = [is_stream(_parts(source)[1]) for source in sources]
        for index in sorted(range(len(sources)), key=streams.__getitem__):
            which = f"file {index + 1}: " if len(sources) > 1 else ""
            if streams[index] and not self._to_send:
                self._leave_alone(which)
            elif not (streams[index] and self.problems):
                self._add(index, sources[index], which)
        if (total := self._total) >= MAX_TOTAL_SIZE:
            told = f"the files have {total:,} bytes together."
            self._wrong("file-size", told, "Amazon takes less than 10 MB a message.")

    def _add(self, index: int, source: Any, which: str) -> None:
        try:
            file = self._files[index] = self._open(source)
            if isinstance(file, PreparedFile):
                if (expected := _expected(source)) is not None and self._total < MAX_TOTAL_SIZE:
                    file.hash()  # first: of a file that changed, nothing else is worth telling
                    _check_digest(file, expected)
                _check_content(file)
                if self._to_send and not file.sha256 and not self.problems and self._total < MAX_TOTAL_SIZE:
                    file.hash()
        except Unusable as unusable:
            self._unsound.add(index)
            self._wrong(unusable.rule, f"{which}{unusable.told}", unusable.remedy)
        except FileTrouble as trouble:
            self._unsound.add(index)
            self._wrong("file-unreadable", f"{which}{file.name} {trouble}.")  # type: ignore[union-attr]

    def _open(self, source: Any) -> PreparedFile | Attachment:
        name, content, content_type = _parts(source)
        if isinstance(content, str | os.PathLike):
            _check_path(os.fsdecode(content))
        if isinstance(content, Attachment):
            name = name or content.file_name
            _check_name(name)
            found = content.upload_destination_id
            if not isinstance(found, str) or not found.strip() or not found.isprintable():
                told = f"{name}: the Attachment has no upload_destination_id."
                raise Unusable("file-unreadable", told, "Take one that upload() returned.")
            return replace(content, file_name=name)
        name = _own_name(content) if name is None else name
        _check_name(name)
        if content_type is None:
            content_type = CONTENT_TYPES[_suffix(name)]
        elif not isinstance(content_type, str) or not re.fullmatch(_MEDIA_TYPE, content_type, re.ASCII):
            told = f"{name}: content_type is not a media type."
            raise Unusable("file-type", told, "Give one such as application/pdf.")
        try:
            return PreparedFile(name, content_type, self._opener.open(content))
        except Unusable as unusable:
            hint = " A string is a path here: give bytes for content." if _is_text_for_content(source) else ""
            remedy = f"{unusable.remedy}{hint}".strip()
            raise Unusable(unusable.rule, f"{_shown(name, content)}: {unusable.told}", remedy) from unusable

    def _leave_alone(self, which: str) -> None:
        told = f"{which}it can be read only once, so its content was not checked."
        remedy = "Give a path or bytes, or let the send check it, with check=True."
        self.problems.append(Problem("attachments", told, "warning", "file-not-checked", remedy))

    def _wrong(self, rule: str, message: str, remedy: str = "") -> None:
        self.problems.append(Problem("attachments", message, rule=rule, remedy=remedy))


def _parts(source: Any) -> tuple[Any, Any, Any]:
    """Name, content and media type, as far as the source gives them."""
    if isinstance(source, Renamed):
        name, content, _ = _parts(source.source)
        return source.file_name or name, content, source.content_type
    if isinstance(source, ExpectedFile):
        name, content, _ = _parts(source.source)
        return name if source.file_name is None else source.file_name, content, None
    if isinstance(source, tuple) and len(source) == 2:
        return (*source, None)
    return None, source, None


def _expected(source: Any) -> str | None:
    """The digest that the content must have. None: any content will do."""
    inner = source.source if isinstance(source, Renamed) else source
    return inner.sha256 if isinstance(inner, ExpectedFile) else None


def _is_text_for_content(source: Any) -> bool:
    pair = source.source if isinstance(source, Renamed) else source
    pair = pair.source if isinstance(pair, ExpectedFile) else pair
    return isinstance(pair, tuple) and isinstance(pair[-1], str)


def _check_path(path: str) -> None:
    """Raises Unusable for what people take for paths, such as URLs. These are not repeated: they may hold secrets."""
    if re.match(r"[a-z][a-z0-9+.-]+:/", path, re.IGNORECASE):
        remedy = 'Download the file, then give its path or ("invoice.pdf", data).'
        raise Unusable("file-unreadable", "this is a URL.", remedy)
    if not path:
        raise Unusable("file-unreadable", "the path is empty.", "Give the path of a file.")
    if path.startswith("~") and not os.path.lexists(path):
        told = "~ is not replaced by the home folder here."
        raise Unusable("file-unreadable", told, "Give Path(…).expanduser().")
    if os.path.isdir(path):  # noqa: PTH112 - of a name that is too long, Path.is_dir() raises an error
        told = f"{Path(path).resolve().name} is a folder."
        raise Unusable("file-unreadable", told, "Give the files in it, one by one.")


def _shown(name: str, content: object) -> str:
    """The name that the buyer sees, and that of the file where it is another one."""
    own = Path(os.fsdecode(content)).name if isinstance(content, str | os.PathLike) else name
    return f"{name} ({own})" if own != name and is_shown_as_it_is(own) else name


def _own_name(content: Any) -> str:
    if isinstance(content, bytes | bytearray | memoryview):
        raise Unusable("file-name", "bytes need a name, which the buyer sees.", 'Give ("invoice.pdf", data).')
    if not isinstance(content, str | os.PathLike) and not hasattr(content, "read"):
        raise Unusable(
            "type",
            f"this is {type(content).__name__}, which cannot be attached.",
            "Give a path, (name, bytes), a file or an Attachment(upload_destination_id, file_name) of what was "
            "uploaded before.",
        )
    given = getattr(content, "name", None) if hasattr(content, "read") else content
    if not isinstance(given, str | bytes | os.PathLike) or not given:
        raise Unusable("file-name", "this file has no name.", 'Give ("invoice.pdf", file).')
    return Path(os.fsdecode(given)).name


def _suffix(name: str) -> str:
    return Path(name).suffix.lower()


def _check_name(name: Any) -> None:
    """Raises Unusable if a buyer cannot be shown this file name."""
    if not isinstance(name, str):
        told = f"the name of an attachment is {type(name).__name__}, not a string."
        raise Unusable("type", told, "Give the name that the buyer sees.")
    shown = quoted(name)
    if not name.strip() or name != name.strip():
        told = f"the file name {shown} is empty or has white space around it."
        raise Unusable("file-name", told, "Give a name such as invoice.pdf.")
    if "/" in name or "\\" in name:
        told = f"the file name {shown} is a path."
        raise Unusable("file-name", told, "The buyer sees it, so give the last part alone.")
    if any(map(_is_unsafe, name)):
        told = f"the file name {shown} holds control characters, or others that do not show."
        raise Unusable("file-name", told, "Remove them.")
    if len(name) > MAX_NAME_LENGTH:
        told = f"the file name has {len(name)} characters."
        raise Unusable("file-name", told, f"Give {MAX_NAME_LENGTH} at most.")
    if _suffix(name) not in CONTENT_TYPES:
        told = f"the file name {shown} has no extension that Amazon takes."
        raise Unusable("file-type", told, f"Amazon takes {', '.join(CONTENT_TYPES)}.")


def _is_unsafe(character: str) -> bool:
    return unicodedata.category(character) in _UNSAFE_CATEGORIES and character not in _JOINERS


def _check_digest(file: PreparedFile, expected: str) -> None:
    """Raises Unusable if a file that was hashed has another content than the expected one."""
    if file.sha256 != expected:
        told = f"{file.name} changed since its SHA-256 was taken."
        raise Unusable("file-changed", told, "Look at the file. If it is the right one, take its digest again.")


def _check_content(file: PreparedFile) -> None:
    """Raises Unusable if a file is not what its extension says, FileTrouble if it cannot be read."""
    if file.size == 0:
        raise Unusable("file-size", f"{file.name} is empty.", "Send a file that has content.")
    suffix = _suffix(file.name)
    found = detect_mismatch(suffix, _sample(file, 0), lambda: _sample(file, max(0, file.size - SAMPLE)))
    if found is not None:
        told = f"{file.name} is not what its extension says: it is {found}."
        raise Unusable("file-content", told, f"Send a real {suffix} file.")


def _sample(file: PreparedFile, position: int) -> bytes:
    sample = b""
    while len(sample) < min(SAMPLE, file.size - position):  # some files give a little at a time
        sample += file.read(position + len(sample), SAMPLE - len(sample))
    return sample
