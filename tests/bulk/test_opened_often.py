"""A program that opens a ledger for each request, as a web application does."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import ClauseElement, Dialect, select
from sqlalchemy.sql.compiler import SQLCompiler

from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.storage import engines
from spapi_messaging.bulk.storage.schema import messages
from tests.support.ledgers import NOON, Clock, a_text, order


def add_one(url: str, number: int, now: float = NOON) -> None:
    with Ledger(url, clock=Clock(now)) as ledger:
        ledger.add([a_text(order(number))])


def added_at(url: str) -> dict[str, int]:
    with Ledger(url) as ledger, ledger.database.read() as connection:
        columns = messages.c.amazon_order_id, messages.c.added_at
        return {row.amazon_order_id: row.added_at for row in connection.execute(select(*columns))}


def test_statements_are_not_compiled_again(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    add_one(ledger_url, 1)
    add_one(ledger_url, 2)  # some statements ask for what is there already
    compiled = []
    compile_it = SQLCompiler.__init__

    def note(self: SQLCompiler, dialect: Dialect, statement: ClauseElement | None, *args: Any, **kwargs: Any) -> None:
        compiled.append(statement)
        compile_it(self, dialect, statement, *args, **kwargs)

    monkeypatch.setattr(SQLCompiler, "__init__", note)
    add_one(ledger_url, 3)

    assert not compiled


def test_each_ledger_has_its_own_clock_and_values(ledger_url: str) -> None:
    for number in range(3):
        add_one(ledger_url, number, NOON + number)

    assert added_at(ledger_url) == {order(number): (NOON + number) * 1000 for number in range(3)}


def test_statements_do_not_pile_up(ledger_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_MAX_STATEMENTS", 3)
    monkeypatch.setattr(engines, "_compiled", engines._CompiledStatements())

    for number in range(3):
        add_one(ledger_url, number)

    assert len(engines._compiled) <= 3
    assert len(added_at(ledger_url)) == 3
