"""A run ends, and says how, whatever the functions of the caller raise, and however its event loop ends."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from spapi_messaging import AsyncMessagingClient
from spapi_messaging.bulk import AsyncSender, State
from tests.support.runs import Shop, job, outcomes_of
from tests.support.servers import PATIENCE


def client_with(shop: Shop, raised: BaseException) -> AsyncMessagingClient:
    """A client whose token provider raises something else than an error."""

    async def no_token() -> str:
        raise raised

    options = {name: value for name, value in shop.options().items() if name != "lwa_endpoint"}
    return AsyncMessagingClient(token_provider=no_token, marketplace="DE", **options)


def ended(shop: Shop, client: AsyncMessagingClient, **options: Any) -> list[Any]:
    """The outcomes of a run, or what it raised. Fails if it does not end."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.extend(asyncio.run(outcomes_of(AsyncSender(shop.ledger, client, **options))))
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    return found


def test_a_program_that_ends_in_a_token_provider_ends(shop: Shop) -> None:
    shop.add(job(1))

    (raised,) = ended(shop, client_with(shop, SystemExit(3)))

    assert isinstance(raised, SystemExit)
    assert (shop.received(), shop.states()[State.SENT]) == ([], 0)


def test_a_token_provider_whose_own_task_was_cancelled_leaves_the_messages(shop: Shop) -> None:
    """It is an error like another one, and not the end of the message's task."""
    shop.add(job(1))

    assert ended(shop, client_with(shop, asyncio.CancelledError()), patience=0) == []

    assert shop.states() == {State.PENDING: 1}
    shop.assert_nothing_is_held()
