"""How many calls of one operation are in work at once, so that they keep up with its usage plan."""

from __future__ import annotations

import math

from spapi_messaging import UsagePlan
from spapi_messaging.bulk.sending.accounts import Client
from spapi_messaging.errors import ConfigurationError

__all__ = ["most_in_work"]

#: Seconds that a message may take to be prepared, upload included, without slowing the pace of its operation.
PREPARATION = 3.0
#: Calls of one operation that are in work at once, at most.
MAX_IN_WORK = 64


def most_in_work(client: Client, operation: str) -> int:
    """How many calls of an operation are in work at once. The last of them waits some seconds for the plan.

    Args:
        client: the seller's client.
        operation: an operationId, or a message type.
    """
    try:
        plan = client.usage_plan(operation)
    except ConfigurationError:  # an upgrade has forgotten the type: the client says so for each message
        plan = UsagePlan(1.0, 1)
    return min(MAX_IN_WORK, plan.burst + math.ceil(plan.rate * PREPARATION))
