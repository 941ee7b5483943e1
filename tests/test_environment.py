"""What the environment decides: as a whole or not at all, and never that a message reaches real buyers by mistake."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import ConfigurationError, Credentials, MessagingClient
from spapi_messaging._io.token_cells import token_cell
from spapi_messaging.credentials import ENVIRONMENT
from spapi_messaging.local_sandbox import (
    LOCAL_CREDENTIALS,
    LOCAL_LWA_ENDPOINT,
    LOCAL_URL,
    REFRESH_TOKEN_PREFIX,
    local_credentials,
)
from tests.support.amazon import CREDENTIALS, ORDER, Amazon

PRODUCTION = "https://sellingpartnerapi-eu.amazon.com"
SANDBOX = "https://sandbox.sellingpartnerapi-eu.amazon.com"
LOCAL = "http://127.0.0.1:8765"
OF_ENVIRONMENT = Credentials("id-of-the-environment", "the-secret", "Atzr|the-token")
OF_LOCAL_SANDBOX = Credentials(**LOCAL_CREDENTIALS)
SELLER = {name: getattr(OF_ENVIRONMENT, field) for field, name in ENVIRONMENT.items()}
NAMES = (*SELLER, "SP_API_DEFAULT_MARKETPLACE", "SP_API_ENDPOINT", "LWA_ENDPOINT", "SP_API_SANDBOX", "AWS_ENV")


@pytest.fixture(autouse=True)
def clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token_cell.cache_clear()  # no token of another test
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
    "SP_API_SANDBOX": (None, "1", "0", "local"),
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
    says_sandbox = variables["SP_API_SANDBOX"] in ("1", "local") or variables["AWS_ENV"] == "SANDBOX"
    contradicts_itself = variables["AWS_ENV"] == "SANDBOX" and variables["SP_API_SANDBOX"] == "0"
    for given in combinations(ARGUMENTS):
        reads_all = make is not MessagingClient or given["credentials"] is None
        read = variables if reads_all else dict.fromkeys(variables)
        sandbox, endpoint = given["sandbox"], given["endpoint"]
        local = reads_all and sandbox is None and read["SP_API_SANDBOX"] == "local"
        try:
            client = make(**given, transport=Amazon())
        except ConfigurationError as error:
            # There is a reason for each refusal, and it is named.
            named = [endpoint or read["SP_API_ENDPOINT"]]
            reasons = {
                "Which marketplace": not (given["marketplace"] or read["SP_API_DEFAULT_MARKETPLACE"]),
                "This client is for the local sandbox": local and named[0] in (PRODUCTION, SANDBOX),
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
        elif local:
            assert found == LOCAL, given
        elif not reads_all or sandbox or not read["SP_API_ENDPOINT"]:
            from_flags = reads_all and says_sandbox and sandbox is None
            assert found == (SANDBOX if sandbox or from_flags else PRODUCTION), given
        else:
            assert found == read["SP_API_ENDPOINT"], given
        marketplace = given["marketplace"] or read["SP_API_DEFAULT_MARKETPLACE"] or (local and "DE")
        assert client.marketplace.name == marketplace, given
        of_environment = OF_LOCAL_SANDBOX if local else OF_ENVIRONMENT
        assert repr(given["credentials"] or of_environment) in repr(client), given


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


@pytest.mark.parametrize("flag", ["0", "local"])
def test_a_marketplace_that_there_is_not_is_named_with_its_variable(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_DEFAULT_MARKETPLACE="Narnia", SP_API_SANDBOX=flag)

    with pytest.raises(ConfigurationError, match=r"^SP_API_DEFAULT_MARKETPLACE in the environment: .*Narnia"):
        MessagingClient.from_env(transport=Amazon())


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


# The local sandbox


def sent_to(amazon: Amazon) -> tuple[str, str]:
    (call,), (token_call,) = amazon.calls, amazon.token_calls
    return str(call.url.copy_with(raw_path=b"/")), str(token_call.url)


@pytest.mark.parametrize("make", [MessagingClient, MessagingClient.from_env, MessagingClient.for_local_sandbox])
@pytest.mark.parametrize("seller", [SELLER, {}])
def test_the_local_sandbox_needs_nothing_else(
    make: Any, seller: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    set_environment(monkeypatch, **{**dict.fromkeys(SELLER), **seller}, SP_API_SANDBOX="local")
    if make == MessagingClient.for_local_sandbox:
        monkeypatch.delenv("SP_API_SANDBOX")
    amazon = Amazon()
    client = make(transport=amazon)
    client.create_confirm_order_details(ORDER, text="Hello")

    assert sent_to(amazon) == (f"{LOCAL_URL}/", LOCAL_LWA_ENDPOINT)
    assert b"local-sandbox" in amazon.token_calls[0].content
    assert client.marketplace.name == "DE"


def test_the_local_sandbox_at_another_address(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(
        monkeypatch, SP_API_SANDBOX="local", SP_API_ENDPOINT="http://sandbox:9000/", SP_API_DEFAULT_MARKETPLACE="FR"
    )
    amazon, other = Amazon(), Amazon()
    clients = [
        MessagingClient.from_env("one-seller", transport=amazon),
        MessagingClient.for_local_sandbox(endpoint="http://sandbox:9000", transport=other),
    ]
    for client in clients:
        client.create_confirm_order_details(ORDER, text="Hello")

    assert sent_to(amazon) == sent_to(other) == ("http://sandbox:9000/", "http://sandbox:9000/auth/o2/token")
    assert [client.marketplace.name for client in clients] == ["FR", "DE"]


def test_a_profile_names_the_seller_in_the_local_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_SANDBOX="local")
    amazon = Amazon()
    MessagingClient.from_env("shop-de", transport=amazon).create_confirm_order_details(ORDER, text="Hello")

    assert b"refresh_token=Atzr%7Clocal-sandbox-shop-de&" in amazon.token_calls[0].content


@pytest.mark.parametrize("endpoint", [PRODUCTION, SANDBOX])
def test_the_local_sandbox_is_not_amazons(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_SANDBOX="local", SP_API_ENDPOINT=endpoint)

    with pytest.raises(ConfigurationError, match=r"the local sandbox, and SP_API_ENDPOINT is Amazon's"):
        MessagingClient(marketplace="DE", transport=Amazon())
    with pytest.raises(ConfigurationError, match="SP_API_SANDBOX in the environment"):
        MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())
    client = MessagingClient(marketplace="DE", sandbox=endpoint == SANDBOX, transport=Amazon())
    assert endpoint_of(client) == endpoint
    assert repr(OF_ENVIRONMENT) in repr(client)


@pytest.mark.parametrize("endpoint", [PRODUCTION, SANDBOX, f"{PRODUCTION}:443/"])
@pytest.mark.parametrize("given", [{}, {"credentials": CREDENTIALS}, {"token_provider": lambda: "token"}])
def test_a_client_for_the_local_sandbox_never_talks_to_amazon(endpoint: str, given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="for the local sandbox, and endpoint is Amazon's"):
        MessagingClient.for_local_sandbox(endpoint=endpoint, transport=Amazon(), **given)


def test_no_secret_of_amazons_goes_to_another_machine_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_SANDBOX="local", SP_API_ENDPOINT="http://10.255.255.1:8765")
    for given in ({"credentials": CREDENTIALS}, {"token_provider": lambda: "token"}):
        with pytest.raises(ConfigurationError, match="unless allow_http=True"):
            MessagingClient.from_env(transport=Amazon(), **given)
        MessagingClient.from_env(transport=Amazon(), allow_http=True, **given)

    amazon = Amazon()
    MessagingClient.from_env(transport=amazon).create_confirm_order_details(ORDER, text="Hello")
    assert b"local-sandbox" in amazon.token_calls[0].content


def test_what_is_allowed_for_the_local_sandbox_is_not_allowed_for_a_seller_of_amazons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_environment(monkeypatch, SP_API_SANDBOX="local", SP_API_ENDPOINT="http://10.255.255.1:8765")
    client = MessagingClient.from_env(transport=Amazon())
    for given in ({"refresh_token": "Atzr|of-a-database"}, {"credentials": CREDENTIALS}):
        with pytest.raises(ConfigurationError, match="unless allow_http=True"):
            client.for_seller(**given)
    local = client.for_seller(refresh_token=f"{REFRESH_TOKEN_PREFIX}-another")
    assert endpoint_of(local) == "http://10.255.255.1:8765"

    half_local = Credentials("a-real-id", "a-real-secret", REFRESH_TOKEN_PREFIX)
    with pytest.raises(ConfigurationError, match="unless allow_http=True"):
        MessagingClient.for_local_sandbox(endpoint="http://10.255.255.1:8765", credentials=half_local)


def test_local_credentials_are_not_taken_to_login_with_amazon() -> None:
    with pytest.raises(ConfigurationError, match=r"talk to Amazon at https://api\.amazon\.com"):
        MessagingClient(credentials=Credentials(**LOCAL_CREDENTIALS), marketplace="DE", endpoint=LOCAL)


@pytest.mark.parametrize(
    ("endpoint", "found"),
    [
        ("http://127.0.0.1:8801", "http://127.0.0.1:8801"),
        ("http://localhost:8801/", "http://localhost:8801"),
        (PRODUCTION, LOCAL_URL),
        ("http://10.0.0.1:8801", LOCAL_URL),
        ("nonsense", LOCAL_URL),
        (None, LOCAL_URL),
    ],
)
def test_the_local_sandbox_is_where_the_environment_has_it_on_this_machine(
    endpoint: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, SP_API_ENDPOINT=endpoint)

    assert endpoint_of(MessagingClient.for_local_sandbox(transport=Amazon())) == found


def test_a_seller_of_the_local_sandbox_in_the_environment_stays_that_seller(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_SANDBOX='"local"', SP_API_REFRESH_TOKEN="Atzr|local-sandbox.1234-shop")
    amazon = Amazon()
    MessagingClient.from_env(transport=amazon).create_confirm_order_details(ORDER, text="Hello")

    assert b"refresh_token=Atzr%7Clocal-sandbox.1234-shop&" in amazon.token_calls[0].content


@pytest.mark.parametrize("given", [{}, {"sandbox": True}, {"sandbox": False}])
def test_credentials_of_the_local_sandbox_do_not_go_to_amazon(given: dict[str, Any]) -> None:
    local = Credentials(**LOCAL_CREDENTIALS)
    with pytest.raises(ConfigurationError, match="for the local sandbox alone"):
        MessagingClient(credentials=local, marketplace="DE", transport=Amazon(), **given)
    client = MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon(), **given)
    with pytest.raises(ConfigurationError, match="for the local sandbox alone"):
        client.for_seller(credentials=local)


def test_a_seller_of_the_local_sandbox_has_a_name_of_one_word() -> None:
    with pytest.raises(ConfigurationError, match="name of a seller is of ASCII characters without spaces"):
        local_credentials("my shop")


# URLs that cannot be used


@pytest.mark.parametrize("variable", ["SP_API_ENDPOINT", "LWA_ENDPOINT"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("127.0.0.1:8765", "lacks the scheme"),
        ("localhost:8765/", "lacks the scheme"),
        ("sandbox.example.com", "lacks the scheme"),
        ("http://sandbox:8765", "must be an https:// URL .* unless allow_http=True"),
        ("ftp://example.com", "must be an https:// URL"),
        ("https://", "is not a URL"),
    ],
)
def test_a_url_that_cannot_be_used_is_named_as_it_was_given(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_environment(monkeypatch, **{variable: value})
    with pytest.raises(ConfigurationError, match=rf"^{variable} {said}"):
        MessagingClient(marketplace="DE", transport=Amazon())

    argument = {"SP_API_ENDPOINT": "endpoint", "LWA_ENDPOINT": "lwa_endpoint"}[variable]
    given: dict[str, Any] = {argument: value}
    with pytest.raises(ConfigurationError, match=rf"^{argument} {said}"):
        MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon(), **given)


def test_http_elsewhere_is_allowed_in_so_many_words_and_never_at_amazon() -> None:
    given: dict[str, Any] = {"credentials": CREDENTIALS, "marketplace": "DE", "transport": Amazon()}

    client = MessagingClient(**given, endpoint="http://sandbox:8765", lwa_endpoint="http://sandbox/", allow_http=True)
    assert endpoint_of(client) == "http://sandbox:8765"
    assert endpoint_of(client.for_seller(credentials=CREDENTIALS, marketplace="US")) == "http://sandbox:8765"
    for amazons in (PRODUCTION, SANDBOX, "https://api.amazon.com/auth/o2/token", "https://x.s3.amazonaws.com"):
        for name in ("endpoint", "lwa_endpoint"):
            with pytest.raises(ConfigurationError, match=f"{name} must be an https:// URL"):
                MessagingClient(**{**given, "allow_http": True, name: amazons.replace("https", "http")})
    with pytest.raises(ConfigurationError, match="ends with its host"):
        MessagingClient(**given, endpoint=f"{PRODUCTION}/messaging/v1")
    with pytest.raises(ConfigurationError, match="allow_http is True or False"):
        MessagingClient(**given, allow_http="no")  # type: ignore[arg-type]


def test_an_endpoint_of_amazons_must_be_that_of_the_region() -> None:
    given: dict[str, Any] = {"credentials": CREDENTIALS, "transport": Amazon()}

    with pytest.raises(ConfigurationError, match="that of another region: US belongs to na"):
        MessagingClient(**given, marketplace="US", endpoint=PRODUCTION)
    client = MessagingClient(**given, marketplace="DE", endpoint=PRODUCTION)
    with pytest.raises(ConfigurationError, match="that of another region"):
        client.for_seller(credentials=CREDENTIALS, marketplace="US")


@pytest.mark.parametrize(("region", "marketplace"), [("na", "JP"), ("eu", "US"), ("fe", "DE")])
def test_each_region_of_amazons_is_known(region: str, marketplace: str) -> None:
    for host in ("sellingpartnerapi", "sandbox.sellingpartnerapi"):
        url = f"https://{host}-{region}.amazon.com"
        with pytest.raises(ConfigurationError, match="that of another region"):
            MessagingClient(credentials=CREDENTIALS, transport=Amazon(), marketplace=marketplace, endpoint=url)


@pytest.mark.parametrize("make", [MessagingClient, MessagingClient.from_env])
def test_an_invalid_flag_is_refused(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, SP_API_SANDBOX="maybe")

    for given in ({}, {"credentials": CREDENTIALS}):
        with pytest.raises(ConfigurationError, match="SP_API_SANDBOX must be 1, 0 or local"):
            make(marketplace="DE", transport=Amazon(), **given)


@pytest.mark.parametrize("sandbox", ["yes", 1, 0, "False"])
def test_sandbox_is_true_or_false(sandbox: Any) -> None:
    with pytest.raises(ConfigurationError, match="sandbox is True, False or None"):
        MessagingClient(credentials=CREDENTIALS, marketplace="DE", sandbox=sandbox, transport=Amazon())
