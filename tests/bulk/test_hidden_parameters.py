"""Statements carry buyers' texts. No error, log line or traceback shows one."""

import logging
import traceback
from collections.abc import Callable

import pytest
from sqlalchemy import Connection, create_engine, insert, text, update

from spapi_messaging.bulk.claiming import transitions
from spapi_messaging.bulk.states import State
from spapi_messaging.bulk.storage.database import Database
from spapi_messaging.bulk.storage.schema import messages, sellers
from spapi_messaging.errors import SpApiMessagingError
from tests.support import postgres
from tests.support.tables import BUYERS_TEXT, add_messages, add_seller, claim, session_of
from tests.support.thorough import by_turns

# One word of it is enough to give it away.
SIGN = "Lüdenscheidt"


def unique(connection: Connection) -> None:
    connection.execute(insert(sellers).values(account=BUYERS_TEXT))
    connection.execute(insert(sellers).values(account=BUYERS_TEXT))


def several(connection: Connection) -> None:
    connection.execute(insert(sellers), [{"account": BUYERS_TEXT}, {"account": BUYERS_TEXT}])


def missing(connection: Connection) -> None:
    connection.execute(update(messages).values(region=None, text=BUYERS_TEXT))


def unknown_table(connection: Connection) -> None:
    connection.execute(text("UPDATE nowhere SET x = :text"), {"text": BUYERS_TEXT})


def wrong_type(connection: Connection) -> None:
    connection.execute(update(messages).values(status_code=text(":text").bindparams(text=object()), text=BUYERS_TEXT))


def no_character(connection: Connection) -> None:
    connection.execute(update(messages).values(text=BUYERS_TEXT + "\ud800"))


def missing_parameter(connection: Connection) -> None:
    connection.execute(text("UPDATE spapi_messages SET text = :text, note = :other"), {"text": BUYERS_TEXT})


def too_long(connection: Connection) -> None:
    connection.execute(text(f"SELECT '{BUYERS_TEXT}' FROM nowhere"))


FAILING = [unique, several, missing, unknown_table, wrong_type, no_character, missing_parameter, too_long]


def everything_told(error: BaseException) -> str:
    """The error, and all errors before it, with the values of all local variables."""
    seen: list[str] = []
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is not None:
            shown = traceback.TracebackException.from_exception(each, capture_locals=True)
            seen += [*shown.format(), repr(each), str(vars(each))]
            pending += [each.__cause__, each.__context__]
    return "\n".join(seen)


@by_turns("way", ["write", "read", "session"], "statement", FAILING)
def test_an_error_does_not_show_a_buyer_s_text(
    database: Database, statement: Callable[[Connection], None], way: str, caplog: pytest.LogCaptureFixture
) -> None:
    add_messages(database, add_seller(database))
    with session_of(database) as session, caplog.at_level(logging.DEBUG):
        transaction = {"write": database.write, "read": database.read, "session": session.transaction}[way]
        with pytest.raises(SpApiMessagingError) as caught, transaction() as connection:
            statement(connection)
    told = everything_told(caught.value)
    assert SIGN not in told
    assert SIGN not in caplog.text
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_failing_result_does_not_show_a_buyer_s_text(database: Database) -> None:
    shop = add_seller(database)
    add_messages(database, shop)
    with session_of(database) as session:
        _, (got,) = claim(database, session, shop)
        settlement = transitions.Settlement(
            got.id, got.epoch, State.REJECTED, {"error_text": BUYERS_TEXT, "state": None}
        )
        with pytest.raises(SpApiMessagingError) as caught, session.transaction() as connection:
            transitions.settle(connection, database.now, session.id, [settlement], False)
    assert SIGN not in everything_told(caught.value)


@pytest.mark.parametrize("is_given", [False, True])
def test_sqlalchemy_s_log_does_not_show_a_buyer_s_text(
    ledger_url: str, is_given: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even its rows, which it logs in a program that logs everything."""
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "sqlalchemy"):
        engine = create_engine(ledger_url, hide_parameters=True)
        database = Database(engine if is_given else ledger_url)
        shop = add_seller(database)
        add_messages(database, shop)
        with session_of(database) as session:
            _, got = claim(database, session, shop)
        database.close()
        engine.dispose()
    assert got[0].text == BUYERS_TEXT
    assert "INSERT INTO spapi_messages" in caplog.text, "so the test is about something"
    assert SIGN not in caplog.text


def test_a_cut_connection_does_not_show_a_buyer_s_text(
    postgres_server: postgres.Server, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(postgres_server.fresh_url())
    with session_of(database) as session, caplog.at_level(logging.DEBUG):
        with pytest.raises(SpApiMessagingError) as caught, session.transaction() as connection:
            postgres_server.cut_connections()
            unique(connection)
        with pytest.raises(SpApiMessagingError) as also_caught, database.write() as connection:
            postgres_server.cut_connections()
            unique(connection)
    database.close()
    assert SIGN not in everything_told(caught.value) + everything_told(also_caught.value)
    assert SIGN not in caplog.text
