"""A file that is sent only if its content is the one that was expected."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import Attachment, ExpectedFile
from spapi_messaging.attachments import MAX_TOTAL_SIZE
from spapi_messaging.drafts import draft
from spapi_messaging.errors import InvalidMessageError, Problem
from tests.upload.conftest import LARGE, ORDER, PDF, UPLOAD, Seller, md5_of


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Pipe(io.BytesIO):
    """Can be read only once."""

    name = "pipe.pdf"

    def seekable(self) -> bool:
        return False


def problems_of(refused: pytest.ExceptionInfo[InvalidMessageError]) -> list[tuple[str, str]]:
    return [(problem.rule, problem.message) for problem in refused.value.problems]


@pytest.mark.parametrize("name", [None, "Ihre Rechnung.pdf"])
@pytest.mark.parametrize("kind", ["path", "string", "bytes", "file"])
def test_the_expected_content_is_sent_from_any_source(seller: Seller, path: Path, kind: str, name: str | None) -> None:
    with path.open("rb") as file:
        sources: dict[str, Any] = {"path": path, "string": str(path), "bytes": ("own.pdf", LARGE), "file": file}
        receipt = seller.send_invoice(ExpectedFile(sources[kind], digest(LARGE).upper(), name))

    own = "own.pdf" if kind == "bytes" else "invoice.pdf"
    assert seller.received == [(name or own, LARGE)]
    assert receipt.attachments[0].sha256 == digest(LARGE)


def test_a_stream_with_the_expected_content_is_sent(seller: Seller) -> None:
    seller.send_invoice(ExpectedFile(Pipe(PDF), digest(PDF)))
    assert seller.received == [("pipe.pdf", PDF)]


@pytest.mark.parametrize(
    "changed", [LARGE[:-1] + b"x", LARGE + b"x", LARGE[:-1], b"no PDF any more", b""], ids=lambda data: str(len(data))
)
def test_a_file_that_changed_is_refused_before_there_is_any_traffic(
    seller: Seller, path: Path, changed: bytes, opened: list[Any]
) -> None:
    path.write_bytes(changed)
    with pytest.raises(InvalidMessageError, match=re.escape("invoice.pdf changed since its SHA-256")) as refused:
        seller.send_invoice(ExpectedFile(path, digest(LARGE)))

    assert [problem.rule for problem in refused.value.problems] == ["file-changed"]
    assert "take its digest again" in refused.value.problems[0].remedy
    assert not seller.sandbox.requests
    assert all(file.closed for file in opened)


def test_a_stream_that_changed_is_refused(seller: Seller) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        seller.send_invoice(ExpectedFile(Pipe(PDF), digest(LARGE)))
    assert problems_of(refused) == [("file-changed", "pipe.pdf changed since its SHA-256 was taken.")]


def test_one_of_several_files_that_changed_is_named(seller: Seller, path: Path) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        seller.send_invoice(("a.pdf", PDF), ExpectedFile(path, digest(PDF)), ExpectedFile(path, digest(LARGE)))
    assert problems_of(refused) == [("file-changed", "file 2: invoice.pdf changed since its SHA-256 was taken.")]


def test_a_file_that_changed_is_told_beside_what_else_is_wrong(seller: Seller, path: Path) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        seller.send_invoice("nowhere.pdf", ExpectedFile(path, digest(PDF)))
    assert [problem.rule for problem in refused.value.problems] == ["file-unreadable", "file-changed"]


def test_a_file_that_changes_between_its_digest_and_its_upload_does_not_arrive(seller: Seller, path: Path) -> None:
    def change() -> None:
        with path.open("r+b") as file:
            file.seek(1000)
            file.write(b"another invoice")

    seller.meanwhile(change)  # while Amazon is asked for a destination
    with pytest.raises(Exception, match="changed after it was hashed"):
        seller.send_invoice(ExpectedFile(path, digest(LARGE)))

    assert seller.destinations[0].parameters["contentMD5"] == md5_of(LARGE)
    assert not seller.sandbox.inbox


def test_an_upload_compares_the_content_too(seller: Seller, path: Path) -> None:
    uploaded = seller.upload(ExpectedFile(path, digest(LARGE)), file_name="b.pdf")
    assert (uploaded.file_name, uploaded.sha256) == ("b.pdf", digest(LARGE))
    with pytest.raises(InvalidMessageError, match="changed since"):
        seller.upload(ExpectedFile(path, digest(PDF)))
    assert [request.operation for request in seller.sandbox.requests].count(UPLOAD) == 1


def test_a_draft_compares_the_content_too(path: Path) -> None:
    found = draft(ORDER, "invoice", attachments=[ExpectedFile(path, digest(LARGE), "b.pdf")])
    assert found.attachments[0].file_name == "b.pdf"
    with pytest.raises(InvalidMessageError, match="changed since"):
        draft(ORDER, "invoice", attachments=[ExpectedFile(path, digest(PDF))])


def preflight(seller: Seller, source: ExpectedFile) -> list[Problem]:
    found: list[Problem] = seller.call("preflight", ORDER, "invoice", attachments=[source])
    return [problem for problem in found if problem.field == "attachments" and problem.rule.startswith("file-")]


def test_a_preflight_compares_the_content_and_leaves_a_stream_alone(seller: Seller, path: Path) -> None:
    assert preflight(seller, ExpectedFile(path, digest(LARGE))) == []
    (problem,) = preflight(seller, ExpectedFile(path, digest(PDF)))
    assert (problem.rule, problem.severity) == ("file-changed", "error")

    stream = Pipe(PDF)
    (problem,) = preflight(seller, ExpectedFile(stream, digest(LARGE)))
    assert (problem.rule, problem.severity) == ("file-not-checked", "warning")
    assert stream.read() == PDF


def test_a_file_that_is_too_large_is_not_read_for_its_digest(
    path: Path, monkeypatch: pytest.MonkeyPatch, opened: list[Any]
) -> None:
    os.truncate(path, MAX_TOTAL_SIZE)
    monkeypatch.setattr("spapi_messaging._upload.files.PreparedFile.hash", lambda _: pytest.fail("it was read"))
    with pytest.raises(InvalidMessageError, match="Amazon takes less than 10 MB"):
        draft(ORDER, "invoice", attachments=[ExpectedFile(path, digest(LARGE))])
    assert all(file.closed for file in opened)


@pytest.mark.parametrize("sha256", ["", "0" * 63, "0" * 65, "g" * 64, "٣" * 64, " " + "0" * 63, None, b"0" * 64, 7])
def test_what_is_no_digest_is_refused(sha256: Any) -> None:
    with pytest.raises(InvalidMessageError, match="64 hex digits") as refused:
        ExpectedFile("a.pdf", sha256)
    assert [problem.rule for problem in refused.value.problems] == ["file-digest"]


@pytest.mark.parametrize("source", [Attachment("id", "a.pdf"), ExpectedFile("a.pdf", "0" * 64)])
def test_what_is_no_file_here_cannot_be_compared(source: Any) -> None:
    with pytest.raises(InvalidMessageError, match=f"cannot be an {type(source).__name__}.*Give a path"):
        ExpectedFile(source, "0" * 64)


def test_an_expected_file_is_a_value_that_shows_no_content() -> None:
    one, other = (ExpectedFile(("a.pdf", PDF), sha256, "b.pdf") for sha256 in ("ab" * 32, "AB" * 32))

    assert one == other == pickle.loads(pickle.dumps(one))
    assert len({one, other}) == 1
    assert "invoice" not in repr(one)
    with pytest.raises(AttributeError):
        one.sha256 = "0" * 64  # type: ignore[misc]
