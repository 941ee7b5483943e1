"""Files are copied from behind URLs, and storages fail."""

from __future__ import annotations

import asyncio
import gc
import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, ClassVar

import fsspec
import pytest
from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractBufferedFile

from spapi_messaging.bulk.files.fetching import MAX_IN_MEMORY, fetch
from spapi_messaging.bulk.files.filesystems import filesystem_of
from spapi_messaging.bulk.files.refusals import Refused, StorageTrouble
from tests.support.storages import Shelf

SECRET = "AKIA-s3cr3t"
URL, NAME = "shelf://invoices/R-17.pdf", "R-17.pdf"


def watched_copies(monkeypatch: pytest.MonkeyPatch) -> list[IO[bytes]]:
    """The temporary files that are made from now on."""
    made: list[IO[bytes]] = []
    original = tempfile.TemporaryFile

    def make() -> IO[bytes]:
        made.append(original())
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", make)
    return made


def content_of(copy: bytes | Any) -> bytes:
    return copy if isinstance(copy, bytes) else copy.read()


@pytest.mark.parametrize("size", [0, 1, MAX_IN_MEMORY, MAX_IN_MEMORY + 1, 3 * MAX_IN_MEMORY])
def test_a_file_is_copied_whole(shelf: Shelf, size: int) -> None:
    shelf.files["invoices/R-17.pdf"] = bytes(range(256)) * (size // 256 + 1)
    with fetch(URL, NAME, 10 * MAX_IN_MEMORY) as copy:
        assert content_of(copy) == shelf.files["invoices/R-17.pdf"]


@pytest.mark.parametrize("most", [10, MAX_IN_MEMORY * 2])
def test_of_a_larger_file_one_byte_more_is_copied(shelf: Shelf, most: int) -> None:
    shelf.files["invoices/R-17.pdf"] = bytes(MAX_IN_MEMORY * 4)
    with fetch(URL, NAME, most) as copy:
        assert len(content_of(copy)) == most + 1


def test_a_small_file_leaves_no_open_file(shelf: Shelf) -> None:
    shelf.put("invoices/R-17.pdf")
    with fetch(URL, NAME, 1000) as copy:
        assert isinstance(copy, bytes)


def test_the_copy_has_no_name_and_is_gone_when_it_is_closed(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    made = watched_copies(monkeypatch)
    shelf.files["invoices/R-17.pdf"] = bytes(MAX_IN_MEMORY * 2)
    with fetch(URL, NAME, MAX_IN_MEMORY * 2) as copy:
        assert copy is made[0]
        assert not isinstance(copy, bytes) and not copy.closed
    assert [file.closed for file in made] == [True]

    fetch(URL, NAME, MAX_IN_MEMORY * 2)  # whoever wanted it has given up
    gc.collect()
    assert [file.closed for file in made] == [True, True]


def test_a_file_that_is_cut_short_leaves_no_copy(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cut(io.RawIOBase):
        """Gives something, and then the connection breaks."""

        pieces: ClassVar = [b"%PDF-1.7"]

        def read(self, size: int = -1, /) -> bytes:
            if not self.pieces:
                raise ConnectionResetError(104, SECRET)
            return self.pieces.pop()

    made = watched_copies(monkeypatch)
    filesystem, _ = filesystem_of(URL)
    monkeypatch.setattr(filesystem, "open", lambda *_: Cut())
    with pytest.raises(StorageTrouble, match="Connection reset") as trouble:
        fetch(URL, NAME, 1000)
    assert made[0].closed
    assert SECRET not in str(trouble.value)


def test_without_a_folder_for_temporary_files(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise FileNotFoundError(2, "No usable temporary directory")

    monkeypatch.setattr(tempfile, "TemporaryFile", none)
    shelf.put("invoices/R-17.pdf")
    with fetch(URL, NAME, 1000) as copy:
        assert content_of(copy) == shelf.files["invoices/R-17.pdf"]


def test_several_may_fetch_one_file_at_once() -> None:
    """fsspec's filesystem in memory gives all of them the same file object."""
    content = bytes(range(256)) * 8192
    fsspec.filesystem("memory").pipe("/spapi-messaging/R-17.pdf", content)

    def contents(_: int) -> bytes:
        with fetch("memory://spapi-messaging/R-17.pdf", NAME, len(content)) as copy:
            return content_of(copy)

    try:
        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(contents, range(64))) == {content}
    finally:
        fsspec.filesystem("memory").rm("/spapi-messaging", recursive=True)


@pytest.mark.parametrize("error", [FileNotFoundError(SECRET), IsADirectoryError(SECRET)])
def test_a_file_that_is_not_there(shelf: Shelf, error: Exception) -> None:
    shelf.errors["invoices/R-17.pdf"] = error
    with pytest.raises(Refused, match=r"R-17\.pdf: there is no such file\.") as refused:
        fetch(URL, NAME, 1000)
    assert refused.value.rule == "file-unreadable"
    assert refused.value.__context__ is None


class Answered(Exception):
    """An error of a library for the web."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status} {SECRET}")
        self.status = status


@pytest.mark.parametrize(
    ("error", "told", "is_outage"),
    [
        (TimeoutError(SECRET), "TimeoutError", True),
        (ConnectionRefusedError(111, SECRET), "Connection refused", True),
        (OSError(5, SECRET), "Input/output error", True),
        (Answered(503), "Answered", True),
        (ValueError(SECRET), "ValueError", True),
        (PermissionError(SECRET), "denied access", False),
        (Answered(403), "denied access", False),
        (Answered(401), "denied access", False),
    ],
)
def test_what_a_storage_says_is_never_repeated(shelf: Shelf, error: Exception, told: str, is_outage: bool) -> None:
    shelf.errors["invoices/R-17.pdf"] = error
    with pytest.raises(StorageTrouble, match=told) as trouble:
        fetch(URL, NAME, 1000)
    assert trouble.value.is_outage is is_outage
    assert SECRET not in f"{trouble.value} {trouble.value.remedy}"
    assert trouble.value.__context__ is None


def test_after_a_trouble_the_filesystem_is_made_anew(shelf: Shelf) -> None:
    """Its connection may be dead, or its credentials have expired."""
    shelf.errors["invoices/R-17.pdf"] = TimeoutError()
    shelf.put("invoices/R-17.pdf")
    first, _ = filesystem_of(URL)
    assert filesystem_of(URL)[0] is first
    with pytest.raises(StorageTrouble):
        fetch(URL, NAME, 1000)
    assert filesystem_of(URL)[0] is not first


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://shop.example/R-17.pdf", "https:// needs the package aiohttp"),
        ("s3://invoices/R-17.pdf", "s3:// needs the package s3fs"),
        ("sftp://shop.example/R-17.pdf", "sftp:// needs the package paramiko"),
    ],
)
def test_a_missing_package_is_named(url: str, told: str) -> None:
    package = told.rpartition(" ")[2]
    try:
        __import__(package)
    except ImportError:
        pass
    else:
        pytest.skip(f"{package} is installed here")
    with pytest.raises(StorageTrouble, match=told) as trouble:
        fetch(url, NAME, 1000)
    assert f"pip install {package}" in trouble.value.remedy
    assert not trouble.value.is_outage


def test_a_scheme_that_another_machine_may_know(shelf: Shelf) -> None:
    with pytest.raises(StorageTrouble, match="knows no filesystem for the scheme 'nowhere'") as trouble:
        fetch("nowhere://invoices/R-17.pdf", NAME, 1000)
    assert not trouble.value.is_outage


def test_a_package_that_nobody_names(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(scheme: str) -> type:
        raise ImportError(SECRET)

    monkeypatch.setattr(fsspec, "get_filesystem_class", broken)
    with pytest.raises(StorageTrouble, match="shelf:// needs the package of its filesystem") as trouble:
        fetch(URL, NAME, 1000)
    assert SECRET not in f"{trouble.value} {trouble.value.remedy}"


@pytest.mark.parametrize("scheme", ["simplecache", "zip", "data"])
def test_a_scheme_that_is_no_storage_is_refused(scheme: str) -> None:
    with pytest.raises(Refused) as refused:
        fetch(f"{scheme}://invoices/R-17.pdf", NAME, 1000)
    assert refused.value.rule == "file-url"


class Bucket(AsyncFileSystem):  # type: ignore[misc]
    """A filesystem as those of S3, Google, Azure and the web are: it works in an event loop of fsspec's own."""

    protocol = "bucket"
    content = bytes(range(256)) * 4096

    async def _info(self, path: str, **_: Any) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"name": path, "size": len(self.content), "type": "file"}

    async def _cat_file(self, path: str, start: int, end: int, **_: Any) -> bytes:
        await asyncio.sleep(0)
        return self.content[start:end]

    def _open(self, path: str, mode: str = "rb", **options: Any) -> AbstractBufferedFile:
        return BucketFile(self, path, mode, block_size=300_000)


class BucketFile(AbstractBufferedFile):  # type: ignore[misc]
    def _fetch_range(self, start: int, end: int) -> Any:
        return self.fs.cat_file(self.path, start=start, end=end)


def test_filesystems_with_an_event_loop_of_their_own() -> None:
    """Each fetch is in a thread, beside an event loop that goes on."""
    fsspec.register_implementation("bucket", Bucket, clobber=True)

    def contents(number: int) -> bytes:
        with fetch(f"bucket://invoices/{number}.pdf", NAME, len(Bucket.content)) as copy:
            return content_of(copy)

    async def main() -> list[bytes]:
        return await asyncio.gather(*(asyncio.to_thread(contents, number) for number in range(8)))

    assert asyncio.run(main()) == [Bucket.content] * 8
