"""The sender asks Amazon for the buyer's language, once for each order, and sends the text that fits."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from spapi_messaging import MessagingClient, RetryPolicy, UsagePlan
from spapi_messaging.bulk import LocalizedText, Outcome, Sender, State
from spapi_messaging.bulk.sending import languages
from spapi_messaging.bulk.storage.schema import messages
from spapi_messaging.errors import LedgerError
from spapi_messaging.messages import find_read
from tests.support.clocks import LoopClock
from tests.support.runs import OTHER_TYPE, TEXT, TEXT_TYPE, Shop, by_order, job, number_of, order
from tests.support.servers import PATIENCE
from tests.support.thorough import on_a_database

TEXTS = LocalizedText("Your order is late", {"de": "Die Bestellung kommt später", "pt-BR": "Seu pedido vai atrasar"})
_READ = find_read("OrderAttributes")
pytestmark = pytest.mark.skipif(_READ is None, reason="Amazon has no read that tells the buyer's language")
READ = _READ.operation_id if _READ else ""


@pytest.fixture(params=["asyncio", "threads"])
def client_of(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes a client of either kind for a shop."""
    name = "client" if request.param == "asyncio" else "threads_client"
    return lambda shop, **options: getattr(shop, name)(**options)


def local(number: int = 1, **more: Any) -> Any:
    """A text in several languages for an order."""
    return job(number, **{"text": TEXTS, **more})


def speaks(shop: Shop, locale: str, *numbers: int) -> None:
    """Sets the language of the buyers of some orders."""
    for number in numbers or (1,):
        shop.sandbox.orders.set(order(number), locale=locale)


def names(shop: Shop, locale: object, **more: Any) -> None:
    """Lets Amazon name this language, whatever it is."""
    shop.sandbox.faults.answer(200, {"buyer": {"locale": locale}}, on=READ, **more)


def questions(shop: Shop) -> int:
    """How often Amazon was asked for a language."""
    return sum(request.operation == READ for request in list(shop.sandbox.requests))


def texts(shop: Shop) -> dict[int, list[str | None]]:
    """What buyers received, by order."""
    found: dict[int, list[str | None]] = {}
    for message in list(shop.sandbox.inbox):
        found.setdefault(number_of(message.order_id), []).append(message.text)
    return found


def kept_languages(shop: Shop) -> list[str | None]:
    """The languages that the ledger has, in the order in which the messages were added."""
    with shop.ledger.database.read() as connection:
        return list(connection.execute(select(messages.c.language).order_by(messages.c.id)).scalars())


def test_each_buyer_gets_the_text_in_their_language(any_shop: Shop, client_of: Callable[..., Any]) -> None:
    locales = {1: "de-DE", 2: "de-AT", 3: "pt-BR", 4: "pt-PT", 5: "fr-FR"}
    for number, locale in locales.items():
        speaks(any_shop, locale, number)
    any_shop.add(*(local(number) for number in locales))

    outcomes = any_shop.run(client_of(any_shop))

    assert {outcome.state for outcome in outcomes} == {State.SENT}
    german, brazilian = TEXTS.by_language.values()
    assert texts(any_shop) == {
        1: [german], 2: [german], 3: [brazilian], 4: [TEXTS.otherwise], 5: [TEXTS.otherwise]
    }  # fmt: skip
    assert kept_languages(any_shop) == list(locales.values())
    any_shop.assert_nothing_is_held()


def test_a_job_of_one_text_asks_nobody(any_shop: Shop) -> None:
    any_shop.add(
        job(1),
        local(2, text=LocalizedText(TEXT)),
        local(3, text=LocalizedText(TEXT, {"de": TEXT, "fr": TEXT})),
        local(4, text=LocalizedText(TEXT, made_from="a template")),
    )

    any_shop.run()

    assert texts(any_shop) == {number: [TEXT] for number in range(1, 5)}
    assert questions(any_shop) == 0


def test_messages_for_one_order_ask_once(any_shop: Shop, client_of: Callable[..., Any]) -> None:
    """Also those that go at the same moment, and those of another type."""
    speaks(any_shop, "de-DE", 1, 2)
    documents = [local(1, document=f"R-{number}") for number in range(5)]
    any_shop.add(*documents, local(1, message_type=OTHER_TYPE), local(2))

    any_shop.run(client_of(any_shop))

    german = TEXTS.by_language["de"]
    assert {number: set(got) for number, got in texts(any_shop).items()} == {1: {german}, 2: {german}}
    assert any_shop.states() == {State.SENT: 7}
    assert questions(any_shop) == 2


def test_a_language_that_is_known_is_not_asked_for_again(any_shop: Shop) -> None:
    """Neither by the next run, nor for a message that was added later, nor when Amazon would say something else."""
    speaks(any_shop, "de-DE")
    any_shop.add(local(1))
    any_shop.sandbox.faults.answer(400, {"errors": [{"code": "InvalidInput", "message": "No."}]}, on="sends")
    any_shop.run()
    assert any_shop.states() == {State.REJECTED: 1}
    speaks(any_shop, "pt-BR")

    any_shop.ledger.retry()
    any_shop.run()
    any_shop.add(local(1, document="R-2"), local(1, message_type=OTHER_TYPE))
    any_shop.run()

    assert texts(any_shop) == {1: [TEXTS.by_language["de"]] * 3}
    assert questions(any_shop) == 1


def test_the_language_is_written_into_all_messages_for_the_order(any_shop: Shop) -> None:
    speaks(any_shop, "de-DE")
    any_shop.add(job(1), local(1, document="R-2", not_before="2099-01-01"), local(1, document="R-3"), local(2))

    any_shop.run()

    assert kept_languages(any_shop) == ["de-DE", "de-DE", "de-DE", any_shop.sandbox.inbox[-1].locale]
    assert any_shop.states() == {State.SENT: 3, State.PENDING: 1}


@on_a_database("locale", [None, "", "  ", 17, "x" * 36, "de\x00", "Schöne Grüße"])
def test_a_buyer_without_a_language_gets_the_text_for_others(any_shop: Shop, locale: object) -> None:
    """It is also remembered that Amazon names no language."""
    names(any_shop, locale, times=None)
    any_shop.add(local(1))
    any_shop.run()
    any_shop.add(local(1, document="R-2"))

    any_shop.run()

    assert texts(any_shop) == {1: [TEXTS.otherwise] * 2}
    assert kept_languages(any_shop)[0] == ""
    assert questions(any_shop) == 1


def test_a_language_is_taken_without_white_space(shop: Shop) -> None:
    names(shop, " de_AT ")
    shop.add(local(1))

    shop.run()

    assert (texts(shop), kept_languages(shop)) == ({1: [TEXTS.by_language["de"]]}, ["de_AT"])


def test_without_such_a_read_everybody_gets_the_text_for_others(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "find_read", lambda answer: None)
    shop.add(local(1))

    shop.run()

    assert (texts(shop), kept_languages(shop)) == ({1: [TEXTS.otherwise]}, [None])


@on_a_database("status", [400, 404])
def test_amazon_refuses_to_tell(any_shop: Shop, status: int, client_of: Callable[..., Any]) -> None:
    """The message was not sent, and its error says what was asked."""
    any_shop.sandbox.faults.answer(status, {"errors": [{"code": "No", "message": "No."}]}, on=READ)
    any_shop.add(local(1), local(2))

    outcomes = any_shop.run(client_of(any_shop))

    states = by_order(outcomes)
    assert sorted(states.values()) == [[State.REJECTED], [State.SENT]]
    (refused,) = any_shop.ledger.outcomes(state="rejected")
    assert refused.error is not None and refused.error.outcome == "not_sent"
    assert "the buyer's language. No message was sent" in str(refused.error)
    row = any_shop.row(number_of(refused.job.order_id))
    assert (row.status_code, row.attempts, row.texts) == (status, 0, dict(TEXTS.by_language))

    any_shop.ledger.retry()
    any_shop.run()
    assert sorted(any_shop.received()) == [1, 2]


def test_a_job_that_cannot_be_asked_about_is_sent_with_one_text(any_shop: Shop) -> None:
    any_shop.sandbox.faults.answer(404, {"errors": [{"code": "NotFound", "message": "No."}]}, on=READ, times=None)
    any_shop.add(local(1))
    any_shop.run()

    any_shop.add(job(1))
    any_shop.ledger.retry()
    any_shop.run()

    assert texts(any_shop) == {1: [TEXT]}


def test_when_nearly_all_questions_are_refused_alike_the_messages_wait(shop: Shop) -> None:
    """It is probably Amazon's side, as with messages."""
    shop.sandbox.faults.answer(404, {"errors": [{"code": "NotFound", "message": "No."}]}, on=READ, times=None)
    shop.add(*(local(number) for number in range(30)))

    shop.run()

    assert shop.states() == {State.WAITING: 30}
    assert shop.received() == []


def test_one_denied_question_rejects_one_message(any_shop: Shop) -> None:
    any_shop.sandbox.faults.add("denied", READ)
    any_shop.add(local(1), local(2))

    outcomes = any_shop.run()

    assert sorted(by_order(outcomes).values()) == [[State.REJECTED], [State.SENT]]


def test_denied_questions_park_the_seller_once(any_shop: Shop, client_of: Callable[..., Any]) -> None:
    any_shop.sandbox.faults.add("denied", READ, times=None)
    any_shop.add(*(local(number) for number in range(20)))

    outcomes = any_shop.run(client_of(any_shop))

    assert [outcome.state for outcome in outcomes] == [State.PARKED]
    assert any_shop.states() == {State.PARKED: 20}
    assert any_shop.received() == []
    any_shop.assert_nothing_is_held()


def test_a_revoked_token_parks_the_seller(any_shop: Shop) -> None:
    any_shop.sandbox.faults.add("invalid_grant", times=None)
    any_shop.add(local(1), local(2))

    outcomes = any_shop.run()

    assert [outcome.state for outcome in outcomes] == [State.PARKED]
    assert any_shop.states() == {State.PARKED: 2}


@on_a_database("fault", ["throttle", "error", "unavailable", "reset", "cut-recorded", "expired-token"])
def test_a_trouble_that_passes_costs_nothing(any_shop: Shop, fault: str) -> None:
    """Nobody can doubt whether a message was sent: only a question was."""
    speaks(any_shop, "de-DE", 1, 2)
    any_shop.sandbox.faults.add(fault, READ, times=1 if fault == "expired-token" else 3)
    any_shop.add(local(1), local(2))

    outcomes = any_shop.run_hastily()

    assert by_order(outcomes) == {1: [State.SENT], 2: [State.SENT]}
    assert texts(any_shop) == {1: [TEXTS.by_language["de"]], 2: [TEXTS.by_language["de"]]}


@on_a_database("fault", ["throttle", "error", "reset"])
def test_a_trouble_that_lasts_leaves_the_messages(any_shop: Shop, fault: str) -> None:
    any_shop.sandbox.faults.add(fault, READ, times=None)
    any_shop.add(*(local(number) for number in range(10)))

    outcomes = any_shop.run_hastily(patience=10.0)

    assert {outcome.state for outcome in outcomes} <= {State.PENDING}
    assert any_shop.states() == {State.PENDING: 10}
    assert any_shop.received() == []
    any_shop.assert_nothing_is_held()


def test_the_client_tries_a_question_again(shop: Shop) -> None:
    speaks(shop, "de-DE")
    shop.sandbox.faults.add("unavailable", READ, times=2)
    shop.add(local(1))

    (outcome,) = shop.run(shop.client(retry=RetryPolicy(base=0.001)))

    assert (outcome.state, questions(shop)) == (State.SENT, 3)


def test_questions_that_wait_for_their_plan_are_no_trouble(shop: Shop) -> None:
    """However many messages may be sent at once, only as many reads run as the plan answers soon."""
    shop.add(*(local(number) for number in range(30)))
    plans = {READ: UsagePlan(1.0, 1), "*": UsagePlan(10.0, 10)}
    client = shop.client(usage_plans=plans, max_wait=15.0, clock=LoopClock())

    outcomes = shop.run_hastily(client, patience=0.5)  # a run with any trouble leaves the rest for later

    assert Counter(outcome.state for outcome in outcomes) == {State.SENT: 30}
    assert questions(shop) == 30


class Holding:
    """A transport of either kind that holds the answers to questions back until it is told."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.sends: list[int] = []

    def transport(self, kind: str) -> Any:
        """For a client of this kind."""
        return httpx.MockTransport(self._answer if kind == "threads" else self._answer_later)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self.asked.set()
            assert self.go_on.wait(PATIENCE)
        return self._reply(request)

    async def _answer_later(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            self.asked.set()
            while not self.go_on.is_set():
                await asyncio.sleep(0.005)
        return self._reply(request)

    def _reply(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/auth"):
            return httpx.Response(200, json={"access_token": "a", "token_type": "bearer", "expires_in": 3600})
        if request.method == "GET":
            return httpx.Response(200, json={"buyer": {"locale": "de-DE"}})
        self.sends.append(number_of(request.url.path.split("/")[4]))
        return httpx.Response(201, json={}, headers={"x-amzn-requestid": "request-1"})


@pytest.fixture
def holding() -> Iterator[Holding]:
    made = Holding()
    yield made
    made.go_on.set()


@pytest.mark.parametrize("kind", ["asyncio", "threads"])
def test_a_run_that_is_stopped_does_not_wait_for_a_question(any_shop: Shop, holding: Holding, kind: str) -> None:
    """Nothing was sent: the messages stay for the next run."""
    any_shop.add(*(local(number) for number in range(5)))
    make = any_shop.client if kind == "asyncio" else any_shop.threads_client
    client = make(transport=holding.transport(kind))
    sender = Sender(any_shop.ledger, client)
    outcomes: list[Outcome] = []
    running = threading.Thread(target=lambda: outcomes.extend(sender.run()))
    running.start()
    assert holding.asked.wait(PATIENCE)

    sender.stop()
    running.join(PATIENCE)

    assert not running.is_alive() and outcomes == []
    assert any_shop.states() == {State.PENDING: 5}
    any_shop.assert_nothing_is_held()
    holding.go_on.set()
    assert {outcome.state for outcome in any_shop.run(client)} == {State.SENT}
    assert sorted(holding.sends) == list(range(5))
    assert isinstance(client, MessagingClient) == (kind == "threads")


def test_a_question_that_failed_is_asked_again_for_the_next_message(shop: Shop) -> None:
    """Two messages for one order: the second one does not take the failure of the first one for an answer."""
    speaks(shop, "de-DE")
    shop.sandbox.faults.answer(400, {"errors": [{"code": "No", "message": "No."}]}, on=READ)
    shop.add(local(1, document="R-1"), local(1, document="R-2"))

    shop.run()

    assert shop.states() == {State.REJECTED: 1, State.SENT: 1}
    assert texts(shop) == {1: [TEXTS.by_language["de"]]}


def test_a_ledger_that_cannot_note_the_language_does_not_keep_the_message(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LedgerError("busy", retryable=True)

    speaks(shop, "de-DE")
    monkeypatch.setattr(languages, "write_language", fail)
    shop.add(local(1))

    outcomes = shop.run_hastily()

    assert [outcome.state for outcome in outcomes] == [State.SENT]
    assert texts(shop) == {1: [TEXTS.by_language["de"]]}


def test_orders_of_another_region_are_asked_about(any_shop: Shop) -> None:
    """The same id, in two regions: two buyers."""
    any_shop.add(local(1, account="eu"), local(1, account="na", marketplace="BR"))
    with any_shop.ledger.database.write() as connection:
        connection.execute(update(messages).where(messages.c.region == "eu").values(language="fr-FR"))
    accounts = {"eu": any_shop.client(), "na": any_shop.client(marketplace="BR")}

    any_shop.run(accounts)

    assert sorted(map(str, texts(any_shop)[1])) == sorted([TEXTS.by_language["pt-BR"], TEXTS.otherwise])
    assert questions(any_shop) == 1


def test_check_and_languages_go_together(shop: Shop) -> None:
    pytest.importorskip("jsonschema")
    speaks(shop, "de-DE")
    shop.add(local(1))

    (outcome,) = shop.run(check=True)

    assert outcome.state is State.SENT
    assert texts(shop) == {1: [TEXTS.by_language["de"]]}


def test_jobs_of_one_text_go_beside_those_in_languages(shop: Shop) -> None:
    speaks(shop, "de-DE", 2)
    shop.add(job(1, message_type=TEXT_TYPE), local(2))

    shop.run()

    assert texts(shop) == {1: [TEXT], 2: [TEXTS.by_language["de"]]}
