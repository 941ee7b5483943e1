"""`check TYPE ORDER`, and `send --check`: what a person reads, what a program reads, and the exit code."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from spapi_messaging.cli.app import application
from spapi_messaging.messages import MESSAGE_TYPES
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command
from tests.support.operations import ACTIONS, publish_all, too_much
from tests.support.rules import HTML, LINK, LOCKED, rules
from tests.support.sandboxes import complete_sandbox

__all__ = ["rules"]  # a fixture

pytestmark = pytest.mark.usefixtures("rules")

TYPE = "confirmOrderDetails"
MESSAGE = (TYPE, ORDER, "--text")
NO_HTML = "there is HTML at line 1, character 1, and Amazon takes none. Write plain text."
A_LINK = "there is a link at line 1, character {}. Keep it only if the buyer needs it for this order."
BOTH = (("check", *MESSAGE), ("send", *MESSAGE))


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_all(monkeypatch)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as running:
        yield running


def lines(output: str) -> list[str]:
    return output.splitlines()


def test_a_message_that_may_be_sent(run: Command, sandbox: Sandbox) -> None:
    done = run("check", *MESSAGE, "Hello")

    assert done.exit_code == 0
    assert lines(done.stdout) == [f"May be sent: {TYPE} for order {ORDER}. Nothing was sent now."]
    assert done.stderr == ""
    assert sandbox.inbox == []


def test_nobody_knows_what_amazon_refused_to_say(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add("denied", on=ACTIONS.operation_id, times=2)
    done, told = run("check", *MESSAGE, "Hello"), json.loads(run("check", *MESSAGE, "Hello", "--json").stdout)

    assert done.exit_code == 0
    assert lines(done.stdout)[-1].startswith("Nobody knows whether it may be sent: ")
    assert told["may_be_sent"] is None


def test_problems_are_lines_and_the_verdict_comes_last(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")
    done = run("check", *MESSAGE, HTML + LINK)

    assert done.exit_code == 1
    first, *others = lines(done.stdout)
    assert first.startswith(f"error TYPE: Amazon does not list {TYPE} for this order. It lists ")
    assert first.endswith("Send one that it lists, or ask again when the order's state has changed. [not-available]")
    assert others == [
        f"error --text: {NO_HTML} [html]",
        f"warning --text: {A_LINK.format(4)} [link]",
        f"Must not be sent: {TYPE} for order {ORDER}. Nothing was sent.",
    ]


def test_as_json(run: Command, sandbox: Sandbox) -> None:
    done = run("check", *MESSAGE, LINK, "--json")

    assert done.exit_code == 0
    assert done.json == {
        "may_be_sent": True,
        "strict": False,
        "operation": MESSAGE_TYPES[TYPE].operation_id,
        "message_type": TYPE,
        "amazon_order_id": ORDER,
        "marketplace_id": "A1PA6795UKMFR9",
        "amazon_was_asked": True,
        "problems": [
            {
                "field": "text",
                "message": "there is a link at line 1, character 1.",
                "severity": "warning",
                "rule": "link",
                "remedy": "Keep it only if the buyer needs it for this order.",
                "option": "--text",
            }
        ],
    }
    assert f"warning --text: {A_LINK.format(1)}" in done.stderr


def test_with_strict_warnings_count(run: Command) -> None:
    assert run("check", *MESSAGE, LINK).exit_code == 0
    done = run("check", *MESSAGE, LINK, "--strict")

    assert done.exit_code == 1
    assert lines(done.stdout)[-1].startswith("Must not be sent: ")
    assert run("check", *MESSAGE, LINK, "--strict", "--json").json["may_be_sent"] is False


@pytest.mark.parametrize("written", ["2026-01-02", "2026-01-02T10:00:00Z", "2026-01-02T10:00:00+01:00"])
def test_the_date_of_the_order(run: Command, written: str) -> None:
    done = run("check", *MESSAGE, "Hello", "--order-date", written)
    days = (datetime.now(UTC).date() - date(2026, 1, 2)).days

    assert done.exit_code == 0
    assert lines(done.stdout)[0].startswith(f"warning --order-date: the order is {days} days old.")


def test_a_young_order(run: Command) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()

    assert len(lines(run("check", *MESSAGE, "Hello", "--order-date", yesterday).stdout)) == 1


def test_an_invalid_date(run: Command, sandbox: Sandbox) -> None:
    done = run("check", *MESSAGE, "Hello", "--order-date", "yesterday")

    assert done.exit_code == 2
    assert "--order-date" in done.stderr
    assert sandbox.requests == []


def test_an_invalid_order_id_is_not_repeated(run: Command, sandbox: Sandbox) -> None:
    for more in ([], ["--json"]):
        done = run("check", TYPE, "Dear Mrs Schmidt", "--text", "Hello", *more)
        assert done.exit_code == 1
        assert "Schmidt" not in done.stdout + done.stderr
    assert done.json["amazon_was_asked"] is False
    assert done.json["amazon_order_id"] is None
    assert sandbox.requests == []


def test_files_and_dates_are_named_as_they_were_typed(run: Command, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(LOCKED)
    dates = ("--coverage-start", "2027-01-01T00:00:00Z", "--coverage-end", "2026-01-01T00:00:00Z")
    done = run("check", "warranty", ORDER, "--attach", str(tmp_path / "a.pdf"), *dates)

    assert done.exit_code == 1
    assert "error --coverage-end: it is before" in done.stdout
    assert "warning --attach: a.pdf asks for a password" in done.stdout


def test_the_type_can_be_given_by_each_of_its_names(run: Command) -> None:
    for name in (TYPE, MESSAGE_TYPES[TYPE].operation_id, TYPE.upper()):
        assert run("check", name, ORDER, "--text", "Hello", "--json").json["message_type"] == TYPE
    done = run("check", "waranty", ORDER)
    assert done.exit_code == 2
    assert "Did you mean warranty?" in done.stderr


def test_it_takes_what_send_takes(run: Command) -> None:
    own = {"dry_run", "check", "strict", "order_date"}
    for message_type in MESSAGE_TYPES:
        options = []
        for name in ("check", "send"):
            group = application.commands[name]
            found = group.get_command(None, message_type)  # type: ignore[attr-defined]
            options.append([(each.name, each.opts) for each in found.params if each.name not in own])
        assert options[0] == options[1]


def test_when_amazon_cannot_be_asked(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.answer(404, {}, on=ACTIONS.operation_id, times=None)
    for command in (("check", *MESSAGE, "Hello"), ("send", *MESSAGE, "Hello", "--check")):
        done = run(*command)
        assert done.exit_code == 1
        assert "This was for the check of" in done.stderr
        assert "no message was sent" in done.stderr
    sandbox.faults.clear()
    sandbox.faults.add("invalid_grant", times=None)
    assert sandbox.inbox == []


# send --check


def test_send_with_check_sends_what_is_right(run: Command, sandbox: Sandbox) -> None:
    for option in ("--check", "--strict"):
        done = run("send", *MESSAGE, "Hello", option)
        assert done.exit_code == 0, done.stderr
        assert done.stderr == ""
    assert len(sandbox.inbox) == 2
    assert [request.operation for request in sandbox.requests].count(ACTIONS.operation_id) == 2


def test_warnings_are_shown_and_stop_nothing(run: Command, sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    done = run("send", *MESSAGE, f"Hello {LINK}", "--check")

    assert done.exit_code == 0
    assert lines(done.stderr) == [f"warning --text: {A_LINK.format(7)} [link]"]
    assert len(sandbox.inbox) == 1
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_warnings_are_in_the_document(run: Command, sandbox: Sandbox) -> None:
    receipt = run("send", *MESSAGE, LINK, "--check", "--json").json
    sandbox.faults.add("reset-recorded", "sends")
    failed = run("send", *MESSAGE, LINK, "--check", "--json")

    assert [(each["rule"], each["option"]) for each in receipt["warnings"]] == [("link", "--text")]
    assert receipt["status_code"] == 201
    assert failed.exit_code == 3
    assert [each["rule"] for each in failed.json["warnings"]] == ["link"]
    assert len(sandbox.inbox) == 2


def test_with_strict_a_warning_stops_it(run: Command, sandbox: Sandbox) -> None:
    done = run("send", *MESSAGE, LINK, "--strict")

    assert done.exit_code == 2
    assert f"Nothing was sent: warning: --text: {A_LINK.format(1)}\n" in done.stderr
    assert sandbox.inbox == []


def test_a_refused_message_shows_all_problems(run: Command, sandbox: Sandbox) -> None:
    done = run("send", *MESSAGE, HTML + LINK, "--check")
    assert done.exit_code == 2
    assert f"\n  --text: {NO_HTML}\n  warning: --text: {A_LINK.format(4)}\n" in done.stderr
    assert sandbox.requests == []

    sandbox.orders.set(ORDER, state="cancelled")
    done = run("send", *MESSAGE, LINK, "--check")
    assert done.exit_code == 1
    assert f"\n  TYPE: Amazon does not list {TYPE} for this order. It lists " in done.stderr
    assert f"\n  warning: --text: {A_LINK.format(1)}" in done.stderr
    assert f"`spapi-messaging actions {ORDER}`" in done.stderr
    assert " 0 " not in done.stderr
    told = run("send", *MESSAGE, LINK, "--check", "--json").json["error"]
    assert [(each["rule"], each["option"]) for each in told["problems"]] == [
        ("not-available", "TYPE"),
        ("link", "--text"),
    ]
    assert sandbox.inbox == []


def test_local_rules_come_with_those_of_the_content(run: Command, sandbox: Sandbox) -> None:
    done = run("send", *MESSAGE, HTML + "x" * too_much(TYPE, "text"), "--check", "--json")

    assert [each["rule"] for each in done.json["error"]["problems"]] == ["text-length", "html"]
    assert sandbox.requests == []


@pytest.mark.parametrize("option", ["--check", "--strict"])
def test_a_dry_run_asks_nobody(run: Command, sandbox: Sandbox, option: str) -> None:
    done = run("send", *MESSAGE, "Hello", "--dry-run", option)

    assert done.exit_code == 2
    assert "--dry-run asks nobody and sends nothing" in done.stderr
    assert "spapi-messaging check" in done.stderr
    assert sandbox.requests == []


@pytest.mark.parametrize("command", BOTH, ids=lambda command: command[0])
def test_without_the_extra_one_line_says_so(
    run: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    done = run(*command, "Hello", *(["--check"] if command[0] == "send" else []))

    assert done.exit_code == 2
    assert done.stderr == (
        "Error: the checks of a message need phonenumbers: pip install 'spapi-messaging[preflight]'\n"
    )
    assert sandbox.requests == []


def test_a_send_without_check_loads_no_rule() -> None:
    code = (
        "import sys; import spapi_messaging.client, spapi_messaging._operation.send, spapi_messaging.cli.app;"
        "print([name for name in sys.modules if 'preflight' in name or 'order_answers' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
