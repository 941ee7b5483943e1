"""New values of columns, for statements that are built once and carried out with other values each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam

__all__ = ["NewValues", "as_parameters"]

# What new values are called in a statement, where the names of columns are taken.
_NEW = "new_"


class NewValues(NamedTuple):
    """New values by column.

    Args:
        of_clock: those that the database finds out, such as its time: a part of the statement.
        plain: all others, which are parameters of the statement.
    """

    of_clock: dict[str, ColumnElement[Any]]
    plain: dict[str, Any]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> NewValues:
        """From values of both kinds."""
        of_clock = {name: value for name, value in values.items() if isinstance(value, ColumnElement)}
        return cls(of_clock, {name: value for name, value in values.items() if name not in of_clock})

    @property
    def parameters(self) -> dict[str, Any]:
        """What the statement is carried out with, for the parameters of ``as_parameters``."""
        return {_NEW + name: value for name, value in self.plain.items()}


def as_parameters(table: Table, columns: Iterable[str]) -> dict[str, BindParameter[Any]]:
    """What stands in a statement for the new values of a table's columns."""
    return {name: bindparam(_NEW + name, type_=table.c[name].type) for name in columns}
