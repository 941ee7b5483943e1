"""Exit codes and error documents, by what Amazon answers."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from functools import partial
from typing import Any, NoReturn

import pytest

from spapi_messaging import MessagingClient, RetryPolicy
from spapi_messaging.cli.session import Session
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command
from tests.support.operations import publish

SEND = ("--json", "send", "confirmOrderDetails", ORDER, "--text", "Hello")


def test_message_that_is_not_available_is_a_rejection(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")
    done = run(*SEND)

    assert done.exit_code == 1
    error = done.json["error"]
    assert error["type"] == "MessageNotAvailableError"
    assert error["operation"] == "createConfirmOrderDetails"
    assert error["amazon_order_id"] == ORDER
    assert error["status_code"] == 403
    assert error["request_id"]
    assert sandbox.inbox == []


@pytest.mark.parametrize("fault_kind", ["error", "error-recorded", "unavailable-recorded", "reset-recorded"])
def test_unknown_outcome(run: Command, sandbox: Sandbox, fault_kind: str) -> None:
    sandbox.faults.add(fault_kind, "sends", times=None)
    done = run(*SEND)

    assert done.exit_code == 3
    assert done.json["error"]["type"] == "DeliveryUnknownError"
    assert len(sandbox.inbox) == (1 if fault_kind.endswith("-recorded") else 0)


def test_what_the_error_says_is_not_logged_as_well(environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    sandbox.faults.add("reset-recorded", "sends", times=None)
    command = [sys.executable, "-m", "spapi_messaging", *SEND[1:]]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 3
    assert done.stderr.startswith("Error: It is unknown whether createConfirmOrderDetails")


def test_login_that_is_refused(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add("invalid_grant", "token", times=None)
    done = run(*SEND)

    assert done.exit_code == 4
    assert done.json["error"]["type"] == "AuthorizationError"
    assert done.json["error"]["error"] == "invalid_grant"


def test_role_that_is_missing(run: Command, sandbox: Sandbox) -> None:
    body = '{"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}'
    sandbox.faults.answer(403, body, {"content-type": "application/json"}, times=None)

    assert run(*SEND).exit_code == 4


def test_what_happened_and_each_cause_of_a_403_have_lines_of_their_own(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add("denied", times=None)
    done = run(*SEND)
    lines = done.stderr.splitlines()

    assert [line.split()[0] for line in lines] == ["Error:", "No", "Most", "Or", "Or", "Request"]
    assert lines[0].endswith("The message was not sent.")
    assert lines[2].startswith("  Most likely the Buyer Communication role is missing: give it to the application")
    assert "\n" not in done.json["error"]["message"]


def test_a_refusal_for_people_says_what_to_do_in_a_line_of_its_own(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")
    happened, to_do, request_id, advice = run(*SEND).stderr.splitlines()

    assert happened.endswith("Nothing was sent.")
    assert to_do == "  The order does not allow this message in its present state."
    assert request_id.startswith("  Request id ")
    assert advice.startswith("`spapi-messaging actions ")


@pytest.fixture
def impatient(environment: pytest.MonkeyPatch) -> None:
    """The command with a client that does not wait, because tests must not wait."""
    hurried = partial(MessagingClient.from_env, max_wait=0, retry=RetryPolicy(attempts=1))
    environment.setattr(Session, "client", lambda session: hurried())


def test_throttled(run: Command, sandbox: Sandbox, impatient: None) -> None:
    sandbox.faults.add("throttle", "sends", times=None)
    done = run(*SEND)

    assert done.exit_code == 5
    assert sandbox.inbox == []


def test_no_connection(run: Command, sandbox: Sandbox, impatient: None) -> None:
    sandbox.stop()
    done = run("attributes", ORDER)

    assert done.exit_code == 1
    assert "Traceback" not in done.stderr


def test_error_for_people_is_on_stderr_alone(run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch) -> None:
    publish(environment, "confirmOrderDetails")
    sandbox.orders.set(ORDER, state="cancelled")
    done = run("send", "confirmOrderDetails", ORDER, "--text", "Hello")

    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")


def test_exit_codes_are_in_the_help(run: Command) -> None:
    assert "3 outcome unknown" in run("--help").stdout


def test_interrupted_send_is_an_unknown_outcome(
    run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch
) -> None:
    send = MessagingClient.send

    def interrupted(*arguments: Any, **values: Any) -> NoReturn:
        send(*arguments, **values)
        raise KeyboardInterrupt

    environment.setattr(MessagingClient, "send", interrupted)
    done = run(*SEND)

    assert done.exit_code == 3
    assert done.json["error"]["type"] == "DeliveryUnknownError"
    assert done.json["error"]["operation"] == "createConfirmOrderDetails"
    assert len(sandbox.inbox) == 1


def into_full_disk(environment: pytest.MonkeyPatch, number: int) -> None:
    def full(*_: Any, **__: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    environment.setattr(Session, "say", full)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EPIPE])
def test_sent_message_whose_receipt_cannot_be_printed_is_not_a_failure(
    run: Command, sandbox: Sandbox, environment: pytest.MonkeyPatch, number: int
) -> None:
    into_full_disk(environment, number)
    done = run("send", "confirmOrderDetails", ORDER, "--text", "Hello")

    assert done.exit_code == 0
    assert sandbox.inbox[0].request_id in done.stderr
    assert os.strerror(number) in done.stderr


def test_output_that_cannot_be_written(run: Command, environment: pytest.MonkeyPatch) -> None:
    into_full_disk(environment, errno.ENOSPC)
    done = run("attributes", ORDER)

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr


def test_denied(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.add("denied", times=None)
    refused = run("send", "confirmOrderDetails", ORDER, "--text", "Hello", "--json")

    assert refused.exit_code == 4
    assert refused.json["error"]["possible_causes"] == ["role", "token", "path"]
    assert refused.json["error"]["facts"] == ["The endpoint is not Amazon's."]
    assert "Most likely the Buyer Communication role is missing" in refused.stderr
    assert "advice" not in refused.json["error"]
