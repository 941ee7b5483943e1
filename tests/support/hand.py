"""A flow driven by hand: no client, no network, and a clock that is a number."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Generic, TypeVar

import httpx
import pytest

from spapi_messaging import Marketplace, RetryPolicy
from spapi_messaging._call.context import CallContext, Settings
from spapi_messaging._call.effects import Exchange, Flow, Invoke, Wait
from spapi_messaging._call.flow import call
from spapi_messaging._call.outcome import Answer
from spapi_messaging._call.places import Places
from spapi_messaging._call.token_cell import TokenCell
from spapi_messaging.errors import SpApiMessagingError
from spapi_messaging.messages import OPERATIONS, ORDER_ID_PATTERN, Operation, OrderIds
from tests.support.amazon import API, CREDENTIALS, ORDER, TEXT

E = TypeVar("E")
R = TypeVar("R")

# Flows are tested with operations that Amazon publishes, and with plans that the tests know.
READ = OPERATIONS["GetAttributes"]._replace(retired=None, rate=1, burst=5)
SEND = OPERATIONS["createConfirmOrderDetails"]._replace(retired=None, rate=1, burst=5)
UPLOAD = OPERATIONS["createUploadDestinationForResource"]._replace(retired=None, rate=10, burst=10)
OTHER = Operation(operation_id="/other", kind="other", http_method="POST", path="/other", success_status=200)
every_kind = pytest.mark.parametrize("operation", [READ, UPLOAD, SEND, OTHER], ids=lambda operation: operation.kind)
START = 100.0


class Time:
    """A clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Turn:
    """A ticket that the test hands out.

    Attributes:
        told_at: when it was cancelled or answered.
    """

    def __init__(self, ready_at: float) -> None:
        self.ready_at = ready_at
        self.cancelled = 0
        self.answers: list[tuple[float | None, float | None]] = []
        self.told_at: list[float] = []

    def remaining(self, now: float) -> float:
        return self.ready_at - now

    def cancel(self, now: float) -> None:
        self.cancelled += 1
        self.told_at.append(now)

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        self.told_at.append(now)
        self.answers.append((announced_rate, pause))


class Turns:
    """A limiter that hands out what the test says: seconds to wait, or a refusal. At the end, turns that come at once.

    Attributes:
        turns: the tickets.
        asked: the arguments that they were reserved with.
    """

    def __init__(self, *outcomes: float | Exception, blocking: bool = False) -> None:
        self.blocking = blocking
        self.turns: list[Turn] = []
        self.asked: list[dict[str, Any]] = []
        self._outcomes = list(outcomes)

    def reserve(self, key: Any, plan: Any, now: float, **asked: Any) -> Turn:
        self.asked.append({"key": key, "plan": plan, **asked})
        outcome = self._outcomes.pop(0) if self._outcomes else 0.0
        if isinstance(outcome, Exception):
            raise outcome
        self.turns.append(Turn(now + outcome))
        return self.turns[-1]


def make_context(time: Callable[[], float], limiter: Any = None, **other: Any) -> CallContext:
    """What calls share, with tokens from a provider: token-1, token-2, and so on."""
    numbers = itertools.count(1)
    given: dict[str, Any] = {
        "marketplace": Marketplace.DE,
        "endpoint": API,
        "base_url": httpx.URL(API),
        "lwa_endpoint": "https://lwa.example/auth/o2/token",
        "credentials": CREDENTIALS,
        "token_cell": TokenCell(nullcontext),
        "token_provider": lambda: f"token-{next(numbers)}",
        "provider_hears": False,
        "application": "application",
        "seller": "seller",
        "order_ids": OrderIds(re.compile(ORDER_ID_PATTERN)),
        "usage_plans": {},
        "shared_plan": None,
        "limiter": limiter or Turns(),
        "retry": RetryPolicy(),
        "timeouts": httpx.Timeout(30.0).as_dict(),
        "max_wait": None,
        "deadline": None,
        "plain_http": False,
        "proxied": False,
        "user_agent": "Test/1.0",
        "places": Places(None, nullcontext),
        "now": time,
        "random": lambda: 1.0,
    }
    return CallContext(Settings(**{**given, **other}))


class Hand(Generic[R]):
    """Carries out the effects of a flow as the test says.

    Attributes:
        effect: what the flow wants now.
        pauses: how long the waits took that ``go_on`` carried out.
    """

    def __init__(self, flow: Flow[R], time: Time) -> None:
        self.flow = flow
        self.time = time
        self.pauses: list[float] = []
        self.effect: Any = next(flow)

    def wants(self, effect_class: type[E]) -> E:
        assert isinstance(self.effect, effect_class)
        return self.effect

    def give(self, result: object = None) -> None:
        self.effect = self.flow.send(result)

    def fail(self, error: BaseException) -> None:
        self.effect = self.flow.throw(error)

    def answer(self, outcome: httpx.Response | BaseException) -> None:
        """Ends an exchange, with an answer or with an error."""
        self.wants(Exchange)
        self.fail(outcome) if isinstance(outcome, BaseException) else self.give(outcome)

    def finish(self, result: object = None) -> R:
        """Gives the last result, and returns what the flow returns."""
        with pytest.raises(StopIteration) as stop:
            self.give(result)
        value: R = stop.value.value
        return value

    def go_on(self) -> httpx.Request:
        """Carries out everything up to the next exchange, and returns its request. Waiting moves the clock."""
        while not isinstance(self.effect, Exchange):
            if isinstance(self.effect, Wait):
                self.wait()
            else:
                self.give(self.wants(Invoke).function())
        return self.effect.request

    def wait(self) -> None:
        """Carries out a wait."""
        wait, began = self.wants(Wait), self.time.now
        try:
            while (left := wait.remaining(self.time.now)) is None or left > 0:
                assert left is not None, "this would wait for ever"
                self.time.now += left
        except SpApiMessagingError as error:
            self.fail(error)
        else:
            self.pauses.append(self.time.now - began)
            self.give()


def a_request() -> httpx.Request:
    return httpx.Request("POST", f"{API}/messaging/v1/x", json={"text": TEXT})


def call_by_hand(
    operation: Operation = SEND,
    limiter: Any = None,
    *,
    within: float | None = None,
    before_first_byte: Callable[[], Any] | None = None,
    after_refusal: Callable[[], Any] | None = None,
    **settings: Any,
) -> Hand[Answer]:
    """A call that must be over ``within`` seconds, driven by hand."""
    time = Time()
    until = None if within is None else START + within
    context = make_context(time, limiter, **settings)
    return Hand(call(context, operation, ORDER, a_request(), until, before_first_byte, after_refusal), time)
