"""What docs/sandbox.md says is so: its variables, its tables, and its requests, which are sent here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from spapi_messaging.sandbox import LOCAL_URL
from spapi_messaging.sandbox.environment import posix, variables
from spapi_messaging.sandbox.faults import FAULT_KINDS, PLACES, RECORDED
from spapi_messaging.sandbox.lwa import ERRORS
from spapi_messaging.sandbox.orders import State
from tests.sandbox.conftest import ORDER, Caller

SECTION = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text("utf-8")
FAULTS_TABLE, REQUESTS_TABLE = SECTION.split("| kind |")[1], SECTION.split("| below `/_sandbox` |")[1].split("\n\n")[0]
ROWS = [re.split(r" *\| *", row)[1:4] for row in REQUESTS_TABLE.splitlines()[2:]]
REQUESTS = [
    (method, path, body)
    for address, bodies, _ in ROWS
    for method, path in re.findall(r"`([A-Z]+) (\S+)`", address) or [("POST", "/faults")]
    for body in re.findall(r"`(\{.*?\})`", bodies) or [""]
]


def test_the_variables_are_those_of_the_local_sandbox() -> None:
    assert posix(variables(LOCAL_URL)) in SECTION


def test_every_kind_of_fault_is_named() -> None:
    named = set(re.findall(r"`([a-z_-]+)`", FAULTS_TABLE))
    kinds = {kind.removesuffix(RECORDED) for kind in FAULT_KINDS} - ERRORS
    assert kinds - named == {"answer"}  # it has a sentence of its own
    assert {f"`{place}`" for place in PLACES if f"`{place}`" not in SECTION} == set()


def test_every_state_of_an_order_is_named() -> None:
    assert re.findall(r"^\| `(\w+)` \|", SECTION.split("| state |")[1], re.MULTILINE)[: len(State)] == list(State)


def test_there_is_a_request_for_everything(caller: Caller) -> None:
    listed = caller.http.get("/_sandbox").json()["error"].partition("It has: ")[2].split(", ")
    asked = {f"{method} /_sandbox{path}" for method, path, _ in REQUESTS}
    names = {"{order_id}": "ORDER", "{number}": "NUMBER"}
    for name, word in names.items():
        listed = [line.replace(name, word) for line in listed]
    assert set(listed) == asked


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_a_request_is_taken_as_it_stands(caller: Caller, method: str, path: str, body: str) -> None:
    caller.sandbox.faults.add("error")
    path = path.replace("ORDER", ORDER).replace("NUMBER", "1")
    assert caller.http.request(method, f"/_sandbox{path}", json=json.loads(body or "null")).is_success
