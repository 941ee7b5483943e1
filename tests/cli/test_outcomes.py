"""Exit codes and error documents, by what Amazon answers."""

from __future__ import annotations

from functools import partial

import pytest

from spapi_messaging import MessagingClient, RetryPolicy
from spapi_messaging.cli.session import Session
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command

SEND = ("--json", "send", "confirmOrderDetails", ORDER, "--text", "Hi")


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


@pytest.mark.parametrize("kind", ["error", "error-recorded", "unavailable-recorded", "reset-recorded"])
def test_unknown_outcome(run: Command, sandbox: Sandbox, kind: str) -> None:
    sandbox.faults.add(kind, "sends", times=None)
    done = run(*SEND)

    assert done.exit_code == 3
    assert done.json["error"]["type"] == "DeliveryUnknownError"
    assert len(sandbox.inbox) == (1 if kind.endswith("-recorded") else 0)


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


@pytest.fixture
def impatient(environment: pytest.MonkeyPatch) -> None:
    """The command with a client that waits for nothing, because a test must not."""
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


def test_error_for_people_is_on_stderr_alone(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")
    done = run("send", "confirmOrderDetails", ORDER, "--text", "Hi")

    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")


def test_exit_codes_are_in_the_help(run: Command) -> None:
    assert "3 outcome unknown" in run("--help").stdout
