"""Credentials of a seller, or of an application alone, and the order of the places where they are looked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, NoReturn

from spapi_messaging._credentials import environment  # the other places are loaded when they are looked into
from spapi_messaging._credentials.environment import ENVIRONMENT, SECRET_VARIABLE, VARIABLES
from spapi_messaging._credentials.environment import can_be_exported as can_be_exported
from spapi_messaging._safeguards.tracebacks import without_variables
from spapi_messaging.errors import HIDDEN, ConfigurationError, quoted
from spapi_messaging.local_sandbox import is_asked_for, is_of_local_sandbox, local_credentials

__all__ = ["ENVIRONMENT", "Credentials", "CredentialsSource", "find_credentials", "find_source", "profile_names"]


NOT_CREDENTIALS = (
    "credentials must be a Credentials(client_id=…, client_secret=…, refresh_token=…). "
    "In other clients, client_id is called lwa_app_id, and client_secret lwa_client_secret."
)
_CLIENT_ID = "amzn1.application-oa2-client."


class Credentials:
    """What Login with Amazon (LWA) needs to give an access token. Its repr shows no secret, and it cannot be pickled.

    Args:
        client_id: the application's LWA client id (``amzn1.application-oa2-client.…``).
        client_secret: the application's LWA client secret; Amazon lets it expire 180 days after it was made.
        refresh_token: the seller's refresh token (``Atzr|…``); it authorises one region. Empty in credentials of an
            application alone, which ``of_application`` makes.

    Raises:
        ConfigurationError: one of them is missing, or cannot be what it should be.
    """

    __slots__ = ("client_id", "client_secret", "refresh_token")

    client_id: str
    client_secret: str
    refresh_token: str

    @without_variables
    def __init__(self, client_id: str, client_secret: str, refresh_token: str) -> None:
        wrong = _wrong({"client_id": client_id, "client_secret": client_secret, "refresh_token": refresh_token})
        if wrong is not None:
            del self, client_id, client_secret, refresh_token  # a traceback would show them
            raise ConfigurationError(wrong, argument="credentials")
        self._set(client_id, client_secret, refresh_token)

    @classmethod
    @without_variables
    def of_application(cls, client_id: str, client_secret: str) -> Credentials:
        """Credentials of an application alone. A client with them makes those of sellers with ``for_seller``.

        Args:
            client_id: the application's LWA client id.
            client_secret: the application's LWA client secret.

        Raises:
            ConfigurationError: one of them is missing, or cannot be what it should be.
        """
        wrong = _wrong({"client_id": client_id, "client_secret": client_secret})
        if wrong is not None:
            del client_id, client_secret
            raise ConfigurationError(wrong, argument="credentials")
        made = cls.__new__(cls)
        made._set(client_id, client_secret, "")
        return made

    @without_variables
    def for_seller(self, refresh_token: str) -> Credentials:
        """The same application's credentials for another seller.

        Args:
            refresh_token: the other seller's.

        Raises:
            ConfigurationError: it is missing, or cannot be a refresh token.
        """
        found = seller_credentials(None, refresh_token, self)
        del refresh_token
        return _or_error(found)

    @classmethod
    @without_variables
    def from_env(cls, profile: str | None = None, *, refresh_token: str | None = None) -> Credentials:
        """Credentials from ``LWA_APP_ID``, ``LWA_CLIENT_SECRET`` and ``SP_API_REFRESH_TOKEN``.

        Args:
            profile: an account. Its own variables, such as ``SP_API_REFRESH_TOKEN_shop`` for ``"shop"``, come first;
                the application's id and secret may be common to all accounts.
            refresh_token: a seller's, instead of the environment's: from a database, say.

        Returns:
            The credentials; those of the application alone, if there is no refresh token.

        Raises:
            ConfigurationError: a variable is missing, or a value cannot be what it should be.
        """
        wrong = None if refresh_token is None else _wrong({"refresh_token": refresh_token})
        found = wrong or _made(environment.read(profile, refresh_token))
        del refresh_token
        return _or_error(found)

    @classmethod
    @without_variables
    def from_profile(cls, profile: str = "default") -> Credentials:
        """Credentials of an account in ``credentials.yml``, as python-amazon-sp-api writes it.

        The file is looked for where python-amazon-sp-api looks: in the folder that ``PYTHON-SP-APIDIR`` names, or else
        in ``python-sp-api`` below ``~/.config`` and the further configuration folders of the system.

        Args:
            profile: the account's name in the file.

        Raises:
            ConfigurationError: no file has such an account, or the account lacks a value.
        """
        if (found := _of_profile(profile)) is not None:
            return _or_error(found)
        from spapi_messaging._credentials import profiles

        places, there = ", ".join(map(str, profiles.files())), profiles.names()
        known = f" There are {', '.join(map(quoted, there))}." if there else ""
        own = f", or set {ENVIRONMENT['refresh_token']}_{profile}" if can_be_exported(profile) else ""
        told = f"There is no account {quoted(profile)} in {places}.{known} Add it there{own}."
        raise ConfigurationError(told, argument="credentials")

    @classmethod
    @without_variables
    def from_secrets_manager(cls, secret_id: str | None = None) -> Credentials:
        """Credentials from AWS Secrets Manager, through boto3 (extra ``aws``).

        Args:
            secret_id: name or ARN of a secret whose value is a JSON object with ``SP_API_REFRESH_TOKEN``,
                ``LWA_APP_ID`` and ``LWA_CLIENT_SECRET``; by default that of the variable ``SP_API_AWS_SECRET_ID``.

        Raises:
            ConfigurationError: the secret cannot be read, or lacks a value.
        """
        name = secret_id or os.environ.get(SECRET_VARIABLE, "")
        if not name or not isinstance(name, str):
            raise ConfigurationError(f"Set {SECRET_VARIABLE} to the name of the secret in AWS Secrets Manager.")
        from spapi_messaging._credentials import secrets_manager

        return _or_error(_made(secrets_manager.read(name)))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("Credentials do not change; make new ones.")

    def __repr__(self) -> str:
        seller = HIDDEN if self.refresh_token else "[none]"
        return f"Credentials(client_id=…{_end_of(self.client_id)}, client_secret={HIDDEN}, refresh_token={seller})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not pickled, so that no secret lands in a file: pass a profile's name.")

    def __copy__(self, *_: object) -> Credentials:
        return self

    __deepcopy__ = __copy__

    def _set(self, client_id: str, client_secret: str, refresh_token: str) -> None:
        object.__setattr__(self, "client_id", client_id.strip())
        object.__setattr__(self, "client_secret", client_secret.strip())
        object.__setattr__(self, "refresh_token", refresh_token.strip())

    def _values(self) -> tuple[str, str, str]:
        return (self.client_id, self.client_secret, self.refresh_token)


def find_credentials(profile: str | None = None) -> Credentials:
    """The credentials of the first place that has them: the environment, AWS Secrets Manager, ``credentials.yml``.

    Args:
        profile: an account: its own variables in the environment, or else its part of ``credentials.yml``.

    Raises:
        ConfigurationError: no place has them, or the first place that has any of them lacks the others.
    """
    _check_profile(profile)
    if environment.is_set(profile):
        return Credentials.from_env(profile)
    if profile is not None:
        return Credentials.from_profile(profile)
    if os.environ.get(SECRET_VARIABLE):
        return Credentials.from_secrets_manager()
    if (account := _of_profile("default")) is not None:
        return _or_error(account)
    from spapi_messaging._credentials import profiles

    raise ConfigurationError(
        f"No credentials: pass credentials=Credentials(…), or set {VARIABLES}, or write an account 'default' to "
        f"{profiles.files()[0]}. To try it without any, use the local sandbox: SP_API_SANDBOX=local.",
        argument="credentials",
    )


class CredentialsSource(NamedTuple):
    """Where credentials are, and what can be said about them without showing a secret.

    Attributes:
        place: where they are, in words; empty if there are none.
        parts: which parts are there: ``client_id``, ``client_secret``, ``refresh_token``.
        client_id_end: the last four characters of the client id; empty if it does not look like one.
        is_of_local_sandbox: whether only the local sandbox accepts them.
        doubts: what looks as if a wrong value was pasted, a sentence each.
        problem: why they cannot be used; empty if they can.
    """

    place: str
    parts: tuple[str, ...] = ()
    client_id_end: str = ""
    is_of_local_sandbox: bool = False
    doubts: tuple[str, ...] = ()
    problem: str = ""

    @classmethod
    def of(cls, credentials: Credentials, place: str) -> CredentialsSource:
        """What can be said about credentials.

        Args:
            credentials: the credentials.
            place: where they were found.
        """
        parts = tuple(name for name in Credentials.__slots__ if getattr(credentials, name))
        local = is_of_local_sandbox(credentials)
        doubts = () if local else tuple(_doubts(credentials))
        return cls(place, parts, _end_of(credentials.client_id), local, doubts)


def find_source(profile: str | None = None) -> CredentialsSource:
    """Where a client that is made with ``from_env(profile)`` finds its credentials. It never raises.

    Args:
        profile: an account, as in ``find_credentials``.

    Returns:
        What was found. Its ``problem`` says why nothing can be used.
    """
    place = ""
    try:
        _check_profile(profile)
        place = _place_of(profile)
        local = is_asked_for()
        found = Credentials(**local_credentials(profile or "")) if local else find_credentials(profile)
        return CredentialsSource.of(found, place)
    except ConfigurationError as unusable:
        parts = tuple(field for field, name in environment.names_of(profile).items() if environment.value_of(name))
        return CredentialsSource(place, parts, problem=str(unusable))


def _place_of(profile: str | None) -> str:
    """In words, the place that find_credentials() takes them from."""
    if is_asked_for():
        return "SP_API_SANDBOX=local"
    if environment.is_set(profile):
        names = [name for name in environment.names_of(profile).values() if environment.value_of(name)]
        return f"the environment: {', '.join(names)}"
    if profile is None and os.environ.get(SECRET_VARIABLE):
        return f"AWS Secrets Manager, the secret that {SECRET_VARIABLE} names"
    from spapi_messaging._credentials import profiles

    account = "default" if profile is None else profile
    path = profiles.file_of(account)
    return f"the account {quoted(account)} in {path}" if path else ""


def _check_profile(profile: object) -> None:
    if profile is not None and not (isinstance(profile, str) and profile.strip()):
        told = "The profile is the name of an account, and not empty. None means the usual credentials."
        raise ConfigurationError(told, argument="credentials")


def _doubts(credentials: Credentials) -> Iterator[str]:
    """What looks as if a wrong value was pasted. Amazon may change the forms of its values, so this is no error."""
    client_id, secret, token = credentials.client_id, credentials.client_secret, credentials.refresh_token
    if client_id.startswith("amzn1.sp."):
        yield "client_id looks like the application's id. The LWA client id begins with amzn1.application-oa2-client."
    elif not client_id.startswith(_CLIENT_ID):
        yield f"client_id does not begin with {_CLIENT_ID}, as LWA client ids do."
    if secret == client_id or secret.startswith(_CLIENT_ID):
        yield "client_secret looks like a client id."
    elif secret.startswith("Atz"):
        yield "client_secret looks like a token."
    if token.startswith("Atza|"):
        yield "refresh_token looks like an access token, which is good for an hour. Refresh tokens begin with Atzr|."
    elif token and not token.startswith("Atzr|"):
        yield "refresh_token does not begin with Atzr|, as refresh tokens do."


def seller_credentials(
    credentials: Credentials | None, refresh_token: str | None, application: Credentials | None
) -> Credentials | str:
    """A seller's credentials: those that were given, or an application's with a refresh token. Or what is wrong."""
    if (credentials is None) is (refresh_token is None):
        return "Give credentials=Credentials(…) or refresh_token=…, one of them."
    if credentials is not None:
        return credentials if isinstance(credentials, Credentials) else NOT_CREDENTIALS
    if application is None:
        return "This client has no application to use the refresh token with: give credentials=Credentials(…)."
    parts = {"client_id": application.client_id, "client_secret": application.client_secret}
    return _wrong({"refresh_token": refresh_token}) or Credentials(**parts, refresh_token=str(refresh_token))


def profile_names() -> list[str]:
    """The accounts of ``credentials.yml``; none, if there is no such file or it cannot be read."""
    from spapi_messaging._credentials import profiles

    return profiles.names()


# A traceback shows the variables of each function that it passes. So the functions that hold secrets return what is
# wrong, and _or_error() raises it.


def _or_error(found: Credentials | str) -> Credentials:
    """The credentials. If there is a message instead, raises it."""
    if isinstance(found, str):
        raise ConfigurationError(found, argument="credentials")
    return found


def _of_profile(name: str) -> Credentials | str | None:
    from spapi_messaging._credentials import profiles

    return None if (found := profiles.read(name)) is None else _made(found)


def _made(found: Mapping[str, Any] | str) -> Credentials | str:
    if isinstance(found, str):
        return found
    given = {name: value for name, value in found.items() if value or name != "refresh_token"}
    if (wrong := _wrong(given)) is not None:
        return wrong
    return Credentials(**given) if len(given) == len(ENVIRONMENT) else Credentials.of_application(**given)


def _wrong(values: Mapping[str, object]) -> str | None:
    """What is wrong with the parts of credentials."""
    for name, value in values.items():
        if not isinstance(value, str) or not value.strip():
            return f"Credentials need a {name}: it is missing or empty."
        if not is_one_word(value.strip()):
            return f"The {name} holds characters that cannot be in it; was something else pasted along?"
    return None


def _end_of(client_id: str) -> str:
    """The last four characters of a client id. Empty, if it does not look like one: it may be a secret."""
    return client_id[-4:] if client_id.startswith(_CLIENT_ID) else ""


def is_one_word(value: str) -> bool:
    """Whether a value is printable ASCII without spaces, as ids, secrets and tokens are: it goes into a request."""
    return value.isascii() and value.isprintable() and " " not in value


def fingerprint(secret: str) -> str:
    """Names an application or a seller's authorisation without showing anything of it."""
    return sha256(secret.encode()).hexdigest()[:16]
