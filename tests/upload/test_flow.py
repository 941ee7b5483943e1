"""How a file gets there: the same destination again, another one, or an error that says which file and why."""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, Attachment, RetryPolicy, UsagePlan
from spapi_messaging._io.clock import Clock
from spapi_messaging.errors import (
    AccessDeniedError,
    AuthorizationError,
    BadRequestError,
    NetworkError,
    ServerError,
    SpApiMessagingError,
    UploadError,
    UsagePlanTimeout,
)
from spapi_messaging.sandbox import Sandbox
from tests.support.canned import canned_server
from tests.upload.conftest import LARGE, ORDER, PDF, UPLOAD, Seller


def refused(seller: Seller, *attachments: Any, error: type[SpApiMessagingError] = UploadError) -> Any:
    """The error of a message that never went out."""
    with pytest.raises(SpApiMessagingError) as caught:
        seller.send_invoice(*attachments)
    assert type(caught.value) is error
    assert "sendInvoice" not in {request.operation for request in seller.sandbox.requests}
    return caught.value


def visits(seller: Seller) -> tuple[int, int]:
    """How many destinations were asked for, and how many PUTs arrived."""
    return len(seller.destinations), len(seller.puts)


# The storage is in trouble: the same destination again


@pytest.mark.parametrize("fault", ["error", "unavailable-recorded", "reset", "reset-recorded", "cut"])
def test_a_storage_in_trouble_gets_the_whole_file_again(seller: Seller, path: Path, fault: str) -> None:
    seller.sandbox.faults.add(fault, on="s3", times=2)
    seller.send_invoice(path)
    assert seller.received == [("invoice.pdf", LARGE)]
    assert visits(seller) == (1, 3)
    assert {put.body_size for put in seller.puts} == {len(LARGE)}


@pytest.mark.parametrize(
    ("fault", "said", "status"),
    [("error", "the storage answered 500 InternalError", 500), ("reset", "the connection failed", None)],
)
def test_trouble_that_stays_is_an_error(seller: Seller, path: Path, fault: str, said: str, status: Any) -> None:
    seller.sandbox.faults.add(fault, on="s3", times=None)
    error = refused(seller, path)
    assert str(error).startswith(f"invoice.pdf did not reach its upload destination: {said}")
    assert str(error).endswith("No message was sent. Try again later.")
    assert (error.file_name, error.status_code) == ("invoice.pdf", status)
    assert isinstance(error.__cause__, httpx.HTTPError) is (fault == "reset")
    assert visits(seller) == (1, RetryPolicy().attempts)


def test_retries_keep_to_the_policy_and_the_deadline(seller: Seller) -> None:
    seller.sandbox.faults.add("error", on="s3", times=None)
    seller.options = {"retry": RetryPolicy(attempts=2)}
    refused(seller, ("a.pdf", PDF))
    assert len(seller.puts) == 2
    seller.options = {"retry": RetryPolicy(attempts=1000, base=1), "deadline": 30.0}
    began = seller.sandbox.clock.now()
    refused(seller, ("a.pdf", PDF))
    assert seller.sandbox.clock.now() - began < 30


# The destination is dead: another one, once


@pytest.mark.parametrize(("status", "code"), [(403, "SignatureDoesNotMatch"), (400, "BadDigest")])
def test_a_dead_destination_is_replaced_once(seller: Seller, path: Path, status: int, code: str) -> None:
    seller.answer_puts(status, code)
    receipt = seller.send_invoice(path)
    assert seller.received == [("invoice.pdf", LARGE)]
    assert (visits(seller), len({put.path for put in seller.puts})) == ((2, 2), 2)
    assert receipt.attachments[0].upload_destination_id == seller.message.attachments[0].upload_destination_id


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [(403, "SignatureDoesNotMatch", "a proxy perhaps"), (400, "BadDigest", "damaged on its way twice")],
)
def test_a_second_dead_destination_is_an_error(seller: Seller, path: Path, status: int, code: str, remedy: str) -> None:
    seller.answer_puts(status, code, times=None)
    error = refused(seller, path)
    assert (error.file_name, error.status_code, error.code) == ("invoice.pdf", status, code)
    assert remedy in str(error)
    assert visits(seller) == (2, 2)


def test_a_destination_that_expires_on_the_way_is_replaced_once(seller: Seller, path: Path) -> None:
    seller.meanwhile(lambda: seller.sandbox.clock.advance(901), on="s3")
    seller.send_invoice(path)
    assert [put.status for put in seller.puts] == [403, 200]
    assert len(seller.destinations) == 2
    seller.sandbox.faults.add("expired-url", on="s3", times=None)
    seller.sandbox.inbox.clear()
    with pytest.raises(UploadError) as caught:
        seller.send_invoice(path)
    assert (caught.value.status_code, caught.value.code) == (403, "Expired")
    assert visits(seller) == (4, 4)


def test_a_destination_about_to_expire_is_not_tried_again(seller: Seller, path: Path) -> None:
    seller.meanwhile(lambda: seller.sandbox.clock.advance(896), on="s3", fault="error")
    seller.send_invoice(path)
    assert [put.status for put in seller.puts] == [500, 200]
    assert len({put.path for put in seller.puts}) == 2


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (413, "EntityTooLarge")])
def test_any_other_refusal_is_final(seller: Seller, path: Path, status: int, code: str) -> None:
    seller.answer_puts(status, code)
    error = refused(seller, path)
    assert (error.status_code, error.code, visits(seller)) == (status, code, (1, 1))


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_not_followed(seller: Seller, status: int) -> None:
    with canned_server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") as elsewhere:
        seller.sandbox.faults.answer(status, headers={"location": f"{elsewhere.url}/stolen"}, on="s3")
        error = refused(seller, ("a.pdf", PDF))
    assert f"the storage redirected elsewhere ({status}), which is not followed" in str(error)
    assert (visits(seller), elsewhere.requests) == ((1, 1), [])


# What the error and the log say


@pytest.mark.parametrize(
    ("given", "shown"), [("4442587FB7D0A2F9", True), ("0123456789abcdef" * 4, False), ("<b>", False)]
)
def test_only_what_can_be_a_request_id_of_the_storage_is_shown(
    seller: Seller, path: Path, given: str, shown: bool
) -> None:
    """A signature is 64 hexadecimal digits."""
    seller.sandbox.faults.answer(403, b"", {"x-amz-request-id": given}, on="s3", times=None)

    assert (given in str(refused(seller, path))) is shown


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_error_names_the_file_that_did_not_arrive(seller: Seller, tmp_path: Path, place: int) -> None:
    files = [tmp_path / f"{number}.pdf" for number in range(3)]
    for file in files:
        file.write_bytes(PDF)
    seller.meanwhile(lambda: files[place].write_bytes(PDF[::-1]))
    error = refused(seller, *files)
    assert error.file_name == f"{place}.pdf"
    assert str(error).startswith(f"{place}.pdf changed after it was hashed")


@pytest.mark.parametrize(("fault", "error"), [("error", ServerError), ("reset", NetworkError)])
def test_an_error_of_amazons_names_the_file_it_was_for(
    seller: Seller, fault: str, error: type[SpApiMessagingError]
) -> None:
    seller.sandbox.faults.add(fault, on="uploads", times=None)
    told = refused(seller, ("a.pdf", PDF), ("a.pdf", PDF), error=error)
    assert str(told).endswith("This was for uploading a.pdf; no message was sent.")
    assert not seller.puts


def test_a_missing_role_is_told_with_the_operation_and_the_file(seller: Seller) -> None:
    denied = '{"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}'
    seller.sandbox.faults.answer(403, denied, on="uploads", times=None)
    error = refused(seller, ("a.pdf", PDF), error=AccessDeniedError)
    assert (error.status_code, error.operation) == (403, UPLOAD)
    assert str(error).endswith("This was for uploading a.pdf; no message was sent.")


def test_a_usage_plan_without_room_is_told_with_the_file(seller: Seller) -> None:
    seller.options = {"max_wait": 0, "usage_plans": {UPLOAD: UsagePlan(1, 1)}}
    error = refused(seller, ("a.pdf", PDF), ("b.pdf", PDF), error=UsagePlanTimeout)
    assert error.retry_after > 0
    assert re.search(r"This was for uploading [ab]\.pdf; no message was sent\.$", str(error))


def test_a_missing_token_is_about_no_file(seller: Seller) -> None:
    seller.sandbox.faults.add("invalid_grant", on="token", times=None)
    error = refused(seller, ("a.pdf", PDF), ("b.pdf", PDF), error=AuthorizationError)
    assert error.error == "invalid_grant"
    assert ".pdf" not in str(error)


def test_calls_that_wait_for_one_token_are_told_of_their_own_files(sandbox: Sandbox) -> None:
    sandbox.faults.add("reset", on="token")
    options = {"clock": Clock(), "retry": RetryPolicy(attempts=1)}  # on the quick clock, nobody would wait

    async def main() -> None:
        async with AsyncMessagingClient(**Seller("asyncio", sandbox).arguments() | options) as client:
            uploads = [client.upload(ORDER, "invoice", (f"{name}.pdf", PDF)) for name in "abc"]
            for name, error in zip("abc", await asyncio.gather(*uploads, return_exceptions=True), strict=True):
                assert re.findall(r"\w\.pdf", str(error)) == [f"{name}.pdf"]

    asyncio.run(main())


def test_an_attachment_that_does_not_exist_is_named(seller: Seller) -> None:
    with pytest.raises(BadRequestError) as caught:
        seller.send_invoice(Attachment("amzn1.tortuga.3.nowhere", "invoice.pdf"))
    assert "Attachment with ID amzn1.tortuga.3.nowhere does not exist" in str(caught.value)
    assert "never arrived, or was uploaded for another order or message type: upload it again" in str(caught.value)
    assert str(caught.value).endswith("This is about invoice.pdf.")


def test_no_secret_shows_in_logs_or_errors(seller: Seller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seller.sandbox.faults.add("error", on="s3")
    seller.answer_puts(403, "AccessDenied")
    error = refused(seller, ("a.pdf", PDF))
    assert "PUT order=303-1234567-1234567 status=500 code=InternalError attempt=1" in caplog.text
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    everything = f"{logged} {error!r} {error.__cause__!r}"
    assert seller.puts[0].parameters["X-Amz-Signature"] not in everything
    assert "X-Amz-" not in everything


# Several files


def test_uploads_keep_to_their_usage_plan(seller: Seller) -> None:
    seller.options = {"usage_plans": {UPLOAD: UsagePlan(2, 1)}}
    began = seller.sandbox.clock.now()
    seller.send_invoice(*[(f"{number}.pdf", PDF) for number in range(5)])
    assert [asked.status for asked in seller.destinations] == [201] * 5
    assert seller.sandbox.clock.now() - began >= 2
    assert [name for name, _ in seller.received] == [f"{number}.pdf" for number in range(5)]


def test_on_an_event_loop_files_go_out_side_by_side(sandbox: Sandbox) -> None:
    """Each PUT waits here for the two others. One by one, each would wait in vain."""
    seller, together = Seller("asyncio", sandbox), asyncio.Barrier(3)

    async def meet(_: float) -> None:
        await asyncio.wait_for(together.wait(), 10)

    sandbox.sleep = meet
    sandbox.faults.add("delay", on="s3", seconds=1, times=3)
    files = [(f"{name}.pdf", PDF + name.encode()) for name in "abc"]
    seller.send_invoice(*files)
    assert seller.received == files
