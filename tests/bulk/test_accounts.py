"""Accounts: which client sends for which job, and who closes it."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from spapi_messaging import AsyncMessagingClient, Credentials
from spapi_messaging.bulk import AsyncSender, Sender, State, work
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.sandbox import Sandbox
from tests.support.runs import AMPLE, Shop, by_order, job, outcomes_of
from tests.support.servers import PATIENCE

YML = """version: '1.0'
default: {{refresh_token: {token}, lwa_app_id: {application}, lwa_client_secret: {secret}}}
shop-de: {{refresh_token: {token}-de, lwa_app_id: {application}, lwa_client_secret: {secret}}}
"""


def sellers_of(shop: Shop) -> list[str]:
    """Whose messages the buyers received, by the order's number."""
    return [message.seller for message in sorted(shop.sandbox.inbox, key=lambda message: message.order_id)]


def two_accounts(shop: Shop) -> None:
    shop.add(job(1, account="a"), job(2, account="b"))


def test_a_mapping_of_clients(any_shop: Shop) -> None:
    two_accounts(any_shop)

    outcomes = any_shop.run({"a": any_shop.client("seller-a"), "b": any_shop.threads_client("seller-b")})

    assert {outcome.account: outcome.state for outcome in outcomes} == {"a": State.SENT, "b": State.SENT}
    assert sellers_of(any_shop) == ["seller-a", "seller-b"]


def test_a_mapping_of_credentials(shop: Shop) -> None:
    two_accounts(shop)
    accounts = {name: shop.sandbox.credentials_for(f"seller-{name}") for name in "ab"}

    shop.run(accounts, **shop.options())

    assert sellers_of(shop) == ["seller-a", "seller-b"]


def test_a_function(shop: Shop) -> None:
    two_accounts(shop)

    shop.run(lambda name: shop.sandbox.credentials_for(f"seller-{name}"), **shop.options())

    assert sellers_of(shop) == ["seller-a", "seller-b"]


def test_a_single_client_serves_jobs_without_an_account(shop: Shop) -> None:
    shop.add(job(1))

    shop.run(shop.client("seller"))

    assert sellers_of(shop) == ["seller"]


def test_with_one_account_it_need_not_be_named(shop: Shop) -> None:
    shop.add(job(1), job(2, account="a"))

    shop.run({"a": shop.client("seller")})

    assert sellers_of(shop) == ["seller", "seller"]


def test_with_several_accounts_it_must_be_named(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.add(job(1), job(2, account="a"))

    outcomes = shop.run({"a": shop.client("seller-a"), "b": shop.client("seller-b")})

    assert by_order(outcomes) == {2: [State.SENT]}
    assert shop.recorded(1).state is State.PENDING
    assert "without a name" in caplog.text


@pytest.mark.parametrize("kind", ["mapping", "function", "client"])
def test_an_unknown_account_is_left_and_said_once(shop: Shop, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    shop.add(job(1, account="gone"), job(2, account="gone"))
    client = shop.client("seller")
    accounts: Any = {"mapping": {"a": client}, "function": {"a": client}.get, "client": client}[kind]

    assert shop.run(accounts) == []

    assert shop.states() == {State.PENDING: 2}
    assert caplog.text.count("no credentials for the account gone") == 1
    shop.assert_nothing_is_held()


def test_an_account_that_cannot_be_used_holds_up_no_one(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """A function that asks a database may fail for one name. Nobody knows what its error says."""
    two_accounts(shop)

    def find(name: str) -> Credentials:
        if name == "a":
            raise RuntimeError("password=hunter2")
        return shop.sandbox.credentials_for("seller-b")

    outcomes = shop.run(find, **shop.options())

    assert by_order(outcomes) == {2: [State.SENT]}
    assert shop.recorded(1).state is State.PENDING
    assert "RuntimeError" in caplog.text and "hunter2" not in caplog.text


def test_an_account_of_another_kind_is_left(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    two_accounts(shop)
    accounts: Any = {"a": "Atzr|hunter2", "b": shop.client("seller-b")}

    outcomes = shop.run(accounts)

    assert by_order(outcomes) == {2: [State.SENT]}
    assert "must be a client or Credentials" in caplog.text and "hunter2" not in caplog.text


@pytest.mark.parametrize("accounts", [b"shop", 17, ["a"]])
def test_what_cannot_be_accounts_is_said_at_once(shop: Shop, accounts: Any) -> None:
    with pytest.raises(ConfigurationError, match="accounts cannot be a"):
        Sender(shop.ledger, accounts)


def test_a_coroutine_function_cannot_be_accounts(shop: Shop) -> None:
    """It is called in a thread, where nobody awaits what it returns."""
    with pytest.raises(ConfigurationError, match="async"):
        Sender(shop.ledger, a_coroutine_function)  # type: ignore[arg-type]


def test_an_option_that_does_not_exist_is_said_at_once(shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match="pacience"):
        Sender(shop.ledger, shop.sandbox.credentials, pacience=5)


@pytest.mark.parametrize("option", ["marketplace", "credentials"])
def test_an_option_that_comes_from_the_jobs_is_said_at_once(shop: Shop, option: str) -> None:
    with pytest.raises(ConfigurationError, match=option):
        Sender(shop.ledger, shop.sandbox.credentials, **{option: "DE"})


@pytest.mark.parametrize("kind", ["client", "mapping"])
def test_a_client_does_not_hear_of_options(shop: Shop, kind: str) -> None:
    """Whoever says sandbox=True beside a client of production must not send to real buyers."""
    client = shop.client()
    accounts: Any = client if kind == "client" else {"a": client, "b": shop.sandbox.credentials}

    with pytest.raises(ConfigurationError, match="sandbox"):
        Sender(shop.ledger, accounts, sandbox=True)


def test_a_client_of_a_function_that_does_not_hear_of_options_ends_the_run(any_shop: Shop) -> None:
    """It is a mistake of the program: a worker that goes on would send nothing, for any account."""
    two_accounts(any_shop)

    with pytest.raises(ConfigurationError, match=r"itself: sandbox .*return Credentials"):
        any_shop.run(lambda name: any_shop.client(), sandbox=True)

    assert any_shop.received() == []
    assert any_shop.states() == {State.PENDING: 2}
    any_shop.assert_nothing_is_held()


async def a_coroutine_function(_: Any) -> None:
    """Nobody would await what it returns."""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"check": "maybe"}, "check"),
        ({"check": 1}, "check"),
        ({"sellers": 0}, "sellers"),
        ({"patience": -1}, "patience"),
        ({"patience": "60"}, "patience"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"on_progress": 17}, "on_progress"),
        ({"on_progress": a_coroutine_function}, "on_progress"),
    ],
)
def test_a_wrong_option_is_said_at_once(shop: Shop, options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Sender(shop.ledger, shop.client(), **options)


@pytest.mark.parametrize("library", ["linkify_it", "pypdf"])
def test_a_check_without_its_libraries_is_refused_at_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    """Each message would fail, be tried again for days, and be rejected in the end."""
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(ConfigurationError, match=rf"{library}: pip install 'spapi-messaging\[preflight\]'"):
        Sender(shop.ledger, shop.client(), check=True)

    shop.add(job(1))
    assert shop.run()[0].state is State.SENT


def test_a_url_is_no_ledger(shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match="Ledger"):
        Sender("sqlite:///ledger.db", shop.client())  # type: ignore[arg-type]


def test_profiles_of_credentials_yml(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "python-sp-api"
    folder.mkdir()
    own = shop.sandbox.credentials
    text = YML.format(token=own.refresh_token, application=own.client_id, secret=own.client_secret)
    (folder / "credentials.yml").write_text(text)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shop.add(job(1), job(2, account="shop-de"), job(3, account="shop-fr"))

    outcomes = list(Sender(shop.ledger, **shop.options()).run())

    assert by_order(outcomes) == {1: [State.SENT], 2: [State.SENT]}
    assert sellers_of(shop)[1] == "de"
    assert shop.recorded(3).state is State.PENDING


def test_the_environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in shop.sandbox.environment().items():
        monkeypatch.setenv(name, value)
    shop.add(job(1))

    (outcome,) = Sender(shop.ledger).run()

    assert outcome.state is State.SENT


def test_production_beside_a_sandbox_sends_nothing(any_shop: Shop) -> None:
    """Nothing at all: nobody can tell which of them was meant."""
    two_accounts(any_shop)
    asked: list[str] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        raise AssertionError

    production = AsyncMessagingClient(
        credentials=Credentials("amzn1.application", "secret", "Atzr|production"),
        marketplace="DE",
        transport=httpx.MockTransport(refuse),
    )

    with pytest.raises(ConfigurationError, match="production"):
        any_shop.run({"a": any_shop.client("seller-a"), "b": production})

    assert (any_shop.received(), asked) == ([], [])
    assert any_shop.states() == {State.PENDING: 2}
    any_shop.assert_nothing_is_held()
    assert [each.state for each in any_shop.run({"a": any_shop.client("seller-a")})] == [State.SENT]


def test_a_ledger_stays_with_its_sandbox(any_shop: Shop) -> None:
    any_shop.add(job(1))
    any_shop.run()
    any_shop.add(job(2))

    with Sandbox() as other, pytest.raises(ConfigurationError) as refused:
        any_shop.run(other.credentials, endpoint=other.url, lwa_endpoint=other.lwa_endpoint)

    assert any_shop.sandbox.url in str(refused.value) and other.url in str(refused.value)
    assert any_shop.recorded(2).state is State.PENDING


def test_clients_of_the_caller_stay_open(shop: Shop) -> None:
    async def main() -> list[State]:
        async with shop.client() as client:
            states = []
            for number in (1, 2):
                shop.add(job(number))
                states += [each.state for each in await outcomes_of(AsyncSender(shop.ledger, client))]
            await client.get_attributes(job(1).order_id)
            return states

    assert asyncio.run(main()) == [State.SENT, State.SENT]


def test_clients_that_the_sender_made_are_closed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[AsyncMessagingClient] = []
    monkeypatch.setattr(AsyncMessagingClient, "aclose", _noting(AsyncMessagingClient.aclose, closed))
    shop.add(job(1))

    shop.run(shop.sandbox.credentials, **shop.options())

    assert len(closed) == 1


def _noting(aclose: Any, closed: list[AsyncMessagingClient]) -> Any:
    async def noted(self: AsyncMessagingClient) -> None:
        closed.append(self)
        await aclose(self)

    return noted


def test_a_function_that_takes_its_time_holds_up_no_one(shop: Shop) -> None:
    """The messages of the account that is there already go out while it asks its database."""
    shop.add(*(job(number, account="a") for number in range(20)))
    others_sent = threading.Event()
    sent: list[int] = []

    def find(name: str) -> Credentials:
        if name == "b":
            assert others_sent.wait(PATIENCE)
        return shop.sandbox.credentials_for(f"seller-{name}")

    outcomes = []
    slow = {"*": AMPLE["*"]._replace(rate=20.0, burst=1)}
    for outcome in Sender(shop.ledger, find, **shop.options(usage_plans=slow)).run():
        outcomes.append(outcome)
        if len(outcomes) == 1:
            shop.add(job(100, account="b"))
        sent += [1] * (outcome.account == "a")
        if len(sent) == 20:
            others_sent.set()

    assert shop.states() == {State.SENT: 21}


def test_accounts_of_one_seller_share_its_usage_plan(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    """They are one seller at Amazon, so their buckets are one."""
    caplog.set_level(logging.WARNING)
    shop.sandbox.plans.set("*", rate=20.0, burst=2)
    shop.add(*(job(number, account=f"shop-{number % 4}") for number in range(20)))
    slow = {"*": AMPLE["*"]._replace(rate=20.0, burst=2)}

    outcomes = shop.run(lambda name: shop.sandbox.credentials, **shop.options(usage_plans=slow))

    assert {outcome.state for outcome in outcomes} == {State.SENT}
    assert caplog.text.count("throttled") < 8  # a busy machine may bunch some calls; four plans would be half of them


def test_a_slice_leaves_alone_what_it_has_no_credentials_for(shop: Shop) -> None:
    two_accounts(shop)

    done = work(shop.ledger, {"a": shop.client()}.get)

    assert done.states == {State.SENT: 1}
    assert shop.states() == {State.SENT: 1, State.PENDING: 1}


@pytest.mark.parametrize(("key", "told"), [(None, "is None"), (7, "of type int"), (b"shop", "of type bytes")])
def test_a_key_that_no_job_can_name_is_refused(shop: Shop, key: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f'{told}.*jobs that name no account, its name is ""'):
        Sender(shop.ledger, {key: shop.client("seller-a"), "b": shop.client("seller-b")})


def test_the_account_of_jobs_that_name_none_is_the_empty_string(shop: Shop) -> None:
    shop.add(job(1), job(2, account="b"))

    shop.run({"": shop.client("seller-a"), "b": shop.client("seller-b")})

    assert sellers_of(shop) == ["seller-a", "seller-b"]
