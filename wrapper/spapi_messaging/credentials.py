"""Credentials of a seller, and the chain of places where they are looked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from spapi_messaging.errors import ConfigurationError, quoted

__all__ = ["Credentials", "find_credentials", "profile_names"]

#: The names that sellers already use for other clients, by field.
ENVIRONMENT = {
    "refresh_token": "SP_API_REFRESH_TOKEN",
    "client_id": "LWA_APP_ID",
    "client_secret": "LWA_CLIENT_SECRET",
}
_VARIABLES = ", ".join(ENVIRONMENT.values())
_FILE_KEYS = {"refresh_token": "refresh_token", "client_id": "lwa_app_id", "client_secret": "lwa_client_secret"}
_FILE_NAME = "credentials.yml"


class Credentials:
    """What Login with Amazon (LWA) needs to give an access token. Its repr shows no secret, and it cannot be pickled.

    Args:
        client_id: the application's LWA client id (``amzn1.application-oa2-client.…``).
        client_secret: the application's LWA client secret; Amazon lets it expire 180 days after it was made.
        refresh_token: the seller's refresh token (``Atzr|…``); it authorises one region.

    Raises:
        ConfigurationError: one of them is missing, or cannot be what it should be.
    """

    __slots__ = ("client_id", "client_secret", "refresh_token")

    client_id: str
    client_secret: str
    refresh_token: str

    def __init__(self, client_id: str, client_secret: str, refresh_token: str) -> None:
        wrong = _wrong({"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token})
        if wrong is not None:
            del self, client_id, client_secret, refresh_token  # a traceback would show them
            raise ConfigurationError(wrong)
        object.__setattr__(self, "client_id", client_id.strip())
        object.__setattr__(self, "client_secret", client_secret.strip())
        object.__setattr__(self, "refresh_token", refresh_token.strip())

    @classmethod
    def from_env(cls) -> Credentials:
        """Credentials from ``SP_API_REFRESH_TOKEN``, ``LWA_APP_ID`` and ``LWA_CLIENT_SECRET``; all must be set."""
        return _or_error(_of_environment())

    @classmethod
    def from_profile(cls, profile: str = "default") -> Credentials:
        """Credentials of an account in ``credentials.yml``, as python-amazon-sp-api writes it.

        The file is looked for in the working folder, then in ``~/.config/python-sp-api/``.

        Args:
            profile: the account's name in the file.

        Raises:
            ConfigurationError: no file has such an account, or the account lacks a value.
        """
        if (found := _account(profile)) is not None:
            return _or_error(found)
        places = ", ".join(map(str, _files()))
        raise ConfigurationError(f"There is no account {quoted(profile)} in {places}. Add it, or set {_VARIABLES}.")

    @classmethod
    def from_secrets_manager(cls, secret_id: str | None = None) -> Credentials:
        """Credentials from AWS Secrets Manager, through boto3 (extra ``aws``).

        Args:
            secret_id: name or ARN of a secret whose value is a JSON object with ``SP_API_REFRESH_TOKEN``,
                ``LWA_APP_ID`` and ``LWA_CLIENT_SECRET``; by default that of the variable ``SP_API_AWS_SECRET_ID``.

        Raises:
            ConfigurationError: the secret cannot be read, or lacks a value.
        """
        name = secret_id or os.environ.get("SP_API_AWS_SECRET_ID", "")
        if not name or not isinstance(name, str):
            raise ConfigurationError("Set SP_API_AWS_SECRET_ID to the name of the secret in AWS Secrets Manager.")
        return _or_error(_secret(name))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("Credentials do not change; make new ones.")

    def __repr__(self) -> str:
        return f"Credentials(client_id=…{self.client_id[-4:]}, client_secret=[hidden], refresh_token=[hidden])"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not pickled, so that no secret lands in a file: pass a profile's name.")

    def __copy__(self, *_: object) -> Credentials:
        return self

    __deepcopy__ = __copy__

    def _values(self) -> tuple[str, str, str]:
        return (self.client_id, self.client_secret, self.refresh_token)


def find_credentials() -> Credentials:
    """The credentials of the first place that has them: environment, ``credentials.yml``, AWS Secrets Manager."""
    if any(os.environ.get(name, "").strip() for name in ENVIRONMENT.values()):
        return Credentials.from_env()
    if (account := _account("default")) is not None:
        return _or_error(account)
    if os.environ.get("SP_API_AWS_SECRET_ID"):
        return Credentials.from_secrets_manager()
    raise ConfigurationError(
        f"No credentials: pass credentials=Credentials(…), or set {_VARIABLES}, or write an account 'default' to "
        f"{_files()[-1]}."
    )


def profile_names() -> list[str]:
    """The accounts of ``credentials.yml``, for a list to choose from. Of files that cannot be read, there are none."""
    names: dict[object, None] = {}
    try:
        for path in filter(Path.is_file, _files()):
            accounts = _accounts(path)
            if not isinstance(accounts, str):
                names |= {name: None for name, account in accounts.items() if isinstance(account, dict)}
    except (ConfigurationError, OSError, RuntimeError):  # no PyYAML; no working folder or home; nesting without end
        return []
    return [name for name in names if isinstance(name, str)]


# A traceback shows the variables of each function that it passes. So the functions below, which hold secrets, return
# what is wrong, and _or_error() raises it.


def _or_error(found: Credentials | str) -> Credentials:
    """The credentials. If there is a message instead, raises it."""
    if isinstance(found, str):
        raise ConfigurationError(found)
    return found


def _made(values: Mapping[str, Any]) -> Credentials | str:
    return _wrong(values) or Credentials(**values)


def _wrong(values: Mapping[str, object]) -> str | None:
    """What is wrong with the parts of credentials."""
    for name, value in values.items():
        if not isinstance(value, str) or not value.strip():
            return f"Credentials need a {name}: it is missing or empty."
        if not is_one_word(value.strip()):
            return f"The {name} holds characters that none can have; was something else pasted along?"
    return None


def is_one_word(value: str) -> bool:
    """Whether a value is printable ASCII without spaces, as ids, secrets and tokens are: it goes into a request."""
    return value.isascii() and value.isprintable() and " " not in value


def _of_environment() -> Credentials | str:
    found = {field: os.environ.get(name, "") for field, name in ENVIRONMENT.items()}
    if missing := [ENVIRONMENT[field] for field, value in found.items() if not value.strip()]:
        return f"Set {', '.join(missing)} in the environment."
    return _made(found)


def fingerprint(secret: str) -> str:
    """Names an application or a seller's authorisation without showing anything of it."""
    return sha256(secret.encode()).hexdigest()[:16]


def _files() -> list[Path]:
    return [Path.cwd() / _FILE_NAME, Path.home() / ".config" / "python-sp-api" / _FILE_NAME]


def _account(profile: str) -> Credentials | str | None:
    """The account of the first file that has it, or what is wrong with it. None: no file has it."""
    for path in filter(Path.is_file, _files()):
        accounts = _accounts(path)
        if isinstance(accounts, str):
            return accounts
        if profile in accounts:
            values = accounts[profile] if isinstance(accounts[profile], dict) else {}
            if missing := [key for key in _FILE_KEYS.values() if not values.get(key)]:
                return f"The account {quoted(profile)} in {path} lacks {', '.join(missing)}."
            return _made({field: values[key] for field, key in _FILE_KEYS.items()})
    return None


def _accounts(path: Path) -> Mapping[str, Any] | str:
    try:
        import yaml
    except ImportError as missing:
        raise ConfigurationError(
            f"Reading {path} needs PyYAML: pip install 'spapi-messaging[cli]', or set {_VARIABLES} instead."
        ) from missing
    try:
        accounts = yaml.safe_load(path.read_text(encoding="utf-8"))
        return accounts if isinstance(accounts, dict) else {}
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None)
        return f"{path} is not valid YAML{f' near line {mark.line + 1}' if mark else ''}."
    except (OSError, ValueError) as unreadable:
        return f"{path} cannot be read: {type(unreadable).__name__}."


def _shown(secret_id: str) -> str:
    """The last part of a secret's name or ARN."""
    return quoted(secret_id.rpartition("/")[2] or secret_id)


def _secret(name: str) -> Credentials | str:
    import json

    try:
        import boto3  # type: ignore[import-untyped]
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
    except ImportError as missing:
        raise ConfigurationError(
            "Reading AWS Secrets Manager needs boto3: pip install 'spapi-messaging[aws]'."
        ) from missing
    try:
        answer = boto3.client("secretsmanager").get_secret_value(SecretId=name)
    except (BotoCoreError, ClientError) as refused:
        code = getattr(refused, "response", {}).get("Error", {}).get("Code") or type(refused).__name__
        raise ConfigurationError(f"AWS Secrets Manager did not give the secret {_shown(name)}: {code}.") from refused
    try:
        found = json.loads(answer["SecretString"])
    except (KeyError, ValueError):
        found = None
    if not isinstance(found, dict):
        return f"The secret {_shown(name)} is not a JSON object."
    return _made({field: found.get(key, "") for field, key in ENVIRONMENT.items()})
