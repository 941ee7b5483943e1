"""Writes a ledger of the present version as SQL: python -m tests.bulk.ledgers.dump > tests/bulk/ledgers/version-N.sql

It is run once for each version, before the next one changes the tables. The file is not made again.
"""

import sqlite3
import tempfile
from pathlib import Path

from sqlalchemy import insert

from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import kept_keys, messages, meta, sellers

NOW = 1_790_000_000_000


def fill(database: Database) -> None:
    """A row in each state, and a seller that is parked."""
    with database.write() as connection:
        connection.execute(meta.update().values(ledger_id="0" * 36, purpose="production", created_at=NOW))
        connection.execute(
            insert(sellers).values(id=1, account="shop-de", seller="a digest", epoch=3, buckets={"send": {"tokens": 1}})
        )
        connection.execute(
            insert(sellers).values(id=2, account="parked", parked_at=NOW, parked_error="AuthorizationError")
        )
        for number, state in enumerate(state for state in State if state != State.PARKED):
            connection.execute(insert(messages).values(_row(number, state)))
        connection.execute(insert(kept_keys).values(key_hash="f" * 64, state="sent", kept_at=NOW))


def _row(number: int, state: State) -> dict[str, object]:
    return {
        "key_hash": f"{number:064d}",
        "seller_id": 1,
        "region": "eu",
        "marketplace": "DE",
        "amazon_order_id": f"303-0000000-{number:07d}",
        "message_type": "invoice",
        "document": f"R-{number}",
        "digest": "d" * 64,
        "text": f"Ihr Päckchen {number} ist da",
        "fields": {"number": number},
        "attachments": [{"path": "/invoices/R.pdf", "size": 5}],
        "state": state.value,
        "attempts": number,
        "epoch": 3,
        "added_at": NOW,
        "sending_at": NOW + 1 if state == State.SENT else None,
        "receipt": {"request_id": "r"} if state == State.SENT else None,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        database = Database(f"sqlite:///{path}")
        fill(database)
        database.close()
        connection = sqlite3.connect(path)
        print("\n".join(connection.iterdump()))
        connection.close()


if __name__ == "__main__":
    main()
