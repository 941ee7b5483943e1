"""Whose credentials a bulk command sends with, and which accounts there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from spapi_messaging.cli.global_options import accounts_of_environment
from spapi_messaging.cli.remedies import no_seller
from spapi_messaging.cli.session import Session
from spapi_messaging.credentials import find_source, profile_names
from spapi_messaging.errors import ConfigurationError
from spapi_messaging.local_sandbox import LWA_PATH, is_asked_for, local_credentials

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging import Credentials
    from spapi_messaging.bulk import Ledger, Sender

__all__ = ["known_accounts", "make_sender", "require_credentials", "require_purpose"]


def known_accounts(session: Session) -> tuple[str, ...] | None:
    """The names of the accounts that there are credentials for. None: any, because the sandbox takes all."""
    if session.is_local:
        return None
    return tuple(dict.fromkeys([*profile_names(), *accounts_of_environment()]))


def require_credentials(session: Session, accounts: Iterable[tuple[str | None, str]]) -> None:
    """Find out before a run that an account cannot send.

    Args:
        session: the command's.
        accounts: names of accounts, each with a marketplace.

    Raises:
        ConfigurationError: one of them has no credentials, or no refresh token.
    """
    if session.is_local:
        return
    for name, marketplace in accounts:
        source = find_source(name)
        if not source.problem and "refresh_token" in source.parts:
            continue
        of_account = replace(session, profile=name, marketplace=marketplace)
        of_account.client().close()  # says what is missing, in the words of the command line
        raise ConfigurationError(no_seller(name))


def require_purpose(session: Session, ledger: Ledger, accounts: Iterable[tuple[str | None, str]]) -> None:
    """Refuse a ledger of another place before anything is added to it, or a preview says that it is sent there.

    Args:
        session: the command's.
        ledger: the ledger.
        accounts: names of accounts, each with a marketplace. Where there are no credentials, nobody can tell where its
            messages would go.

    Raises:
        ConfigurationError: it is for another place.
    """
    from spapi_messaging.bulk.sending.accounts import purpose_of

    for name, marketplace in accounts:
        of_account = replace(session, profile=None if session.is_local else name, marketplace=marketplace)
        try:
            client = of_account.make_client()
        except ConfigurationError:
            continue
        with client:
            ledger.require_purpose(purpose_of(client))
        return  # a sender refuses accounts that send to different places


def make_sender(session: Session, ledger: Any, accounts: str | None = None, **options: Any) -> Sender:
    """What sends for the accounts of the environment and of credentials.yml, or for those of the local sandbox.

    Args:
        session: the command's.
        ledger: the ledger.
        accounts: `module:function`, which finds other ones.
        **options: further arguments of Sender.
    """
    from spapi_messaging.bulk import Sender

    if session.observer is not None:
        options["observer"] = session.observer
    if session.sandbox == "local" and not is_asked_for():
        with session.make_client() as client:
            endpoint = client.endpoint.rstrip("/")
        source = accounts or of_local_sandbox
        return Sender(ledger, source, endpoint=endpoint, lwa_endpoint=f"{endpoint}{LWA_PATH}", **options)
    if session.sandbox == "amazon":
        options["sandbox"] = True
    return Sender(ledger, accounts, **options)


def of_local_sandbox(account: str) -> Credentials:
    """The credentials of an account in the local sandbox, which takes any name."""
    from spapi_messaging import Credentials

    return Credentials(**local_credentials(account))
