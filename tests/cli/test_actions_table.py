"""The table of `actions`: aligned, within the terminal, and with nothing in it that a terminal would obey."""

from __future__ import annotations

import json
import time
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spapi_messaging.cli.actions_table import document, lines
from spapi_messaging.cli.columns import padded, width_of, wrapped
from spapi_messaging.messages import MESSAGE_TYPES, OPERATIONS
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command
from tests.preflight.actions import action_of, actions
from tests.support.bounds import SOON
from tests.support.operations import publish, retire, too_much
from tests.support.thorough import choose

ANY, OTHER, *_ = MESSAGE_TYPES
READ = next(each for each in OPERATIONS.values() if each.answer == "OrderAttributes")


def table(*embedded: dict[str, Any], width: int = 80) -> str:
    shown = "\n".join(lines(list(actions(*embedded)), width))
    return "".join(part.partition("m")[2] if number else part for number, part in enumerate(shown.split("\x1b[")))


def row(shown: str, name: str) -> list[str]:
    """The cells of one action: now, what it takes, and what else is said of it."""
    first, *rest = shown.split(f"\n  {name} ")[1].split("\n")
    notes = [line.strip() for line in rest[: next((n for n, line in enumerate(rest) if line[:3] != "   "), len(rest))]]
    now, takes = first.split(None, 1)
    return [now, takes, *notes]


def test_what_may_be_sent_with_its_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    operation = publish(monkeypatch, "warranty")
    limits = {"attachments": {"type": "array", "minItems": 1, "maxItems": 2}}
    shown = table(action_of(operation, title="A warranty", properties=limits))

    assert row(shown, "warranty") == ["yes", "1 to 2 files", "A warranty"]
    assert shown.startswith("  TYPE ")


def test_what_may_not_be_sent_and_why() -> None:
    reason = "Already\x1b[2J sent."
    shown = table(action_of(MESSAGE_TYPES[ANY], title=None, disabled=True, disabledReason=reason))

    assert row(shown, ANY)[0::2] == ["no", "disabled: Already [2J sent."]
    assert "\x1b" not in shown
    shown = table(action_of(MESSAGE_TYPES[ANY], title=None, disabled=True))
    assert row(shown, ANY)[2] == "disabled: Amazon gives no reason"


def test_types_that_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in MESSAGE_TYPES:
        publish(monkeypatch, name)
    shown = table(action_of(MESSAGE_TYPES[ANY]))

    for name in MESSAGE_TYPES.keys() - {ANY}:
        assert row(shown, name) == ["no", "not listed"]
    retire(monkeypatch, OTHER)
    assert f"  {OTHER} " not in table(action_of(MESSAGE_TYPES[ANY]))
    assert row(table(action_of(MESSAGE_TYPES[OTHER])), OTHER)[-1] == "retired: expect Amazon to refuse it"


def test_what_this_release_does_not_know() -> None:
    shown = table({"name": "brandNew", "title": "News"}, {"name": READ.path.rpartition("/")[2]})

    assert row(shown, "brandNew") == ["-", "unknown to this release", "News"]
    assert row(table({"name": "\u202e", "title": "\x07"}), "?") == ["-", "unknown to this release"]
    assert row(shown, READ.path.rpartition("/")[2]) == ["-", "a read, no message"]


def test_columns_are_aligned_with_any_script() -> None:
    names = ["請求書を送る", "éclair" + "\u0301", "a" * 60, "\u200dx\x1b[31m", "x"]
    shown = table(*({"name": name} for name in names), width=200)
    body = shown.split("\n")[1:]

    assert len({width_of(line[: line.index(" - ")]) for line in body if " - " in line}) == 1
    assert max(map(width_of, body)) <= 80


@given(title=st.text(max_size=300), reason=st.text(max_size=300), width=st.integers(60, 100))
def test_the_table_fits_the_terminal(title: str, reason: str, width: int) -> None:
    every = [
        action_of(operation, title=title, disabled=True, disabledReason=reason) for operation in MESSAGE_TYPES.values()
    ]
    shown = table(*every, width=width)

    assert max(map(width_of, shown.split("\n"))) <= width
    assert not [each for each in shown if unicodedata.category(each) == "Cc" and each != "\n"]


@given(text=st.text(), width=st.integers(2, 30))
@example(text="日0", width=2)
def test_wrapping_loses_nothing_and_fits(text: str, width: int) -> None:
    found = wrapped(text, width)

    assert "".join("".join(found).split()) == "".join(text.split())
    assert max(map(width_of, found)) <= width
    assert width_of(padded(text, width)) == width


def test_thousands_of_actions() -> None:
    count = choose(3_000, 10_000)
    many = list(actions(*({"name": f"thing{number}", "title": "Things " * 20} for number in range(count))))
    began = time.process_time()
    found = lines(many, 80)
    document(many)

    assert len(found) > 2 * count
    assert time.process_time() - began < choose(SOON / 10, SOON)


def test_the_document_has_the_same_facts() -> None:
    listed = list(actions(action_of(MESSAGE_TYPES[ANY]), {"name": "brandNew"}))
    found = json.loads(json.dumps(document(listed)))

    assert [each["limits"] is None for each in found["actions"]] == [False, True]
    assert found["actions"][0]["available"] is True
    assert ANY not in {each["message_type"] for each in found["not_listed"]}
    assert all(each["limits"] for each in found["not_listed"])


def test_the_command_prints_the_table(run: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = publish(monkeypatch, "confirmOrderDetails")
    most = too_much("confirmOrderDetails", "text") // 2
    properties = {"rawMessageBody": {"type": "string", "minLength": 1, "maxLength": most}}
    answer = {"_embedded": {"actions": [action_of(operation, properties=properties, title="注文")]}}
    sandbox.faults.answer(200, json.dumps(answer), {"content-type": "application/json"}, on="reads")
    shown = run("actions", ORDER).stdout

    assert row(shown, "confirmOrderDetails") == ["yes", f"text of 1 to {most} characters", "注文"]
    assert max(map(width_of, shown.split("\n"))) <= 80
    assert "\x1b" not in shown


def test_colours_only_where_they_are_wanted(run: Command, environment: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in run("actions", ORDER).stdout
    environment.setenv("FORCE_COLOR", "1")
    assert "\x1b[32myes" in run("actions", ORDER).stdout
    environment.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("actions", ORDER).stdout
