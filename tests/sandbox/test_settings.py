"""A setting that makes no sense is refused where it is made, in Python and over HTTP."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.sandbox import Clock, Fault, Faults, Sandbox
from spapi_messaging.sandbox.plans import Plans
from tests.sandbox.conftest import ORDER, Caller
from tests.support.sandboxes import PLAN, complete_sandbox

NO_NUMBERS = [True, "5", None, [], {}, math.nan, math.inf, -math.inf, -1, -0.5, 10**400, 1e300]
NO_COUNTS = [*NO_NUMBERS, 0, 1.0, 0.5]
REFUSED = (TypeError, ValueError)


@pytest.fixture
def idle() -> Sandbox:
    """A sandbox that does not run: most settings need no server."""
    return complete_sandbox(plans={"*": PLAN})


@pytest.mark.parametrize("name", ["times", "every"])
@pytest.mark.parametrize("value", NO_COUNTS)
def test_a_fault_counts_in_whole_numbers(idle: Sandbox, name: str, value: Any) -> None:
    if value is None:
        return  # without end, or as usual
    given = {name: value}
    with pytest.raises(REFUSED, match=f"^{name} must be"):
        idle.faults.add("error", **given)
    with pytest.raises(REFUSED, match=f"^{name} must be"):
        idle.faults.answer(200, **given)
    assert idle.faults.active == []


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_a_delay_is_a_number_of_seconds(idle: Sandbox, value: Any) -> None:
    with pytest.raises(REFUSED, match=r"^seconds must be"):
        idle.faults.add("delay", seconds=value)
    assert idle.faults.active == []


@pytest.mark.parametrize("value", [*NO_COUNTS, 100, 101, 199, 600, 999])
def test_an_answer_has_a_status(idle: Sandbox, value: Any) -> None:
    with pytest.raises(REFUSED, match=r"^status must be"):
        idle.faults.answer(value)


@pytest.mark.parametrize(
    ("status", "body", "headers", "reason"),
    [
        (200, 5, {}, "body must be"),
        (200, {"x"}, {}, "body must be"),
        (200, {"x": {5}}, {}, "body must be"),
        (200, [math.nan], {}, "body must be"),
        (200, "\ud800", {}, "body must be"),
        (204, {}, {}, "status 204 has no body"),
        (204, "x", {}, "status 204 has no body"),
        (304, b"x", {}, "status 304 has no body"),
        (200, "", ["x"], "headers must be"),
        (200, "", {"x": 5}, "header's value must be"),
        (200, "", {5: "x"}, "header's name must be"),
        (200, "", {"a b": "x"}, "HTTP does not allow"),
        (200, "", {"": "x"}, "HTTP does not allow"),
        (200, "", {"x": "a\r\nb: c"}, "HTTP does not allow"),
        (200, "", {"x": "€"}, "HTTP does not allow"),
        (200, "", {"Content-Length": "5"}, "sets Content-Length itself"),
        (200, "", {"transfer-encoding": "gzip"}, "sets transfer-encoding itself"),
    ],
)
def test_an_answer_that_http_does_not_allow_is_refused(
    idle: Sandbox, status: int, body: Any, headers: Any, reason: str
) -> None:
    with pytest.raises(REFUSED, match=reason):
        idle.faults.answer(status, body, headers)
    assert idle.faults.active == []


@pytest.mark.parametrize("status", [200, 204, 205, 304, 403, 599])
def test_any_other_answer_is_sent(caller: Caller, status: int) -> None:
    caller.sandbox.faults.answer(status, headers={"x": "ä b"})
    assert caller.actions().status_code == status


@pytest.mark.parametrize("value", [5, ["error"], b"error"])
def test_names_are_strings(idle: Sandbox, value: Any) -> None:
    with pytest.raises(TypeError, match=r"^kind must be a string"):
        idle.faults.add(value)
    with pytest.raises(TypeError, match=r"^on must be a string"):
        idle.faults.add("error", on=value)
    with pytest.raises(TypeError, match=r"^operation must be a string"):
        idle.plans.set(value, rate=1, burst=1)


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0])
def test_a_rate_is_a_positive_number(idle: Sandbox, value: Any) -> None:
    with pytest.raises(REFUSED, match=r"^rate must be"):
        idle.plans.set(rate=value, burst=1)
    with pytest.raises(REFUSED, match=r"^rate must be"):
        complete_sandbox(plans={"sendInvoice": (value, 1)})


@pytest.mark.parametrize("value", NO_COUNTS)
def test_a_burst_is_a_whole_number(idle: Sandbox, value: Any) -> None:
    with pytest.raises(REFUSED, match=r"^burst must be"):
        idle.plans.set(rate=1, burst=value)
    with pytest.raises(REFUSED, match=r"^burst must be"):
        complete_sandbox(plans={"sendInvoice": (1, value)})


@pytest.mark.parametrize(
    "plans", [5, "*", [("*", (1, 1))], {"*": 5}, {"*": (1,)}, {"*": "11"}, {"*": {"rate": 1, "burst": 1}}]
)
def test_plans_have_a_rate_and_a_burst(plans: Any) -> None:
    with pytest.raises(TypeError, match=r"^plans"):
        Sandbox(plans=plans)


def test_a_plan_is_set_by_message_type(caller: Caller) -> None:
    caller.sandbox.plans.set("confirmOrderDetails", rate=1, burst=2)
    sent = [caller.send("confirmOrderDetails", {"text": "x"}).status_code for _ in range(3)]
    assert sent == [201, 201, 429]
    assert complete_sandbox(plans={"invoice": (3, 4)}).plans.plan("sendInvoice") == (3, 4)


@pytest.mark.parametrize("name", ["bogus", "", "send_invoice", "sends", "INVOICE"])
def test_a_plan_of_an_unknown_operation_is_refused(idle: Sandbox, name: str) -> None:
    known = r"^unknown operation .*known: \*, .*invoice.*sendInvoice"
    with pytest.raises(ValueError, match=known):
        idle.plans.set(name, rate=1, burst=1)
    for mode in ("simulated", "static"):
        with pytest.raises(ValueError, match=known):
            complete_sandbox(mode, plans={name: (1, 1)})


@pytest.mark.parametrize("mode", ["dynamic", "", "Static", None, 5])
def test_an_unknown_mode_is_refused(mode: Any) -> None:
    with pytest.raises(ValueError, match="mode must be one of simulated, static"):
        Sandbox(mode)


@pytest.mark.parametrize("retired", [None, 1, "yes"])
def test_retired_is_true_or_false(retired: Any) -> None:
    with pytest.raises(TypeError, match="retired must be True or False"):
        Sandbox(retired=retired)


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_the_clock_moves_forward_by_seconds(idle: Sandbox, value: Any) -> None:
    idle.clock.freeze()
    before = idle.clock.today()
    with pytest.raises(REFUSED, match=r"^seconds must be"):
        idle.clock.advance(value)
    assert idle.clock.today() == before


def test_the_clock_has_a_last_year() -> None:
    clock = Clock(lambda: 1.8e9)
    for _ in range(100):
        clock.advance(300_000_000)
    with pytest.raises(ValueError, match=r"^seconds must be"):
        clock.advance(1_000_000_000)
    assert clock.today().year < 3000


@pytest.mark.parametrize("value", [*NO_NUMBERS, 0, 0.5])
def test_a_lifetime_is_a_second_or_more(idle: Sandbox, value: Any) -> None:
    with pytest.raises(REFUSED, match=r"^lifetime must be"):
        idle.tokens.lifetime = value
    assert idle.tokens.lifetime == 3600


@pytest.mark.parametrize(
    "settings",
    [
        {"state": 5},
        {"state": []},
        {"marketplace": 5},
        {"marketplace": ""},
        {"locale": 5},
        {"locale": "x y"},
        {"feedback_removal_requested": 1},
    ],
)
def test_an_order_takes_no_nonsense(idle: Sandbox, settings: Any) -> None:
    with pytest.raises(ValueError, match=f"^orders: {ORDER}: "):
        idle.orders.set(ORDER, **settings)
    assert idle.orders.known() == []


@pytest.mark.parametrize("order_id", [5, None, "", " ", "\0", "a\nb", "\ud800"])
def test_an_order_id_is_text(idle: Sandbox, order_id: Any) -> None:
    with pytest.raises(ValueError, match=r"^orders: an order id"):
        idle.orders.set(order_id)


TWICE = """
orders:
  303-1234567-1234567: {state: delivered}
  303-7654321-7654321: {state: shipped}
  "303-1234567-1234567": {state: cancelled}
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TWICE, ORDER),
        ("orders: {1: {}, '1': {}}", "1"),
        ("orders: {1: {}}\norders: {2: {}}", "orders"),
        ("orders: {1: {state: shipped, state: delivered}}", "state"),
        ("default: {locale: de-DE, locale: fr-FR}", "locale"),
    ],
)
def test_what_is_twice_in_a_file_of_orders_is_refused(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / "orders.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=f"^orders: .*orders.yaml has {name} twice"):
        Sandbox(orders=path)


def test_an_order_that_is_twice_in_a_mapping_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^orders: 1 is there twice"):
        Sandbox(orders={"orders": {1: {}, "1": {}}})


def test_orders_in_a_file_can_share_settings(tmp_path: Path) -> None:
    path = tmp_path / "orders.yaml"
    path.write_text("orders: {1: &a {state: delivered}, 2: {<<: *a, locale: fr-FR}, 3: *a}", "utf-8")
    orders = Sandbox(orders=path).orders
    assert {orders.get(order_id).state for order_id in "123"} == {"delivered"}


def test_settings_over_http_are_refused_as_in_python(caller: Caller) -> None:
    settings = [
        *(("faults", {"kind": "error", "times": value}) for value in NO_COUNTS if value is not None),
        *(("faults", {"kind": "error", "every": value}) for value in NO_COUNTS if value is not None),
        *(("faults", {"kind": "delay", "seconds": value}) for value in NO_NUMBERS),
        *(("plans", {"operation": "*", "rate": value, "burst": 1}) for value in [*NO_NUMBERS, 0]),
        *(("plans", {"operation": "*", "rate": 1, "burst": value}) for value in NO_COUNTS),
        *(("clock", {"advance": value}) for value in NO_NUMBERS),
    ]
    for path, body in settings:
        refused = caller.http.post(f"/_sandbox/{path}", content=json.dumps(body))
        assert (refused.status_code, "must be" in refused.json()["error"]) == (400, True), body
    assert caller.actions().status_code == 200


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "1e400", "x", "1e6", "_"])
def test_a_delay_in_a_header_is_a_number_of_seconds(caller: Caller, value: str) -> None:
    refused = caller.send("confirmOrderDetails", {"text": "x"}, headers={"x-sandbox-fault": f"delay={value}"})
    assert refused.status_code == 400
    assert "seconds" in refused.text
    assert caller.sandbox.inbox == []


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.none(), max_size=1)
)


@given(scalars, scalars, scalars)
def test_a_fault_that_is_taken_can_be_used(times: Any, every: Any, seconds: Any) -> None:
    faults = Faults()
    try:
        fault: Fault = faults.add("delay", times=times, every=every, seconds=seconds)
    except REFUSED:
        assert faults.active == []
    else:
        assert faults.find(["api"]) in (None, fault)
        assert 0 <= fault.seconds <= 86_400


@given(scalars, scalars, st.floats(0, 1e9))
def test_a_plan_that_is_taken_can_be_used(rate: Any, burst: Any, later: float) -> None:
    plans = Plans({})
    try:
        plans.set(rate=rate, burst=burst)
    except REFUSED:
        assert plans.plan("sendInvoice") == (1.0, 5)
    else:
        assert plans.take("", "sendInvoice", 0.0)
        assert 0 <= plans.levels(["sendInvoice"], later)[0].level <= burst


@given(st.lists(scalars, max_size=4))
def test_a_clock_that_was_moved_can_be_read(moves: list[Any]) -> None:
    clock = Clock(lambda: 1.8e9)
    for seconds in moves:
        before = clock.now()
        try:
            clock.advance(seconds)
        except REFUSED:
            assert clock.now() == before
        assert clock.today().timestamp() >= before - 1


@pytest.mark.parametrize("name", ["invoice", "sendInvoice"])
def test_a_plan_is_read_by_both_names(idle: Sandbox, name: str) -> None:
    idle.plans.set("sendInvoice", rate=3, burst=4)
    assert idle.plans.plan(name) == (3, 4)
    assert idle.plans.plan("GetAttributes") == (1, 5)
    assert [idle.plans.take("shop", each, now=0.0) for each in ("invoice", "sendInvoice", name)] == [True] * 3
    [level] = idle.plans.levels([name], now=0.0)
    assert level.level == 1


@pytest.mark.parametrize("name", ["invoces", "", "sends"])
def test_a_plan_that_there_is_not_cannot_be_read(idle: Sandbox, name: str) -> None:
    with pytest.raises(ValueError, match=r"^unknown operation .*known: \*, .*invoice.*sendInvoice"):
        idle.plans.plan(name)


@pytest.mark.parametrize("value", [5, None, ["invoice"], b"invoice"])
def test_the_name_of_a_plan_is_a_string(idle: Sandbox, value: Any) -> None:
    with pytest.raises(TypeError, match=r"^operation must be a string"):
        idle.plans.plan(value)


def test_the_plan_of_all_operations_is_that_which_was_set_for_all(idle: Sandbox) -> None:
    idle.plans.set("*", rate=7, burst=8)
    idle.plans.set("invoice", rate=3, burst=4)
    assert [idle.plans.plan(name) for name in ("*", "invoice", "GetAttributes")] == [(7, 8), (3, 4), (7, 8)]
    assert Sandbox("static").plans.plan("*") == (5, 15)
