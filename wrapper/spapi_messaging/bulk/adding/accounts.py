"""The rows of accounts in a ledger."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as insert_into_postgres

from spapi_messaging.bulk.storage.among import among
from spapi_messaging.bulk.storage.schema import sellers

__all__ = ["Accounts"]


class Accounts:
    """The rows of accounts. Missing rows are made."""

    def __init__(self, connection: Connection) -> None:
        self.made: list[int] = []
        self._connection = connection
        self._ids: dict[str, int] = {}

    def ids(self, accounts: Collection[str]) -> dict[str, int]:
        """The ids of these accounts, and of all others that were asked for before."""
        if missing := [account for account in accounts if account not in self._ids]:
            self._find(missing)
        if missing := [account for account in missing if account not in self._ids]:
            self._make(sorted(missing))
            self._find(missing)
        return self._ids

    def _find(self, accounts: list[str]) -> None:
        found = select(sellers.c.account, sellers.c.id).where(among(self._connection, sellers.c.account, accounts))
        self._ids |= dict(self._connection.execute(found).all())

    def _make(self, accounts: list[str]) -> None:
        rows = [{"account": account} for account in accounts]
        if self._connection.dialect.name == "sqlite":
            self._connection.execute(insert(sellers), rows)
            return
        statement = insert_into_postgres(sellers).on_conflict_do_nothing(index_elements=[sellers.c.account])
        self.made += self._connection.scalars(statement.returning(sellers.c.id), rows)
