"""A condition for many values at once, which stays quick on both databases."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, Text, all_, any_, bindparam, func, literal, select

__all__ = ["PLAN_ANEW", "among", "as_one_parameter", "is_not_among", "plan_anew"]

#: For a transaction of PostgreSQL: it uses no plan that it has kept since a table was empty. Such a plan compares each
#: row with each value, and takes minutes.
PLAN_ANEW = "SET LOCAL plan_cache_mode TO force_custom_plan"


def among(connection: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column has one of the values.

    PostgreSQL gets them as one array: one statement for any number of values.
    """
    if connection.dialect.name == "sqlite":
        return column.in_(list(values))
    return column == any_(literal(list(values), ARRAY(column.type)))


def is_not_among(connection: Connection, column: ColumnElement[int], name: str) -> ColumnElement[bool]:
    """Whether an id is not in a list. The list is one parameter: databases take only some ten thousand of them.

    Args:
        connection: to the database.
        column: the column.
        name: the parameter's, which gets what ``as_one_parameter`` makes.
    """
    if connection.dialect.name == "postgresql":
        return column != all_(bindparam(name, type_=ARRAY(BigInteger)))
    listed = func.json_each(bindparam(name, type_=Text())).table_valued("value")
    return column.not_in(select(listed.c.value))


def as_one_parameter(connection: Connection, ids: Collection[int]) -> list[int] | str:
    """The value of the parameter of ``is_not_among``."""
    return list(ids) if connection.dialect.name == "postgresql" else json.dumps(list(ids))


def plan_anew(connection: Connection) -> None:
    """Until the transaction ends, PostgreSQL plans each statement for the tables as they are now."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(PLAN_ANEW)
