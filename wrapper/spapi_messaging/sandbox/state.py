"""Everything that one sandbox knows, shared by its endpoints."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from spapi_messaging.messages import OPERATIONS
from spapi_messaging.sandbox.clock import Clock
from spapi_messaging.sandbox.faults import Faults
from spapi_messaging.sandbox.inbox import Message
from spapi_messaging.sandbox.lwa import Tokens
from spapi_messaging.sandbox.orders import Orders
from spapi_messaging.sandbox.plans import STATIC_BURST, STATIC_RATE, Plan, Plans
from spapi_messaging.sandbox.requests import ReceivedRequest
from spapi_messaging.sandbox.signing import Signer
from spapi_messaging.sandbox.uploads import Uploads

SIMULATED, STATIC = "simulated", "static"
MODES = (SIMULATED, STATIC)


class SandboxState:
    """What one sandbox knows.

    Args:
        mode: "simulated" or "static".
        orders: A YAML file or a mapping; see `Orders`.
        plans: Usage plans that replace the published ones: `{"sendInvoice": (rate, burst), "*": …}`.
        clock: Another clock.

    Attributes:
        inbox: What buyers received, oldest first.
        requests: What arrived at the API, the token endpoint and S3, oldest first.
        faults: What is to go wrong.
        plans: The usage plans in force.
        tokens: The access tokens given out.
        orders: The orders known.
        uploads: The upload destinations.
        clock: The clock.
        sleep: Waits out a "delay" fault.
    """

    def __init__(
        self,
        mode: str = SIMULATED,
        orders: str | Path | Mapping[str, Any] | None = None,
        plans: Mapping[str, tuple[float, int]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}")
        self.mode = mode
        self.clock = clock or Clock()
        self.tokens = Tokens(self.clock.now)
        shared = Plan(STATIC_RATE, STATIC_BURST) if mode == STATIC else None
        self.plans = Plans(_published_plans(), plans, shared)
        self.orders = Orders(orders)
        self.faults = Faults()
        self.uploads = Uploads(self.clock, Signer("AKIASANDBOX", secrets.token_hex(20)))
        self.inbox: list[Message] = []
        self.requests: list[ReceivedRequest] = []
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.message_numbers = itertools.count(1)

    @property
    def token_requests(self) -> list[ReceivedRequest]:
        """What arrived at the token endpoint."""
        return [request for request in self.requests if request.service == "token"]


def _published_plans() -> dict[str, Plan]:
    return {
        operation.operation_id: Plan(operation.rate, operation.burst)
        for operation in OPERATIONS.values()
        if operation.rate is not None and operation.burst is not None
    }
