"""`bulk add`: all of a file is checked and added, or nothing; others send it."""

from __future__ import annotations

import json
import re

import pytest

from spapi_messaging.bulk import Ledger, Sender, State
from tests.cli.bulk.conftest import Desk
from tests.cli.conftest import Run, invoke
from tests.support.runs import FILE_TYPE, TEXT, TEXT_TYPE, order, pdf


def add(desk: Desk, *options: str) -> Run:
    return invoke("bulk", "add", str(desk.folder / "jobs.csv"), "--ledger", desk.ledger_url, *options)


def test_it_needs_no_credentials_and_sends_nothing(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)
    desk.texts(1, 2)
    done = add(desk)

    assert done.exit_code == 0
    assert "2 messages: 2 new, 0 known and not sent, 0 sent before" in done.stdout
    assert "Nothing was sent. Workers send it: `bulk work` with the same --ledger" in done.stdout
    assert (desk.states(), desk.received()) == ({State.PENDING: 2}, [])


def test_every_command_that_is_named_exists(desk: Desk) -> None:
    desk.texts(1)
    told = add(desk).stdout + invoke("bulk", "add", "--help").stdout
    known = invoke("bulk", "--help").stdout

    named = set(re.findall(r"\bbulk ([a-z]+)", told))
    assert named > {"send"}
    assert [name for name in named if not re.search(rf"^  {name} ", known, re.MULTILINE)] == []


def test_accounts_are_those_of_the_machine_that_sends(desk: Desk) -> None:
    desk.write((order(1), TEXT_TYPE, TEXT, "elsewhere"), headings="order,type,text,account")

    assert add(desk).exit_code == 0


def test_a_file_with_a_problem_adds_nothing(desk: Desk) -> None:
    desk.write((order(1), TEXT_TYPE, TEXT), (order(2), TEXT_TYPE, ""))
    done = add(desk)

    assert done.exit_code == 1
    assert "error line 3, text: " in done.stderr
    assert desk.states() == {}


def test_a_file_that_was_sent_is_known(desk: Desk) -> None:
    desk.send(desk.texts(1))
    done = add(desk)

    assert "1 message: 0 new, 0 known and not sent, 1 sent before" in done.stdout
    assert "Nothing was sent" not in done.stdout


def test_events(desk: Desk) -> None:
    desk.texts(1)
    events = [json.loads(line) for line in add(desk, "--json").stdout.splitlines()]

    assert [event["event"] for event in events] == ["checked", "added"]


def test_attachments_below_a_root_are_found_by_a_sender_that_has_it_elsewhere(desk: Desk) -> None:
    here, there = desk.folder / "here", desk.folder / "there"
    here.mkdir()
    pdf(here)
    desk.write((order(1), FILE_TYPE, "R-17.pdf"), headings="order,type,attachments")
    assert add(desk, "--attachments-root", "here").exit_code == 0
    here.rename(there)

    with Ledger(desk.ledger_url, attachments_root=there) as ledger:
        assert [outcome.state for outcome in Sender(ledger).run()] == [State.SENT]
    assert desk.received() == [1]


def test_sandbox_and_a_ledger_of_production_contradict_each_other(desk: Desk) -> None:
    """Workers would send to buyers what was meant for a rehearsal."""
    desk.texts(1)
    with Ledger(desk.ledger_url) as ledger, ledger.database.write() as connection:
        connection.exec_driver_sql("UPDATE spapi_meta SET purpose = 'production'")
    done = add(desk, "--sandbox", "local")

    assert done.exit_code == 2
    assert "this ledger is for production" in done.stderr
    assert desk.states() == {}
