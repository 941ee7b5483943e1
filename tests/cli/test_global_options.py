"""The options of every command, wherever they stand."""

from __future__ import annotations

import pytest

from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json", "--marketplace", "FR", "attributes", ORDER],
        ["--json", "attributes", ORDER, "--marketplace", "FR"],
        ["--marketplace=FR", "attributes", "--json", ORDER],
        ["attributes", ORDER, "--json", "--marketplace=fr"],
    ],
)
def test_before_and_after_the_command(run: Command, arguments: list[str]) -> None:
    assert run(*arguments).json == {"amazon_order_id": ORDER, "locale": "fr-FR"}


def test_after_a_message_type(run: Command, sandbox: Sandbox) -> None:
    done = run("send", "confirmOrderDetails", ORDER, "--text", "Hi", "--marketplace", "FR", "--json")

    assert done.json["marketplace_id"] == "A13V1IB3VIYZZH"
    assert run("send", "--json", "confirmOrderDetails", ORDER, "--text", "Hi").json["marketplace_id"]
    assert len(sandbox.inbox) == 2


def test_after_a_command_of_a_group(run: Command) -> None:
    assert run("sandbox", "env", "--json").json == run("sandbox", "--json", "env").json


@pytest.mark.parametrize(
    "arguments",
    [
        ["--marketplace", "DE", "attributes", ORDER, "--marketplace", "FR"],
        ["attributes", ORDER, "--marketplace", "FR", "--marketplace", "DE"],
        ["--sandbox", "local", "attributes", ORDER, "--sandbox", "amazon"],
        ["--profile", "shop-de", "--profile", "shop-fr", "attributes", ORDER],
    ],
)
def test_two_values_are_refused(run: Command, sandbox: Sandbox, arguments: list[str]) -> None:
    done = run(*arguments)

    assert done.exit_code == 2
    assert "is given twice, with different values" in done.stderr
    assert sandbox.requests == []


def test_one_value_may_be_given_twice(run: Command) -> None:
    done = run("--marketplace", "FR", "attributes", ORDER, "--marketplace", "A13V1IB3VIYZZH")

    assert done.stdout.endswith("fr-FR.\n")


@pytest.mark.parametrize("command", [["actions"], ["send", "invoice"], ["sandbox", "serve"], ["demo"]])
def test_help_shows_them_apart_from_the_commands_own(run: Command, command: list[str]) -> None:
    text = run(*command, "--help").stdout

    assert "--marketplace" in text.split("Options of every command:")[1]
    assert "--marketplace" not in text.split("Options of every command:")[0]


@pytest.mark.parametrize("option", ["--json", "--marketplace", "--dry-run", "--help"])
def test_an_option_is_no_text(run: Command, sandbox: Sandbox, option: str) -> None:
    done = run("send", "confirmOrderDetails", ORDER, "--text", option)

    assert done.exit_code == 2
    assert "--text" in done.stderr
    assert sandbox.requests == []
