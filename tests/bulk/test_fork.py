"""A child that was forked has connections of its own, and leaves those of its parent alone."""

import gc
import os
from collections.abc import Callable

import pytest
from sqlalchemy import select

from spapi_messaging.bulk.claiming.session import Session, bury_gone
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import sellers, senders
from spapi_messaging.errors import LedgerError
from tests.support.tables import add_seller, living


def in_child(work: Callable[[], object]) -> int:
    """Runs something in a child. Returns 0 if it went well."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def accounts(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(sellers.c.account)).scalars())


def test_a_child_writes_by_itself(database: Database) -> None:
    with database.read() as connection:
        backend = "SELECT 1" if database.is_sqlite else "SELECT pg_backend_pid()"
        mine = connection.exec_driver_sql(backend).scalar_one()

    def work() -> None:
        with database.write() as connection:
            other = connection.exec_driver_sql(backend).scalar_one()
        assert database.is_sqlite or other != mine
        add_seller(database, "of the child")
        database.close()
        gc.collect()

    assert in_child(work) == 0
    add_seller(database, "of the parent")
    assert accounts(database) == {"of the child", "of the parent"}
    if not database.is_sqlite:
        with database.read() as connection:
            assert connection.exec_driver_sql(backend).scalar_one() == mine, "its connection still works"


def test_a_child_may_fork_in_the_middle_of_a_transaction(database: Database) -> None:
    with database.write() as connection:
        connection.execute(sellers.insert().values(account="of the parent"))
        assert in_child(gc.collect) == 0
    assert accounts(database) == {"of the parent"}


def test_a_session_belongs_to_its_process(database: Database) -> None:
    holder = [Session(database)]
    id = holder[0].id

    def use() -> None:
        with pytest.raises(LedgerError, match="belongs to the process"), holder[0].transaction():
            pass
        holder[0].close()

    def forget() -> None:
        holder.clear()
        gc.collect()

    assert in_child(use) == 0
    assert in_child(forget) == 0
    with database.write() as connection:
        assert bury_gone(connection, database, None) == []
    assert living(database) == {id}
    with holder[0].transaction() as connection:
        assert connection.execute(select(senders.c.id)).scalars().all() == [id]
    holder[0].close()
