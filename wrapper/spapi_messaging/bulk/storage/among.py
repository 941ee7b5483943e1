"""A condition for many values at once, which stays quick on both databases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, any_, func, literal, select

__all__ = ["among", "plan_anew"]


def among(connection: Connection, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column has one of the values.

    PostgreSQL gets them as one array: one statement for any number of values.
    """
    if connection.dialect.name == "sqlite":
        return column.in_(list(values))
    return column == any_(literal(list(values), ARRAY(column.type)))


def plan_anew(connection: Connection) -> None:
    """Until the transaction ends, PostgreSQL plans each statement for the table as it is now.

    A plan that it has kept since the table was empty compares each row with each value, and takes minutes.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))
