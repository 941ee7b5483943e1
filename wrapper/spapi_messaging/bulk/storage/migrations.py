"""Making and changing a ledger's tables: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, inspect, select

from spapi_messaging.bulk.storage.schema import VERSION, messages, meta, metadata
from spapi_messaging.errors import ConfigurationError

Step = Callable[[Connection], None]


def _with_texts_and_batches(connection: Connection) -> None:
    """Texts in several languages, the buyer's language, and what a message was added with."""
    for column in ("texts JSON", "language VARCHAR(35)", "batch VARCHAR(64)"):
        connection.exec_driver_sql(f"ALTER TABLE spapi_messages ADD COLUMN {column}")
    connection.exec_driver_sql("DROP INDEX spapi_messages_pending")
    _create_index(connection, "spapi_messages_pending")


def _with_index_of_due_times(connection: Connection) -> None:
    """Finds a seller's most urgent message without reading the others."""
    _create_index(connection, "spapi_messages_due")


def _create_index(connection: Connection, name: str) -> None:
    next(index for index in messages.indexes if index.name == name).create(connection)


#: By the version that a step makes: what it changes in the tables of the version before.
STEPS: Mapping[int, Step] = {2: _with_texts_and_batches, 3: _with_index_of_due_times}

# The number of PostgreSQL's advisory lock that programs take in turn to make or change the tables.
_LOCK = 7_239_650_114_210_447_331


def has_tables(connection: Connection) -> bool:
    """Whether there is a ledger at all, of any version."""
    return inspect(connection).has_table(meta.name)


def is_current(connection: Connection, name: str, version: int = VERSION) -> bool:
    """Whether the ledger has the tables of this version.

    Args:
        connection: to the ledger.
        name: the ledger's, for errors.
        version: the version that this release knows.

    Raises:
        ConfigurationError: A later release made the ledger, or something else changed it.
    """
    return _version_of(connection, name, version) == version


def migrate(
    connection: Connection,
    now: ColumnElement[int],
    name: str,
    steps: Mapping[int, Step] = STEPS,
    version: int = VERSION,
) -> None:
    """Makes the tables of a new ledger, or changes those of an earlier version.

    Args:
        connection: a write transaction, which is rolled back if this raises.
        now: SQL for the clock, in milliseconds.
        name: the ledger's, for errors.
        steps: by version, what changes.
        version: the version to reach.

    Raises:
        ConfigurationError: A later release made the ledger, or something else changed it.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    found = _version_of(connection, name, version)  # another program may have been quicker
    if found is None:
        metadata.create_all(connection, checkfirst=False)
        connection.execute(meta.insert().values(id=1, version=version, ledger_id=str(uuid4()), created_at=now))
    elif found < version:
        for number in range(found + 1, version + 1):
            steps[number](connection)
        connection.execute(meta.update().values(version=version))


def _version_of(connection: Connection, name: str, version: int) -> int | None:
    """The version of the tables; None: there are no tables."""
    if not has_tables(connection):
        return None
    found: int = connection.execute(select(meta.c.version)).scalar_one()
    if not isinstance(found, int) or found < 1:
        raise ConfigurationError(
            f"The ledger {name} does not know the version of its tables, so something else changed it. Put a backup in "
            "its place, then use recover(since=...), or `spapi-messaging bulk recover --since TIME`."
        )
    if found > version:
        raise ConfigurationError(
            f"A later release of spapi-messaging made the ledger {name} (version {found} of its tables; this release "
            f"knows {version}). Install that release or a newer one."
        )
    return found
