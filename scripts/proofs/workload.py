"""The accounts and the jobs of a proof. The same arguments give the same ones, in every process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from spapi_messaging import AsyncMessagingClient, Credentials, RetryPolicy, UsagePlan
from spapi_messaging.bulk import Job
from spapi_messaging.local_sandbox import local_credentials

#: How order ids begin to which outsiders send. These do not use the ledger.
OUTSIDE = "9"
TEXT: Final = "confirmOrderDetails"
INVOICE: Final = "invoice"


def names(sellers: int) -> list[str]:
    """The accounts' names, which are the sellers' names in the sandbox as well."""
    return [f"shop{number}" for number in range(sellers)]


def accounts(url: str, sellers: int, plan: tuple[float, int] | None = None) -> dict[str, AsyncMessagingClient]:
    """A client for each account. They share their connections.

    Args:
        url: the sandbox's.
        sellers: how many there are.
        plan: the usage plan that the clients begin with. None: the published ones.
    """
    (first, own), *others = credentials(sellers).items()
    client = AsyncMessagingClient(credentials=own, marketplace="DE", **client_options(url, plan))
    return {first: client} | {name: client.for_seller(credentials=own) for name, own in others}


def credentials(sellers: int) -> dict[str, Credentials]:
    """The credentials of each account."""
    return {name: Credentials(**local_credentials(name)) for name in names(sellers)}


def client_options(url: str, plan: tuple[float, int] | None = None) -> dict[str, Any]:
    """The other arguments of the clients. Takes those of ``accounts``."""
    return {
        "endpoint": url,
        "lwa_endpoint": f"{url}/auth/o2/token",
        "usage_plans": {"*": UsagePlan(*plan)} if plan else None,
        "retry": RetryPolicy(base=0.05, cap=0.5),
    }


def jobs(folder: Path, sellers: int, messages: int, batch: int = 0) -> Iterator[Job]:
    """Messages of every account, half of them with files. Each goes to an order of its own.

    Args:
        folder: where the files are written.
        sellers: how many accounts there are.
        messages: how many messages each of them gets.
        batch: another one for other messages.
    """
    for number in range(messages):
        for index, name in enumerate(names(sellers)):
            order = f"{index:03d}-{batch:07d}-{number:07d}"
            if number % 2:
                yield _invoice(folder, order, name, files=1 + (number % 10 == 1))
            else:
                yield Job(order, TEXT, text=f"Your parcel {order} waits", account=name, marketplace="DE")


def _invoice(folder: Path, order: str, account: str, files: int) -> Job:
    paths = [folder / f"R-{order}-{number}.pdf" for number in range(files)]
    for path in paths:
        path.write_bytes(b"%PDF-1.4 " + path.name.encode() * 20)
    return Job(order, INVOICE, attachments=paths, account=account, marketplace="DE", document=f"R-{order}")
