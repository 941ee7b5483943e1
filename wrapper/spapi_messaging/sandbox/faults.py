"""Faults that a test switches on: what goes wrong, where, and how often.

Every fault has a kind. With "-recorded", the sandbox first does what the request asks, and then the fault happens:

    throttle                       429; S3: 503 SlowDown
    error, error-recorded          500 with an error document of the service
    unavailable, ...-recorded      503 with HTML, as from a load balancer; S3: 503 with XML
    reset, reset-recorded          the connection is reset, without an answer
    cut, cut-recorded              half of the answer is sent, then the connection is closed
    delay                          the answer is sent `seconds` later
    expired-token, revoked-token   a call of the API: its access token has expired, or is revoked
    denied                         a call of the API: 403 without a reason, as when a role is missing
    expired-url                    only on "s3": the presigned URL has expired
    null-headers                   only on "uploads": the upload destination is answered without headers
    answer, answer-recorded        an answer of your own
    invalid_client, ...            only on "token": the token endpoint answers with this LWA error

A fault that could never happen where it is switched on is refused, because a test would pass without it. One that did
not happen to a request, because the request was refused anyway, stays for the next request.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

from spapi_messaging.sandbox import lwa
from spapi_messaging.sandbox.answers import Answer, Body, access_denied, custom_answer, error, html_answer, throttled
from spapi_messaging.sandbox.checks import A_DAY, check_count, check_number, check_text
from spapi_messaging.sandbox.operations import Operations, retired_hint
from spapi_messaging.sandbox.s3_errors import s3_error

HEADER = "x-sandbox-fault"
RECORDED = "-recorded"
API, SENDS, READS, UPLOADS, TOKEN, S3 = PLACES = "api", "sends", "reads", "uploads", "token", "s3"
"""What a fault can hit, besides a single operation."""
_REFUSALS = {"throttle", "denied"}
"""What the API answers before it does anything: these happen to no request that was carried out."""
_REPLACING_FAULTS = {*_REFUSALS, "error", "unavailable", "reset", "cut", "answer"}
_OTHER_FAULTS = {"delay", "expired-token", "revoked-token", "expired-url", "null-headers"}
FAULT_KINDS = frozenset(
    _REPLACING_FAULTS | {fault + RECORDED for fault in _REPLACING_FAULTS - _REFUSALS} | _OTHER_FAULTS | lwa.ERRORS
)
_ONLY_ON = {name: {TOKEN} for name in lwa.ERRORS} | {
    "expired-url": {S3},
    "null-headers": {UPLOADS},
    "expired-token": {API, UPLOADS},
    "revoked-token": {API, UPLOADS},
    "denied": {API, UPLOADS},
}
"""By kind: the places where a fault can happen. The others can happen everywhere."""

_REASON = "A fault is switched on in the sandbox."
_UNAVAILABLE = html_answer(503, "Service Unavailable")
_ANSWERS = {
    (API, "throttle"): throttled(),
    (API, "denied"): access_denied(),
    (API, "error"): error(500, "InternalFailure", _REASON),
    (API, "unavailable"): _UNAVAILABLE,
    (TOKEN, "throttle"): html_answer(429, "Too Many Requests"),
    (TOKEN, "error"): lwa.lwa_error("server_error", _REASON),
    (TOKEN, "unavailable"): _UNAVAILABLE,
    (S3, "throttle"): s3_error(503, "SlowDown", _REASON),
    (S3, "error"): s3_error(500, "InternalError", _REASON),
    (S3, "unavailable"): s3_error(503, "ServiceUnavailable", _REASON),
}


@dataclass(eq=False)
class Fault:
    """One fault that is switched on.

    Attributes:
        kind: What goes wrong. The documentation of this module lists the kinds.
        on: What it hits: an operationId, "sends", "reads", "uploads", "api" (all of these), "token" or "s3". A message
            type stands for its operation, and "" for the place where this kind usually happens.
        times: How many requests it hits. None: all.
        every: Which of the matching requests it hits; with 10, the 10th, the 20th and so on.
        seconds: How long the answer is delayed.
        response: The answer that an "answer" sends.
        hits: To how many requests it happened so far.
        number: 1 for the first fault of a sandbox, 2 for the next one; 0 if it was never switched on.
    """

    kind: str
    on: str = ""
    times: int | None = 1
    every: int = 1
    seconds: float = 0.0
    response: Answer | None = None
    hits: int = 0
    number: int = 0
    _seen: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        check_text("kind", self.kind)
        check_text("on", self.on)
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(sorted(FAULT_KINDS))}")
        self.on = _place(self.on, Operations()) if self.on else _usual_place(self.kind)
        if not self.can_happen([self.on]):
            places = ", ".join(sorted(_ONLY_ON[self.kind]))
            raise ValueError(f"{self.kind} never happens on {self.on!r}; it happens on: {places}")
        if self.times is not None:
            check_count("times", self.times)
        check_count("every", self.every)
        check_number("seconds", self.seconds, 0, A_DAY)
        if self.kind == "delay" and not self.seconds:
            raise ValueError("a delay needs seconds, more than 0")

    @property
    def recorded(self) -> bool:
        """Whether the sandbox does what the request asks before the fault happens."""
        return self.kind.endswith(RECORDED)

    @property
    def effect(self) -> str:
        """The kind without "-recorded"."""
        return self.kind.removesuffix(RECORDED)

    def can_happen(self, targets: Collection[str]) -> bool:
        """Whether this kind of fault can happen to a request.

        Args:
            targets: The values of `on` that mean the request.
        """
        return self.kind not in _ONLY_ON or any(_area(target) in _ONLY_ON[self.kind] for target in targets)

    def matches(self, targets: Collection[str]) -> bool:
        """Whether the fault hits this request. Counts the request, and the hit until `did_not_happen` takes it back.

        Args:
            targets: The values of `on` that mean this request, such as "sendInvoice", "sends" and "api".
        """
        if self.on not in targets or (self.times is not None and self.hits >= self.times):
            return False
        self._seen += 1
        if self._seen < self.every:
            return False
        self._seen = 0
        self.hits += 1
        return True

    def did_not_happen(self) -> None:
        """Takes a hit back, because the request was refused anyway. The next request that matches is hit instead."""
        self.hits -= 1
        self._seen = self.every - 1

    @property
    def needs_success(self) -> bool:
        """Whether the fault happens only to a request that succeeds."""
        return self.recorded or self.kind == "null-headers"

    @property
    def replaces_answer(self) -> bool:
        """Whether the fault replaces the answer. The other faults only delay or change it."""
        return self.effect in _REPLACING_FAULTS or self.kind in lwa.ERRORS

    def answer(self, service: str) -> Answer:
        """The answer that the fault sends."""
        if self.effect == "answer":
            return self.response or Answer(204)
        if self.kind in lwa.ERRORS:
            return lwa.lwa_error(self.kind, _REASON)
        return _ANSWERS[service, self.effect]


def _place(on: str, operations: Operations) -> str:
    """What a fault hits: a place, or the operationId of an operation."""
    check_text("on", on)
    operation = operations.find(on)
    if operation is None and on not in PLACES:
        known = f"{', '.join(PLACES)}, {operations.names}"
        raise ValueError(f"unknown place {on!r}; known: {known}. {retired_hint(on)}".rstrip())
    return operation.operation_id if operation else on


def _usual_place(kind: str) -> str:
    places = _ONLY_ON.get(kind, {API})
    return API if API in places else next(iter(places))


def _area(target: str) -> str:
    """The place that a target belongs to: "token", "s3" or "uploads"; for all the rest "api"."""
    operation = Operations().find(target)
    if operation and operation.kind == "upload":
        return UPLOADS
    return target if target in (TOKEN, S3, UPLOADS) else API


def parse(text: str) -> Fault:
    """Reads a fault from a header, such as "error", or "delay=2" for a delay of two seconds."""
    fault_kind, _, seconds = text.strip().partition("=")
    try:
        delay = float(seconds or 0)
    except ValueError as wrong:
        raise ValueError(f"{HEADER}: the seconds after = must be a number") from wrong
    return Fault(fault_kind, seconds=delay)


class Faults:
    """The faults that are switched on. The first one that matches a request hits it.

    Args:
        operations: The operations that faults can hit.
        uploads: Whether uploads can succeed. If not, no fault can hit them.
    """

    def __init__(self, operations: Operations | None = None, uploads: bool = True) -> None:
        self._operations = operations or Operations()
        self._uploads = uploads
        self._numbers = itertools.count(1)
        self.active: list[Fault] = []

    def add(
        self,
        kind: str,
        on: str | None = None,
        *,
        times: int | EllipsisType | None = ...,
        every: int | None = None,
        seconds: float = 0.0,
    ) -> Fault:
        """Switches a fault on.

        Args:
            kind: What goes wrong. The documentation of this module lists the kinds.
            on: What it hits: an operationId or a message type, "sends", "reads", "uploads", "api" (all of these),
                "token" or "s3". By default "api", or the only place where this kind can happen.
            times: How many requests it hits. None: all. By default one; with `every`, all.
            every: Which of the matching requests it hits; with 10, the 10th, the 20th and so on.
            seconds: How long the answer is delayed; at most a day. "delay" needs it.

        Returns:
            The fault. Its `hits` counts the requests that it hit.

        Raises:
            TypeError: A value has the wrong type.
            ValueError: The kind or the place is unknown, the kind cannot happen there, or a number is too small or
                too large.
        """
        return self._switch_on(kind, on, times, every, seconds=seconds)

    def answer(
        self,
        status: int,
        body: Body = b"",
        headers: dict[str, str] | None = None,
        *,
        on: str | None = None,
        times: int | EllipsisType | None = ...,
        every: int | None = None,
        recorded: bool = False,
    ) -> Fault:
        """Switches on an answer of your own.

        Args:
            status: The status code, from 200 to 599.
            body: The body. A dict or a list becomes JSON.
            headers: The headers.
            on: As for `add`.
            times: As for `add`.
            every: As for `add`.
            recorded: Whether the sandbox first does what the request asks.

        Returns:
            The fault.

        Raises:
            TypeError: A value has the wrong type.
            ValueError: The place is unknown, a number is too small or too large, or HTTP does not allow this answer.
        """
        kind = "answer" + (RECORDED if recorded else "")
        return self._switch_on(kind, on, times, every, response=custom_answer(status, body, headers or {}))

    def remove(self, fault: Fault) -> None:
        """Switches one fault off.

        Raises:
            ValueError: The fault is not switched on.
        """
        if fault not in self.active:
            raise ValueError("this fault is not switched on")
        self.active.remove(fault)

    def clear(self) -> None:
        """Switches all faults off."""
        self.active.clear()

    def find(self, targets: Collection[str], header: str | None = None) -> Fault | None:
        """The fault that hits this request, if any.

        Args:
            targets: The values of `on` that mean this request.
            header: The fault that the request itself asks for.

        Raises:
            ValueError: The header asks for a fault that is unknown, or that cannot happen to this request.
        """
        if header:
            fault = parse(header)
            if not fault.can_happen([target for target in targets if self._is_served(target)]):
                raise ValueError(f"{HEADER}: {fault.kind} never happens to this request")
            return fault
        return next((fault for fault in self.active if fault.matches(targets)), None)

    def _switch_on(
        self, kind: str, on: str | None, times: int | EllipsisType | None, every: int | None, **more: Any
    ) -> Fault:
        place = "" if on is None else _place(on, self._operations)
        if times is ...:
            times = 1 if every is None else None
        fault = Fault(kind, place, times, 1 if every is None else every, **more)
        if not self._is_served(fault.on):
            raise ValueError(f"{kind} never happens on {fault.on!r} in static mode: no upload is published")
        fault.number = next(self._numbers)
        self.active.append(fault)
        return fault

    def _is_served(self, target: str) -> bool:
        return self._uploads or _area(target) not in (UPLOADS, S3)
