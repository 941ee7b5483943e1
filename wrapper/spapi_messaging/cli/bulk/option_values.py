"""Reads the values of options that several bulk commands have: message types, and columns of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from spapi_messaging.cli.once import Once
from spapi_messaging.cli.send import find_operation, unknown_type
from spapi_messaging.errors import ConfigurationError

__all__ = [
    "FolderOrUrl", "day_or_time", "delimiter_given", "delimiter_option", "headings_by_name", "message_type",
    "message_types",
]  # fmt: skip


class FolderOrUrl(click.Path):
    """A folder as a path, or the URL of one as a string: a path would lose one of its slashes."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


def message_type(ctx: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """The wire name of a message type. Its case does not matter, and it may be the operation's name."""
    if name is None:
        return None
    if (operation := find_operation(name)) is None or operation.message_type is None:
        raise click.BadParameter(unknown_type(name), ctx, parameter)
    return operation.message_type


def message_types(ctx: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """Likewise, for several."""
    found = (message_type(ctx, parameter, name) for name in names)
    return tuple(name for name in found if name is not None)


def day_or_time(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A day or a time as job files write them: 24.12.2026 is a day, too."""
    if value is None:
        return None
    from spapi_messaging.bulk.job_files.spreadsheets import mended_date  # other commands do without it

    mended, problem = mended_date(parameter.name or "", value)
    if problem is not None:
        raise click.BadParameter(f"{problem.message} {problem.remedy}", ctx, parameter)
    return mended


def delimiter_option(told: str) -> click.Option:
    """The option `--delimiter`. It is the same wherever a table is read or written."""
    return Once(["--delimiter"], metavar="D", callback=delimiter_given, help=told)


def delimiter_given(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """One character, or its name."""
    from spapi_messaging.bulk.job_files.dialects import checked_delimiter  # other commands do without it

    try:
        return checked_delimiter(value)
    except ConfigurationError as error:
        told = str(error)
    raise click.BadParameter(told, ctx, parameter)


def headings_by_name(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """The file's headings by our names of columns, from NAME=HEADING. A name that is not ours stays as it is."""
    from spapi_messaging.bulk.job_files.names import key_of, name_of  # other commands do without it

    found: dict[str, str] = {}
    for each in given:
        name, equals, heading = each.partition("=")
        if not (equals and name.strip() and heading.strip()):
            raise click.BadParameter("write NAME=HEADING, such as order=Bestellnummer.", ctx, parameter)
        key = key_of(name)
        name, heading = name_of(key) or key, heading.strip()
        if found.setdefault(name, heading) != heading:
            raise click.BadParameter(f"{name} is given twice.", ctx, parameter)
    return found
