"""The options of every command, wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from spapi_messaging.cli.app import application
from spapi_messaging.cli.global_options import GLOBAL_OPTIONS
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
    done = run("send", "confirmOrderDetails", ORDER, "--text", "Hello", "--marketplace", "FR", "--json")

    assert done.json["marketplace_id"] == "A13V1IB3VIYZZH"
    assert run("send", "--json", "confirmOrderDetails", ORDER, "--text", "Hello").json["marketplace_id"]
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


def single_options(command: click.Command, path: list[str]) -> Iterator[tuple[str, ...]]:
    """Every option with one value, behind the words of its command. An option of its own may take several."""
    context = click.Context(command)
    for each in command.get_params(context):
        if each.multiple and each not in GLOBAL_OPTIONS:
            continue
        if isinstance(each, click.Option) and not each.is_flag and each.nargs == 1 and each.name != "help":
            yield (*path, each.opts[0])
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from single_options(found, [*path, name])


SINGLE = list(single_options(application, []))


@pytest.mark.parametrize("words", SINGLE, ids=" ".join)
def test_no_option_replaces_its_own_value(words: tuple[str, ...], run: Command, sandbox: Sandbox) -> None:
    *command, option = words
    first, second = {"--marketplace": ("DE", "FR"), "--sandbox": ("local", "amazon")}.get(option, ("1", "2"))
    done = run(*command, option, first, option, second, ORDER)

    assert done.exit_code == 2
    assert f"{option} is given twice, with different values. Give it once." in done.stderr
    assert sandbox.requests == []


def test_one_text_may_be_given_twice(run: Command, sandbox: Sandbox) -> None:
    assert run("send", "confirmOrderDetails", ORDER, "--text", "Hello", "--text", "Hello").exit_code == 0
    assert sandbox.inbox[0].text == "Hello"


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
