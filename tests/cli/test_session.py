"""Which client the global options and the environment describe, and what is said when they describe none."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from spapi_messaging import ConfigurationError, MessagingClient, ObservedExchange, RetryPolicy
from spapi_messaging._io import environment as client_environment
from spapi_messaging.cli.session import Session
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command, invoke

CREDENTIALS = ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET")


@pytest.fixture
def bare(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without credentials and without a marketplace; SP_API_ENDPOINT leads to the sandbox."""
    for name in (*CREDENTIALS, "SP_API_DEFAULT_MARKETPLACE", "LWA_ENDPOINT"):
        environment.delenv(name)
    return environment


@pytest.mark.parametrize("options", [[], ["--sandbox", "local"]])
@pytest.mark.parametrize("value", ["local", " Local ", '"local"'])
def test_variable_that_asks_for_the_local_sandbox(
    bare: pytest.MonkeyPatch, sandbox: Sandbox, options: list[str], value: str
) -> None:
    bare.setenv("SP_API_SANDBOX", value)
    done = invoke("attributes", ORDER, *options, "--profile", "shop")

    assert done.exit_code == 0
    assert b"local-sandbox-shop&" in sandbox.token_requests[-1].body


def test_option_alone_means_the_usual_port(bare: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    bare.setenv("SP_API_ENDPOINT", "https://sellingpartnerapi-eu.amazon.com")
    bare.setattr(client_environment, "LOCAL_URL", sandbox.url)

    assert invoke("attributes", ORDER, "--sandbox", "local").exit_code == 0


def test_option_takes_the_marketplace_of_the_environment(bare: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    bare.setattr(client_environment, "LOCAL_URL", sandbox.url)
    bare.setenv("SP_API_DEFAULT_MARKETPLACE", ' "FR" ')

    assert invoke("attributes", ORDER, "--sandbox", "local").stdout.endswith("fr-FR.\n")


@pytest.mark.parametrize("options", [[], ["--sandbox", "local"]])
def test_local_sandbox_that_does_not_run(bare: pytest.MonkeyPatch, sandbox: Sandbox, options: list[str]) -> None:
    bare.setenv("SP_API_SANDBOX", "local")
    bare.setattr(MessagingClient, "from_env", partial(MessagingClient.from_env, retry=RetryPolicy(attempts=1)))
    sandbox.stop()
    done = invoke("attributes", ORDER, *options)

    assert done.exit_code == 1
    assert done.stderr.count("Does the local sandbox run?") == 1
    assert "set SP_API_ENDPOINT to its address" in done.stderr


def test_amazons_sandbox_is_not_the_local_one(run: Command, environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    environment.setenv("SP_API_SANDBOX", "local")
    asked: dict[str, Any] = {}

    def refuse(*_: Any, **given: Any) -> None:
        asked.update(given)
        raise ConfigurationError("refused")

    environment.setattr(MessagingClient, "from_env", refuse)
    done = run("attributes", ORDER, "--sandbox", "amazon")

    assert asked["sandbox"] is True
    assert "Does the local sandbox run?" not in done.stderr


def test_value_that_is_mistyped_is_named_first(bare: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    bare.setenv("SP_API_SANDBOX", "lcal")
    done = invoke("attributes", ORDER)

    assert done.exit_code == 2
    assert "SP_API_SANDBOX must be 1, 0 or local" in done.stderr


def test_missing_marketplace_is_wrong_usage(run: Command, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SP_API_DEFAULT_MARKETPLACE", " ")
    done = run("attributes", ORDER, "--json")

    assert done.exit_code == 2
    assert done.json["error"]["type"] == "UsageError"
    assert "--marketplace" in done.json["error"]["message"]


def test_unknown_marketplace_of_the_environment_is_named(run: Command, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("SP_API_DEFAULT_MARKETPLACE", "XX")

    assert "SP_API_DEFAULT_MARKETPLACE in the environment" in run("attributes", ORDER).stderr


def test_without_credentials_nothing_speaks_of_python(bare: pytest.MonkeyPatch) -> None:
    told = invoke("attributes", ORDER, "--marketplace", "DE").stderr

    for name in (*CREDENTIALS, "credentials.yml", "--profile NAME", "--sandbox local"):
        assert name in told
    assert "credentials=" not in told


def test_application_without_a_seller(run: Command, environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    environment.delenv("SP_API_REFRESH_TOKEN")
    done = run("attributes", ORDER)

    assert done.exit_code == 2
    assert "SP_API_REFRESH_TOKEN" in done.stderr
    assert "client." not in done.stderr
    assert sandbox.requests == []


def test_account_of_the_environment_without_a_seller(run: Command, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LWA_APP_ID_shop", "id")
    environment.setenv("LWA_CLIENT_SECRET_shop", "secret")

    assert "SP_API_REFRESH_TOKEN_shop" in run("attributes", ORDER, "--profile", "shop").stderr


def test_accounts_of_the_environment(run: Command, environment: pytest.MonkeyPatch, sandbox: Sandbox) -> None:
    environment.setenv("SP_API_REFRESH_TOKEN_shop", "Atzr|local-sandbox-shop")

    assert run("attributes", ORDER, "--profile", "shop").exit_code == 0
    assert b"local-sandbox-shop&" in sandbox.token_requests[-1].body


def test_everyone_who_wants_to_know_is_told_of_an_exchange(run: Command, capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[ObservedExchange] = []
    session = Session(curl=True, observers=[seen.append])
    with session.client() as client:
        client.get_attributes(ORDER)

    assert [each.service for each in seen] == ["lwa", "api"]
    assert capsys.readouterr().err.count("curl ") == 2
    assert Session().observer is None
