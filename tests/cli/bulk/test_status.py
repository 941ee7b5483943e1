"""`bulk status`: how a ledger stands, and what a person has to do."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger, Status
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.cli.bulk.shown.typed import command
from spapi_messaging.cli.bulk.status import facts
from tests.cli.conftest import invoke
from tests.support import postgres
from tests.support.desks import WordDesk
from tests.support.ledgers import park, set_columns
from tests.support.runs import OTHER_TYPE, TEXT_TYPE, order
from tests.support.tables import lose


@pytest.fixture
def postgres_url() -> Iterator[str]:
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server on this machine")
    server = postgres.Server(programs)
    try:
        yield server.fresh_url()
    finally:
        server.remove()


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    return WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")


def test_counts_by_account_type_and_state(desk: WordDesk) -> None:
    desk.add("sent", "sent", "rejected", account="shop-de")
    desk.add("pending", first=10, account="shop-fr", message_type=OTHER_TYPE, text="Hello")
    desk.add("unknown", first=20)
    done = desk.types("status")

    assert [line.split() for line in done.stdout.splitlines()[:6]] == [
        ["ACCOUNT", "TYPE", "STATE", "MESSAGES"],
        ["-", TEXT_TYPE, "unknown", "1"],
        ["shop-de", TEXT_TYPE, "rejected", "1"],
        ["sent", "2"],
        ["shop-fr", OTHER_TYPE, "pending", "1"],
        ["all", "5"],
    ]
    assert done.stderr == f"Ledger: {desk.url}\n"


def test_a_copy_is_warned_of_and_stays_as_it_is(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("sent", "pending")
    desk.change(0, sending_at=1)
    witness = tmp_path / "sent.db.witness"
    done = desk.types("status")

    assert "warning: This ledger is a copy" in done.stderr
    assert command(desk.url, "recover", "--since", "TIME") in done.stderr
    assert "bulk work" not in done.stdout, "it is refused, too"
    assert "is missing" in desk.json("status")["copied"]
    assert not witness.exists()

    assert desk.types("recover", "--since", "2999-01-01", "--yes").exit_code == 0
    assert witness.exists()
    assert "warning" not in desk.types("status").stderr
    assert "copied" not in desk.json("status")


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["sent", "skipped"], 0),
        (["sent", "pending"], 6),
        (["pending", "given_up"], 1),
        (["rejected", "unknown", "pending"], 3),
    ],
)
def test_exit_code_is_that_of_the_worst_message(desk: WordDesk, states: list[str], code: int) -> None:
    desk.add(*states)

    assert desk.types("status").exit_code == code
    assert desk.types("status", "--json").exit_code == code
    assert desk.json("status")["exit_code"] == code
    assert desk.types("status", "--order", order(0)).exit_code == desk.json("status", "--order", order(0))["exit_code"]


def test_json_is_the_librarys_document(desk: WordDesk) -> None:
    desk.add("sent", "waiting")
    with Ledger(desk.url) as ledger:
        expected = ledger.status().to_dict()

    assert desk.json("status") == expected


def test_late_and_due_today(desk: WordDesk) -> None:
    desk.add("pending", "waiting", "sent", due="2020-01-01")
    with Ledger(desk.url) as ledger:
        today = ledger.status(order_id=order(0)).oldest_pending
    assert today is not None
    told = desk.types("status").stdout

    assert "Late: 2 messages." in told
    assert f"was added at {today:%Y-%m-%d %H:%M} UTC" in told
    assert "Due today" not in told


def test_due_today() -> None:
    told = list(facts(Status((), late=0, due_today=1200, oldest_pending=None, parked=(), senders=2)))

    assert told == ["Due today: 1,200 messages.", "Senders running: 2."]


def test_a_parked_account_with_why_and_what_to_type(desk: WordDesk) -> None:
    desk.add("pending", "pending", account="shop de")
    with Ledger(desk.url) as ledger:
        park(ledger, "shop de", "The refresh token was revoked.\x1b[2J Ask the seller.")
    done = desk.types("status")

    assert done.exit_code == 4
    assert "shop de: parked since 2026-11-22 11:00 UTC, 2 messages" in done.stdout
    assert "AuthorizationError: The refresh token was revoked." in done.stdout
    assert "\x1b" not in done.stdout
    assert f"spapi-messaging bulk resume 'shop de' --ledger {desk.url}" in done.stdout


def test_what_to_do_about_each_state(desk: WordDesk) -> None:
    desk.add("unknown", "rejected", "given_up", "pending")
    told = desk.types("status").stdout

    assert "Unknown: 1 message." in told
    assert f"  spapi-messaging bulk resolve --ledger {desk.url}\n" in told
    assert "Rejected or given up: 2 messages." in told
    assert "type the same `bulk send FILE` with --retry" in " ".join(told.split())
    assert f"  spapi-messaging bulk retry --ledger {desk.url}\n" in told
    assert "Not sent yet" in told


def test_what_may_not_be_sent_yet(desk: WordDesk) -> None:
    desk.add("pending", "pending", not_before="2199-01-31")
    told = desk.types("status").stdout

    assert "For later: 2 messages may not be sent yet, the first from 2199-01-30 23:00 UTC" in " ".join(told.split())
    assert "Not sent yet" not in told
    desk.add("pending", first=5)
    assert "Not sent yet" in desk.types("status").stdout


def test_what_a_killed_sender_was_sending_is_unknown(desk: WordDesk) -> None:
    desk.add("sending")
    with Ledger(desk.url) as ledger:
        session = Session(ledger.database)
        set_columns(ledger, sender=session.id)
        told = desk.types("status").stdout
        lose(session)
    assert "Unknown" not in told
    assert "Senders running: 1." in told

    done = desk.types("status")
    assert "Unknown: 1 message." in done.stdout
    assert done.exit_code == 3


@pytest.mark.parametrize("columns", [40, 200])
def test_the_table_fits_the_terminal(desk: WordDesk, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    desk.add("pending", "rejected", account="a-very-long-name-of-an-account-" * 4)
    lines = desk.types("status").stdout.splitlines()[:4]

    assert max(map(len, lines)) <= max(60, min(columns, 100))
    assert [line.split()[-1] for line in lines] == ["MESSAGES", "1", "1", "2"]


def test_many_accounts_are_counted_together(desk: WordDesk) -> None:
    for number in range(51):
        desk.add("rejected", "sent", first=2 * number, account=f"shop-{number}")
    lines = desk.types("status").stdout.splitlines()

    assert [line.split() for line in lines[1:4]] == [
        ["51", "accounts", TEXT_TYPE, "rejected", "51"],
        ["sent", "51"],
        ["all", "102"],
    ]


def test_an_empty_ledger(desk: WordDesk) -> None:
    Ledger(desk.url).close()
    done, chosen = desk.types("status"), desk.types("status", "--account", "a")

    assert (done.exit_code, done.stdout) == (0, f"This ledger has no messages. It is {desk.url}\n")
    assert "No message of this ledger fits." in chosen.stdout
    assert desk.json("status")["counts"] == []


def test_the_users_own_ledger_need_not_exist_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "data")
    monkeypatch.delenv("SPAPI_MESSAGING_LEDGER", raising=False)
    done, as_json = invoke("bulk", "status"), invoke("bulk", "status", "--json")

    assert (done.exit_code, as_json.exit_code) == (0, 0)
    assert "Nothing yet. There is no ledger at" in done.stderr
    assert str(tmp_path / "data" / "ledger.db") in done.stderr
    assert as_json.json["counts"] == []
    assert invoke("bulk", "retry", "--json").json["count"] == 0
    assert invoke("bulk", "export").stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_of_the_environment_has_to_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPAPI_MESSAGING_LEDGER", f"sqlite:///{tmp_path / 'sent.db'}")

    assert invoke("bulk", "status").exit_code == 2


@pytest.mark.parametrize("words", [["status"], ["retry"], ["export"], ["resolve"], ["resume"]], ids=" ".join)
def test_without_the_extra(words: list[str]) -> None:
    program = "import sys; sys.modules['sqlalchemy'] = None; from spapi_messaging.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "bulk", *words], capture_output=True, text=True)

    assert done.returncode == 2
    assert "pip install 'spapi-messaging[bulk]'" in done.stderr


def test_on_postgresql(postgres_url: str) -> None:
    desk = WordDesk(postgres_url)
    assert desk.types("status").exit_code == 2  # no tables, and a look makes none
    assert "There is no ledger at" in desk.types("status").stderr

    desk.add("sent", "rejected")
    assert desk.types("retry", "--yes").exit_code == 0
    assert desk.types("status").exit_code == 6
    assert desk.states() == ["sent", "pending"]
    assert desk.types("export").stdout.count("\n") == 3
    assert "--ledger URL" in desk.types("status").stdout or "--ledger" not in desk.types("status").stdout


def test_accounts_with_numbers_stand_in_the_order_of_the_numbers(desk: WordDesk) -> None:
    for first, account in enumerate(["shop-10", "shop-2", "shop-1", "10", "b"]):
        desk.add("pending", first=10 * first, account=account)
    listed = desk.json("status")["counts"]

    assert [each["account"] for each in listed] == ["10", "b", "shop-1", "shop-2", "shop-10"]


def test_what_is_not_sent_yet_is_for_workers_too(desk: WordDesk) -> None:
    desk.add("pending")

    assert "the workers (`bulk work`)" in " ".join(desk.types("status").stdout.split())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://localhost/shop",
        "postgresql://anna@db.example:5432/shop?sslmode=verify-full",
        "sqlite:///sent.db",
    ],
)
def test_commands_to_type_name_the_ledger(url: str) -> None:
    typed = command(url, "resolve")

    assert shlex.split(typed) == ["spapi-messaging", "bulk", "resolve", "--ledger", url]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://anna:hunter2@localhost/shop",
        "postgresql://anna:12/hunter2@localhost/shop",
        "postgresql://localhost/shop?password=hunter2",
        "postgresql://localhost/shop?sslPassword=hunter2",
        "postgresql://anna:hunter2",
    ],
)
def test_commands_to_type_name_a_variable_where_the_ledger_may_have_a_password(url: str) -> None:
    assert command(url, "resolve") == 'spapi-messaging bulk resolve --ledger "$SPAPI_MESSAGING_LEDGER"'
