"""docs/alerts.yaml: it has the form that Prometheus takes, and asks for metrics and labels that exist."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from spapi_messaging.bulk import State
from tests.docs.pages import DOCS
from tests.docs.test_operating import metric_names
from tests.support.tools import tool

FILE = DOCS / "alerts.yaml"
RULES: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"][0]["rules"]
LABELS = {"state", "message_type", "service", "operation", "status"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_rules_have_the_right_form(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"[A-Z]\w+", rule["alert"])
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert rule["expr"].count("(") == rule["expr"].count(")")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_rules_ask_for_what_exists(rule: dict[str, Any]) -> None:
    names = set(re.findall(r"spapi_messaging_\w+", rule["expr"]))
    labels = dict(re.findall(r'(\w+)=~?"([^"]*)"', rule["expr"]))

    assert names
    assert names <= metric_names()
    assert labels.keys() <= LABELS
    assert set(labels.get("state", "unknown").split("|")) <= set(State)


def test_every_state_that_needs_a_person_has_an_alert() -> None:
    asked = " ".join(rule["expr"] for rule in RULES)
    for name in ("unknown", "rejected", "given_up", "parked_accounts", "senders", "late_messages", "429", "ledger_up"):
        assert name in asked


def test_workers_without_credentials_are_told_from_workers_that_do_not_run() -> None:
    """Slices that end at once are in no scrape, but they started."""
    asked = {rule["alert"]: " ".join(rule["expr"].split()) for rule in RULES}
    started = "increase(spapi_messaging_senders_started_total[10m]) > 0"

    assert asked["NoSenderWhileMessagesWait"].endswith(f" unless {started}")
    assert asked["AccountNotServed"].endswith(f" and (spapi_messaging_senders > 0 or {started})")


def test_promtool_takes_it() -> None:
    import subprocess

    done = subprocess.run([tool("promtool"), "check", "rules", str(FILE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
