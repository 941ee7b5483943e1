"""What the environment decides: as a whole or not at all, and never that a message reaches real buyers by mistake."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import ConfigurationError, Credentials, MessagingClient
from spapi_messaging.credentials import ENVIRONMENT
from tests.support.amazon import CREDENTIALS, ORDER, Amazon

PRODUCTION = "https://sellingpartnerapi-eu.amazon.com"
SANDBOX = "https://sandbox.sellingpartnerapi-eu.amazon.com"
LOCAL = "http://127.0.0.1:8765"
OF_ENVIRONMENT = Credentials("id-of-the-environment", "the-secret", "Atzr|the-token")
SELLER = {name: getattr(OF_ENVIRONMENT, field) for field, name in ENVIRONMENT.items()}
NAMES = (*SELLER, "SP_API_DEFAULT_MARKETPLACE", "SP_API_ENDPOINT", "LWA_ENDPOINT", "SP_API_SANDBOX", "AWS_ENV")


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def set_environment(monkeypatch: pytest.MonkeyPatch, **values: str | None) -> None:
    for name, value in {**SELLER, **values}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)


def endpoint_of(client: MessagingClient) -> str:
    return repr(client).split()[2]


# All combinations of where things come from

ARGUMENTS = {
    "sandbox": (None, True, False),
    "endpoint": (None, PRODUCTION, SANDBOX, LOCAL),
    "marketplace": (None, "DE"),
    "credentials": (None, CREDENTIALS),
}
VARIABLES = {
    "SP_API_SANDBOX": (None, "1", "0"),
    "AWS_ENV": (None, "SANDBOX"),
    "SP_API_ENDPOINT": (None, PRODUCTION, SANDBOX, LOCAL),
    "SP_API_DEFAULT_MARKETPLACE": (None, "FR"),
}


def combinations(choices: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]


@pytest.mark.parametrize("make", [MessagingClient, MessagingClient.from_env], ids=["constructor", "from_env"])
@pytest.mark.parametrize("variables", combinations(VARIABLES), ids=lambda given: ",".join(filter(None, given.values())))
def test_nobody_is_at_real_buyers_by_mistake(
    make: Any, variables: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, **variables)
    says_sandbox = variables["SP_API_SANDBOX"] == "1" or variables["AWS_ENV"] == "SANDBOX"
    contradicts_itself = variables["AWS_ENV"] == "SANDBOX" and variables["SP_API_SANDBOX"] == "0"
    for given in combinations(ARGUMENTS):
        reads_all = make is not MessagingClient or given["credentials"] is None
        read = variables if reads_all else dict.fromkeys(variables)
        sandbox, endpoint = given["sandbox"], given["endpoint"]
        try:
            client = make(**given, transport=Amazon())
        except ConfigurationError as error:
            # There is a reason for each refusal, and it is named.
            named = [endpoint or read["SP_API_ENDPOINT"]]
            reasons = {
                "Which marketplace": not (given["marketplace"] or read["SP_API_DEFAULT_MARKETPLACE"]),
                "asks for a sandbox, and": contradicts_itself and sandbox is None,
                "in the environment asks for a sandbox, but": says_sandbox and sandbox is None,
                "A sandbox was asked for": PRODUCTION in named and (sandbox or says_sandbox),
                "Production was asked for": SANDBOX in named and (sandbox is False or read["SP_API_SANDBOX"] == "0"),
            }
            assert any(text in str(error) and applies for text, applies in reasons.items()), (given, error)
            continue
        found = endpoint_of(client)
        if (says_sandbox and sandbox is None) or sandbox:
            assert found != PRODUCTION, given
        if sandbox is False:
            assert found != SANDBOX, given
        if endpoint is not None:
            assert found == endpoint, given
        elif not reads_all or sandbox or not read["SP_API_ENDPOINT"]:
            from_flags = reads_all and says_sandbox and sandbox is None
            assert found == (SANDBOX if sandbox or from_flags else PRODUCTION), given
        else:
            assert found == read["SP_API_ENDPOINT"], given
        assert client.marketplace.name == (given["marketplace"] or read["SP_API_DEFAULT_MARKETPLACE"]), given
        assert repr(given["credentials"] or OF_ENVIRONMENT) in repr(client), given


NEARLY_SANDBOX = ["SANDBOX", " sandbox", '"SANDBOX"', "SANBOX", "SANDBOX_EU", "AwsEnv.SANDBOX", "sbx"]


@pytest.mark.parametrize(
    "variables",
    [{"SP_API_SANDBOX": "1"}, {"SP_API_SANDBOX": "'1'"}, *[{"AWS_ENV": value} for value in NEARLY_SANDBOX]],
)
def test_a_sandbox_of_the_environment_is_refused_beside_production(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, **variables)
    (name,) = variables

    for given in ({"credentials": CREDENTIALS}, {"token_provider": lambda: "token"}, {"endpoint": PRODUCTION}):
        with pytest.raises(ConfigurationError, match=rf"{name} in the env|A sandbox was asked for, .* {PRODUCTION} is"):
            MessagingClient(marketplace="DE", transport=Amazon(), **given)
        client = MessagingClient(marketplace="DE", transport=Amazon(), sandbox=False, **given)
        assert endpoint_of(client) == PRODUCTION
    assert endpoint_of(MessagingClient(marketplace="DE", transport=Amazon())) == SANDBOX


@pytest.mark.parametrize(
    "endpoint",
    [
        *(f"{PRODUCTION}/", f"{PRODUCTION}:443", f"{PRODUCTION}./", f"{PRODUCTION}/path"),
        *("https://SELLINGPARTNERAPI-NA.amazon.com", "https://sellingpartnerapi-fe.amazon.com"),
    ],
)
def test_production_is_known_however_it_is_written(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="A sandbox was asked for"):
        MessagingClient(credentials=CREDENTIALS, marketplace="DE", endpoint=endpoint, sandbox=True, transport=Amazon())
    monkeypatch.setenv("SP_API_SANDBOX", "1")
    with pytest.raises(ConfigurationError, match="SP_API_SANDBOX in the environment"):
        MessagingClient(credentials=CREDENTIALS, marketplace="DE", endpoint=endpoint, transport=Amazon())


def test_a_client_for_another_seller_is_looked_at_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    client = MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())
    chosen = MessagingClient(credentials=CREDENTIALS, marketplace="DE", sandbox=False, transport=Amazon())
    sandbox = MessagingClient(credentials=CREDENTIALS, marketplace="DE", sandbox=True, transport=Amazon())
    monkeypatch.setenv("SP_API_SANDBOX", "1")

    with pytest.raises(ConfigurationError, match="SP_API_SANDBOX"):
        client.for_seller(credentials=CREDENTIALS)
    assert endpoint_of(chosen.for_seller(credentials=CREDENTIALS, marketplace="US")).endswith(
        "//sellingpartnerapi-na.amazon.com"
    )
    assert endpoint_of(sandbox.for_seller(credentials=CREDENTIALS, marketplace="US")).endswith(
        "/sandbox.sellingpartnerapi-na.amazon.com"
    )


@pytest.mark.parametrize("value", ["PRODUCTION", "staging", "eu-west-1", "inbox-prod", "thousand-oaks", ""])
def test_another_value_of_aws_env_says_nothing(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, AWS_ENV=value)

    assert endpoint_of(MessagingClient(marketplace="DE", transport=Amazon())) == PRODUCTION


# What is read


def test_from_env_reads_the_names_that_sellers_use(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_DEFAULT_MARKETPLACE="FR", SP_API_SANDBOX="true")
    client = MessagingClient.from_env(transport=Amazon())

    assert client.marketplace.name == "FR"
    assert f"MessagingClient FR {SANDBOX} {OF_ENVIRONMENT!r}" in repr(client)


@pytest.mark.parametrize("make", [MessagingClient, MessagingClient.from_env])
def test_the_endpoints_are_read(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    lwa = f"http://127.0.0.1:8766/{make.__name__}/auth/o2/token"
    set_environment(monkeypatch, SP_API_ENDPOINT=f"{LOCAL}/", LWA_ENDPOINT=lwa)
    amazon = Amazon()
    make(marketplace="DE", transport=amazon).create_confirm_order_details(ORDER, text="Hello")

    assert (amazon.calls[0].url.port, str(amazon.token_calls[0].url)) == (8765, lwa)


def test_with_credentials_the_constructor_takes_nothing_from_it(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_DEFAULT_MARKETPLACE="FR", SP_API_ENDPOINT=LOCAL, LWA_ENDPOINT=f"{LOCAL}/token")
    with pytest.raises(ConfigurationError, match="Which marketplace"):
        MessagingClient(credentials=CREDENTIALS, transport=Amazon())
    amazon = Amazon()
    # Of its own, because a token is kept for everyone with the same credentials.
    own = Credentials("amzn1.application-oa2-client.own", "the-own-secret", "Atzr|the-own-token")
    client = MessagingClient(credentials=own, marketplace="DE", transport=amazon)
    client.create_confirm_order_details(ORDER, text="Hello")

    assert endpoint_of(client) == PRODUCTION
    assert amazon.token_calls[0].url.host == "api.amazon.com"


def test_an_explicit_argument_wins_and_none_counts_as_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_DEFAULT_MARKETPLACE="FR", SP_API_SANDBOX="1")

    client = MessagingClient.from_env(marketplace="IT", sandbox=False, transport=Amazon())
    assert f"MessagingClient IT {PRODUCTION} " in repr(client)
    assert MessagingClient.from_env(marketplace=None, credentials=None, transport=Amazon()).marketplace.name == "FR"


def test_a_token_provider_needs_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, **dict.fromkeys(SELLER), SP_API_DEFAULT_MARKETPLACE="FR", SP_API_ENDPOINT=LOCAL)
    client = MessagingClient.from_env(token_provider=lambda: "token", transport=Amazon())

    assert (client.marketplace.name, endpoint_of(client)) == ("FR", LOCAL)


@pytest.mark.parametrize("make", [MessagingClient, MessagingClient.from_env])
def test_an_invalid_flag_is_refused(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_SANDBOX="maybe")

    for given in ({}, {"credentials": CREDENTIALS}):
        with pytest.raises(ConfigurationError, match="SP_API_SANDBOX must be 1 or 0"):
            make(marketplace="DE", transport=Amazon(), **given)


@pytest.mark.parametrize("sandbox", ["yes", 1, 0, "False"])
def test_sandbox_is_true_or_false(sandbox: Any) -> None:
    with pytest.raises(ConfigurationError, match="sandbox is True, False or None"):
        MessagingClient(credentials=CREDENTIALS, marketplace="DE", sandbox=sandbox, transport=Amazon())
