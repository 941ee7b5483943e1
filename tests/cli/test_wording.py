"""Errors speak of what was typed; help shows how it is typed."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from spapi_messaging import __version__
from spapi_messaging.cli.app import application
from spapi_messaging.messages import MESSAGE_TYPES, Operation
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command, invoke

SENDS = [operation for _, operation in sorted(MESSAGE_TYPES.items())]
SEND = ("send", "confirmOrderDetails", ORDER)


def test_fields_are_named_as_they_were_typed(run: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    file = str(tmp_path / "empty.txt")

    assert "Error: Nothing was sent: --text: " in run(*SEND, "--text", " ").stderr
    assert "Error: Nothing was sent: --text-file: " in run(*SEND, "--text-file", file).stderr
    assert "Error: Nothing was sent: --attach: " in run("send", "invoice", ORDER).stderr
    assert "Error: Nothing was sent: ORDER: " in run("attributes", "303-1").stderr


def test_a_field_within_a_message_is_named_so_too(run: Command, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    dates = ("--coverage-start", "2027-01-01T00:00:00Z", "--coverage-end", "2026-01-01T00:00:00Z")
    done = run("send", "warranty", ORDER, "--attach", str(tmp_path / "a.txt"), *dates)

    assert "--coverage-end: it is before --coverage-start." in done.stderr


def test_json_keeps_the_fields_names_beside_the_options(run: Command) -> None:
    (problem,) = run(*SEND, "--text", " ", "--json").json["error"]["problems"]

    assert problem["field"] == "text"
    assert problem["option"] == "--text"
    assert "empty" in problem["message"]


def test_marketplace_is_named_as_an_option(run: Command) -> None:
    assert "Invalid value for '--marketplace'" in run("attributes", ORDER, "--marketplace", "XX").stderr


def test_folder_is_no_attachment(
    run: Command, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "invoices").mkdir()
    monkeypatch.chdir(tmp_path / "invoices")
    done = run("send", "invoice", ORDER, "--attach", ".")

    assert done.exit_code == 2
    assert "Invalid value for '--attach': 'invoices' is a folder." in done.stderr


def test_more_arguments_than_a_command_takes(run: Command, sandbox: Sandbox) -> None:
    by_command = {
        ("send", "invoice", ORDER, "--attach", "a.txt", "b.txt"): "Give each file with an --attach of its own.",
        ("send", "confirmOrderDetails", ORDER, "--text", "May", "we"): "Put a text that has spaces in quotes.",
        ("actions", ORDER, ORDER): "There are more arguments than the command takes.",
    }
    for arguments, remedy in by_command.items():
        done = run(*arguments)
        assert done.exit_code == 2
        assert done.stderr.endswith(f"{remedy}\n")


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("waranty", "Did you mean warranty?"),
        (ORDER, "Give the type first, then the order."),
        ("birthdayCard", "Unknown message type 'birthdayCard'. Known types:"),
    ],
)
def test_message_type_that_is_mistyped(run: Command, given: str, hint: str) -> None:
    assert hint in run("send", given, "invoice").stderr


def test_folder_is_no_text_file(run: Command) -> None:
    assert "'.': Is a directory" in run(*SEND, "--text-file", ".").stderr


def test_path_that_cannot_be_looked_at(run: Command) -> None:
    done = run("send", "invoice", ORDER, "--attach", "x" * 5000 + ".pdf")

    assert done.exit_code == 2
    assert "--attach" in done.stderr


def test_message_that_is_not_available_leads_to_the_actions(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")

    assert f"`spapi-messaging actions {ORDER}`" in run(*SEND, "--text", "Hello").stderr
    (advice,) = run(*SEND, "--text", "Hello", "--json").json["error"]["advice"]
    assert f"`spapi-messaging actions {ORDER}`" in advice


@pytest.mark.parametrize("name", ["Invoice", "INVOICE", "sendinvoice"])
def test_message_type_in_another_case(name: str, tmp_path: Path) -> None:
    (tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    done = invoke("send", name, ORDER, "--attach", str(tmp_path / "invoice.pdf"), "--dry-run", "--json")

    assert done.json["message_type"] == "invoice"


def test_help_says_that_operation_ids_are_types_too() -> None:
    assert "sendInvoice" in invoke("send", "--help").stdout


@pytest.mark.parametrize("operation", SENDS, ids=lambda operation: operation.operation_id)
def test_help_keeps_links_whole(operation: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    assert operation.documentation in invoke("send", operation.operation_id, "--help").stdout.split()


def test_version_names_the_program() -> None:
    done = CliRunner().invoke(application, ["--version"], prog_name="python -m spapi_messaging")

    assert done.stdout == f"spapi-messaging, version {__version__}\n"


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("https://shop.example/invoice.pdf?key=secret", "is a URL. Download the file"),
        ("~no-such-user/a.pdf", "home folder"),
    ],
)
def test_what_is_no_path_is_explained_without_python(run: Command, given: str, remedy: str) -> None:
    done = run("send", "invoice", ORDER, f"--attach={given}")

    assert done.exit_code == 2
    assert remedy in done.stderr
    assert "secret" not in done.stderr
    assert "(" not in done.stderr.split("Error:")[1]


def test_home_folder_behind_an_equals_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "invoice.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")

    assert invoke("send", "invoice", ORDER, "--attach=~/invoice.pdf", "--dry-run").exit_code == 0


def test_remedies_are_those_of_the_command(run: Command, sandbox: Sandbox) -> None:
    sandbox.orders.set(ORDER, state="cancelled")
    refused = run(*SEND, "--text", "Hello", "--json").json["error"]
    sandbox.orders.set(ORDER, state="shipped")
    sandbox.faults.answer(407, "", {}, times=None)
    proxied = run("attributes", ORDER).stderr

    assert "get_messaging_actions_for_order" not in refused["message"]
    assert "Nothing was sent" in refused["message"]
    assert refused["request_id"] in refused["message"]
    assert "HTTPS_PROXY" in proxied
    assert "proxy=" not in proxied


def test_without_credentials_other_ways_are_named(run: Command, environment: pytest.MonkeyPatch) -> None:
    for name in ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET"):
        environment.delenv(name)
    told = run("attributes", ORDER).stderr

    assert "--sandbox local" in told
    assert "--profile" in told
    assert "--profile" not in run("attributes", ORDER, "--profile", "nobody").stderr


def below(command: click.Command, path: list[str]) -> Iterator[list[str]]:
    """A command and those of its group, each by the words that are typed."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if (found := command.get_command(context, name)) is not None:
                yield from below(found, [*path, name])


COMMANDS = list(below(application, []))


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_ends_with_examples_and_fits(path: list[str], wide: None) -> None:
    text = invoke(*path, "--help").stdout
    lines = text.rstrip().split("Example")[-1].splitlines()[1:]

    assert any(line.startswith("    ") and "spapi-messaging" in line for line in lines)
    # An example stays on one line, however long, so that it can be copied.
    others = [line for line in text.splitlines() if not line.startswith("    spapi-messaging ")]
    assert [line for line in others if len(line) > 100] == []


@pytest.mark.parametrize("path", [path for path in COMMANDS if path[:1] == ["send"] and len(path) == 2])
def test_examples_of_message_types_are_right(
    path: list[str], wide: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.pdf").write_bytes(b"%PDF-1.4\n%%EOF\n")
    lines = invoke(*path, "--help").stdout.splitlines()
    (example,) = [shlex.split(line) for line in lines if line.startswith("    ") and line.endswith("--dry-run")]

    assert invoke(*example[1:]).exit_code == 0


@pytest.fixture
def colours(run: Command, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return monkeypatch


def output(*arguments: str, terminal: bool = True) -> str:
    done = CliRunner().invoke(application, arguments, color=terminal)
    return done.stdout + done.stderr


RED, GREEN = "\x1b[31mError:\x1b[0m ", "\x1b[32mSent\x1b[0m "


def test_terminal_shows_errors_red_and_what_was_sent_green(colours: pytest.MonkeyPatch) -> None:
    assert RED in output("attributes", "303")
    assert RED in output("attribute")
    assert GREEN in output(*SEND, "--text", "Hello")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("NO_COLOR", "0"), ("TERM", "dumb")])
def test_no_colours_where_they_are_not_wanted(colours: pytest.MonkeyPatch, name: str, value: str) -> None:
    colours.setenv(name, value)
    colours.setenv("FORCE_COLOR", "1")

    assert "\x1b" not in output("attributes", "303") + output(*SEND, "--text", "Hello")


def test_no_colours_in_a_file_or_beside_json(colours: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in output("attributes", "303", terminal=False) + output(*SEND, "--text", "Hello", terminal=False)
    assert "\x1b" not in output("attributes", "303", "--json") + output(*SEND, "--text", "Hello", "--json")


def test_colours_can_be_forced(colours: pytest.MonkeyPatch) -> None:
    colours.setenv("NO_COLOR", "")
    colours.setenv("FORCE_COLOR", "1")

    assert RED in output("attributes", "303", terminal=False)
    colours.setenv("FORCE_COLOR", "0")
    assert "\x1b" not in output("attributes", "303", terminal=False)
    assert os.environ["NO_COLOR"] == ""
