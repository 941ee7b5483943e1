"""Where a call gets its access token from, driven by hand: a provider, Login with Amazon, or another call's request."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import nullcontext
from typing import Any

import httpx
import pytest

from spapi_messaging import Credentials, RetryPolicy
from spapi_messaging._call.context import CallContext
from spapi_messaging._call.effects import Exchange, Flow, Invoke, Wait
from spapi_messaging._call.first_byte import DeadlinePassed
from spapi_messaging._call.lwa import DEFAULT_ENDPOINT, AccessToken, token_request_body
from spapi_messaging._call.places import Places
from spapi_messaging._call.token_cell import TokenCell
from spapi_messaging._call.tokens import FOREIGN_WAIT_SECONDS, RENEWAL_WAIT_SECONDS, fetch_token
from spapi_messaging.errors import AuthorizationError, ClientClosedError, ConfigurationError, NetworkError
from spapi_messaging.local_sandbox import local_credentials
from tests.support.amazon import CREDENTIALS, ORDER, token
from tests.support.hand import START, Hand, Time, make_context

ONCE, TWICE = {"retry": RetryPolicy(attempts=1)}, {"retry": RetryPolicy(attempts=2)}
REFUSED = httpx.Response(400, json={"error": "invalid_grant"})
OUTAGE = httpx.Response(503, text="<html>")


class Clients:
    """Clients of one seller, which share a token."""

    def __init__(self) -> None:
        self.time = Time()
        self.cell = TokenCell(nullcontext)

    def context(self, **settings: Any) -> CallContext:
        return make_context(self.time, token_provider=None, token_cell=self.cell, **settings)

    def ask(
        self, context: CallContext | None = None, stale: str | None = None, until: float | None = None
    ) -> Hand[str]:
        return Hand(value_of(fetch_token(context or self.context(**TWICE), as_token(stale), until)), self.time)

    def get(self, stale: str | None = None) -> str | None:
        """The token that is there without a request."""
        found = self.cell.current(self.time.now, as_token(stale))
        return None if found is None else found.value


def as_token(value: str | None) -> AccessToken | None:
    return None if value is None else AccessToken(value)


def value_of(flow: Flow[AccessToken]) -> Flow[str]:
    return (yield from flow).value


# Login with Amazon


def test_a_token_is_asked_for_once_and_kept() -> None:
    clients = Clients()
    exchange = clients.ask(until=START + 9.0)
    request = exchange.wants(Exchange).request

    assert (request.method, str(request.url)) == ("POST", "https://lwa.example/auth/o2/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["accept"] == "application/json"
    assert request.extensions == {"timeout": clients.context().settings.timeouts}
    assert request.read() == token_request_body(CREDENTIALS)
    assert exchange.wants(Exchange).until == START + 9.0
    assert exchange.finish(token("fresh")) == "fresh"
    clients.time.now += 3539.9
    assert clients.get() == "fresh"
    clients.time.now = START + 3540.0
    assert clients.get() is None


def test_the_lifetime_counts_from_the_request_and_not_from_its_answer() -> None:
    clients = Clients()
    slow = clients.ask()
    clients.time.now += 30.0
    slow.finish(token("slow", 100))
    clients.time.now += 61.0

    assert clients.get() is None


@pytest.mark.parametrize(
    "trouble",
    [OUTAGE, httpx.ConnectError("no"), httpx.ReadTimeout("no"), httpx.RemoteProtocolError("cut")],
    ids=repr,
)
def test_a_token_request_is_repeated_whatever_happened_to_the_first_and_the_last_failure_is_raised(
    trouble: Any,
) -> None:
    hand = Clients().ask()
    hand.answer(trouble)
    hand.go_on()
    assert hand.pauses == [0.5]

    with pytest.raises(NetworkError, match=r"[Nn]othing was sent") as raised:
        hand.answer(trouble)
    assert repr(raised.value.__cause__) == repr(trouble if isinstance(trouble, Exception) else None)


def test_a_token_is_asked_for_again_as_long_as_there_is_time() -> None:
    hand = Clients().ask(until=START + 0.6)
    hand.answer(OUTAGE)

    assert hand.go_on().method == "POST"


def test_a_place_for_a_token_request_is_waited_for_until_the_deadline() -> None:
    places = Places(1, nullcontext)
    places.take()
    clients = Clients()
    hand = clients.ask(clients.context(places=places, **ONCE), until=START + 9.0)

    assert hand.wants(Wait).remaining(START) == 9.0


def test_a_deadline_that_passes_while_lwa_is_asked_is_no_failure_of_lwa() -> None:
    clients = Clients()
    with pytest.raises(NetworkError, match="The deadline passed while Login with Amazon was asked") as raised:
        clients.ask(clients.context(**ONCE), until=START + 9.0).fail(DeadlinePassed())

    assert raised.value.__cause__ is None


def test_what_a_transport_says_shows_no_credentials() -> None:
    clients = Clients()
    with pytest.raises(NetworkError) as raised:
        clients.ask(clients.context(**ONCE)).answer(httpx.ConnectError(f"sent {CREDENTIALS.refresh_token}"))

    assert type(raised.value.__cause__) is httpx.ConnectError
    assert CREDENTIALS.refresh_token not in f"{raised.value} {raised.value.__cause__}"


PRIVATE_ENDPOINT = "https://user:password@lwa.example:8443/auth/o2/token?key=1"
NO_ANSWER = {
    "no route": (httpx.ConnectError("no route"), {}, "gave no answer (ConnectError). ", "Check the network, the proxy"),
    "Amazon's own": (
        httpx.ReadTimeout("slow"),
        {"lwa_endpoint": DEFAULT_ENDPOINT},
        "Login with Amazon gave no answer (ReadTimeout). ",
        "Check the network, the proxy",
    ),
    "another one": (
        httpx.ConnectError("no route"),
        {"lwa_endpoint": PRIVATE_ENDPOINT},
        "Login with Amazon at https://lwa.example:8443/ gave no answer (ConnectError). ",
        "Check the network, the proxy",
    ),
    "a proxy": (
        httpx.ProxyError("407 said the proxy"),
        {},
        "(ProxyError: 407). ",
        "A proxy on the way wants a user name",
    ),
    "a broken proxy": (httpx.ProxyError("502 Bad"), {}, "(ProxyError: 502). ", "Check the network, the proxy"),
    "the sandbox": (
        httpx.ConnectError("refused"),
        {"credentials": Credentials(**local_credentials("shop"))},
        "gave no answer (ConnectError). ",
        "Does the local sandbox run?",
    ),
}


@pytest.mark.parametrize(("lost", "settings", "told", "remedy"), NO_ANSWER.values(), ids=NO_ANSWER)
def test_without_an_answer_it_is_told_who_was_asked_and_what_to_do(
    lost: Exception, settings: dict[str, Any], told: str, remedy: str
) -> None:
    clients = Clients()
    with pytest.raises(NetworkError) as raised:
        clients.ask(clients.context(**ONCE, **settings)).answer(lost)

    assert told in str(raised.value)
    assert f"No token, so nothing was sent. {remedy}" in str(raised.value)


@pytest.mark.parametrize(("answer", "error"), [(REFUSED, AuthorizationError), (httpx.Response(302), NetworkError)])
def test_a_refusal_or_a_redirect_is_final(answer: httpx.Response, error: type[Exception]) -> None:
    with pytest.raises(error):
        Clients().ask().answer(answer)


def test_no_token_request_is_repeated_after_the_deadline() -> None:
    with pytest.raises(NetworkError):
        Clients().ask(until=START + 0.2).answer(httpx.ConnectError("no"))


def test_a_token_request_takes_a_place_in_the_air_only_while_it_is_there() -> None:
    places = Places(1, nullcontext)
    clients = Clients()
    hand = clients.ask(clients.context(places=places, **TWICE))
    assert not places.take()
    hand.answer(OUTAGE)
    assert places.take()

    hand.wait()
    hand.wants(Wait)  # for a place
    places.give_back()
    assert hand.go_on().method == "POST"


# One request for everybody


def test_those_who_come_later_wait_for_the_first_one() -> None:
    clients = Clients()
    first, second, third = (clients.ask() for _ in range(3))
    first.wants(Exchange)
    woken = []
    for follower in (second, third):
        follower.wants(Wait).bell.wake = lambda: woken.append(True)
    assert first.finish(token("the-one", 0)) == "the-one"

    assert len(woken) == 2
    assert [follower.finish() for follower in (second, third)] == ["the-one"] * 2  # though it has no lifetime


def test_a_refusal_is_everyones_and_each_gets_an_error_of_its_own() -> None:
    clients = Clients()
    first, second = clients.ask(), clients.ask()
    with pytest.raises(AuthorizationError) as leaders:
        first.answer(REFUSED)
    leaders.value.operation, leaders.value.amazon_order_id = "sendInvoice", ORDER  # what its own call is about
    with pytest.raises(AuthorizationError) as followers:
        second.give()

    assert (followers.value.operation, followers.value.amazon_order_id) == (None, None)
    assert followers.value is not leaders.value
    assert (str(followers.value), followers.value.error) == (str(leaders.value), "invalid_grant")


OUTAGES = [OUTAGE, httpx.Response(429, text="<html>"), httpx.ConnectError("no route"), httpx.ProxyError("dead")]


@pytest.mark.parametrize("outage", OUTAGES, ids=repr)
def test_an_outage_is_that_of_all_calls_of_a_client_and_of_no_other_client(outage: Any) -> None:
    clients = Clients()
    context = clients.context(**ONCE)
    first, second, other = clients.ask(context), clients.ask(context), clients.ask()
    for hand in (first, second):
        with pytest.raises(NetworkError, match=r"is in trouble|gave no answer"):
            first.answer(outage) if hand is first else second.give()
    other.give()

    other.wants(Exchange)  # through its own proxy, with its own patience
    assert other.finish(token("fresh")) == "fresh"


@pytest.mark.parametrize("end", [KeyboardInterrupt(), asyncio.CancelledError(), GeneratorExit()], ids=repr)
def test_if_the_first_one_is_interrupted_another_takes_over(end: BaseException) -> None:
    clients = Clients()
    first, second, third = (clients.ask() for _ in range(3))
    with pytest.raises(type(end)):
        first.fail(end)
    second.give()
    third.give()

    third.wants(Wait)
    second.wants(Exchange)
    assert second.finish(token("fresh")) == third.finish() == "fresh"


def test_a_deadline_of_the_first_one_is_not_the_others() -> None:
    clients = Clients()
    first, second = clients.ask(until=START + 1.0), clients.ask()
    clients.time.now += 1.0
    with pytest.raises(NetworkError):
        first.fail(DeadlinePassed())
    second.give()

    assert second.finish(token("fresh")) == "fresh"


def test_calls_of_the_client_that_has_trouble_wait_for_its_next_attempt() -> None:
    clients = Clients()
    context = clients.context(**TWICE)
    first = clients.ask(context)
    first.answer(OUTAGE)
    second = clients.ask(context)

    second.wants(Wait)
    first.go_on()
    assert first.finish(token("fresh")) == "fresh"
    assert second.finish() == "fresh"


def test_if_the_client_of_the_first_one_is_closed_another_takes_over() -> None:
    clients = Clients()
    context = clients.context(**TWICE)
    first, second = clients.ask(context), clients.ask()
    first.answer(OUTAGE)
    context.close()
    with pytest.raises(ClientClosedError, match="client was closed"):
        first.wait()
    second.give()

    assert second.finish(token("fresh")) == "fresh"


def test_one_who_waits_keeps_to_a_deadline_of_its_own() -> None:
    clients = Clients()
    context = clients.context(**TWICE)
    first, hasty = clients.ask(context), clients.ask(context, until=START + 3.0)
    with pytest.raises(NetworkError, match="deadline passed while Login with Amazon was asked"):
        hasty.wait()

    assert clients.time.now == START + 3.0
    assert first.finish(token("late")) == "late"


def test_a_deadline_of_the_first_one_is_not_that_of_other_calls_of_its_client() -> None:
    clients = Clients()
    context = clients.context(**ONCE)
    first, second = clients.ask(context, until=START + 1.0), clients.ask(context)
    clients.time.now += 1.0
    with pytest.raises(NetworkError, match="deadline"):
        first.fail(DeadlinePassed())
    second.give()

    assert second.finish(token("fresh")) == "fresh"


def test_another_client_waits_two_seconds_and_then_asks_itself() -> None:
    """The first one may be behind a proxy that says nothing."""
    clients = Clients()
    silent, other = clients.ask(), clients.ask(until=START + 5.0)
    third = clients.ask()
    other.wait()
    assert clients.time.now == START + FOREIGN_WAIT_SECONDS
    assert other.wants(Exchange).until == START + 5.0
    third.give()
    third.wants(Exchange)

    assert other.finish(token("fresh")) == third.finish(token("fresh")) == "fresh"
    assert silent.finish(token("very-late")) == "very-late"


def test_nobody_waits_for_one_client_with_trouble_after_the_other() -> None:
    clients = Clients()
    silent = [clients.ask() for _ in range(5)]
    for hand in silent[1:]:
        hand.wait()
        hand.wants(Exchange)
    healthy = clients.ask()
    healthy.wait() if isinstance(healthy.effect, Wait) else None

    assert clients.time.now <= START + 2 * FOREIGN_WAIT_SECONDS
    assert healthy.finish(token("fresh")) == "fresh"


def test_a_refused_token_is_given_to_nobody_else() -> None:
    clients = Clients()
    clients.ask().finish(token("refused"))
    clients.ask(stale="refused").wants(Exchange)

    assert clients.get() is None


def test_an_older_token_does_not_replace_a_newer_one() -> None:
    clients = Clients()
    slow, other = clients.ask(), clients.ask()
    other.wait()
    other.finish(token("newer"))
    slow.finish(token("older", expires_in=60))

    assert clients.get() == "newer"


def test_clients_whose_network_is_broken_ask_side_by_side() -> None:
    clients = Clients()
    hands = [clients.ask(clients.context(**TWICE)) for _ in range(5)]
    hands[0].answer(OUTAGE)
    for hand in hands[1:]:
        hand.give()
        hand.wants(Exchange)
        hand.answer(OUTAGE)

    assert clients.time.now == START
    for hand in hands:
        with pytest.raises(NetworkError, match="is in trouble"):
            hand.go_on()
            hand.answer(OUTAGE)


def test_a_token_that_another_client_got_meanwhile_is_used() -> None:
    clients = Clients()
    broken, other = clients.ask(clients.context(**TWICE)), clients.ask()
    broken.answer(httpx.ConnectError("no route"))
    other.give()
    assert other.finish(token("fresh")) == "fresh"
    broken.go_on()
    with pytest.raises(StopIteration) as done:
        broken.answer(httpx.ConnectError("no route"))

    assert done.value.value == "fresh"


def test_if_the_first_one_is_stuck_another_asks_after_a_minute() -> None:
    clients = Clients()
    context = clients.context(**TWICE)
    stuck, second, third = (clients.ask(context) for _ in range(3))
    second.wait()
    second.wants(Exchange)
    third.wait()
    third.wants(Wait)  # now for the second one

    assert clients.time.now == START + RENEWAL_WAIT_SECONDS
    assert second.finish(token("fresh")) == third.finish() == "fresh"
    assert stuck.finish(token("very-late")) == "very-late"


# Refused tokens


def test_a_refused_token_is_renewed_once_for_everybody() -> None:
    clients = Clients()
    clients.ask().finish(token("old"))
    first, second = clients.ask(stale="old"), clients.ask(stale="old")
    first.wants(Exchange)
    assert first.finish(token("new")) == second.finish() == "new"

    assert clients.get(stale="old") == "new"  # one who is refused later does not ask again


# Token providers


def provided(**settings: Any) -> Hand[str]:
    time = Time()
    return Hand(value_of(fetch_token(make_context(time, **settings), None, START + 5.0)), time)


def test_a_provider_is_asked_for_each_call_within_its_deadline() -> None:
    hand = provided(token_provider=lambda: "of-the-provider")
    assert hand.wants(Invoke).until == START + 5.0

    assert hand.finish(hand.wants(Invoke).function()) == "of-the-provider"


@pytest.mark.parametrize("refused", [None, "refused-token"])
def test_a_provider_with_a_parameter_for_it_is_told_which_token_amazon_refused(refused: str | None) -> None:
    def provider(refused: str | None) -> str:
        return f"instead-of-{refused}"

    context = make_context(Time(), token_provider=provider, provider_hears=True)
    hand = Hand(value_of(fetch_token(context, as_token(refused), None)), Time())
    function = hand.wants(Invoke).function

    assert "refused-token" not in repr(function)
    assert hand.finish(function()) == f"instead-of-{refused}"


def test_a_provider_that_takes_longer_than_the_deadline_sends_nothing() -> None:
    with pytest.raises(NetworkError, match=r"deadline passed while the token provider was asked.*Nothing was sent"):
        provided().fail(DeadlinePassed())


@pytest.mark.parametrize("returned", [None, "", 7, b"bytes", "Atza|with\nbreak", "tökén"])
def test_a_provider_must_return_a_token_and_what_it_returned_is_not_shown(returned: Any) -> None:
    with pytest.raises(ConfigurationError, match="token_provider must return") as raised:
        provided().give(returned)
    assert not isinstance(returned, str) or not returned or returned not in str(raised.value)


def test_an_async_provider_in_a_client_for_threads_is_named() -> None:
    async def provider() -> str:
        return "a-token"

    coroutine: Coroutine[Any, Any, str] = provider()
    with pytest.raises(ConfigurationError, match="needs AsyncMessagingClient"):
        provided().give(coroutine)
    with pytest.raises(RuntimeError, match="cannot reuse"):
        coroutine.send(None)  # it was closed


@pytest.mark.parametrize(
    ("given", "told"), [("two words", "a string that cannot be a token"), ("", "a string that cannot"), (7, "a int")]
)
def test_a_provider_that_gives_something_else_is_told_so(given: Any, told: str) -> None:
    context = make_context(Time(), token_provider=lambda: given)
    hand = Hand(value_of(fetch_token(context, None, None)), Time())
    with pytest.raises(ConfigurationError, match=f"it returned {told}"):
        hand.give(hand.wants(Invoke).function())


def test_a_client_of_an_application_alone_has_no_token() -> None:
    context = make_context(Time(), token_provider=None, token_cell=None)
    with pytest.raises(ConfigurationError, match="no refresh token") as raised:
        next(fetch_token(context, None, None))

    assert raised.value.argument == "credentials"
