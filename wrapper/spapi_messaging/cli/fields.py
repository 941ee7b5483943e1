"""Makes options of the command line from the fields of a message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from spapi_messaging.messages import Field

PREFIX = "field_"
"""Begins the name of every parameter that comes from a field. The command's own parameters do not begin with it."""


def options(field: Field) -> list[click.Option]:
    """The options for one field."""
    name = PREFIX + field.name
    if field.kind == "text":
        return [
            click.Option(
                ["--text", name], help=f"The message{span(field.min_length, field.max_length, 'characters')}."
            ),
            click.Option(
                ["--text-file"],
                type=click.File(encoding="utf-8-sig"),
                help="A UTF-8 file that holds the message; - for standard input.",
            ),
        ]
    if field.kind == "attachments":
        files = span(field.min_items, field.max_items, "files")
        flag = "--attach" if field.name == "attachments" else f"--{dashed(field.name)}"
        return [
            click.Option([flag, name], type=click.Path(path_type=Path), multiple=True, help=f"A file to send{files}.")
        ]
    if field.kind == "date-time":
        flag = f"--{dashed(field.name.removesuffix('_date'))}"
        return [click.Option([flag, name], metavar="D", help="Such as 2026-11-20T00:00:00Z; sent as written.")]
    return [value_option(field.name, field.enum, required=field.required)]


def value_option(name: str, enum: tuple[Any, ...], *, required: bool) -> click.Option:
    """An option for any other value, of a field or of a parameter."""
    value_type = click.Choice(enum) if enum else json_or_text
    metavar = None if enum else "VALUE"
    return click.Option([f"--{dashed(name)}", PREFIX + name], type=value_type, metavar=metavar, required=required)


def json_or_text(value: str) -> Any:
    """The value read as JSON; or the value itself, if it is not JSON."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def dashed(name: str) -> str:
    """A Python name, written like an option."""
    return name.strip("_").replace("_", "-")


def span(least: int | None, most: int | None, unit: str) -> str:
    """The limits of a field, in words that follow its name."""
    if most is None:
        return f", at least {least} {unit}" if least else ""
    return f", {least} to {most} {unit}" if least else f", up to {most} {unit}"
