"""A ledger's figures as metrics of Prometheus."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, TypeVar

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from spapi_messaging import Clock
from spapi_messaging._safeguards.tracebacks import methods_without_variables
from spapi_messaging.bulk.metrics.figures import Counts, Queue, finished_counts, read_queue
from spapi_messaging.errors import LedgerError, SpApiMessagingError

if TYPE_CHECKING:
    from spapi_messaging.bulk.ledger import Ledger
    from spapi_messaging.bulk.storage.database import Database

__all__ = ["LedgerCollector"]

log = logging.getLogger("spapi_messaging.bulk")

T = TypeVar("T")

#: Seconds for which figures are kept before they are read again.
KEPT_SECONDS = 5.0
#: Reading takes no more than this share of the time: what took long to read is kept longer.
MAX_SHARE = 0.02
#: Seconds that a scrape waits while another one reads. A database that hangs must not collect waiting threads.
PATIENCE = 10.0


@methods_without_variables
class LedgerCollector(Collector):
    """Tells Prometheus how a ledger stands: messages by state and type, what is late, who is parked, who sends.

    Scrapes do not burden the database: figures are kept for 5 seconds or longer, so that reading takes at most 2 % of
    the time. It writes nothing. Any number of registries and threads may use it.

        REGISTRY.register(LedgerCollector(ledger))

    Args:
        ledger: the ledger; or a function that opens it, which is called again until it gives one. Whoever opens it
            closes it.
        now: a monotonic clock in seconds, for tests. None: the machine's.
    """

    def __init__(self, ledger: Ledger | Callable[[], Ledger], *, now: Callable[[], float] | None = None) -> None:
        clock = now or Clock().now
        self._ledger = ledger
        self._lock = threading.Lock()
        self._queue = _Kept(lambda: read_queue(self._database()), clock)
        self._finished = _Kept(lambda: finished_counts(self._database()), clock)

    def describe(self) -> Iterator[Metric]:
        """No metrics: a registry that asks for their names must not read the ledger."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The metrics. If the ledger cannot be read, ``spapi_messaging_ledger_up`` is 0 and stands alone."""
        try:
            return iter(self.read())
        except SpApiMessagingError as error:
            log.warning("The metrics of the ledger cannot be read: %s", error)
        return iter([_gauge("ledger_up", "Whether the ledger can be read.", 0)])

    def read(self) -> list[Metric]:
        """The metrics.

        Raises:
            ConfigurationError: the database's user lacks a right, or there is no ledger.
            LedgerError: the database cannot be reached, or another scrape waits for its answer.
        """
        if not self._lock.acquire(timeout=PATIENCE):
            raise LedgerError(f"The database has not answered another scrape for {PATIENCE:g} seconds.", retryable=True)
        try:
            queue, finished = self._queue.value(), self._finished.value()
            return _metrics(queue, finished, self._queue.seconds + self._finished.seconds)
        finally:
            self._lock.release()

    def _database(self) -> Database:
        if callable(self._ledger):
            self._ledger = self._ledger()
        return self._ledger.database


class _Kept(Generic[T]):
    """A value that is kept for a while after it was read."""

    def __init__(self, read: Callable[[], T], now: Callable[[], float]) -> None:
        self._read, self._now = read, now
        self._kept: list[T] = []
        self._until = 0.0
        self.seconds = 0.0

    def value(self) -> T:
        """What was read, not too long ago."""
        began = self._now()
        if not self._kept or began >= self._until:
            self._kept = [self._read()]
            ended = self._now()
            self.seconds = ended - began
            self._until = ended + max(KEPT_SECONDS, self.seconds / MAX_SHARE)
        return self._kept[0]


def _metrics(queue: Queue, finished: Counts, seconds: float) -> list[Metric]:
    by_state = GaugeMetricFamily(
        "spapi_messaging_messages", "Messages in the ledger, by state and type.", labels=["state", "message_type"]
    )
    for (state, message_type), count in sorted({**queue.counts, **finished}.items()):
        by_state.add_metric([state.value, message_type], count)
    started = [] if queue.started is None else [_senders_started(queue.started)]
    return [
        by_state,
        _gauge("oldest_pending_seconds", "Age of the oldest message that could be sent now.", queue.oldest_seconds),
        _gauge(
            "longest_unserved_seconds",
            "The longest time that a seller with messages to send now has waited for a sender.",
            queue.unserved_seconds,
        ),
        _gauge("late_messages", "Messages that are not finished, and whose due has passed.", queue.late),
        _gauge("parked_accounts", "Accounts of which nothing is sent until a person resumes them.", queue.parked),
        _gauge("senders", "Senders that are running.", queue.senders),
        *started,
        _gauge("ledger_read_seconds", "How long it took to read these figures from the ledger.", seconds),
        _gauge("ledger_up", "Whether the ledger can be read.", 1),
    ]


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"spapi_messaging_{name}", told, value=value)


def _senders_started(count: int) -> Metric:
    return CounterMetricFamily("spapi_messaging_senders_started", "Senders that have started, ever.", value=count)
