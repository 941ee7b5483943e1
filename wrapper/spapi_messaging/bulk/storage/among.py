"""A condition for many values at once, which stays quick on both databases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, any_, literal

__all__ = ["PLAN_ANEW", "among", "plan_anew"]

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


def plan_anew(connection: Connection) -> None:
    """Until the transaction ends, PostgreSQL plans each statement for the tables as they are now."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(PLAN_ANEW)
