"""Credentials: where they are found, and that they are never seen."""

from __future__ import annotations

import copy
import json
import logging
import os
import pickle
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import ConfigurationError, Credentials, MessagingClient
from spapi_messaging._credentials import profiles
from spapi_messaging.credentials import ENVIRONMENT, CredentialsSource, find_credentials, find_source
from tests.support.amazon import CREDENTIALS, Amazon, Shop, both

VALUES = {
    "client_id": "amzn1.application-oa2-client.1234",
    "client_secret": "the-secret",
    "refresh_token": "Atzr|the-token",
}
CREDENTIALS_OF_SHOP = Credentials(VALUES["client_id"], VALUES["client_secret"], "Atzr|of-the-shop")
SECRETS = ("the-secret", "the-token")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a working folder of the test's own, and an environment without credentials."""
    others = ("SP_API_AWS_SECRET_ID", "SP_API_DEFAULT_MARKETPLACE", "XDG_CONFIG_HOME", "PYTHON-SP-APIDIR")
    for name in (*ENVIRONMENT.values(), *others):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "xdg"))
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def set_environment(monkeypatch: pytest.MonkeyPatch, **other: str) -> None:
    for field, name in ENVIRONMENT.items():
        monkeypatch.setenv(name, {**VALUES, **other}[field])


def account(**values: str) -> str:
    found = {**VALUES, **values}
    return (
        f"  refresh_token: {found['refresh_token']}\n"
        f"  lwa_app_id: '{found['client_id']}'\n"
        f'  lwa_client_secret: "{found["client_secret"]}"\n'
    )


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def config(places: Path, content: str) -> Path:
    return write(places / ".config" / "python-sp-api" / "credentials.yml", content)


# What they are


def test_credentials_are_compared_by_value_and_can_be_keys() -> None:
    assert Credentials(**VALUES) == Credentials(**VALUES)
    assert Credentials(**VALUES) != Credentials(**{**VALUES, "client_secret": "another"})
    assert Credentials(**VALUES) != "something else"
    assert len({Credentials(**VALUES), Credentials(**VALUES)}) == 1


def test_white_space_around_a_value_is_dropped() -> None:
    assert Credentials(**{name: f" {value}\n" for name, value in VALUES.items()}) == Credentials(**VALUES)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("value", ["", "  ", None, 7, b"bytes"])
def test_a_missing_value_is_named(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"need a {name}"):
        Credentials(**{**VALUES, name: value})


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("value", ["with space", "line\nbreak", "schlüssel", "nul\0"])
def test_an_invalid_value_is_refused_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as raised:
        Credentials(**{**VALUES, name: value})
    assert value not in str(raised.value)


def test_credentials_do_not_change() -> None:
    with pytest.raises(AttributeError):
        Credentials(**VALUES).client_id = "another"


# What is seen of them

visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=60)


@given(client_id=visible, secret=visible, refresh_token=visible)
def test_no_secret_is_seen_in_any_representation(client_id: str, secret: str, refresh_token: str) -> None:
    credentials = Credentials(client_id, secret, refresh_token)
    others = Credentials(f"x{client_id[-4:]}", "x", "x")

    assert (f"{credentials!r} {credentials} {[credentials]}") == f"{others!r} {others} {[others]}"


def test_credentials_are_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled") as raised:
        pickle.dumps(Credentials(**VALUES))
    assert not any(secret in str(raised.value) for secret in SECRETS)


def test_copies_of_credentials_are_the_same_object() -> None:
    credentials = Credentials(**VALUES)

    assert copy.copy(credentials) is credentials
    assert copy.deepcopy({"a": [credentials]})["a"][0] is credentials


def test_a_log_line_and_a_clients_repr_show_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    credentials = Credentials(**VALUES)
    client = MessagingClient(credentials=credentials, marketplace="DE", transport=Amazon())
    logging.getLogger("test").warning("%s %r %s", credentials, credentials, client)

    assert not any(secret in caplog.text for secret in SECRETS)
    assert "MessagingClient DE" in caplog.text


@pytest.mark.parametrize("given", [VALUES, tuple(VALUES.values()), "Atzr|the-token"])
def test_anything_but_credentials_is_refused_and_not_shown(given: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a Credentials") as raised:
        MessagingClient(credentials=given, marketplace="DE", transport=Amazon())
    client = MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())
    with pytest.raises(ConfigurationError, match="must be a Credentials") as again:
        client.for_seller(credentials=given)

    assert not any(secret in f"{raised.value}{again.value}" for secret in SECRETS)


# Where they are found


def test_credentials_are_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)

    assert Credentials.from_env() == find_credentials() == Credentials(**VALUES)


@pytest.mark.parametrize(
    ("missing", "there"), [("LWA_APP_ID", "LWA_CLIENT_SECRET"), ("LWA_CLIENT_SECRET", "LWA_APP_ID")]
)
def test_an_incomplete_environment_says_what_is_missing_and_what_is_there(
    monkeypatch: pytest.MonkeyPatch, missing: str, there: str
) -> None:
    set_environment(monkeypatch)
    monkeypatch.delenv(missing)

    said = rf"Set {missing} in the environment \(SP_API_REFRESH_TOKEN and {there} are set there\)"
    with pytest.raises(ConfigurationError, match=said):
        find_credentials()
    monkeypatch.delenv(there)
    said = r"Set LWA_APP_ID and LWA_CLIENT_SECRET in the environment \(SP_API_REFRESH_TOKEN is set there\)"
    with pytest.raises(ConfigurationError, match=said):
        find_credentials()


# One application, many refresh tokens


def test_an_application_alone_has_no_refresh_token(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    monkeypatch.delenv("SP_API_REFRESH_TOKEN")
    application = Credentials.of_application(VALUES["client_id"], VALUES["client_secret"])

    assert Credentials.from_env() == find_credentials() == application
    assert "refresh_token=[none]" in repr(application)
    assert application.for_seller(VALUES["refresh_token"]) == Credentials(**VALUES)
    assert Credentials.from_env(refresh_token=VALUES["refresh_token"]) == Credentials(**VALUES)


@pytest.mark.parametrize(("id", "secret"), [("", "s3cret-value"), ("id", ""), ("id", "s3cret value")])
def test_an_application_needs_an_id_and_a_secret(id: str, secret: str) -> None:
    with pytest.raises(ConfigurationError, match="client_") as refused:
        Credentials.of_application(id, secret)
    assert "s3cret" not in str(refused.value)


@both
def test_a_client_of_an_application_makes_those_of_its_sellers(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    set_environment(monkeypatch)
    monkeypatch.delenv("SP_API_REFRESH_TOKEN")
    shop = Shop(kind, Amazon(), credentials=None)
    with pytest.raises(ConfigurationError, match=r"no refresh token\. Nothing was sent\. .*for_seller\("):
        shop.say()
    assert shop.amazon.calls == shop.amazon.token_calls == []

    receipts = []
    for refresh_token in ("Atzr|seller-1", "Atzr|seller-2"):
        shop.client = shop.client.for_seller(refresh_token=refresh_token)
        receipts.append(shop.say())

    sent = [parse_qs(call.content.decode()) for call in shop.amazon.token_calls]
    assert [form["refresh_token"] for form in sent] == [["Atzr|seller-1"], ["Atzr|seller-2"]]
    assert all(form["client_id"] == [VALUES["client_id"]] for form in sent)
    assert receipts[0].seller != receipts[1].seller  # each has usage plans of its own
    assert "Atzr" not in f"{receipts}"


@pytest.mark.parametrize("given", [{}, {"credentials": CREDENTIALS, "refresh_token": "Atzr|x"}])
def test_a_seller_is_either_a_refresh_token_or_credentials(given: Any) -> None:
    client = MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())

    with pytest.raises(ConfigurationError, match=r"credentials=Credentials\(…\) or refresh_token=…, one of them"):
        client.for_seller(**given)


@pytest.mark.parametrize("token", ["", "Atzr|with space", 7])
def test_a_wrong_refresh_token_is_refused_and_not_shown(token: Any) -> None:
    client = MessagingClient(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())

    for make in (client.for_seller, CREDENTIALS.for_seller, Credentials.from_env):
        with pytest.raises(ConfigurationError, match="refresh_token") as raised:
            make(refresh_token=token)
        frames = [frame.f_locals for frame, _ in traceback.walk_tb(raised.value.__traceback__)]
        assert not any("with space" in repr(values) for values in frames[1:]), frames


def test_a_client_with_a_token_provider_has_no_application() -> None:
    client = MessagingClient(token_provider=lambda: "token", marketplace="DE", transport=Amazon())

    with pytest.raises(ConfigurationError, match="has no application"):
        client.for_seller(refresh_token="Atzr|x")


# Accounts


def test_an_account_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch, places: Path) -> None:
    set_environment(monkeypatch)
    monkeypatch.setenv("SP_API_REFRESH_TOKEN_shop", "Atzr|of-the-shop")
    config(places, f"shop:\n{account(client_secret='of-the-file')}")

    assert Credentials.from_env("shop") == find_credentials("shop") == CREDENTIALS_OF_SHOP
    monkeypatch.setenv("LWA_APP_ID_shop", "the-shops-own")
    with pytest.raises(ConfigurationError, match=r"LWA_APP_ID_shop is set .*, and LWA_CLIENT_SECRET_shop is not"):
        find_credentials("shop")
    monkeypatch.setenv("LWA_CLIENT_SECRET_shop", "its-own-secret")
    assert find_credentials("shop").client_id == "the-shops-own"
    assert find_credentials() == Credentials(**VALUES)


def test_without_variables_of_its_own_an_account_is_that_of_the_file(
    monkeypatch: pytest.MonkeyPatch, places: Path
) -> None:
    set_environment(monkeypatch)
    config(places, f"shop:\n{account(client_secret='of-the-file')}")

    assert find_credentials("shop").client_secret == "of-the-file"


def test_an_account_is_never_given_another_ones_refresh_token(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    monkeypatch.setenv("LWA_APP_ID_shop", "the-shops-own")
    monkeypatch.setenv("LWA_CLIENT_SECRET_shop", "its-own-secret")

    assert find_credentials("shop").refresh_token == ""


def test_variables_of_an_account_are_read_alike_by_python_amazon_sp_api(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = pytest.importorskip("sp_api.base.credential_provider")
    set_environment(monkeypatch)
    for name in ENVIRONMENT.values():
        monkeypatch.setenv(f"{name}_shop", f"{name}-of-the-shop")
    theirs = provider.FromEnvironmentVariablesCredentialProvider("shop")()
    ours = find_credentials("shop")

    assert (theirs["refresh_token"], theirs["lwa_app_id"], theirs["lwa_client_secret"]) == (
        ours.refresh_token,
        ours.client_id,
        ours.client_secret,
    )


def test_a_profile_as_python_amazon_sp_api_writes_it(places: Path) -> None:
    config(places, f"version: '1.0'\n\ndefault:\n{account()}\nshop-de:\n{account(client_secret='of-shop-de')}")

    assert Credentials.from_profile() == find_credentials() == Credentials(**VALUES)
    assert Credentials.from_profile("shop-de").client_secret == "of-shop-de"


def test_the_same_file_is_read_alike_by_python_amazon_sp_api(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = pytest.importorskip("sp_api.base.credential_provider")
    config(places, f"version: '1.0'\ndefault:\n{account()}\nshop-de:\n{account(client_secret='of-shop-de')}")
    monkeypatch.delenv("PYTHON-SP-APIDIR", raising=False)
    theirs = provider.FromConfigFileCredentialProvider("shop-de")()
    ours = Credentials.from_profile("shop-de")

    assert (theirs["refresh_token"], theirs["lwa_app_id"], theirs["lwa_client_secret"]) == (
        ours.refresh_token,
        ours.client_id,
        ours.client_secret,
    )


def folders(places: Path) -> dict[str, Path]:
    return {
        name: places / path / "python-sp-api" for name, path in {"home": ".config", "own": "own", "xdg": "xdg"}.items()
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other folders")
@pytest.mark.parametrize("own", [False, True], ids=["", "PYTHON-SP-APIDIR"])
@pytest.mark.parametrize("there", [("home",), ("xdg",), ("home", "xdg"), ("own", "home", "xdg")])
@pytest.mark.parametrize("preferred", [None, "home", "xdg"])
def test_the_folders_are_those_of_python_amazon_sp_api(
    places: Path, monkeypatch: pytest.MonkeyPatch, own: bool, there: tuple[str, ...], preferred: str | None
) -> None:
    provider = pytest.importorskip("sp_api.base.credential_provider")
    if own:
        monkeypatch.setenv("PYTHON-SP-APIDIR", str(folders(places)["own"]))
    for name in there:
        write(folders(places)[name] / "credentials.yml", f"version: '1.0'\ndefault:\n{account(client_secret=name)}")
    if preferred:
        write(folders(places)[preferred] / "config.yaml", "")
    try:
        theirs = provider.FromConfigFileCredentialProvider("default")()["lwa_client_secret"]
    except provider.MissingCredentials:
        theirs = None
    try:
        ours = find_credentials().client_secret
    except ConfigurationError:
        ours = None

    # Theirs looks into one folder alone, ours into all of them.
    assert ours == (theirs or next((name for name in ("home", "xdg") if name in there and not own), None))


def test_a_file_in_the_working_folder_is_not_read(places: Path) -> None:
    write(places / "work" / "credentials.yml", f"default:\n{account(client_secret='of-this-folder')}")

    with pytest.raises(ConfigurationError, match="No credentials"):
        find_credentials()


def test_the_secret_of_aws_comes_before_files(
    secrets_manager: Any, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(places, f"default:\n{account(client_secret='of-the-file')}")
    secrets_manager.create_secret(Name="shop/de", SecretString=json.dumps(SECRET))
    monkeypatch.setenv("SP_API_AWS_SECRET_ID", "shop/de")

    assert find_credentials() == Credentials(**VALUES)


def test_the_environment_comes_before_files(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config(places, f"default:\n{account()}")
    set_environment(monkeypatch, client_secret="of-the-environment")

    assert find_credentials().client_secret == "of-the-environment"


def test_an_explicit_argument_comes_before_everything(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    client = MessagingClient.from_env(credentials=CREDENTIALS, marketplace="DE", transport=Amazon())
    assert repr(CREDENTIALS) in repr(client)

    config(places, "broken: [")
    client = MessagingClient.from_env("nowhere", credentials=CREDENTIALS, marketplace="DE", transport=Amazon())
    assert repr(CREDENTIALS) in repr(client)


def test_a_profile_comes_before_the_environment(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    config(places, f"shop-de:\n{account(client_id='amzn1.application-oa2-client.of-the-profile')}")
    client = MessagingClient.from_env("shop-de", marketplace="DE", transport=Amazon())

    assert "client_id=…file" in repr(client)


def test_without_credentials_the_error_says_what_to_do() -> None:
    with pytest.raises(ConfigurationError, match=r"No credentials: .*LWA_CLIENT_SECRET.*credentials\.yml"):
        MessagingClient(marketplace="DE", transport=Amazon())


def test_an_unknown_profile_names_the_files(places: Path) -> None:
    path = config(places, f"default:\n{account()}")

    with pytest.raises(ConfigurationError, match="no account 'shop-fr'") as raised:
        Credentials.from_profile("shop-fr")
    assert str(path) in str(raised.value)


def test_an_account_with_keys_of_another_name_shows_them(places: Path) -> None:
    config(places, "default:\n  client_id: the-id\n  lwa_secret: the-secret\n")

    with pytest.raises(ConfigurationError, match=r"lacks lwa_app_id, .*; it has 'client_id', 'lwa_secret'\.$"):
        find_credentials()


def test_a_number_is_no_secret(places: Path) -> None:
    config(places, "default:\n  lwa_app_id: 1234\n  lwa_client_secret: the-secret\n")

    with pytest.raises(ConfigurationError, match=r"no text as lwa_app_id: put the value in quotes"):
        find_credentials()


def test_an_unknown_account_names_those_that_there_are(places: Path) -> None:
    config(places, f"shop-de:\n{account()}shop-fr:\n{account()}")

    said = r"There are 'shop-de', 'shop-fr'\. Add it there\.$"
    with pytest.raises(ConfigurationError, match=said) as raised:
        find_credentials("Shop-De")
    assert raised.value.argument == "credentials"


@pytest.mark.parametrize("profile", ["", " ", 7])
def test_an_empty_account_is_no_account(monkeypatch: pytest.MonkeyPatch, profile: Any) -> None:
    set_environment(monkeypatch)

    with pytest.raises(ConfigurationError, match="profile is the name of an account,"):
        MessagingClient.from_env(profile, marketplace="DE", transport=Amazon())


def test_quotes_around_a_variable_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, refresh_token=f'"{VALUES["refresh_token"]}"')

    assert find_credentials() == Credentials(**VALUES)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs to become another user")
def test_folders_that_may_not_be_searched_are_passed_over(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = places / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(closed))
    os.seteuid(65534)
    try:
        with pytest.raises(ConfigurationError, match="No credentials"):
            find_credentials()
    finally:
        os.seteuid(0)


def test_a_user_without_a_home_folder_is_told_the_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(ConfigurationError, match="No credentials"):
        find_credentials()


def test_an_account_without_a_refresh_token_is_that_of_the_application(places: Path) -> None:
    config(places, "default:\n  lwa_app_id: the-id\n  lwa_client_secret: the-secret\n")

    assert find_credentials() == Credentials.of_application("the-id", "the-secret")


def test_an_incomplete_account_says_what_is_there(places: Path) -> None:
    config(places, "default:\n  refresh_token: the-token\n  lwa_app_id: the-id\n")

    with pytest.raises(ConfigurationError, match=r"lacks lwa_client_secret; it has 'refresh_token', 'lwa_app_id'\.$"):
        find_credentials()


@pytest.mark.parametrize("content", ["default:\n  refresh_token: x\n", "default: x\n", "default:\n", "default: [1]\n"])
def test_an_incomplete_account_says_what_is_missing(places: Path, content: str) -> None:
    config(places, content)

    with pytest.raises(ConfigurationError, match=r"account 'default' in .* lacks .*lwa_client_secret"):
        find_credentials()


@pytest.mark.parametrize("content", ["", "[]", "just text", "other:\n  a: b\n"])
def test_a_file_without_the_account_is_passed_over(places: Path, content: str) -> None:
    config(places, content)
    write(places / "xdg" / "python-sp-api" / "credentials.yml", f"default:\n{account()}")

    assert find_credentials() == Credentials(**VALUES)


@pytest.mark.parametrize("content", ["default:\n  secret: [the-secret\n", "a: the-secret\n\tb: {", "%the-secret"])
def test_a_broken_file_is_named_and_not_quoted(places: Path, content: str) -> None:
    path = config(places, content)

    with pytest.raises(ConfigurationError, match="is not valid YAML near line") as raised:
        find_credentials()
    assert str(path) in str(raised.value)
    assert raised.value.__context__ is None
    assert "the-secret" not in "".join(traceback.format_exception(raised.value))


def test_an_unreadable_file_is_named(places: Path) -> None:
    path = config(places, "")
    path.write_bytes(b"\xff\xfe\xff")

    with pytest.raises(ConfigurationError, match=r"credentials\.yml (cannot be read|is not valid YAML)"):
        find_credentials()


# AWS Secrets Manager


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    moto = pytest.importorskip("moto")
    boto3 = pytest.importorskip("boto3")
    for name, value in {"ACCESS_KEY_ID": "x", "SECRET_ACCESS_KEY": "x", "DEFAULT_REGION": "eu-central-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with moto.mock_aws():
        yield boto3.client("secretsmanager")


SECRET = {name: VALUES[field] for field, name in ENVIRONMENT.items()}


def test_credentials_are_found_in_a_secret_of_aws(secrets_manager: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets_manager.create_secret(Name="shop/de", SecretString=json.dumps(SECRET))
    assert Credentials.from_secrets_manager("shop/de") == Credentials(**VALUES)

    monkeypatch.setenv("SP_API_AWS_SECRET_ID", "shop/de")
    assert Credentials.from_secrets_manager() == find_credentials() == Credentials(**VALUES)


def test_a_file_without_the_account_does_not_hide_the_secret_of_aws(
    secrets_manager: Any, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_manager.create_secret(Name="shop/de", SecretString=json.dumps(SECRET))
    monkeypatch.setenv("SP_API_AWS_SECRET_ID", "shop/de")
    config(places, "other:\n  a: b\n")

    assert find_credentials() == Credentials(**VALUES)


def test_a_secret_that_is_not_there_is_named(secrets_manager: Any) -> None:
    with pytest.raises(
        ConfigurationError, match=r"did not give the secret 'shop/fr': ResourceNotFoundException\. Compare"
    ):
        Credentials.from_secrets_manager("shop/fr")


def test_aws_without_a_region_says_what_to_set(
    secrets_manager: Any, monkeypatch: pytest.MonkeyPatch, places: Path
) -> None:
    import boto3  # the fixture has looked for it

    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it may know a region
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(places / "none"))

    with pytest.raises(ConfigurationError, match=r"'my-shop/sp-api': NoRegionError\. Set AWS_DEFAULT_REGION"):
        Credentials.from_secrets_manager("my-shop/sp-api")


def test_no_error_proposes_a_variable_that_a_shell_cannot_export(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for profile, proposed in (
        ("shop", "Add it there, or set SP_API_REFRESH_TOKEN_shop."),
        ("shop-de", "Add it there."),
    ):
        with pytest.raises(ConfigurationError) as unknown:
            find_credentials(profile)
        assert str(unknown.value).endswith(proposed)
    monkeypatch.setenv("SP_API_REFRESH_TOKEN_shop-de", "Atzr|1")
    with pytest.raises(ConfigurationError) as incomplete:
        find_credentials("shop-de")
    assert "at the end of the name" not in str(incomplete.value)


@pytest.mark.parametrize("content", ["the-secret", "[]", '"the-secret"', '{"LWA_CLIENT_SECRET": "the-secret"'])
def test_an_invalid_secret_of_aws_is_not_quoted(secrets_manager: Any, content: str) -> None:
    secrets_manager.create_secret(Name="shop/de", SecretString=content)

    with pytest.raises(ConfigurationError, match="not a JSON object") as raised:
        Credentials.from_secrets_manager("shop/de")
    assert raised.value.__context__ is None
    assert "the-secret" not in "".join(traceback.format_exception(raised.value))


def test_a_binary_secret_is_refused(secrets_manager: Any) -> None:
    secrets_manager.create_secret(Name="shop/de", SecretBinary=b"x")

    with pytest.raises(ConfigurationError, match="not a JSON object"):
        Credentials.from_secrets_manager("shop/de")


@pytest.mark.parametrize("missing", ["LWA_APP_ID", "LWA_CLIENT_SECRET"])
def test_an_incomplete_secret_says_what_is_missing(secrets_manager: Any, missing: str) -> None:
    parts = {name: value for name, value in SECRET.items() if name != missing}
    secrets_manager.create_secret(Name="shop/de", SecretString=json.dumps(parts))

    with pytest.raises(ConfigurationError, match=missing):
        Credentials.from_secrets_manager("shop/de")


@pytest.mark.parametrize("name", [None, "", 7, ["shop/de"]])
def test_without_a_secrets_name_the_error_says_which_variable_to_set(name: Any) -> None:
    with pytest.raises(ConfigurationError, match="SP_API_AWS_SECRET_ID"):
        Credentials.from_secrets_manager(name)


@pytest.mark.parametrize(("module", "extra"), [("yaml", "cli"), ("boto3", "aws")])
def test_a_missing_extra_is_named(places: Path, monkeypatch: pytest.MonkeyPatch, module: str, extra: str) -> None:
    import sys

    config(places, f"default:\n{account()}")
    monkeypatch.setitem(sys.modules, module, None)

    with pytest.raises(ConfigurationError, match=rf"spapi-messaging\[{extra}\]"):
        Credentials.from_profile() if module == "yaml" else Credentials.from_secrets_manager("x")


# Where they are, for people who look for a fault


def test_source_names_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    found = find_source()

    assert found.place == "the environment: SP_API_REFRESH_TOKEN, LWA_APP_ID, LWA_CLIENT_SECRET"
    assert set(found.parts) == {"client_id", "client_secret", "refresh_token"}
    assert (found.client_id_end, found.problem) == ("1234", "")


def test_of_a_token_in_the_place_of_the_client_id_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch, client_id="Atzr|swapped-token", refresh_token="amzn1.application-oa2-client.1234")

    assert find_source().client_id_end == ""
    assert "oken" not in repr(Credentials.from_env()).replace("refresh_token", "")


def test_source_names_an_accounts_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    monkeypatch.setenv("SP_API_REFRESH_TOKEN_shop", "Atzr|of-the-shop")

    assert "SP_API_REFRESH_TOKEN_shop, LWA_APP_ID" in find_source("shop").place


def test_source_names_the_file(places: Path) -> None:
    path = write(places / ".config/python-sp-api/credentials.yml", f"version: '1.0'\ndefault:\n{account()}")
    if sys.platform == "linux":
        assert find_source().place == f"the account 'default' in {path}"


def test_source_names_secrets_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SP_API_AWS_SECRET_ID", "shop/credentials")
    monkeypatch.setattr(Credentials, "from_secrets_manager", classmethod(lambda cls: Credentials(**VALUES)))

    assert "AWS Secrets Manager" in find_source().place


def test_source_of_the_local_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SP_API_SANDBOX", "local")
    found = find_source()

    assert found.is_of_local_sandbox
    assert found.doubts == ()


def test_source_says_what_is_there_and_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LWA_APP_ID", "the-client-id")
    found = find_source()

    assert found.parts == ("client_id",)
    assert "LWA_CLIENT_SECRET" in found.problem
    assert find_source("").problem.startswith("The profile is the name")
    monkeypatch.delenv("LWA_APP_ID")
    assert "No credentials" in find_source().problem


@pytest.mark.parametrize(
    ("part", "value", "doubt"),
    [
        ("client_id", "amzn1.sp.solution.1", "application's id"),
        ("client_id", "my-app", "does not begin with"),
        ("client_secret", "amzn1.application-oa2-client.1", "looks like a client id"),
        ("client_secret", "Atza|token", "looks like a token"),
        ("refresh_token", "Atza|token", "access token"),
        ("refresh_token", "pasted-wrongly", "does not begin with Atzr|"),
    ],
)
def test_a_value_that_looks_pasted_wrongly(monkeypatch: pytest.MonkeyPatch, part: str, value: str, doubt: str) -> None:
    set_environment(monkeypatch, **{"client_id": "amzn1.application-oa2-client.x", part: value})
    (said,) = find_source().doubts

    assert doubt in said
    assert value not in said


@given(st.fixed_dictionaries({name: st.text("abcxyzATZ|.-12", min_size=9, max_size=40) for name in VALUES}))
def test_a_source_shows_no_secret(values: dict[str, str]) -> None:
    shown = repr(CredentialsSource.of(Credentials(**values), "arguments"))

    assert not any(value in shown for value in values.values())


@pytest.mark.parametrize(
    ("platform", "first"),
    [
        ("linux", ["~/.config", "/xdg", "/etc"]),
        ("darwin", ["~/.config", "~/Library/Application Support", "/xdg", "/etc"]),
        ("win32", ["~\\AppData\\Roaming", "C:\\Roaming"]),
    ],
)
def test_each_system_has_its_own_folders(platform: str, first: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("APPDATA", "C:\\Roaming")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/xdg")
    monkeypatch.setenv("XDG_CONFIG_DIRS", "")

    assert list(profiles._parents()) == first
