"""A field of a message may have any name: also that of an option that the command has of its own."""

from __future__ import annotations

import pytest

from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS, Field
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command
from tests.support.rules import Rules, rules

__all__ = ["rules"]  # a fixture

NAMES = {
    "help_": "help", "dry_run": "dryRun", "check_": "check", "strict": "strict", "json": "json", "sandbox": "sandbox",
    "marketplace_": "marketplace",
    "profile": "profile", "text_file": "textFile", "start": "start",
}  # fmt: skip


@pytest.fixture(autouse=True)
def fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """One message type has a text, a date, and fields with these names."""
    model = next(each for each in MESSAGE_TYPES.values() if any(field.kind == "text" for field in each.fields))
    others = [Field(name, wire, "value", True, None, None, None, None, ()) for name, wire in NAMES.items()]
    date = Field("start_date", "startDate", "date-time", True, None, None, None, None, ())
    text = [field for field in model.fields if field.kind == "text"]
    operation = model._replace(message_type="anyName", fields=(*others, date, *text))
    monkeypatch.setitem(MESSAGE_TYPES, "anyName", operation)
    monkeypatch.setitem(OPERATIONS, operation.operation_id, operation)


def test_every_field_can_be_given_and_every_option_still_works(run: Command, sandbox: Sandbox) -> None:
    given = [
        word
        for name in NAMES
        for word in ("--" + name.strip("_").replace("_", "-") + ("" if name == "start" else "-field"), f"my {name}")
    ]
    words = ["send", "anyName", ORDER, *given, "--start-field", "2026-11-20T00:00:00Z", "--text", "Hello"]

    checked = run("--json", *words, "--dry-run")

    assert checked.exit_code == 0, checked.stderr
    assert sandbox.inbox == []
    assert sorted(checked.json["fields"]) == sorted([*NAMES, "start_date"])
    assert checked.json["text_length"] == len("Hello")


def test_fields_named_like_options_can_be_checked_too(run: Command, sandbox: Sandbox, rules: Rules) -> None:
    own = ("help_", "strict", "json", "sandbox", "marketplace_", "profile", "text_file")
    names = {name: "--" + name.strip("_").replace("_", "-") + ("-field" if name in own else "") for name in NAMES}
    given = [word for name, flag in names.items() for word in (flag, f"my {name}")]
    words = ["check", "anyName", ORDER, *given, "--start-field", "2026-11-20T00:00:00Z", "--text", "Hello"]

    sandbox.faults.answer(200, {"_links": {"actions": [{"name": "anyName"}]}}, on="reads")
    done = run(*words, "--strict", "--order-date", "2020-01-01")

    assert done.exit_code == 1, done.stderr
    assert "warning --order-date: " in done.stdout
    assert "unknown-field" not in done.stdout
    assert [looked.text for looked in rules.looked] == ["Hello"]


def test_the_help_shows_all_of_them(run: Command) -> None:
    shown = run("send", "anyName", "--help")

    assert shown.exit_code == 0, shown.stderr
    for flag in ("--help-field VALUE", "--dry-run-field VALUE", "--dry-run ", "--start VALUE", "--start-field D"):
        assert flag in shown.stdout
