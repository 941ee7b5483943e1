"""`bulk send`: what is checked, sent and printed, and the exit code."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import RetryPolicy
from spapi_messaging.bulk import Added, Ledger, State
from spapi_messaging.cli.bulk.checking import add_to_ledger
from spapi_messaging.cli.bulk.running.accounts import make_sender
from spapi_messaging.cli.bulk.shown.typed import command
from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS
from spapi_messaging.sandbox import Sandbox
from tests.cli.bulk.conftest import Desk
from tests.cli.conftest import Run, invoke
from tests.support.runs import FILE_TYPE, TEXT, TEXT_TYPE, order, pdf

REFUSAL = {"errors": [{"code": "InvalidInput", "message": "It is refused"}]}


def digest_of(done: Run) -> str:
    found = re.search(r"digest ([0-9a-f]{32})", done.stdout)
    assert found
    return found[1]


def test_all_are_sent_once_however_often_it_is_typed(desk: Desk) -> None:
    file = desk.texts(1, 2, 3)
    first, second = desk.send(file), desk.send(file)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "3 messages: 3 new, 0 known and not sent, 0 sent before" in first.stdout
    assert "3 messages: 0 new, 0 known and not sent, 3 sent before" in second.stdout
    assert first.stdout.endswith("All 3 messages of this file are sent.\n")
    assert second.stdout.endswith("All 3 messages of this file are sent.\n")
    assert desk.received() == [1, 2, 3]


@pytest.mark.parametrize(
    "again", [["send", "jobs.csv"], ["send", "jobs.csv", "--dry-run"], ["work", "--once"]], ids=" ".join
)
def test_a_copy_of_the_ledger_is_refused_before_anything_is_added(desk: Desk, again: list[str]) -> None:
    desk.send(desk.texts(1))
    shutil.copy(desk.folder / "ledger.db", desk.folder / "copy.db")
    url = f"sqlite:///{desk.folder / 'copy.db'}"
    desk.texts(2)

    done = invoke("bulk", *again, "--ledger", url)

    assert done.exit_code == 2
    assert "the file beside it that tells what was sent last is missing" in " ".join(done.stderr.split())
    assert command(url, "recover", "--since", "TIME") in done.stderr
    assert "new" not in done.stdout
    with Ledger(url) as ledger:
        assert ledger.status().states == {State.SENT: 1}
    assert desk.received() == [1]


def test_the_ledger_is_named_and_no_text_is_printed(desk: Desk) -> None:
    done = desk.send(desk.texts(1))

    assert f"Ledger: {desk.ledger_url}\n" in done.stderr
    assert TEXT not in done.stdout + done.stderr


def test_only_the_messages_of_the_file_are_sent_and_counted(desk: Desk) -> None:
    """Others of the same ledger are sent when their file is."""
    invoke("bulk", "add", str(desk.texts(1)), "--ledger", desk.ledger_url)
    done = desk.send(desk.texts(2))

    assert done.exit_code == 0
    assert desk.received() == [2]
    assert "The message of this file is sent." in done.stdout


def test_messages_that_another_file_took_over_are_not_told_as_sent(
    desk: Desk, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that shares rows is added just after this one: nothing of those is sent here."""
    shared = desk.write((order(2), TEXT_TYPE, TEXT), (order(3), TEXT_TYPE, TEXT), name="shared.csv")

    def add_and_be_overtaken(*args: Any, **options: Any) -> Added:
        added = add_to_ledger(*args, **options)
        invoke("bulk", "add", str(shared), "--ledger", desk.ledger_url)
        return added

    monkeypatch.setattr("spapi_messaging.cli.bulk.send.add_to_ledger", add_and_be_overtaken)
    done = desk.send(desk.texts(1, 2), "--json")
    summary = json.loads(done.stdout.splitlines()[-1])

    assert desk.received() == [1]
    assert (done.exit_code, summary["exit_code"], summary["elsewhere"]) == (6, 6, 1)
    assert "Of 2 messages of this file: sent 1, elsewhere 1." in done.stderr
    assert "same command again" in done.stderr


def test_the_same_command_takes_messages_back_from_another_file(desk: Desk) -> None:
    file = desk.texts(1, 2)
    desk.send(file)
    desk.send(desk.write((order(2), TEXT_TYPE, TEXT), name="shared.csv"))
    done = desk.send(file)

    assert (done.exit_code, desk.received()) == (0, [1, 2])
    assert "All 2 messages of this file are sent." in done.stdout


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([1, 2, 2], "All 2 messages of this file were sent before. They are archived.\n"),
        ([1, 2, 3], "The message of this file that is not archived is sent.\n"),
        ([1, 2, 3, 4], "All 2 messages of this file that are not archived are sent.\n"),
    ],
)
def test_a_file_of_which_messages_were_archived(desk: Desk, numbers: list[int], told: str) -> None:
    desk.send(desk.texts(1, 2))
    with Ledger(desk.ledger_url) as ledger:
        ledger.archive("2199-01-01")
    done = desk.send(desk.texts(*numbers))

    assert done.exit_code == 0
    assert done.stdout.endswith(told)
    assert "0 of 0" not in done.stderr


def test_a_rejected_message(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.answer(400, REFUSAL, on="sends")
    done = desk.send(desk.texts(1, 2))

    assert done.exit_code == 1
    assert done.stderr.count(f"rejected {TEXT_TYPE} for order ") == 1
    assert "Of 2 messages of this file: sent 1, rejected 1." in done.stdout
    assert "type the same command with --retry" in done.stdout


def test_retry_sends_what_was_rejected(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.answer(400, REFUSAL, on="sends")
    desk.send(desk.texts(1))
    again = desk.send(desk.texts(1, text="Another text"), "--retry")

    assert again.exit_code == 0
    assert "1 message that was rejected before: sent again now." in again.stdout
    assert [message.text for message in sandbox.inbox] == ["Another text"]


def test_a_dry_run_says_how_many_would_be_sent_again(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.answer(400, REFUSAL, on="sends")
    desk.send(desk.texts(1))
    dry = desk.send(desk.texts(1, 2, 3), "--retry", "--dry-run")

    assert "1 message that was rejected before: would be sent again now." in dry.stdout
    assert desk.states() == {State.REJECTED: 1}


def test_an_unknown_message_is_not_sent_again(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.add("error", "sends")
    file = desk.write((order(1), TEXT_TYPE, TEXT, "R 17"), headings="order,type,text,document")
    done, again = desk.send(file), desk.send(file)

    assert (done.exit_code, again.exit_code) == (3, 3)
    assert f"unknown {TEXT_TYPE} for order {order(1)} (R 17): " in done.stderr
    # With the type: the order may have other messages that are unknown.
    chosen = f"--order {order(1)} --type {TEXT_TYPE} --document 'R 17'"
    command = f"spapi-messaging bulk resolve {chosen} --sent --ledger {desk.ledger_url}"
    assert command in done.stdout
    assert command in again.stdout
    assert desk.received() == []


def test_the_command_for_an_unknown_message_means_no_other_message_of_the_order(desk: Desk, sandbox: Sandbox) -> None:
    """Who copies the line says nothing of the other one, which perhaps did not arrive."""
    sandbox.faults.add("error", "sends", times=None)
    rows = [(order(1), TEXT_TYPE, TEXT, key) for key in ("one", "two")]
    told = desk.send(desk.write(*rows, headings="order,type,text,key")).stdout
    typed = next(line for line in told.splitlines() if "bulk resolve --order " in line)  # the whole line
    invoke(*shlex.split(typed)[1:], "--yes")

    assert desk.states() == {State.SENT: 1, State.UNKNOWN: 1}


def test_many_unknown_ones_are_counted_and_some_written_out(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.add("error", "sends", times=None)
    done = desk.send(desk.texts(*range(7)))

    assert done.stdout.count(" bulk resolve --order ") == 3
    assert "bulk resolve --ledger" in done.stdout


def test_a_parked_account(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.add("invalid_grant", times=None)
    done = desk.send(desk.texts(1, 2))

    assert done.exit_code == 4
    assert done.stderr.count("is parked") == 1
    assert "Of 2 messages of this file: parked 2." in done.stdout
    assert "spapi-messaging bulk resume --ledger" in done.stdout


def test_a_message_that_amazon_does_not_offer_waits(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.answer(200, {"_embedded": {"actions": []}, "_links": {"actions": []}}, on="reads")
    done = desk.send(desk.texts(1), "--check")

    assert done.exit_code == 6
    assert "Waiting: 1." in done.stdout
    assert desk.received() == []


def test_a_message_that_is_not_to_be_sent_yet(desk: Desk) -> None:
    rows = [(order(1), TEXT_TYPE, TEXT, "2199-01-31"), (order(2), TEXT_TYPE, TEXT, "")]
    done = desk.send(desk.write(*rows, headings="order,type,text,not_before"))

    assert done.exit_code == 6
    assert re.search(r"Not to be sent yet: 1\. The first one may be sent from 2199-01-3\d", done.stdout)
    assert desk.received() == [2]


def test_messages_for_later_are_not_told_as_if_they_went_now(desk: Desk) -> None:
    rows = [(order(number), TEXT_TYPE, TEXT, "2199-01-31") for number in range(300)]
    done = desk.send(desk.write(*rows, headings="order,type,text,not_before"))

    assert "0 of 300 done, dated later 300\n" in done.stderr
    assert "Of 300 messages of this file: dated later 300.\n" in done.stdout
    assert "to go on" not in done.stdout


def test_after_an_outage_the_same_command_goes_on_at_once(
    desk: Desk, sandbox: Sandbox, environment: pytest.MonkeyPatch
) -> None:
    """The first run leaves its messages for a quarter of an hour later. Whoever types the command does not wait."""
    file = desk.texts(*range(1, 13))
    with pytest.MonkeyPatch.context() as patch:
        impatient = partial(make_sender, patience=0.0, retry=RetryPolicy(attempts=1))
        patch.setattr("spapi_messaging.cli.bulk.send.make_sender", impatient)
        with socket.create_server(("127.0.0.1", 0)) as server:
            patch.setenv("SP_API_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        failed = desk.send(file)  # the server is gone
    assert (failed.exit_code, desk.received()) == (6, [])
    assert "Type the same command again to go on." in failed.stdout
    assert "Not to be sent yet" not in failed.stdout
    done = desk.send(file)

    assert (done.exit_code, desk.received()) == (0, list(range(1, 13)))
    assert "left for later after trouble: tried again now." in done.stdout
    assert done.stdout.endswith("All 12 messages of this file are sent.\n")


def test_a_row_that_stands_twice_is_told_as_such(desk: Desk) -> None:
    desk.send(desk.texts(1))
    done = desk.send(desk.texts(1, 2, 2, 2), "--dry-run")

    assert "4 messages: 1 new, 0 known and not sent, 1 sent before; 2 rows stand twice\n" in done.stdout


def test_replace_sends_the_new_content_of_what_is_not_sent_yet(desk: Desk, sandbox: Sandbox) -> None:
    """As whoever typed `bulk retry` first, and mended the row then."""
    invoke("bulk", "add", str(desk.texts(1)), "--ledger", desk.ledger_url)
    mended = desk.texts(1, text="Another text")
    refused = desk.send(mended)
    assert (refused.exit_code, desk.received()) == (1, [])
    assert "let the new content take its place with --replace." in refused.stderr
    done = desk.send(mended, "--replace")

    assert done.exit_code == 0
    assert [message.text for message in sandbox.inbox] == ["Another text"]


def test_leave_sent_leaves_out_what_was_sent(desk: Desk, sandbox: Sandbox) -> None:
    desk.send(desk.texts(1))
    file = desk.texts(1, 2, text="Another text")
    refused = desk.send(file)
    assert (refused.exit_code, desk.received()) == (1, [1])
    assert "as --leave-sent does" in refused.stderr
    done = desk.send(file, "--leave-sent")

    assert (done.exit_code, desk.received()) == (0, [1, 2])
    assert [message.text for message in sandbox.inbox] == [TEXT, "Another text"]


@pytest.mark.parametrize("option", ["--replace", "--leave-sent"])
def test_other_rows_keep_what_they_were(desk: Desk, option: str) -> None:
    """What was sent is not replaced, and what is not sent yet is not left out."""
    desk.send(desk.texts(1))
    invoke("bulk", "add", str(desk.texts(2)), "--ledger", desk.ledger_url)
    done = desk.send(desk.texts({"--replace": 1, "--leave-sent": 2}[option], text="Another text"), option)

    assert (done.exit_code, desk.received()) == (1, [1])


def test_curl(desk: Desk) -> None:
    done = desk.send(desk.texts(1), "--curl")

    assert done.exit_code == 0
    assert "curl" in done.stderr
    assert LOCAL_CREDENTIALS["refresh_token"] not in done.stderr


def test_attachments_begin_in_the_folder_of_the_file(desk: Desk, tmp_path: Path) -> None:
    pdf(tmp_path)
    file = desk.write((order(1), FILE_TYPE, "R-17.pdf"), headings="order,type,attachments")

    assert desk.send(file).exit_code == 0
    assert desk.received() == [1]


def test_stdin(desk: Desk) -> None:
    done = desk.send("-", stdin=desk.texts(1, 2).read_text())

    assert done.exit_code == 0
    assert desk.received() == [1, 2]


def test_options_fill_what_rows_leave_out(desk: Desk, sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "late.txt").write_text("It is late\n")
    file = desk.write((order(1),), (order(2),), headings="order")
    done = desk.send(file, "--type", TEXT_TYPE.upper(), "--text-file", "late.txt", "--marketplace", "FR")

    assert done.exit_code == 0
    assert f"2  {TEXT_TYPE} to FR\n" in done.stdout
    assert {message.text for message in sandbox.inbox} == {"It is late"}


def test_a_digest_sends_what_it_was_printed_for(desk: Desk) -> None:
    file = desk.texts(1)
    digest = digest_of(desk.send(file, "--dry-run"))

    assert desk.send(file, "--digest", digest[:16].upper()).exit_code == 0
    assert desk.received() == [1]


def test_another_digest_sends_nothing(desk: Desk) -> None:
    digest = digest_of(desk.send(desk.texts(1), "--dry-run"))
    changed = desk.texts(1, 2)
    now = digest_of(desk.send(changed, "--dry-run"))
    done = desk.send(changed, "--digest", digest)

    assert done.exit_code == 2
    assert f"Nothing was sent: the digest of this file is {now}, and --digest says {digest}." in done.stderr
    assert desk.received() == []
    assert desk.states() == {}


@pytest.mark.parametrize("digest", ["abc", "0123456789abcdeg", "0" * 33, ""])
def test_what_is_no_digest(desk: Desk, digest: str) -> None:
    done = desk.send(desk.texts(1), "--digest", digest)

    assert done.exit_code == 2
    assert "A digest is 32 hex digits" in done.stderr


def test_a_dry_run_needs_no_credentials_and_adds_nothing(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    without_credentials(environment)
    done = desk.send(desk.texts(1, 2), "--dry-run")

    assert done.exit_code == 0
    assert "2 messages: 2 new" in done.stdout
    assert done.stdout.endswith("Nothing was sent, and nothing was added to the ledger.\n")
    assert (desk.states(), desk.received()) == ({}, [])


def without_credentials(environment: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)


def test_missing_credentials_are_told_before_anything_is_added(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    without_credentials(environment)
    done = desk.send(desk.texts(1))

    assert done.exit_code == 2
    assert "Error: No credentials." in done.stderr
    assert "With --sandbox local, it needs no credentials." in done.stderr
    assert desk.states() == {}


def test_a_missing_refresh_token_is_told_before_anything_is_added(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SP_API_REFRESH_TOKEN")
    done = desk.send(desk.texts(1))

    assert done.exit_code == 2
    assert "lack a refresh token" in done.stderr
    assert desk.states() == {}


def test_accounts_of_the_environment(desk: Desk, environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    environment.setenv("SP_API_REFRESH_TOKEN_shop", f"{LOCAL_CREDENTIALS['refresh_token']}-shop")
    file = desk.write((order(1), TEXT_TYPE, TEXT, "shop"), headings="order,type,text,account")
    done = desk.send(file)

    assert done.exit_code == 0
    assert f"1  {TEXT_TYPE} to DE from shop" in done.stdout
    assert desk.received() == [1]


def test_an_account_that_does_not_exist(desk: Desk) -> None:
    rows = [(order(1), TEXT_TYPE, TEXT, ""), (order(2), TEXT_TYPE, TEXT, "shop-xy")]
    done = desk.send(desk.write(*rows, headings="order,type,text,account"))

    assert done.exit_code == 1
    assert "error line 3, account: " in done.stderr
    assert (desk.states(), desk.received()) == ({}, [])


def test_profile_is_for_rows_that_name_no_account(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SP_API_REFRESH_TOKEN_shop", f"{LOCAL_CREDENTIALS['refresh_token']}-shop")

    assert f"1  {TEXT_TYPE} to DE from shop" in desk.send(desk.texts(1), "--profile", "shop").stdout


@pytest.mark.parametrize("asks", ["option", "environment"])
def test_the_local_sandbox_takes_any_account(desk: Desk, environment: pytest.MonkeyPatch, asks: str) -> None:
    without_credentials(environment)
    if asks == "environment":
        environment.setenv("SP_API_SANDBOX", "local")
    rows = [(order(1), TEXT_TYPE, TEXT, "DE", "one"), (order(2), TEXT_TYPE, TEXT, "US", "two")]
    file = desk.write(*rows, headings="order,type,text,marketplace,account")
    done = desk.send(file, *(["--sandbox", "local"] if asks == "option" else []))

    assert done.exit_code == 0
    assert desk.received() == [1, 2]


def test_a_ledger_of_a_sandbox_is_not_used_for_another_place(
    desk: Desk, environment: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    desk.send(desk.texts(1))
    environment.setenv("SP_API_ENDPOINT", sandbox.url.replace("127.0.0.1", "localhost"))
    done = desk.send(desk.texts(2))

    assert done.exit_code == 2
    assert desk.received() == [1]


def test_a_rehearsal_adds_nothing_to_a_ledger_of_another_place(
    desk: Desk, environment: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    """Else a worker of that place would send what was only tried."""
    desk.send(desk.texts(1))
    environment.setenv("SP_API_ENDPOINT", sandbox.url.replace("127.0.0.1", "localhost"))
    done = desk.send(desk.texts(2))

    assert "Use another ledger" in done.stderr
    assert (done.exit_code, desk.states()) == (2, {State.SENT: 1})


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_what_was_sent_in_a_rehearsal_is_not_told_as_sent_elsewhere(
    desk: Desk, environment: pytest.MonkeyPatch, sandbox: Sandbox, options: list[str]
) -> None:
    file = desk.texts(1)
    desk.send(file)
    environment.setenv("SP_API_ENDPOINT", sandbox.url.replace("127.0.0.1", "localhost"))
    done = desk.send(file, *options)

    assert done.exit_code == 2
    assert "This ledger is for " in done.stderr
    assert "are sent" not in done.stdout


def test_a_ledger_from_which_nothing_left_yet_may_be_used_elsewhere(
    desk: Desk, environment: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    sandbox.faults.add("invalid_grant", times=None)
    desk.send(desk.texts(1))
    sandbox.faults.clear()
    environment.setenv("SP_API_ENDPOINT", sandbox.url.replace("127.0.0.1", "localhost"))

    done = desk.send(desk.texts(2))

    assert (done.exit_code, desk.states()) == (4, {State.PARKED: 2})
    assert "This ledger is for" not in done.stderr


def test_every_problem_is_told_with_its_line_and_nothing_is_sent(desk: Desk) -> None:
    desk.send(desk.texts(3))
    rows = [
        (order(1), TEXT_TYPE, TEXT),
        (order(2), "invoce", TEXT),
        (order(3), TEXT_TYPE, "Other"),
        ("303-1", TEXT_TYPE, TEXT),
    ]
    done = desk.send(desk.write(*rows))

    assert done.exit_code == 1
    told = re.findall(r"^error (line \d+), ", done.stderr, re.MULTILINE)
    assert told == ["line 3", "line 4", "line 5"]
    assert "Nothing was sent, and nothing was added: 3 problems in 3 lines." in done.stderr
    assert desk.received() == [3]


def test_of_many_problems_people_see_the_first_hundred(desk: Desk) -> None:
    file = desk.write(*(("303-1", TEXT_TYPE, TEXT) for _ in range(130)))
    done = desk.send(file, "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.stderr.count("error line ") == 100
    assert "… and 30 more.\n" in done.stderr
    assert "130 problems in 130 lines" in done.stderr
    assert [event["line"] for event in events if event["event"] == "problem"] == list(range(2, 132))
    assert events[-1] == {"event": "summary", "states": {"invalid": 130}, "exit_code": 1, "digest": None}


def test_events(desk: Desk, sandbox: Sandbox) -> None:
    sandbox.faults.answer(400, REFUSAL, on="sends")
    events = desk.events(desk.texts(1, 2))
    by_name = {event["event"]: event for event in events}

    assert [event["event"] for event in events] == ["checked", "added", "outcome", "outcome", "summary"]
    assert by_name["checked"]["count"] == 2
    assert by_name["checked"]["kinds"][0]["message_type"] == TEXT_TYPE
    assert by_name["added"]["added"] == 2
    outcomes = [event for event in events if event["event"] == "outcome"]
    assert {event["state"] for event in outcomes} == {"sent", "rejected"}
    assert {event["amazon_order_id"] for event in outcomes} == {order(1), order(2)}
    assert by_name["summary"]["states"] == {"rejected": 1, "sent": 1}
    assert (by_name["summary"]["exit_code"], by_name["summary"]["interrupted"]) == (1, False)
    assert by_name["summary"]["digest"] == by_name["checked"]["digest"]


@pytest.mark.parametrize("options", [["--digest", "0" * 16], ["--digest", "x"], ["--unknown"]])
def test_an_error_is_an_event_too(desk: Desk, options: list[str]) -> None:
    events = desk.events(desk.texts(1), *options)

    assert events[-1]["event"] == "error"
    assert events[-1]["error"]["message"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--dry-run", "--check"], "--dry-run asks nobody"),
        (["--type", "invoce"], "Did you mean invoice?"),
        (["--text-file", "missing.txt"], "missing.txt cannot be read"),
        (["--text-file", "latin.txt"], "latin.txt is not UTF-8 text."),
        (["--text-file", "long.txt"], "long.txt has more than 1,048,576 characters."),
        (["--text-file", "a.txt", "--text-file", "b.txt"], "two texts for buyers with any other language"),
        (["--text-file", "de=a.txt", "--text-file", "de=b.txt"], "two texts for the language de"),
        (["--column", "order"], "write NAME=HEADING"),
        (["--column", "order=A", "--column", "order=B"], "order is given twice"),
        (["--column", "order=A", "--column", "Order-ID=B"], "order is given twice"),
        (["--attachments-root", "missing"], "attachments_root is not a folder"),
    ],
)
def test_options_that_cannot_be_meant(desk: Desk, tmp_path: Path, options: list[str], told: str) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    (tmp_path / "latin.txt").write_bytes("Grüße".encode("latin-1"))
    (tmp_path / "long.txt").write_bytes(b"x" * (2**20 + 1))
    done = desk.send(desk.texts(1), *options)

    assert done.exit_code == 2
    assert told in done.stderr
    assert desk.received() == []


def test_without_the_extra(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("spapi_messaging.bulk.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    done = desk.send(desk.texts(1))

    assert done.exit_code == 2
    assert "pip install 'spapi-messaging[bulk]'" in done.stderr


@pytest.fixture
def reader_is_gone(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """A command whose stdout nobody reads any more, as of `| head`."""
    file = desk.texts(*range(20))
    command = [
        sys.executable,
        "-m",
        "spapi_messaging",
        "bulk",
        "send",
        str(file),
        "--ledger",
        desk.ledger_url,
        "--json",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        process.stdout.readline()
        process.stdout.close()
        yield process
        process.kill()


def test_a_reader_that_went_away_stops_nothing(desk: Desk, reader_is_gone: subprocess.Popen[str]) -> None:
    assert reader_is_gone.wait(60) == 0
    assert desk.received() == list(range(20))
    assert desk.states() == {State.SENT: 20}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_is_full_stops_nothing_and_is_told(desk: Desk) -> None:
    """It becomes full during the run: what was printed before is an error before anything is sent."""
    file = desk.texts(*range(3))
    code = (
        "import sys; from spapi_messaging.cli.bulk.running import events;"
        "tell = events.Events.tell;"
        "events.Events.tell = lambda *a: (setattr(sys, 'stdout', open('/dev/full', 'w')), tell(*a));"
        "from spapi_messaging.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "bulk", "send", str(file), "--ledger", desk.ledger_url, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert "The ledger has all outcomes" in done.stderr
    assert "All 3 messages of this file are sent." in done.stderr
    assert desk.received() == [0, 1, 2]


def test_an_empty_name_of_a_ledger_is_not_the_usual_one(desk: Desk) -> None:
    """A script whose variable is not set would send all of it once more."""
    done = invoke("bulk", "send", str(desk.texts(1)), "--ledger", "")

    assert done.exit_code == 2
    assert "Name a ledger, or leave --ledger out." in done.stderr
    assert desk.received() == []


def test_the_current_folder_is_no_job_file(desk: Desk) -> None:
    done = desk.send(".")

    assert done.exit_code == 2
    assert " . is a folder. `bulk prepare`" in done.stderr


def test_leave_sent_leaves_out_what_was_sent_under_another_document(desk: Desk) -> None:
    """A file that was named after its document is named after another one now."""
    pdf(desk.folder)
    headings = "order,type,attachments,document"
    desk.send(desk.write((order(1), FILE_TYPE, "R-17.pdf", "R-17"), headings=headings))
    file = desk.write((order(1), FILE_TYPE, "R-17.pdf", "0017"), headings=headings)
    refused = desk.send(file)
    assert (refused.exit_code, desk.received()) == (1, [1])
    done = desk.send(file, "--leave-sent")

    assert (done.exit_code, desk.received()) == (0, [1])
    assert "1 message: 0 new, 0 known and not sent, 1 sent before" in done.stdout
    assert done.stdout.endswith("The message of this file was sent before.\n")
