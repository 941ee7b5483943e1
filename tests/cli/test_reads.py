"""`actions` and `attributes`."""

from __future__ import annotations

from pathlib import Path

import pytest

from spapi_messaging.cli import reads
from spapi_messaging.cli.session import Session
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS
from spapi_messaging.preflight.limits import limits_of
from spapi_messaging.sandbox import LOCAL_CREDENTIALS, Sandbox
from tests.cli.conftest import ORDER, Command


def test_actions_name_what_send_takes(run: Command) -> None:
    done = run("actions", ORDER)

    assert done.exit_code == 0
    assert f"Order {ORDER}" in done.stdout
    assert "confirmOrderDetails" in done.stdout
    assert "\n  invoice " in done.stdout
    assert done.stderr == ""


def test_actions_as_json(run: Command) -> None:
    document = run("--json", "actions", ORDER).json

    assert document["amazon_order_id"] == ORDER
    invoice = next(action for action in document["actions"] if action["message_type"] == "invoice")
    assert invoice["available"] is True
    own = {"name", "message_type", "title", "description", "available", "disabled_reason", "schema"}
    assert set(invoice) == own | {"limits"}
    assert invoice["limits"] == limits_of(MESSAGE_TYPES["invoice"], {}).to_dict()


def test_json_leaves_stdout_to_the_document(run: Command) -> None:
    done = run("--json", "actions", ORDER)

    assert done.stdout.startswith("{")
    assert f"Order {ORDER}" in done.stderr


def test_order_that_allows_nothing(run: Command, sandbox: Sandbox) -> None:
    for _ in range(2):
        sandbox.faults.answer(200, "{}", {"content-type": "application/json"}, on="getMessagingActionsForOrder")

    assert run("actions", ORDER).stdout == f"Order {ORDER} allows no message now. Amazon may list some later.\n"
    document = run("--json", "actions", ORDER).json
    assert document["actions"] == []
    assert {each["message_type"] for each in document["not_listed"]} == {
        name for name, operation in MESSAGE_TYPES.items() if not operation.retired
    }


def test_attributes_tell_the_language(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, locale="fr-FR")

    assert run("attributes", ORDER).stdout == f"The buyer of order {ORDER} reads fr-FR.\n"
    assert run("--json", "attributes", ORDER).json == {"amazon_order_id": ORDER, "locale": "fr-FR"}


@pytest.mark.parametrize("command", ["attributes", "doctor"])
def test_control_characters_in_the_language_move_no_cursor(run: Command, sandbox: Sandbox, command: str) -> None:
    odd = {"buyer": {"locale": f"\x1b[2Jde\n{'x' * 3000}"}}
    on = reads.read_with("OrderAttributes").operation_id
    sandbox.faults.answer(200, odd, {"content-type": "application/json"}, on=on, times=None)
    done = run(command, ORDER)

    assert done.exit_code == 0
    assert "reads [2Jde xxx" in " ".join(done.stdout.split())
    assert "\x1b" not in done.stdout
    assert "x" * 201 not in done.stdout


def test_marketplace_option_beats_the_environment(run: Command) -> None:
    assert run("--json", "--marketplace", "FR", "attributes", ORDER).json["locale"] == "fr-FR"


def test_profile_is_an_account_of_credentials_yml(
    run: Command, environment: pytest.MonkeyPatch, tmp_path: Path, sandbox: Sandbox
) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)
    environment.setenv("PYTHON-SP-APIDIR", str(tmp_path))
    (tmp_path / "credentials.yml").write_text(
        f"""
version: '1.0'
shop-de:
  refresh_token: '{LOCAL_CREDENTIALS["refresh_token"]}-shop'
  lwa_app_id: '{LOCAL_CREDENTIALS["client_id"]}'
  lwa_client_secret: '{LOCAL_CREDENTIALS["client_secret"]}'
"""
    )

    assert run("--profile", "shop-de", "attributes", ORDER).exit_code == 0
    assert b"local-sandbox-shop" in sandbox.token_requests[0].body


def test_amazons_sandbox_wins_over_endpoints_of_the_environment(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SP_API_REFRESH_TOKEN", "Atzr|of-a-seller")  # those of the local sandbox are refused
    with Session(sandbox="amazon").client() as client:
        assert "https://sandbox.sellingpartnerapi-eu.amazon.com" in repr(client)


@pytest.mark.parametrize(("command", "answer"), [("actions", "AvailableActions"), ("attributes", "OrderAttributes")])
def test_a_read_that_amazon_has_taken_away_ends_its_own_command_alone(
    run: Command, monkeypatch: pytest.MonkeyPatch, command: str, answer: str
) -> None:
    name = reads.read_with(answer).operation_id
    monkeypatch.setitem(OPERATIONS, name, OPERATIONS[name]._replace(answer=None))

    assert reads.deprecation_of(answer) is False
    done = run(command, ORDER)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: Nothing that Amazon publishes answers with")
    assert run({"actions": "attributes", "attributes": "actions"}[command], ORDER).exit_code == 0
