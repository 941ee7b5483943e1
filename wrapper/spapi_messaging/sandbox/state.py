"""The state of one sandbox. All of its endpoints share it."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from spapi_messaging.sandbox import requests
from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.faults import Faults
from spapi_messaging.sandbox.hosts import AllowedHosts
from spapi_messaging.sandbox.inbox import Message
from spapi_messaging.sandbox.lwa import Tokens
from spapi_messaging.sandbox.operations import Operations
from spapi_messaging.sandbox.orders import Orders
from spapi_messaging.sandbox.plans import STATIC_PLAN, Plan, Plans
from spapi_messaging.sandbox.requests import ReceivedRequest
from spapi_messaging.sandbox.signing import Signer
from spapi_messaging.sandbox.uploads import Uploads

SIMULATED, STATIC = "simulated", "static"
MODES = (SIMULATED, STATIC)


class SandboxState:
    """The state of one sandbox.

    Args:
        mode: "simulated" or "static".
        orders: A YAML file or a mapping; see `Orders`.
        plans: Usage plans that replace the published ones: `{"sendInvoice": (rate, burst), "*": …}`.
        clock: A clock to use instead of the system's.
        retired: Whether the simulated mode knows the message types that Amazon has retired. The static mode always
            does, because their cases are still published.
        allowed_hosts: The names by which clients may reach the sandbox.

    Attributes:
        allowed_hosts: The names by which clients may reach it.
        open_to_others: Whether other machines may reach it.
        operations: The operations that the sandbox serves.
        inbox: What buyers received, oldest first.
        requests: The requests to the API, the token endpoint and S3, oldest first.
        faults: The faults that are switched on.
        plans: The usage plans.
        tokens: The access tokens.
        orders: The orders.
        uploads: The upload destinations.
        clock: The clock.
        sleep: Waits when a fault delays an answer.
    """

    def __init__(
        self,
        mode: str = SIMULATED,
        orders: str | Path | Mapping[str, Any] | None = None,
        plans: Mapping[str, tuple[float, int]] | None = None,
        clock: Clock | None = None,
        retired: bool = False,
        allowed_hosts: Iterable[str] = (),
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
        if not isinstance(retired, bool):
            raise TypeError(f"retired must be True or False, not {type(retired).__name__}")
        self.mode = mode
        self.allowed_hosts = AllowedHosts(allowed_hosts)
        self.open_to_others = False
        self.operations = Operations(retired or mode == STATIC)
        self.clock = clock or Clock()
        self.tokens = Tokens(self.clock.now)
        shared = STATIC_PLAN if mode == STATIC else None
        self.plans = Plans(_published_plans(self.operations), plans, shared, self.operations)
        self.orders = Orders(orders)
        self.faults = Faults(self.operations, uploads=mode != STATIC)
        self.uploads = Uploads(self.clock, Signer(secrets.token_bytes(32)))
        self.inbox: list[Message] = []
        self.requests: list[ReceivedRequest] = []
        self._requests_size = 0
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.message_numbers = itertools.count(1)

    def record(self, request: ReceivedRequest) -> None:
        """Keeps a request. The oldest are dropped when there are too many."""
        self.requests.append(request)
        del self.requests[: -requests.MAX_REQUESTS]
        self._requests_size += request.size
        # The list may have become shorter in the meantime, so only `drop_oldest` knows the size.
        if self._requests_size > requests.MAX_REQUEST_BYTES:
            self._requests_size = requests.drop_oldest(self.requests)

    @property
    def token_requests(self) -> list[ReceivedRequest]:
        """The requests to the token endpoint, oldest first."""
        return [request for request in self.requests if request.service == "token"]


def _published_plans(operations: Operations) -> dict[str, Plan]:
    return {
        operation.operation_id: Plan(operation.rate, operation.burst)
        for operation in operations
        if operation.rate is not None and operation.burst is not None
    }
