"""How a call gets its turn: in its usage plan first, then a place among the exchanges in flight."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from spapi_messaging._call.context import CallContext, CallLimits, Settings
from spapi_messaging._call.effects import Bell, Flow
from spapi_messaging._call.limiting import BucketKey, Ticket, book, tell
from spapi_messaging._call.reporting import log_wait
from spapi_messaging._call.usage_plan import UsagePlan
from spapi_messaging.errors import UsagePlanTimeout

if TYPE_CHECKING:
    from spapi_messaging.messages import Operation

#: The plan of an operation for which Amazon published none: that of every other Messaging operation.
DEFAULT_PLAN = UsagePlan(1.0, 5)


def bucket_of(settings: Settings, operation: Operation) -> tuple[BucketKey, UsagePlan, bool]:
    """The bucket of an operation's calls, the plan that they begin with, and whether the user set that plan."""
    plans = settings.usage_plans
    # Requests of unknown operations share one bucket: with a bucket for each path, their number would grow.
    shared = settings.shared_plan is not None or not operation.module
    name = "*" if shared else operation.operation_id
    explicit = plans.get(name) or plans.get("*")
    plan = explicit or settings.shared_plan
    if plan is None:
        plan = UsagePlan(operation.rate, operation.burst) if operation.rate and operation.burst else DEFAULT_PLAN
    return BucketKey(settings.endpoint, settings.application, settings.seller, name), plan, explicit is not None


def wait_for_turn(
    context: CallContext, operation: Operation, limits: CallLimits, push_back: float | None = None
) -> Flow[Ticket]:
    """Waits for the call's turn in its usage plan; raises UsagePlanTimeout if that would take too long."""
    bell = Bell()
    ticket = yield from _reserve(context, operation, limits, push_back, bell)
    limits.last_wait = 0.0
    if (left := (yield from _remaining(context, limits, ticket))) > 0:
        log_wait(operation, left)
        yield from giving_back(context, limits, ticket, _wait(context, operation, limits, ticket, bell))
    return ticket


def _wait(context: CallContext, operation: Operation, limits: CallLimits, ticket: Ticket, bell: Bell) -> Flow[None]:
    began, patience = context.now(), limits.patience()
    end = math.inf if patience is None else began + patience
    yield from context.wait(lambda now: min(ticket.remaining(now), end - now), bell)
    now = context.now()
    if (remaining := ticket.remaining(now)) > 0:
        # The turn was early enough when it was booked, but a slower rate or another call's 429 has moved it.
        raise UsagePlanTimeout(
            f"The turn of {operation.operation_id} was put off while it waited, by {remaining:.1f} s, longer than "
            "it may wait. Nothing was sent. Try again after that time, or allow a longer max_wait or deadline.",
            retry_after=remaining,
        )
    limits.last_wait = now - began
    limits.waited += limits.last_wait


def _remaining(context: CallContext, limits: CallLimits, ticket: Ticket) -> Flow[float]:
    """Seconds until the turn. If the limiter cannot say, the turn is given back."""
    try:
        return ticket.remaining(context.now())
    except BaseException:
        yield from _give_back(context, limits, ticket)
        raise


def giving_back(context: CallContext, limits: CallLimits, ticket: Ticket, flow: Flow[Any]) -> Flow[Any]:
    """Carries out a flow. If it fails, the turn is given back."""
    try:
        return (yield from flow)
    except BaseException as error:
        yield from _give_back(context, limits, ticket, error)
        raise


def _give_back(
    context: CallContext, limits: CallLimits, ticket: Ticket, cause: BaseException | None = None
) -> Flow[None]:
    yield from tell(context.settings.limiter, limits.last_start, ticket.cancel, context.now(), cause=cause)


def queue_for_place(context: CallContext, operation: Operation, limits: CallLimits, ticket: Ticket) -> Flow[Ticket]:
    """Waits for a place. The turn is given back meanwhile, so that others can use it, and another one booked later."""
    places = context.settings.places
    while True:
        yield from _give_back(context, limits, ticket)
        yield from places.queue(context.wait, limits.last_start)
        try:
            bell = Bell()
            ticket = yield from _reserve(context, operation, limits, None, bell)
            if (yield from _remaining(context, limits, ticket)) <= 0:
                return ticket
        except BaseException:
            places.give_back()
            raise
        # Others were faster. Nobody may hold a place while it waits for its plan.
        places.give_back()
        yield from _give_back(context, limits, ticket)
        ticket = yield from wait_for_turn(context, operation, limits)
        if places.take():
            return ticket


def _reserve(
    context: CallContext, operation: Operation, limits: CallLimits, push_back: float | None, bell: Bell
) -> Flow[Ticket]:
    settings = context.settings
    key, plan, explicit = bucket_of(settings, operation)
    return (
        yield from book(
            settings.limiter,
            context.now,
            limits.last_start,
            key,
            plan,
            context.now(),
            explicit=explicit,
            within=limits.patience(),
            push_back=push_back,
            wake=bell.ring,
        )
    )
