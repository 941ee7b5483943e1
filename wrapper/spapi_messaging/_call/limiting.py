"""What a call needs of a limiter. ``spapi_messaging.limiters`` has the limiters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol

from spapi_messaging._call.effects import Flow, Invoke
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._call.reporting import log
from spapi_messaging._call.usage_plan import UsagePlan
from spapi_messaging.errors import ConfigurationError, UsagePlanTimeout


class BucketKey(NamedTuple):
    """The calls that share a token bucket: those of one operation, by one seller's application, at one endpoint.

    The operation ``*`` stands for several that share one: all in Amazon's sandbox, and those that this package does not
    know.
    """

    endpoint: str
    application: str
    seller: str
    operation: str


class Ticket(Protocol):
    """A call's turn in a bucket. Times are seconds on the client's monotonic clock."""

    def remaining(self, now: float) -> float:
        """Seconds until the call has its turn, as things stand; 0 or less: now. Must return at once."""
        ...

    def cancel(self, now: float) -> None:
        """Gives the turn back. Called only if nothing was sent."""

    def answered(self, now: float, *, announced_rate: float | None = None, pause: float | None = None) -> None:
        """Tells the limiter that the call is over.

        Args:
            now: the time.
            announced_rate: calls per second that Amazon announced with the answer. Impossible rates are left out.
            pause: None, or after a 429 the seconds that Amazon asked for, 900 at most, 0 if it named none.
        """


class Limiter(Protocol):
    """Keeps calls within their usage plans.

    Attributes:
        blocking: whether ``reserve`` and the methods of its tickets may take time, because they ask a server, say. On
            an event loop they then run in a thread, unless there are coroutine methods ``reserve_async`` and, of the
            tickets, ``cancel_async`` and ``answered_async``, which take the same arguments. A limiter without this
            attribute is taken for a blocking one.
    """

    @property
    def blocking(self) -> bool: ...

    def reserve(
        self,
        key: BucketKey,
        plan: UsagePlan,
        now: float,
        *,
        explicit: bool = False,
        within: float | None = None,
        push_back: float | None = None,
        wake: Callable[[], None] | None = None,
    ) -> Ticket:
        """Puts a call into the queue.

        Args:
            key: the bucket.
            plan: the usage plan to begin with.
            now: the time.
            explicit: whether the user set the plan. It replaces the published one, and announced rates only lower it.
            within: seconds that the caller is ready to wait; None for no limit.
            push_back: after a 429, the seconds for which no call goes out. This call then goes first.
            wake: called, from any thread, when ``remaining`` of the ticket should be asked again.

        Raises:
            UsagePlanTimeout: it would take longer than ``within``. Then nothing is booked.
        """
        ...


def no_room(
    key: BucketKey, plan: UsagePlan, wait: float, within: float | None, *, is_shared: bool = False
) -> UsagePlanTimeout:
    """The error of a call whose turn would come too late.

    Args:
        key: the bucket.
        plan: its rate and its burst, as they are now.
        wait: seconds until the turn.
        within: seconds that the caller is ready to wait.
        is_shared: whether other processes use the bucket as well.
    """
    others = ", which others share," if is_shared else ""
    return UsagePlanTimeout(
        f"The usage plan of {key.operation} ({plan.rate:g} calls a second, burst {plan.burst}){others} has no room for "
        f"another {wait:.1f} s, and the call may wait {within or 0.0:.1f} s. Nothing was sent. "
        "Try again after that time, or allow a longer max_wait or deadline.",
        retry_after=wait,
    )


def book(limiter: Limiter, now: Callable[[], float], until: float | None, *arguments: Any, **more: Any) -> Flow[Ticket]:
    """Calls ``reserve`` of a limiter: directly, or through the driver if it may take time."""
    if not _may_block(limiter):
        return _checked(limiter.reserve(*arguments, **more))
    fate: dict[str, Ticket | None] = {}  # setdefault() is atomic: either the limiter is first, or a caller that leaves

    def reserve() -> Ticket:
        ticket = limiter.reserve(*arguments, **more)
        if fate.setdefault("ticket", ticket) is not ticket:
            ticket.cancel(now())  # nobody waits for it any more
        return ticket

    try:
        ticket = yield Invoke(reserve, until, _on_loop(limiter.reserve, *arguments, **more))
    except BaseException as error:
        if (late := fate.setdefault("ticket", None)) is not None:
            yield from tell(limiter, until, late.cancel, now(), cause=error)
        raise
    return _checked(ticket)


def tell(
    limiter: Limiter,
    until: float | None,
    function: Callable[..., None],
    *arguments: Any,
    cause: BaseException | None = None,
    **more: Any,
) -> Flow[None]:
    """Tells a ticket that its call is over. An error of the limiter changes nothing for the call: it is logged.

    A flow that is being closed (it is left by GeneratorExit) may ask its driver for nothing. A blocking limiter is then
    told nothing, and the turn stays taken, which is on the safe side.
    """
    try:
        if not _may_block(limiter):
            function(*arguments, **more)
        elif not isinstance(cause, GeneratorExit):
            on_loop = _on_loop(function, *arguments, **more)
            yield Invoke(partial(function, *arguments, **more), until, on_loop)
    except DeadlinePassed:
        pass  # it goes on beside the call
    except Exception as error:
        log.warning("The limiter failed when a call ended or was given up: %s", type(error).__name__)


def _on_loop(method: Callable[..., Any], *arguments: Any, **more: Any) -> Callable[[], Any] | None:
    """A call of the coroutine method that does the same on an event loop, if there is one."""
    owner = getattr(method, "__self__", None)
    found = getattr(owner, f"{getattr(method, '__name__', '')}_async", None)
    return None if found is None else partial(found, *arguments, **more)


# Classes whose objects are tickets. Each class is checked a single time.
_TICKET_CLASSES: set[type] = set()


def _checked(ticket: Any) -> Ticket:
    ticket_class = type(ticket)
    if ticket_class not in _TICKET_CLASSES:
        if not _has_methods(ticket):
            raise ConfigurationError(
                f"The limiter's reserve() returned {ticket_class.__name__}, which is not a ticket. It must return an "
                "object with the methods remaining(), cancel() and answered(): see spapi_messaging.limiters.Ticket. "
                "Nothing was sent."
            )
        if _has_methods(ticket_class):
            _TICKET_CLASSES.add(ticket_class)
    return ticket  # type: ignore[no-any-return]


def _has_methods(ticket: object) -> bool:
    return all(callable(getattr(ticket, name, None)) for name in ("remaining", "cancel", "answered"))


def _may_block(limiter: Limiter) -> bool:
    return getattr(limiter, "blocking", True)
