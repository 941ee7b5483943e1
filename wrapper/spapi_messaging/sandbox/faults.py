"""Faults on request: what goes wrong, where, and how often.

A fault is named by its kind; "-recorded" means that the sandbox does the work first and then fails to say so:

    throttle                       429; S3: 503 SlowDown
    error, error-recorded          500 as the service words it
    unavailable, ...-recorded      503 with HTML, as a load balancer says it; S3: 503 with XML
    reset, reset-recorded          the connection is reset and nothing is answered
    cut, cut-recorded              half of an answer, then the connection is closed
    delay                          the answer comes late, by `seconds`
    expired-token, revoked-token   the token that came with the request is no good any more
    expired-url                    S3: the presigned URL is too old
    null-headers                   the upload destination comes without headers
    answer, answer-recorded        any answer of your own
    invalid_client, ...            the token endpoint answers with that LWA error
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from spapi_messaging.sandbox import answers, lwa, s3_errors
from spapi_messaging.sandbox.answers import Answer

HEADER = "x-sandbox-fault"
RECORDED = "-recorded"
TOKEN, S3, API = "token", "s3", "api"
_BREAKS = {"throttle", "error", "unavailable", "reset", "cut", "answer"}
_CONDITIONS = {"delay", "expired-token", "revoked-token", "expired-url", "null-headers"}
KINDS = frozenset(_BREAKS | {kind + RECORDED for kind in _BREAKS if kind != "throttle"} | _CONDITIONS | lwa.ERRORS)

_ANSWERS = {
    (API, "throttle"): answers.throttled(),
    (API, "error"): answers.internal_failure(),
    (API, "unavailable"): answers.html_answer(503, "Service Unavailable"),
    (TOKEN, "throttle"): answers.html_answer(429, "Too Many Requests"),
    (TOKEN, "error"): lwa.lwa_error("server_error", "The sandbox failed, as it was told to."),
    (TOKEN, "unavailable"): answers.html_answer(503, "Service Unavailable"),
    (S3, "throttle"): s3_errors.slow_down(),
    (S3, "error"): s3_errors.internal_error(),
    (S3, "unavailable"): s3_errors.unavailable(),
}


@dataclass
class Fault:
    """One fault that is switched on.

    Attributes:
        kind: What goes wrong; the module's documentation lists the kinds.
        on: Where: an operationId, "sends", "reads", "uploads", "api" (all of these), "token" or "s3".
        times: How many requests it hits; None for no end.
        every: Only each so-many-th request that matches, the 10th, 20th and so on for 10.
        seconds: For a delay.
        response: For an "answer".
        hits: How many requests it has hit.
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
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(sorted(KINDS))}")
        if self.every < 1:
            raise ValueError("every must be at least 1")

    @property
    def recorded(self) -> bool:
        """Whether the work is done before the fault shows."""
        return self.kind.endswith(RECORDED)

    @property
    def effect(self) -> str:
        """The kind without "-recorded"."""
        return self.kind.removesuffix(RECORDED)

    def strikes(self, places: Iterable[str]) -> bool:
        """Whether this request is hit; counts it.

        Args:
            places: Every name that the request answers to, such as "sendInvoice", "sends" and "api".
        """
        if self.on not in places or (self.times is not None and self.hits >= self.times):
            return False
        self._seen += 1
        if self._seen % self.every:
            return False
        self.hits += 1
        return True

    @property
    def breaks(self) -> bool:
        """Whether something else than the answer comes back; otherwise only the circumstances change."""
        return self.effect in _BREAKS or self.kind in lwa.ERRORS

    def answer(self, service: str) -> Answer:
        """What is answered instead."""
        if self.effect == "answer":
            return self.response or Answer(204)
        if self.kind in lwa.ERRORS:
            return lwa.lwa_error(self.kind, "The sandbox refuses, as it was told to.")
        return _ANSWERS[service, self.effect]


def parse(text: str) -> Fault:
    """Reads a fault from a header: its kind, and the seconds after "=" for a delay."""
    kind, _, seconds = text.strip().partition("=")
    return Fault(kind, seconds=float(seconds or 0))


class Faults:
    """The faults that are switched on; the first that matches a request hits it."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, kind: str, on: str = API, *, times: int | None = 1, every: int = 1, seconds: float = 0.0) -> Fault:
        """Switches a fault on.

        Args:
            kind: What goes wrong; the module's documentation lists the kinds.
            on: An operationId, "sends", "reads", "uploads", "api" (all of these), "token" or "s3".
            times: How many requests it hits; None for no end.
            every: Only each so-many-th request that matches.
            seconds: For a delay.

        Returns:
            The fault, whose `hits` says how often it struck.
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
        """Answers with something of your own.

        Args:
            status: The status code.
            body: The body.
            headers: The headers.
            on, times, every: As for `add`.
            recorded: Whether the work is done first.

        Returns:
            The fault.
        """
        content = body.encode() if isinstance(body, str) else body
        kind = "answer" + (RECORDED if recorded else "")
        fault = Fault(kind, on, times, every, response=Answer(status, content, dict(headers or {})))
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        """Switches all faults off."""
        self.active.clear()

    def strike(self, places: Iterable[str], header: str | None = None) -> Fault | None:
        """The fault that hits this request, if any.

        Args:
            places: Every name that the request answers to.
            header: What the request itself asks for.
        """
        if header:
            return parse(header)
        return next((fault for fault in self.active if fault.strikes(places)), None)
