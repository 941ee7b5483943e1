"""Accounts: from the names that jobs give to the clients that send for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from spapi_messaging import AsyncMessagingClient, Credentials, Marketplace, MessagingClient, Region
from spapi_messaging.bulk.sending.named_source import load_source
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.limiters import BucketKey
from spapi_messaging.messages import UPLOAD

__all__ = [
    "Account", "AccountSource", "Accounts", "Client", "UnheardOptionsError", "identity_of", "key_of", "purpose_of",
]  # fmt: skip

Client = MessagingClient | AsyncMessagingClient
#: What an account may be.
Account = Client | Credentials
#: What a sender takes: accounts by name, a function from a name to an account, one account, the name of one of these
#: as ``module:function``, or None for the profiles of ``credentials.yml`` and the environment.
AccountSource = Mapping[str, Account] | Callable[[str], Account | None] | Account | str | None

PRODUCTION = "production"
AMAZON_SANDBOX = "Amazon's sandbox"


class UnheardOptionsError(ConfigurationError):
    """An account is a client, which the sender's options do not reach. The mistake concerns all accounts."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(
            "An account is a client, and this sender has options for clients that it makes itself: "
            f"{', '.join(options)} (--limiter and --metrics-port give such ones). Let accounts give Credentials (a "
            "function: return Credentials), or give the options to the clients when you make them."
        )


class Accounts:
    """The clients of a sender. Those that it makes itself share connections, and it closes them.

    Args:
        source: see AccountSource.
        options: arguments of the clients that are made from credentials.
    """

    def __init__(self, source: AccountSource, options: Mapping[str, Any]) -> None:
        # A name configures a process from outside, and so does the environment: it says where to send.
        self._make = AsyncMessagingClient.from_env if isinstance(source, str) else AsyncMessagingClient
        if isinstance(source, str):
            source = load_source(source)
        if not (source is None or callable(source) or isinstance(source, Mapping | Credentials | Client)):
            raise ConfigurationError(
                f"accounts cannot be a {type(source).__name__}. Give a mapping from names to clients or Credentials, a "
                "function from a name to one of these, the name of such a function, or None for the profiles of "
                "credentials.yml."
            )
        if isinstance(source, Mapping):
            _check_names(source)
        if inspect.iscoroutinefunction(source):
            raise ConfigurationError(
                "accounts cannot be an async function. It is called in a thread: give a plain one."
            )
        _check_options(options)
        clients = source.values() if isinstance(source, Mapping) else [source]
        if options and any(isinstance(client, Client) for client in clients):
            raise UnheardOptionsError(options)
        self._source, self._options = source, dict(options)
        self._clients: dict[tuple[str, Region], Client | None] = {}
        self._made: list[AsyncMessagingClient] = []
        self._base: AsyncMessagingClient | None = None

    def client_of(self, name: str, marketplace: Marketplace) -> Client | None:
        """The client of an account. None: there are no credentials for it here.

        Raises:
            UnheardOptionsError: the account is a client, and there are options for it. All others would fail too.
            SpApiMessagingError: the account is there, and cannot be used.
        """
        key = (name, marketplace.region)
        if key not in self._clients:
            self._clients[key] = self._find(name, marketplace)
        return self._clients[key]

    def forget(self, name: str) -> None:
        """Asks for an account anew when it is needed next: its credentials may be other ones now."""
        for key in [key for key in list(self._clients) if key[0] == name]:  # others are added in a thread
            del self._clients[key]

    def forget_missing(self) -> None:
        """Asks anew for accounts for which there were no credentials."""
        for key in [key for key, client in list(self._clients.items()) if client is None]:
            del self._clients[key]

    def ask_anew(self, name: str) -> None:
        """Asks a function or a mapping of the caller's anew for an account: it may have other credentials by now."""
        if self._source is not None:  # a profile's client is made here, with connections of its own
            self.forget(name)

    async def aclose(self) -> None:
        """Closes the clients that were made here."""
        for client in self._made:
            await client.aclose()

    def _find(self, name: str, marketplace: Marketplace) -> Client | None:
        if self._source is None:
            return self._from_profile(name, marketplace)
        account = self._account(name)
        if isinstance(account, Client) and self._options:
            raise UnheardOptionsError(self._options)
        if account is None or isinstance(account, Client):
            return account
        if not isinstance(account, Credentials):
            raise ConfigurationError(
                f"The account {name!r} is a {type(account).__name__}. It must be a client or Credentials."
            )
        if self._base is not None:
            return self._base.for_seller(credentials=account, marketplace=marketplace)
        self._base = self._make(credentials=account, marketplace=marketplace, **self._options)
        self._made.append(self._base)
        return self._base

    def _account(self, name: str) -> Any:
        source = self._source
        if isinstance(source, Mapping):
            if not name and len(source) == 1:
                return next(iter(source.values()))
            return source.get(name)
        if isinstance(source, Client | Credentials):
            return None if name else source
        assert callable(source)
        return source(name)

    def _from_profile(self, name: str, marketplace: Marketplace) -> Client | None:
        try:
            client = AsyncMessagingClient.from_env(name or None, marketplace=marketplace, **self._options)
        except ConfigurationError as error:
            if error.argument == "credentials":
                return None
            raise
        self._made.append(client)
        return client


def key_of(client: Client) -> BucketKey:
    """The key of one of the seller's buckets, of whatever operation."""
    return client.bucket_key(UPLOAD.operation_id)


def _check_names(accounts: Mapping[Any, Any]) -> None:
    """Refuses keys by which no job can name an account."""
    for name in accounts:
        if not isinstance(name, str):
            kind = "None" if name is None else f"of type {type(name).__name__}"
            raise ConfigurationError(
                f"accounts has a key that is {kind}. The name of an account is a string. For jobs that name no "
                'account, its name is "".'
            )


def _check_options(options: Mapping[str, Any]) -> None:
    """Refuses what is not an argument of a client, such as an option of a sender that is spelled wrongly."""
    known = set(inspect.signature(AsyncMessagingClient).parameters)
    if wrong := sorted(options.keys() - known):
        raise ConfigurationError(f"There is no option {wrong[0]}, neither of a sender nor of a client.")
    if wrong := sorted(options.keys() & {"credentials", "marketplace"}):
        raise ConfigurationError(f"{wrong[0]} is not an option of a sender: accounts and jobs say it.")


def identity_of(client: Client, account: str) -> str:
    """Names the seller behind a client: accounts with the same name share Amazon's usage plans. It holds no secret."""
    endpoint, application, seller, _ = key_of(client)
    # Without a refresh token, only their accounts tell sellers apart.
    return "|".join((endpoint, application, seller or f"account {account}"))


def purpose_of(client: Client) -> str:
    """The purpose of a ledger that this client sends for: production, or one sandbox."""
    endpoint = client.endpoint.rstrip("/")
    if any(endpoint == region.endpoint for region in Region):
        return PRODUCTION
    if any(endpoint == region.sandbox_endpoint for region in Region):
        return AMAZON_SANDBOX
    return endpoint
