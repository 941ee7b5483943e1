"""`bulk resolve`: what is known of messages that may have been sent, and a person's word on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.claiming.session import Session
from tests.support.desks import WordDesk
from tests.support.ledgers import rows, set_columns
from tests.support.runs import FILE_TYPE, TEXT_TYPE, job, order, pdf
from tests.support.tables import lose

LONG_AGO = 1_795_345_200_000


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    return WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")


def test_it_shows_what_is_known_of_each(desk: WordDesk, tmp_path: Path) -> None:
    with Ledger(desk.url) as ledger:
        file = pdf(tmp_path)
        ledger.add(job(1, message_type=FILE_TYPE, attachments=[file], account="shop-de", document="R 17"))
        told = {"error_type": "DeliveryUnknownError", "error_text": "The connection broke.\x07", "request_id": "r-1"}
        set_columns(ledger, state="unknown", sending_at=LONG_AGO, **told)
    done = desk.types("resolve")

    assert done.exit_code == 0
    for part in (
        "Unknown: 1 message.",
        f"{order(1)}\n",
        f"{FILE_TYPE} R 17 of shop-de, marketplace DE",
        file.name,
        "2026-11-22 11:00 UTC",
        "r-1",
        "DeliveryUnknownError: The connection broke.",
        f"spapi-messaging bulk resolve --order {order(1)} --type {FILE_TYPE} --document 'R 17' --sent",
        "Seller Central",
    ):
        assert part in done.stdout
    assert "\x07" not in done.stdout
    assert desk.states() == ["unknown"]


def test_json_lists_them(desk: WordDesk) -> None:
    desk.add("unknown", "sent", "unknown")
    told = desk.json("resolve")

    assert (told["count"], told["not_sent_refused"]) == (2, None)
    assert [each["amazon_order_id"] for each in told["unknown"]] == [order(0), order(2)]


def test_nothing_is_unknown(desk: WordDesk) -> None:
    desk.add("sent")

    assert desk.types("resolve").stdout == "No message is unknown.\n"
    assert "Nothing to do" in desk.types("resolve", "--all", "--sent").stdout


def test_many_are_not_all_shown(desk: WordDesk) -> None:
    desk.add(*["unknown"] * 103)
    told = desk.types("resolve").stdout

    assert told.count("--not-sent\n") == 100
    assert "… and 3 more: spapi-messaging bulk export --state unknown" in told
    assert len(desk.json("resolve")["unknown"]) == 103


def test_it_was_sent(desk: WordDesk) -> None:
    desk.add("unknown", "unknown")
    done = desk.types("resolve", "--order", order(0), "--sent", "--request-id", "r-9", "--note", "seen", "--yes")

    assert done.exit_code == 0
    assert "Noted as sent: 1 message." in done.stdout
    assert desk.states() == ["sent", "unknown"]
    with Ledger(desk.url) as ledger:
        row = rows(ledger)[0]
    assert row.request_id == "r-9"
    assert row.note.endswith("resolve: sent (was unknown): seen")


def test_it_was_not_sent(desk: WordDesk) -> None:
    desk.add("unknown", "rejected")
    done = desk.types("resolve", "--all", "--not-sent", "--yes")

    assert "Now to be sent again: 1 message." in done.stdout
    assert desk.states() == ["pending", "rejected"]


def test_not_sent_is_refused_too_soon(desk: WordDesk) -> None:
    desk.add("unknown")
    with Ledger(desk.url) as ledger:
        now = int(rows(ledger)[0].added_at)
    desk.change(0, sending_at=now)
    done = desk.types("resolve", "--order", order(0), "--not-sent")  # before anybody is asked

    assert done.exit_code == 1
    assert "less than 900 seconds ago" in done.stderr
    assert "--not-sent is refused now: one of these" in " ".join(desk.types("resolve").stdout.split())
    assert "900 seconds" in desk.json("resolve")["not_sent_refused"]
    assert desk.states() == ["unknown"]


def test_not_sent_is_refused_while_the_sender_runs(desk: WordDesk) -> None:
    desk.add("unknown")
    with Ledger(desk.url) as ledger:
        session = Session(ledger.database)
        set_columns(ledger, sender=session.id)
        done = desk.types("resolve", "--all", "--not-sent", "--yes")
        session.close()

    assert done.exit_code == 1
    assert "still runs" in done.stderr
    assert desk.states() == ["unknown"]


def test_what_a_killed_sender_was_sending(desk: WordDesk) -> None:
    desk.add("sending")
    with Ledger(desk.url) as ledger:
        session = Session(ledger.database)
        set_columns(ledger, sender=session.id)
        lose(session)
    told = " ".join(desk.types("resolve").stdout.split())

    assert "why SenderGone: " in told
    assert f"--order {order(0)} --type {TEXT_TYPE} --sent" in told


def test_what_a_sender_sends_just_now_is_not_unknown(desk: WordDesk) -> None:
    desk.add("sending")
    with Ledger(desk.url) as ledger:
        session = Session(ledger.database)
        set_columns(ledger, sender=session.id)
        told = desk.types("resolve").stdout
        session.close()

    assert told == "No message is unknown. A sender that runs is just sending 1 message.\n"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--sent", "--not-sent", "--all"], "contradict"),
        (["--sent"], "Say which messages"),
        (["--not-sent", "--all", "--order", "1"], "--all means every message"),
        (["--not-sent", "--all", "--request-id", "r"], "--request-id goes with --sent"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_options_that_do_not_go_together(desk: WordDesk, options: list[str], told: str) -> None:
    desk.add("unknown")
    done = desk.types("resolve", *options, "--yes")

    assert done.exit_code == 2
    assert told in done.stderr
    assert desk.states() == ["unknown"]


def test_orders_from_a_file(desk: WordDesk, tmp_path: Path) -> None:
    """Orders without an unknown message are named, and nothing of them is changed."""
    orders = desk.add("unknown", "rejected", "unknown", "unknown")
    file = tmp_path / "sent.txt"
    file.write_text(f"\ufeff{orders[0]}\r\n\n  {orders[2]} \n{orders[1]}\n{orders[0]}\n{order(77)}\n", "utf-8")
    done = desk.types("resolve", "--from", str(file), "--sent", "--yes", "--note", "found in the logs")

    assert "Noted as sent: 2 messages." in done.stdout
    assert f"for 2 of the orders: {orders[1]}, {order(77)}" in done.stderr
    assert desk.states() == ["sent", "rejected", "sent", "unknown"]
    assert ["found in the logs" in (note or "") for note in desk.notes()] == [True, False, True, False]


def test_orders_from_stdin(desk: WordDesk) -> None:
    orders = desk.add("unknown", "unknown")
    done = desk.types("resolve", "--from", "-", "--sent", "--yes", answer=f"{orders[1]}\n")

    assert (done.exit_code, done.stderr.count("of the orders")) == (0, 0)
    assert desk.states() == ["unknown", "sent"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no order in it"),
        (b" \n\n", "no order in it"),
        (b"303-0000001-0000001,sent\n", "not one order id alone"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"".join(b"%d\n" % number for number in range(5001)), "5,001 orders"),
    ],
)
def test_files_that_are_no_lists_of_orders(desk: WordDesk, tmp_path: Path, content: bytes, told: str) -> None:
    """An empty one must not mean every unknown message."""
    desk.add("unknown")
    file = tmp_path / "sent.txt"
    file.write_bytes(content)
    done = desk.types("resolve", "--from", str(file), "--sent", "--yes")

    assert (done.exit_code, desk.states()) == (2, ["unknown"])
    assert told in done.stderr
