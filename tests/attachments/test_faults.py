"""What goes wrong on the way: the same URL again, another destination, or an error that says which file and why."""

from __future__ import annotations

import asyncio
import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, Attachment, RetryPolicy, UsagePlan
from spapi_messaging._files import PreparedFile
from spapi_messaging.errors import (
    AccessDeniedError,
    AuthorizationError,
    BadRequestError,
    InvalidMessageError,
    NetworkError,
    ServerError,
    SpApiMessagingError,
    ThrottledError,
    UploadError,
    UsagePlanTimeout,
)
from spapi_messaging.sandbox import Sandbox
from tests.attachments.conftest import ORDER, PDF, AsyncWire, Seller

LARGE = b"%PDF-1.7" + bytes(range(256)) * 3000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(LARGE)
    return path


def s3_error(seller: Seller, status: int, code: str, times: int | None = 1) -> None:
    seller.sandbox.faults.answer(status, f"<Error><Code>{code}</Code></Error>", on="s3", times=times)


def refused(seller: Seller, *attachments: Any, kind: type[SpApiMessagingError] = UploadError) -> Any:
    """The error of a message that never went out."""
    with pytest.raises(SpApiMessagingError) as caught:
        seller.send_invoice(*attachments)
    assert type(caught.value) is kind
    assert not seller.sandbox.inbox
    assert not [request for request in seller.sandbox.requests if request.operation == "sendInvoice"]
    return caught.value


# The storage is in trouble: the same URL again.


@pytest.mark.parametrize(
    "fault", ["error", "error-recorded", "unavailable", "throttle", "reset", "reset-recorded", "cut", "cut-recorded"]
)
def test_a_storage_in_trouble_is_tried_again_at_the_same_url(seller: Seller, path: Path, fault: str) -> None:
    struck = seller.sandbox.faults.add(fault, on="s3", times=2)
    seller.send_invoice(path)
    assert seller.received == [("invoice.pdf", LARGE)]
    if not fault.startswith("cut"):  # S3's success has no body that could be cut
        assert (struck.hits, len(seller.puts)) == (2, 3)
    assert len({put.path + put.query for put in seller.puts}) == len(seller.destinations) == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "RequestTimeout"), (400, "IncompleteBody"), (400, "ThrottlingException"), (408, "X"), (429, "X")],
)
def test_refusals_that_pass_are_tried_again(seller: Seller, status: int, code: str) -> None:
    s3_error(seller, status, code)
    seller.send_invoice(("a.pdf", PDF))
    assert (len(seller.destinations), len(seller.puts)) == (1, 2)


@pytest.mark.parametrize(
    ("fault", "said", "status"),
    [("error", "the storage answered 500 InternalError", 500), ("reset", "the connection failed", None)],
)
def test_trouble_that_stays_ends_with_an_error(seller: Seller, path: Path, fault: str, said: str, status: Any) -> None:
    seller.sandbox.faults.add(fault, on="s3", times=None)
    error = refused(seller, path)
    assert str(error).startswith("invoice.pdf did not reach its upload destination: ")
    assert said in str(error)
    assert str(error).endswith("No message was sent. Try again later.")
    assert (error.file_name, error.status_code) == ("invoice.pdf", status)
    assert isinstance(error.__cause__, httpx.HTTPError) is (fault == "reset")
    assert len(seller.puts) == RetryPolicy().attempts


def test_retries_keep_to_the_policy_and_the_deadline(seller: Seller) -> None:
    seller.sandbox.faults.add("error", on="s3", times=None)
    seller.options = {"retry": RetryPolicy(attempts=2)}
    refused(seller, ("a.pdf", PDF))
    assert len(seller.puts) == 2
    seller.options = {"retry": RetryPolicy(attempts=1000, base=1), "deadline": 30.0}
    began = seller.clock.now()
    refused(seller, ("a.pdf", PDF))
    assert seller.clock.now() - began < 30


# The destination is dead: another one, once.


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "SignatureDoesNotMatch"), (400, "BadDigest"), (400, "ExpiredToken"), (400, "InvalidDigest")],
)
def test_a_dead_destination_is_replaced_once(seller: Seller, path: Path, status: int, code: str) -> None:
    s3_error(seller, status, code)
    receipt = seller.send_invoice(path)
    assert seller.received == [("invoice.pdf", LARGE)]
    assert (len(seller.destinations), len({put.path for put in seller.puts})) == (2, 2)
    assert receipt.attachments[0].upload_destination_id == seller.message.attachments[0].upload_destination_id


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [(403, "SignatureDoesNotMatch", "a proxy perhaps"), (400, "BadDigest", "damaged on its way twice")],
)
def test_a_second_dead_destination_is_an_error(seller: Seller, path: Path, status: int, code: str, remedy: str) -> None:
    s3_error(seller, status, code, times=None)
    error = refused(seller, path)
    assert (error.file_name, error.status_code, error.code) == ("invoice.pdf", status, code)
    assert remedy in str(error)
    assert (len(seller.destinations), len(seller.puts)) == (2, 2)


def test_a_url_that_expires_on_the_way_is_replaced(seller: Seller, path: Path) -> None:
    late = [901.0]

    def before(request: httpx.Request) -> None:
        if request.method == "PUT" and late:
            seller.sandbox.clock.advance(late.pop())

    seller.before = before
    seller.send_invoice(path)
    assert [put.status for put in seller.puts] == [403, 200]
    assert len(seller.destinations) == 2


def test_a_url_that_expires_again_is_an_error(seller: Seller, path: Path) -> None:
    seller.sandbox.faults.add("expired-url", on="s3", times=None)
    error = refused(seller, path)
    assert (error.status_code, error.code) == (403, "Expired")
    assert (len(seller.destinations), len(seller.puts)) == (2, 2)


def test_a_url_about_to_expire_is_not_tried_again(seller: Seller, path: Path) -> None:
    s3_error(seller, 500, "InternalError")

    def before(request: httpx.Request) -> None:
        if request.method == "PUT" and len(seller.destinations) == 1:
            seller.sandbox.clock.advance(896)

    seller.before = before
    seller.options = {"retry": RetryPolicy(base=0)}
    seller.send_invoice(path)
    assert [put.status for put in seller.puts] == [500, 200]
    assert len({put.path for put in seller.puts}) == 2


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (405, "MethodNotAllowed"), (404, "NoSuchKey")])
def test_any_other_refusal_is_final(seller: Seller, path: Path, status: int, code: str) -> None:
    s3_error(seller, status, code)
    error = refused(seller, path)
    assert (error.status_code, error.code) == (status, code)
    assert (len(seller.destinations), len(seller.puts)) == (1, 1)


# The file is not what was hashed.


def replaced(path: Path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def same_size(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"!")


def same_size_and_time(path: Path) -> None:
    found = path.stat()
    same_size(path)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))


def truncated(path: Path) -> None:
    os.truncate(path, 100)


def longer(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


CHANGES = [replaced, same_size, same_size_and_time, truncated, longer, Path.unlink]


def on(method: str, seller: Seller, change: Callable[[], object]) -> None:
    """Makes a change just before the first request of that kind leaves."""
    changes = [change]

    def before(request: httpx.Request) -> None:
        wanted = request.method == "PUT" if method == "PUT" else "/uploads/" in request.url.path
        if wanted and changes:
            changes.pop()()

    seller.before = before


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_after_it_was_hashed(seller: Seller, path: Path, change: Callable[[Path], object]) -> None:
    on("ask", seller, lambda: change(path))
    error = refused(seller, path)
    assert str(error).startswith("invoice.pdf changed after it was hashed, so it was not sent, and neither was a mess")
    assert error.file_name == "invoice.pdf"
    assert not seller.puts


@pytest.mark.parametrize("change", [same_size, same_size_and_time, truncated, longer])
def test_an_open_file_that_changes(seller: Seller, path: Path, change: Callable[[Path], object]) -> None:
    on("ask", seller, lambda: change(path))
    with path.open("rb") as file:
        error = refused(seller, file)
    assert "invoice.pdf changed after it was hashed" in str(error)
    assert not seller.puts


@pytest.mark.parametrize("change", [lambda file: file.write(b"!"), lambda file: file.truncate(100)])
def test_a_file_in_memory_that_changes(seller: Seller, change: Callable[[io.BytesIO], object]) -> None:
    file = io.BytesIO(LARGE)
    on("ask", seller, lambda: (file.seek(20), change(file)))
    error = refused(seller, ("a.pdf", file))
    assert re.match(r"a\.pdf (changed|became shorter)", str(error))
    assert not seller.puts


@pytest.mark.parametrize("change", [same_size, truncated])
def test_a_file_that_changes_while_it_is_sent(seller: Seller, path: Path, change: Callable[[Path], object]) -> None:
    on("PUT", seller, lambda: change(path))
    error = refused(seller, path)
    assert re.match(r"invoice\.pdf (changed after it was hashed|became shorter while it was read)", str(error))
    assert len(seller.destinations) == 1


def test_a_file_that_changes_before_it_is_tried_again(seller: Seller, path: Path) -> None:
    seller.sandbox.faults.add("error", on="s3")
    seller.clock.on_pause = lambda: same_size(path)
    error = refused(seller, path)
    assert "changed after it was hashed" in str(error)
    assert len(seller.puts) == 1


def test_a_buffer_of_the_caller_may_change_meanwhile(seller: Seller) -> None:
    buffer = bytearray(LARGE)
    on("ask", seller, buffer.clear)
    seller.send_invoice(("a.pdf", buffer))
    assert seller.received == [("a.pdf", LARGE)]


def test_a_file_that_changes_while_it_is_hashed(seller: Seller, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = PreparedFile._digest

    def digest(file: PreparedFile) -> str:
        longer(path)
        return plain(file)

    monkeypatch.setattr(PreparedFile, "_digest", digest)
    with pytest.raises(InvalidMessageError, match=r"invoice\.pdf changed while it was read"):
        seller.send_invoice(path)
    assert not seller.sandbox.requests


def test_a_file_that_cannot_be_read_any_more(seller: Seller, path: Path) -> None:
    file = path.open("rb")
    on("PUT", seller, file.close)
    error = refused(seller, file)
    assert "invoice.pdf cannot be read any more" in str(error)


# One of several.


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_upload_of_several_fails(seller: Seller, place: int) -> None:
    def before(request: httpx.Request) -> None:
        if request.method == "PUT" and request.headers["content-length"] == str(len(PDF) + place):
            s3_error(seller, 403, "AccessDenied", times=None)
            seller.before = lambda request: None

    seller.before = before
    names = ["a.pdf", "b.pdf", "c.pdf"]
    error = refused(seller, *[(name, PDF + b"!" * index) for index, name in enumerate(names)])
    assert error.file_name in names
    assert str(error).startswith(error.file_name)
    if seller.kind == "sync":  # one by one, it is the one that was meant
        assert error.file_name == names[place]
        assert len(seller.puts) == place + 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("error", ServerError), ("throttle", ThrottledError), ("reset", NetworkError)],
)
def test_no_destination_for_one_of_several(seller: Seller, fault: str, kind: type[SpApiMessagingError]) -> None:
    seller.sandbox.faults.add(fault, on="uploads", times=None)
    error = refused(seller, ("a.pdf", PDF), ("a.pdf", PDF), kind=kind)
    assert str(error).endswith("This was for uploading a.pdf; no message was sent.")
    assert not seller.puts


def test_no_role_to_upload(seller: Seller) -> None:
    denied = '{"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}'
    seller.sandbox.faults.answer(403, denied, on="uploads", times=None)
    error = refused(seller, ("a.pdf", PDF), kind=AccessDeniedError)
    assert error.status_code == 403
    assert error.operation == "createUploadDestinationForResource"
    assert str(error).endswith("This was for uploading a.pdf; no message was sent.")


def test_no_room_in_the_usage_plan(seller: Seller) -> None:
    seller.options = {"max_wait": 0, "usage_plans": {"createUploadDestinationForResource": UsagePlan(1, 1)}}
    error = refused(seller, ("a.pdf", PDF), ("b.pdf", PDF), kind=UsagePlanTimeout)
    assert error.retry_after > 0
    assert re.search(r"This was for uploading [ab]\.pdf; no message was sent\.$", str(error))


def test_no_token(seller: Seller) -> None:
    seller.sandbox.faults.add("invalid_grant", on="token", times=None)
    error = refused(seller, ("a.pdf", PDF), ("b.pdf", PDF), kind=AuthorizationError)
    assert error.error == "invalid_grant"
    assert "a.pdf" not in str(error)


def test_uploads_keep_to_their_usage_plan(seller: Seller) -> None:
    seller.options = {"usage_plans": {"createUploadDestinationForResource": UsagePlan(2, 1)}}
    began = seller.clock.now()
    seller.send_invoice(*[(f"{number}.pdf", PDF) for number in range(5)])
    assert [asked.status for asked in seller.destinations] == [201] * 5
    assert seller.clock.now() - began >= 2
    assert [name for name, _ in seller.received] == [f"{number}.pdf" for number in range(5)]


# The file never landed.


def test_an_attachment_that_does_not_exist_is_explained(seller: Seller) -> None:
    missing = Attachment("amzn1.tortuga.3.nowhere", "invoice.pdf")
    with pytest.raises(BadRequestError) as caught:
        seller.send_invoice(missing)
    assert "Attachment with ID amzn1.tortuga.3.nowhere does not exist" in str(caught.value)
    assert "never arrived, or was uploaded for another order or message type: upload it again" in str(caught.value)
    assert str(caught.value).endswith("This is about invoice.pdf.")


# Given up on the way.


class Waiting:
    """An upload that hangs until it is cancelled."""

    def __init__(self, sandbox: Sandbox, at: str) -> None:
        self.seller = Seller("async", sandbox)
        self.at = at
        self.files: list[Any] = []

    async def cancel(self, *attachments: Any) -> None:
        begun, never = asyncio.Event(), asyncio.Event()

        class Hanging(AsyncWire):
            async def handle_async_request(wire, request: httpx.Request) -> httpx.Response:
                if request.method == self.at:
                    async for _ in request.stream:  # type: ignore[union-attr]
                        begun.set()
                        await never.wait()
                return await super().handle_async_request(request)

        async with Hanging(lambda request: None) as wire, AsyncMessagingClient(**self.seller.arguments(wire)) as client:
            task = asyncio.create_task(client.send_invoice(ORDER, attachments=list(attachments)))
            await asyncio.wait_for(begun.wait(), 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


def opened_by(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The invoices that the client opened."""
    files: list[Any] = []
    plain = Path.open

    def opening(path: Path, *arguments: Any, **keywords: Any) -> Any:
        file = plain(path, *arguments, **keywords)
        if path.suffix == ".pdf":
            files.append(file)
        return file

    monkeypatch.setattr(Path, "open", opening)
    return files


def test_cancelled_while_it_is_sent(sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = opened_by(monkeypatch)
    waiting = Waiting(sandbox, "PUT")
    asyncio.run(waiting.cancel(path, path))
    assert [file.closed for file in files] == [True, True]
    assert not sandbox.inbox
    assert not waiting.seller.puts


def test_cancelled_while_it_is_prepared(sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = opened_by(monkeypatch)
    seller = Seller("async", sandbox)
    reading, writing = os.pipe()

    async def main() -> None:
        async with (
            AsyncWire(lambda request: None) as wire,
            AsyncMessagingClient(**seller.arguments(wire)) as client,
        ):
            with os.fdopen(reading, "rb") as stream:
                sending = client.send_invoice(ORDER, attachments=[path, ("b.pdf", stream)])
                task = asyncio.create_task(sending)
                while not files:
                    await asyncio.sleep(0)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                os.write(writing, PDF)
                os.close(writing)
                while not files[0].closed:
                    await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(main(), 10))
    assert not sandbox.requests


def test_interrupted_while_it_is_sent(sandbox: Sandbox, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = opened_by(monkeypatch)
    seller = Seller("sync", sandbox)

    def interrupt() -> None:
        raise KeyboardInterrupt

    on("PUT", seller, interrupt)
    with pytest.raises(KeyboardInterrupt):
        seller.send_invoice(path)
    assert [file.closed for file in files] == [True]
    assert not sandbox.inbox
