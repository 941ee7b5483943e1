"""Rows that wait to be written come back as they were, in memory or in a file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest

from spapi_messaging.bulk.adding.checking import NewRow
from spapi_messaging.bulk.adding.spool import CHUNK, Spool

#: Rows that are kept in memory.
IN_MEMORY = 8 * CHUNK


def row(number: int) -> NewRow:
    fields: dict[str, Any] = dict.fromkeys(NewRow._fields)
    return NewRow(**{**fields, "amazon_order_id": str(number)})


@pytest.fixture
def spool() -> Iterator[Spool]:
    with Spool() as made:
        yield made


@pytest.mark.parametrize("count", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, IN_MEMORY, IN_MEMORY + CHUNK, IN_MEMORY + 701])
def test_all_rows_come_back_in_order_as_often_as_they_are_asked_for(spool: Spool, count: int) -> None:
    rows = [row(number) for number in range(count)]
    for each in rows:
        spool.append(each)

    for _ in range(2):
        chunks = list(spool.chunks())
        assert list(chain.from_iterable(chunks)) == rows
        assert all(isinstance(each, NewRow) for each in chain.from_iterable(chunks))
        assert [len(chunk) for chunk in chunks[:-1]] == [CHUNK] * (len(chunks) - 1)
    assert (spool._file is not None) is (count >= IN_MEMORY + CHUNK)


def test_a_closed_spool_has_forgotten_its_rows_and_its_file(spool: Spool) -> None:
    for number in range(IN_MEMORY + CHUNK + 1):
        spool.append(row(number))
    file = spool._file
    spool.close()

    assert file is not None and file.closed
    assert (spool._kept, spool._open) == ([], [])
