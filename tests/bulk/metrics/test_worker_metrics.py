"""The metrics of a worker: what it sent, and what Amazon answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from spapi_messaging import ConfigurationError
from spapi_messaging.bulk import Sender
from spapi_messaging.bulk.metrics import MetricsServer, start_metrics_server
from spapi_messaging.messages import MESSAGE_TYPES
from tests.support.runs import TEXT, TEXT_TYPE, Shop, job, order

OPERATION = MESSAGE_TYPES[TEXT_TYPE].operation_id


@pytest.fixture
def metrics(shop: Shop) -> Iterator[MetricsServer]:
    with start_metrics_server(0, shop.ledger) as server:
        yield server


def send(shop: Shop, metrics: MetricsServer, **options: Any) -> None:
    accounts = shop.sandbox.credentials
    for outcome in Sender(shop.ledger, accounts, observer=metrics.observer, **shop.options(**options)).run():
        metrics.on_outcome(outcome)


def page(metrics: MetricsServer) -> str:
    answer = httpx.get(metrics.url, trust_env=False)
    assert answer.status_code == 200
    return answer.text


def samples(metrics: MetricsServer, name: str) -> dict[tuple[str, ...], float]:
    """The values of one metric, by its labels in the order of their names."""
    families = text_string_to_metric_families(page(metrics))
    found = [each for family in families for each in family.samples if each.name == f"spapi_messaging_{name}"]
    return {tuple(value for _, value in sorted(each.labels.items())): each.value for each in found}


def test_counts_outcomes_and_requests(shop: Shop, metrics: MetricsServer) -> None:
    shop.add(job(1), job(2))
    send(shop, metrics)

    assert samples(metrics, "outcomes_total") == {(TEXT_TYPE, "sent"): 2}
    assert samples(metrics, "requests_total") == {("", "lwa", "200"): 1, (OPERATION, "api", "201"): 2}
    assert samples(metrics, "request_seconds_count") == {("api",): 2, ("lwa",): 1}
    with start_metrics_server(0, shop.ledger) as later:
        assert samples(later, "messages") == {(TEXT_TYPE, "sent"): 2}


def test_counts_429_and_requests_without_an_answer(shop: Shop, metrics: MetricsServer) -> None:
    shop.add(job(1))
    shop.sandbox.faults.add("throttle", "sends")
    shop.sandbox.faults.add("reset-recorded", "sends")
    send(shop, metrics)

    requests = samples(metrics, "requests_total")
    assert requests[OPERATION, "api", "429"] == 1
    assert requests[OPERATION, "api", ""] == 1
    assert samples(metrics, "outcomes_total")[TEXT_TYPE, "unknown"] == 1


def test_the_page_shows_nothing_private(shop: Shop, metrics: MetricsServer) -> None:
    shop.add(job(1))
    send(shop, metrics)
    told = page(metrics)

    assert TEXT_TYPE in told
    private = [TEXT, order(1), shop.sandbox.credentials.client_id, shop.sandbox.credentials.refresh_token]
    assert not [each for each in private if str(each) in told]


def test_without_a_ledger_it_tells_of_its_process_alone(shop: Shop) -> None:
    shop.add(job(1))
    with start_metrics_server(0) as metrics:
        send(shop, metrics)
        assert samples(metrics, "outcomes_total") == {(TEXT_TYPE, "sent"): 1}
        assert samples(metrics, "messages") == {}


def test_a_port_that_is_taken(metrics: MetricsServer) -> None:
    taken = int(httpx.URL(metrics.url).port or 0)
    with pytest.raises(
        ConfigurationError, match=rf"cannot be served at 127\.0\.0\.1, port {taken}: .* another host or port"
    ):
        start_metrics_server(taken)


@pytest.mark.parametrize("port", [-1, 65536, "9108", True])
def test_what_is_no_port(port: Any) -> None:
    with pytest.raises(ConfigurationError, match="port must be a whole number from 0 to 65535"):
        start_metrics_server(port)
