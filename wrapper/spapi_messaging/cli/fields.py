"""Makes options of the command line from the fields of a message."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from spapi_messaging.cli.once import Once
from spapi_messaging.errors import quoted
from spapi_messaging.messages import Field, Operation

PREFIX = "field_"
"""Begins the name of every parameter that comes from a field. The command's own parameters do not begin with it."""

CONTENT = (f"{PREFIX}text", "text_file", f"{PREFIX}attachments")
"""The options for the parts of a message. They keep their flags."""

EXAMPLE_DATE = "2026-11-20T00:00:00Z"


def options(field: Field) -> list[click.Option]:
    """The options for one field."""
    name = PREFIX + field.name
    if field.kind == "text":
        return [
            Once(
                ["--text", name],
                callback=text_given,
                help=f"The message{span(field.min_length, field.max_length, 'characters')}.",
            ),
            Once(
                ["--text-file"],
                type=click.File(encoding="utf-8-sig"),
                help="A UTF-8 file that holds the message; - for standard input.",
            ),
        ]
    if field.kind == "attachments":
        files = span(field.min_items, field.max_items, "files")
        flag = "--attach" if field.name == "attachments" else f"--{dashed(field.name)}"
        return [
            click.Option(
                [flag, name],
                type=click.Path(path_type=Path),
                multiple=True,
                callback=files_given,
                help=f"A file to send{files}.",
            )
        ]
    if field.kind == "date-time":
        flag = f"--{dashed(field.name.removesuffix('_date'))}"
        return [Once([flag, name], metavar="D", help=f"Such as {EXAMPLE_DATE}; sent as written.")]
    return [value_option(field.name, field.enum, required=field.required)]


def value_option(name: str, enum: tuple[Any, ...], *, required: bool) -> click.Option:
    """An option for any other value, of a field or of a parameter."""
    value_type = click.Choice(enum) if enum else json_or_text
    metavar = None if enum else "VALUE"
    return Once([f"--{dashed(name)}", PREFIX + name], type=value_type, metavar=metavar, required=required)


def set_apart(found: Iterable[click.Option], taken: Iterable[str]) -> None:
    """Give an option another flag where that flag is taken: `--dry-run-field` for a field `dryRun`."""
    flags = set(taken)
    for option in sorted(found, key=lambda option: option.name not in CONTENT):
        while option.opts[0] in flags:
            option.opts[0] += "-field"
        flags.update(option.opts)


def text_given(ctx: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """The text, unless it is an option, before which the text itself was forgotten."""
    if text in {name for each in ctx.command.get_params(ctx) for name in each.opts}:
        raise click.BadParameter("this is an option, not a text. Put it into a --text-file to send it.", ctx, parameter)
    return text


def files_given(ctx: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files. Refuses folders, URLs and what else people take for the path of a file."""
    found = tuple(map(at_home, paths))
    for path in found:
        if wrong := what_is_wrong(path):
            raise click.BadParameter(wrong, ctx, parameter)
    return found


def at_home(path: Path) -> Path:
    """The path with the home folder in place of ~, which shells leave alone behind an equals sign."""
    with suppress(RuntimeError):  # there is no such home folder
        return path if is_there(path) else path.expanduser()
    return path


def what_is_wrong(path: Path) -> str | None:
    """Why this cannot be the path of a file. None: it can be."""
    if is_folder(path):
        return f"{quoted(path.resolve().name)} is a folder. Name a file in it."
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(path)):  # a drive of Windows has one letter
        return "this is a URL. Download the file, then give its path."
    if str(path).startswith("~") and not is_there(path):
        return "there is no such home folder. Write the folder's name instead of ~."
    return None


def is_there(path: Path) -> bool:
    """Whether there is such a file, as far as this user may know."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether this is a folder. If it cannot even be looked at, the send says why."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def names_of(command: click.Command, *, text_is_a_file: bool) -> dict[str, str]:
    """What the command line calls the fields of a message."""
    options = [each for each in command.params if each.name and each.name.startswith(PREFIX)]
    names = {str(each.name).removeprefix(PREFIX): each.opts[0] for each in options}
    return {**names, "text": "--text-file"} if text_is_a_file else names


def example(operation: Operation, parameters: Iterable[click.Parameter]) -> str:
    """Arguments with which an operation's message could be sent."""
    flags = {str(each.name).removeprefix(PREFIX): each.opts[0] for each in parameters}
    words = [word for field in needed_fields(operation) for word in example_words(flags[field.name], field)]
    words += [f"{flags[each.name]} {any_value(each.enum)}" for each in operation.parameters if each.required]
    return " ".join(["303-1234567-1234567", *words])


def needed_fields(operation: Operation) -> list[Field]:
    """The required fields. Where neither the text nor the files are required, the first of the two is one of them."""
    content = [field for field in operation.fields if field.kind in ("text", "attachments")]
    either = [] if any(field.required for field in content) else content[:1]
    return [field for field in operation.fields if field.required or field in either]


def example_words(flag: str, field: Field) -> list[str]:
    """A field's option with a value. Files are given one by one, as many as the message needs."""
    if field.kind == "text":
        return [f'{flag} "Hello"']
    if field.kind == "attachments":
        return [f"{flag} file.pdf"] * max(1, field.min_items or 1)
    if field.kind == "date-time":
        return [f"{flag} {EXAMPLE_DATE}"]
    return [f"{flag} {any_value(field.enum)}"]


def any_value(enum: tuple[Any, ...]) -> str:
    """The first of the allowed values, or a word that stands for a value."""
    return shlex.quote(str(enum[0])) if enum else "VALUE"


def json_or_text(value: str) -> Any:
    """The value read as JSON; or the value itself, if it is not JSON."""
    try:
        return json.loads(value)
    except (RecursionError, ValueError):
        return value


def dashed(name: str) -> str:
    """A Python name, written like an option."""
    return name.strip("_").replace("_", "-")


def span(least: int | None, most: int | None, unit: str) -> str:
    """The limits of a field, in words that follow its name."""
    if most is None:
        return f", at least {least} {unit}" if least else ""
    return f", {least} to {most} {unit}" if least else f", up to {most} {unit}"
