"""What the ledger knows of the buyers' languages. Every function runs inside a write transaction of its caller."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select, update

from spapi_messaging.bulk.claiming.claims import ClaimedMessage
from spapi_messaging.bulk.storage.schema import messages

__all__ = ["with_known_languages", "write_language"]

# A row that another transaction has locked is left out. Nobody should wait for a language: it can be asked for again.
_FREE = (
    select(messages.c.id)
    .where(
        messages.c.amazon_order_id == bindparam("order_id"),
        messages.c.region == bindparam("this_region"),
        messages.c.language.is_(None),
    )
    .with_for_update(skip_locked=True)
    .cte("free")
)
_WRITE = update(messages).where(messages.c.id.in_(select(_FREE.c.id))).values(language=bindparam("found"))
_KNOWN = select(messages.c.amazon_order_id, messages.c.language).where(
    messages.c.amazon_order_id.in_(bindparam("order_ids", expanding=True)),
    messages.c.region == bindparam("this_region"),
    messages.c.language.is_not(None),
)


def write_language(connection: Connection, region: str, order_id: str, language: str) -> None:
    """Writes down the language of a buyer, in all messages for the order.

    Args:
        connection: a write transaction.
        region: the region of the order.
        order_id: the order.
        language: such as ``"de-DE"``. Empty: Amazon was asked, and named none.
    """
    connection.execute(_WRITE, {"order_id": order_id, "this_region": region, "found": language})


def with_known_languages(
    connection: Connection, region: str, claimed: Sequence[ClaimedMessage]
) -> list[ClaimedMessage]:
    """The messages, with the languages that the ledger knows from other messages for the same orders.

    Args:
        connection: a transaction.
        region: the region of the messages.
        claimed: the messages. Those with one text need no language.
    """
    wanted = {each.amazon_order_id for each in claimed if each.texts and each.language is None}
    if not wanted:
        return list(claimed)
    rows = connection.execute(_KNOWN, {"order_ids": list(wanted), "this_region": region})
    known = {row.amazon_order_id: row.language for row in rows}
    return [
        each._replace(language=known.get(each.amazon_order_id)) if each.amazon_order_id in wanted else each
        for each in claimed
    ]
