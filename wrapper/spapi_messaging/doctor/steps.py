"""Goes through the steps in their order. After a step that breaks or takes too long, the next one has its turn."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from spapi_messaging.credentials import CredentialsSource
from spapi_messaging.doctor.authorization import authorization
from spapi_messaging.doctor.clock import clock
from spapi_messaging.doctor.credentials import credentials
from spapi_messaging.doctor.endpoint import endpoint
from spapi_messaging.doctor.examination import Examination, Exchange, MakeClient, Step
from spapi_messaging.doctor.findings import Finding
from spapi_messaging.doctor.invoices import invoices
from spapi_messaging.doctor.network import network
from spapi_messaging.doctor.order import order
from spapi_messaging.doctor.probe import Probe, VerifyTypes, probe, utc_now
from spapi_messaging.doctor.region import region
from spapi_messaging.doctor.role import role
from spapi_messaging.doctor.uploads import uploads
from spapi_messaging.doctor.versions import versions

if TYPE_CHECKING:
    from spapi_messaging.proxies import ProxyTypes

STEPS: Mapping[str, Step] = {
    "versions": versions,
    "credentials": credentials,
    "endpoint": endpoint,
    "network": network,
    "authorization": authorization,
    "clock": clock,
    "region": region,
    "order": order,
    "role": role,
    "uploads": uploads,
    "invoices": invoices,
}
"""The steps, in their order."""

STEP_SECONDS = 60.0
"""The longest time of a step, in seconds."""


def examine(
    make_client: MakeClient,
    order_id: str | None = None,
    *,
    message_type: str | None = None,
    source: Callable[[], CredentialsSource] | None = None,
    decided_by: str = "",
    exchanges: Iterable[Exchange] = (),
    proxy: ProxyTypes | None = None,
    verify: VerifyTypes = True,
    step_seconds: float = STEP_SECONDS,
    probe: Callable[..., Probe] = probe,
    now: Callable[[], datetime] = utc_now,
) -> Iterator[Finding]:
    """Examines a client step by step. No message is sent; with an order, one small file may be uploaded.

    Args:
        make_client: Makes the client. What it raises is a finding too. The client is closed at the end.
        order_id: An order to read. Without it, the steps that need one are not tried.
        message_type: The type of message to upload a file for; by default one that the order allows.
        source: Finds out where the credentials are, such as `find_source`. None: a program gives them.
        decided_by: What decided about the endpoint, such as an option of the command line.
        exchanges: The list or deque that the client's observer fills.
        proxy: The client's own proxy, if it has one.
        verify: The client's own `verify`.
        step_seconds: The longest time of a step, in seconds. After that, the next step begins.
        probe: Finds out whether a server can be reached; for tests.
        now: This machine's time; for tests.

    Yields:
        What was found, in the order of the steps.
    """
    examination = Examination(
        make_client,
        partial(probe, proxy=proxy, verify=verify, now=now),
        now,
        find_source=source,
        decided_by=decided_by,
        order_id=order_id,
        message_type=message_type,
        exchanges=exchanges,
    )
    try:
        for name, step in STEPS.items():
            yield from _within(step_seconds, name, step, examination)
    finally:
        examination.close()


def _within(seconds: float, name: str, step: Step, examination: Examination) -> Iterator[Finding]:
    """What a step finds, one by one. It works in a thread of its own: looking up a name cannot be interrupted."""
    told: queue.SimpleQueue[Finding | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            for finding in step(examination):
                told.put(finding)
            told.put(None)
        except BaseException as mistake:
            told.put(mistake)

    threading.Thread(target=work, name=f"spapi-messaging-doctor-{name}", daemon=True).start()
    limit = threading.Timer(seconds, told.put, [_too_slow(name, seconds)])
    limit.daemon = True
    limit.start()
    try:
        while (finding := told.get()) is not None:
            yield _broken(name, finding) if isinstance(finding, BaseException) else finding
            if isinstance(finding, BaseException) or finding.code == f"{name}-too-slow":
                return
    finally:
        limit.cancel()


def _too_slow(name: str, seconds: float) -> Finding:
    return Finding(
        f"{name}-too-slow",
        f"This step did not end within {seconds:g} seconds.",
        meaning="Calls of a program can hang in the same way.",
        remedy="Try again. If it stays, look at the steps before this one.",
    )


def _broken(name: str, mistake: BaseException) -> Finding:
    return Finding(
        f"{name}-broke",
        f"This step ended with {type(mistake).__name__}.",
        meaning="This is a mistake of spapi-messaging, or of what a program gave the client: a token provider, a "
        "transport, a limiter.",
        remedy="Look at the program's own parts, if there are any. Otherwise report it, with a support bundle.",
    )
