"""What one worker process does, as metrics of Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

from spapi_messaging import ObservedExchange
from spapi_messaging.bulk.outcomes import Outcome

__all__ = ["WorkerMetrics"]


class WorkerMetrics:
    """Counters of one process: outcomes, and requests with their answers.

    Args:
        registry: where they are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._outcomes = Counter(
            "spapi_messaging_outcomes",
            "Outcomes of messages that this process sent.",
            ["state", "message_type"],
            registry=registry,
        )
        self._requests = Counter(
            "spapi_messaging_requests",
            "Requests of this process. Status 429: over the usage plan. No status: there was no answer.",
            ["service", "operation", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "spapi_messaging_request_seconds",
            "How long requests took, by service. Waiting for a usage plan is not in it.",
            ["service"],
            registry=registry,
        )

    def observer(self, exchange: ObservedExchange) -> None:
        """Counts a request and its answer: the ``observer`` of a client or of a Sender."""
        status = "" if exchange.status is None else str(exchange.status)
        self._requests.labels(exchange.service, exchange.operation or "", status).inc()
        self._seconds.labels(exchange.service).observe(exchange.seconds)

    def on_outcome(self, outcome: Outcome) -> None:
        """Counts an outcome: call it with each that ``Sender.run`` gives."""
        self._outcomes.labels(outcome.state.value, outcome.job.message_type).inc()
