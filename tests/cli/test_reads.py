"""`actions` and `attributes`."""

from __future__ import annotations

from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command


def test_actions_name_what_send_takes(run: Command) -> None:
    done = run("actions", ORDER)

    assert done.exit_code == 0
    assert f"Order {ORDER}" in done.stdout
    assert "confirmOrderDetails" in done.stdout
    assert "\n  invoice " in done.stdout


def test_actions_as_json(run: Command) -> None:
    document = run("--json", "actions", ORDER).json

    assert document["amazon_order_id"] == ORDER
    invoice = next(action for action in document["actions"] if action["message_type"] == "invoice")
    assert invoice["available"] is True
    assert set(invoice) == {"name", "message_type", "title", "description", "available", "disabled_reason", "schema"}


def test_json_leaves_stdout_to_the_document(run: Command) -> None:
    done = run("--json", "actions", ORDER)

    assert done.stdout.startswith("{")
    assert f"Order {ORDER}" in done.stderr


def test_order_that_allows_nothing(run: Command, sandbox: Sandbox) -> None:
    sandbox.faults.answer(200, "{}", {"content-type": "application/json"}, on="getMessagingActionsForOrder")

    assert run("actions", ORDER).stdout == f"Order {ORDER} allows no message now.\n"


def test_attributes_tell_the_language(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, locale="fr-FR")

    assert run("attributes", ORDER).stdout == f"The buyer of order {ORDER} reads fr-FR.\n"
    assert run("--json", "attributes", ORDER).json == {"amazon_order_id": ORDER, "locale": "fr-FR"}


def test_marketplace_option_beats_the_environment(run: Command) -> None:
    assert run("--json", "--marketplace", "FR", "attributes", ORDER).json["locale"] == "fr-FR"
