"""Messages whose files lie behind URLs are sent."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from pathlib import Path

import pytest

from spapi_messaging.bulk import AsyncSender, Job, Ledger, Outcome, State
from spapi_messaging.bulk.sending import files as sending_files
from tests.support.runs import FILE_TYPE, Shop, by_order, job, outcomes_of, pdf, run_hastily
from tests.support.servers import PATIENCE
from tests.support.storages import PDF, Shelf
from tests.support.thorough import on_a_database

SECRET = "s3cr3tValue"


def invoice(url: object, number: int = 1) -> Job:
    return job(number, message_type=FILE_TYPE, attachments=[url])


def run(shop: Shop, kind: str) -> list[Outcome]:
    """A run, through a client of this kind."""
    return shop.run(shop.client() if kind == "asyncio" else shop.threads_client())


@on_a_database("kind", ["asyncio", "threads"])
def test_files_are_fetched_and_uploaded(any_shop: Shop, shelf: Shelf, kind: str, tmp_path: Path) -> None:
    shelf.files |= {"small.pdf": PDF, "large.pdf": PDF + bytes(1_000_000)}
    files = ["shelf://small.pdf", ("Rechnung.pdf", "shelf://large.pdf"), pdf(tmp_path)]
    any_shop.add(job(1, message_type=FILE_TYPE, attachments=files), invoice("shelf://small.pdf", 2))

    assert by_order(run(any_shop, kind)) == {1: [State.SENT], 2: [State.SENT]}
    sent = {len(message.attachments): message.attachments for message in list(any_shop.sandbox.inbox)}
    assert {(file.file_name, file.content) for file in sent[3]} == {
        ("small.pdf", PDF), ("Rechnung.pdf", PDF + bytes(1_000_000)), ("R-17.pdf", b"%PDF-1.7 invoice"),
    }  # fmt: skip
    any_shop.assert_nothing_is_held()


@pytest.mark.parametrize("kind", ["asyncio", "threads"])
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_files_are_checked_before_they_are_sent(shop: Shop, shelf: Shelf, kind: str, size: int) -> None:
    """The check reads a file as well as the send, from one copy."""
    content = shelf.files["R-17.pdf"] = PDF + b" " * size
    shop.add(invoice("shelf://R-17.pdf"))
    shelf.opened.clear()
    client = shop.client() if kind == "asyncio" else shop.threads_client()

    assert by_order(shop.run(client, check=True)) == {1: [State.SENT]}
    assert shop.sandbox.inbox[0].attachments[0].content == content
    assert shelf.opened == {"R-17.pdf": 1}


@on_a_database("kind", ["asyncio", "threads"])
def test_a_file_that_changed_is_not_sent_and_the_others_are(any_shop: Shop, shelf: Shelf, kind: str) -> None:
    one, two, three = shelf.put("R-1.pdf", "R-2.pdf", "R-3.pdf")
    any_shop.add(invoice(one, 1), invoice(two, 2), invoice(three, 3))
    shelf.put("R-1.pdf", content=b"%PDF-1.7 INVOICE")
    shelf.put("R-2.pdf", content=PDF + bytes(1_000_000))

    outcomes = run(any_shop, kind)

    assert by_order(outcomes) == {1: [State.REJECTED], 2: [State.REJECTED], 3: [State.SENT]}
    for number in (1, 2):
        assert f"R-{number}.pdf changed since its SHA-256 was taken" in str(any_shop.recorded(number).error)
    assert any_shop.received() == [3]


@on_a_database("kind", ["asyncio", "threads"])
def test_a_file_that_is_gone_is_told_as_one_of_this_machine(
    any_shop: Shop, shelf: Shelf, kind: str, tmp_path: Path
) -> None:
    (url,) = shelf.put("R-17.pdf")
    path = pdf(tmp_path)
    any_shop.add(invoice(url, 1), invoice(path, 2))
    shelf.files.clear()
    path.unlink()

    assert by_order(run(any_shop, kind)) == {1: [State.REJECTED], 2: [State.REJECTED]}
    assert str(any_shop.recorded(1).error) == str(any_shop.recorded(2).error)
    assert "R-17.pdf: there is no such file." in str(any_shop.recorded(1).error)


@pytest.mark.parametrize(
    "error", [TimeoutError(SECRET), ConnectionResetError(104, SECRET), PermissionError(SECRET), ValueError(SECRET)]
)
def test_a_storage_that_fails_a_few_times_costs_nothing(
    shop: Shop, shelf: Shelf, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (url,) = shelf.put("R-17.pdf")
    shop.add(invoice(url))
    shelf.opened.clear()
    shelf.errors["R-17.pdf"] = error
    shelf.before = lambda path: shelf.errors.clear() if shelf.opened[path] == 3 else None

    assert by_order(shop.run_hastily()) == {1: [State.SENT]}
    assert shelf.opened["R-17.pdf"] == 3
    assert SECRET not in caplog.text


def test_a_storage_that_fails_for_long_leaves_the_message_for_later(
    shop: Shop, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one, two = shelf.put("R-1.pdf", "R-2.pdf")
    shop.add(invoice(one, 1), invoice(two, 2))
    shelf.errors["R-1.pdf"] = PermissionError(SECRET)

    outcomes = by_order(shop.run_hastily())

    assert outcomes == {1: [State.PENDING], 2: [State.SENT]}
    kept = shop.recorded(1)
    assert (kept.state, kept.error and kept.error.outcome) == (State.PENDING, "not_sent")
    assert "R-1.pdf: the storage denied access. Nothing was sent." in str(kept.error)
    told = json.dumps([*shop.ledger.export(), *(outcome.to_dict() for outcome in shop.ledger.outcomes())])
    assert SECRET not in told + caplog.text
    shop.assert_nothing_is_held()


def test_a_machine_that_lacks_a_package_leaves_the_message_to_others(
    shop: Shop, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec

    (url,) = shelf.put("R-17.pdf")
    shop.add(invoice(url))
    known = fsspec.get_filesystem_class

    def missing(scheme: str) -> type:
        raise ImportError("Install shelffs") from ModuleNotFoundError("No module", name="shelffs")

    monkeypatch.setattr(fsspec, "get_filesystem_class", missing)
    assert by_order(shop.run_hastily()) == {1: [State.PENDING]}
    assert "shelf:// needs the package shelffs" in str(shop.recorded().error)

    monkeypatch.setattr(fsspec, "get_filesystem_class", known)
    shop.ledger.hurry()
    assert by_order(shop.run()) == {1: [State.SENT]}


def test_a_storage_that_does_not_answer_is_left_alone(
    shop: Shop, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_files, "MAX_FETCH_SECONDS", 2.0)  # of a clock that is fast
    (url,) = shelf.put("R-17.pdf")
    shop.add(invoice(url))
    hang = threading.Event()
    shelf.before = lambda path: hang.wait(PATIENCE)

    assert by_order(shop.run_hastily()) == {1: [State.PENDING]}
    hang.set()
    assert "did not come from its storage" in str(shop.recorded().error)
    assert shop.received() == []


def test_others_are_sent_while_a_storage_is_slow(shop: Shop, shelf: Shelf) -> None:
    """Fetching never stands in the way of the event loop."""
    (url,) = shelf.put("slow.pdf")
    shop.add(invoice(url, 1), *(job(number) for number in range(2, 12)))
    all_others = threading.Event()
    shelf.before = lambda path: all_others.wait(PATIENCE)

    async def main() -> list[Outcome]:
        outcomes = []
        async for outcome in AsyncSender(shop.ledger, shop.client()).run():
            outcomes.append(outcome)
            if len(outcomes) == 10:
                all_others.set()
        return outcomes

    outcomes = by_order(asyncio.run(main()))
    assert [*outcomes][-1] == 1
    assert len(outcomes) == 11


@pytest.mark.parametrize("kind", ["asyncio", "threads"])
def test_whoever_stops_does_not_wait_for_a_storage(shop: Shop, shelf: Shelf, kind: str) -> None:
    (url,) = shelf.put("slow.pdf")
    shop.add(invoice(url))
    hang, begun = threading.Event(), threading.Event()

    def wait(path: str) -> None:
        begun.set()
        hang.wait(PATIENCE)

    shelf.before = wait

    async def main() -> list[Outcome]:
        sender = AsyncSender(shop.ledger, shop.client() if kind == "asyncio" else shop.threads_client())
        running = asyncio.create_task(outcomes_of(sender))
        await asyncio.to_thread(begun.wait, PATIENCE)
        sender.stop()
        return await running

    assert asyncio.run(main()) == []
    assert not hang.is_set()
    hang.set()
    assert shop.recorded().state is State.PENDING
    shop.assert_nothing_is_held()


def test_a_sender_may_have_the_root_elsewhere(ledger_url: str, shelf: Shelf, shop: Shop, tmp_path: Path) -> None:
    """Whoever adds reads a folder, and the sender a bucket."""
    (tmp_path / "2026").mkdir()
    pdf(tmp_path / "2026")
    shelf.files["invoices/2026/R-17.pdf"] = (tmp_path / "2026" / "R-17.pdf").read_bytes()
    with Ledger(ledger_url, attachments_root=tmp_path) as ledger:
        ledger.add(invoice("2026/R-17.pdf"))
    with Ledger(ledger_url, attachments_root="shelf://invoices") as ledger:
        outcomes = run_hastily(outcomes_of(AsyncSender(ledger, shop.client())))

    assert by_order(outcomes) == {1: [State.SENT]}
    assert shelf.opened["invoices/2026/R-17.pdf"] == 1


def test_fsspecs_own_filesystem_in_memory(shop: Shop) -> None:
    import fsspec

    fsspec.filesystem("memory").pipe("/spapi-messaging/R-17.pdf", PDF)
    try:
        shop.add(invoice("memory://spapi-messaging/R-17.pdf"))
        assert by_order(shop.run()) == {1: [State.SENT]}
    finally:
        fsspec.filesystem("memory").rm("/spapi-messaging", recursive=True)
    assert shop.sandbox.inbox[0].attachments[0].content == PDF
