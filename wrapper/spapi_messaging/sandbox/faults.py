"""Faults that a test switches on: what goes wrong, where, and how often.

Every fault has a kind. With "-recorded", the sandbox first does what the request asks, and then the fault happens:

    throttle                       429; S3: 503 SlowDown
    error, error-recorded          500 with an error document of the service
    unavailable, ...-recorded      503 with HTML, as from a load balancer; S3: 503 with XML
    reset, reset-recorded          the connection is reset, without an answer
    cut, cut-recorded              half of the answer is sent, then the connection is closed
    delay                          the answer is sent `seconds` later
    expired-token, revoked-token   the access token of the request has expired, or is revoked
    expired-url                    S3: the presigned URL has expired
    null-headers                   the upload destination is answered without headers
    answer, answer-recorded        an answer of your own
    invalid_client, ...            the token endpoint answers with this LWA error
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from spapi_messaging.sandbox import lwa
from spapi_messaging.sandbox.answers import Answer, custom_answer, error, html_answer, throttled
from spapi_messaging.sandbox.checks import A_DAY, check_count, check_number, check_text
from spapi_messaging.sandbox.s3_errors import s3_error

HEADER = "x-sandbox-fault"
RECORDED = "-recorded"
TOKEN, S3, API = "token", "s3", "api"
_REPLACING_FAULTS = {"throttle", "error", "unavailable", "reset", "cut", "answer"}
_OTHER_FAULTS = {"delay", "expired-token", "revoked-token", "expired-url", "null-headers"}
FAULT_KINDS = frozenset(
    _REPLACING_FAULTS | {fault + RECORDED for fault in _REPLACING_FAULTS - {"throttle"}} | _OTHER_FAULTS | lwa.ERRORS
)

_REASON = "A fault is switched on in the sandbox."
_UNAVAILABLE = html_answer(503, "Service Unavailable")
_ANSWERS = {
    (API, "throttle"): throttled(),
    (API, "error"): error(500, "InternalFailure", _REASON),
    (API, "unavailable"): _UNAVAILABLE,
    (TOKEN, "throttle"): html_answer(429, "Too Many Requests"),
    (TOKEN, "error"): lwa.lwa_error("server_error", _REASON),
    (TOKEN, "unavailable"): _UNAVAILABLE,
    (S3, "throttle"): s3_error(503, "SlowDown", _REASON),
    (S3, "error"): s3_error(500, "InternalError", _REASON),
    (S3, "unavailable"): s3_error(503, "ServiceUnavailable", _REASON),
}


@dataclass
class Fault:
    """One fault that is switched on.

    Attributes:
        kind: What goes wrong. The documentation of this module lists the kinds.
        on: What it hits: an operationId, "sends", "reads", "uploads", "api" (all of these), "token" or "s3".
        times: How many requests it hits. None: all.
        every: Which of the matching requests it hits; with 10, the 10th, the 20th and so on.
        seconds: How long the answer is delayed.
        response: The answer that an "answer" sends.
        hits: How many requests it hit so far.
    """

    kind: str
    on: str = API
    times: int | None = 1
    every: int = 1
    seconds: float = 0.0
    response: Answer | None = None
    hits: int = 0
    _seen: int = field(default=0, repr=False)

    def __post_init__(self) -> None:
        check_text("kind", self.kind)
        check_text("on", self.on)
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(sorted(FAULT_KINDS))}")
        if self.times is not None:
            check_count("times", self.times)
        check_count("every", self.every)
        check_number("seconds", self.seconds, 0, A_DAY)

    @property
    def recorded(self) -> bool:
        """Whether the sandbox does what the request asks before the fault happens."""
        return self.kind.endswith(RECORDED)

    @property
    def effect(self) -> str:
        """The kind without "-recorded"."""
        return self.kind.removesuffix(RECORDED)

    def matches(self, targets: Iterable[str]) -> bool:
        """Whether the fault hits this request. Counts the request.

        Args:
            targets: The values of `on` that mean this request, such as "sendInvoice", "sends" and "api".
        """
        if self.on not in targets or (self.times is not None and self.hits >= self.times):
            return False
        self._seen += 1
        if self._seen % self.every:
            return False
        self.hits += 1
        return True

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


def parse(text: str) -> Fault:
    """Reads a fault from a header, such as "error", or "delay=2" for a delay of two seconds."""
    fault_kind, _, seconds = text.strip().partition("=")
    try:
        delay = float(seconds or 0)
    except ValueError as wrong:
        raise ValueError(f"{HEADER}: the seconds after = must be a number") from wrong
    return Fault(fault_kind, seconds=delay)


class Faults:
    """The faults that are switched on. The first one that matches a request hits it."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, kind: str, on: str = API, *, times: int | None = 1, every: int = 1, seconds: float = 0.0) -> Fault:
        """Switches a fault on.

        Args:
            kind: What goes wrong. The documentation of this module lists the kinds.
            on: What it hits: an operationId, "sends", "reads", "uploads", "api" (all of these), "token" or "s3".
            times: How many requests it hits. None: all.
            every: Which of the matching requests it hits; with 10, the 10th, the 20th and so on.
            seconds: How long the answer is delayed; at most a day.

        Returns:
            The fault. Its `hits` counts the requests that it hit.

        Raises:
            TypeError: A value has the wrong type.
            ValueError: The kind is unknown, or a number is too small or too large.
        """
        fault = Fault(kind, on, times, every, seconds)
        self.active.append(fault)
        return fault

    def answer(
        self,
        status: int,
        body: bytes | str = b"",
        headers: dict[str, str] | None = None,
        *,
        on: str = API,
        times: int | None = 1,
        every: int = 1,
        recorded: bool = False,
    ) -> Fault:
        """Switches on an answer of your own.

        Args:
            status: The status code, from 200 to 599.
            body: The body.
            headers: The headers.
            on, times, every: As for `add`.
            recorded: Whether the sandbox first does what the request asks.

        Returns:
            The fault.

        Raises:
            TypeError: A value has the wrong type.
            ValueError: A number is too small or too large, or HTTP does not allow this answer.
        """
        fault_kind = "answer" + (RECORDED if recorded else "")
        fault = Fault(fault_kind, on, times, every, response=custom_answer(status, body, headers or {}))
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Switches all faults off."""
        self.active.clear()

    def find(self, targets: Iterable[str], header: str | None = None) -> Fault | None:
        """The fault that hits this request, if any.

        Args:
            targets: The values of `on` that mean this request.
            header: The fault that the request itself asks for.
        """
        if header:
            return parse(header)
        return next((fault for fault in self.active if fault.matches(targets)), None)
