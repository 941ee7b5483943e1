"""What options mean that several bulk commands have: message types, and columns of a file."""

from __future__ import annotations

import click

from spapi_messaging.cli.send import find_operation, unknown_type

__all__ = ["headings_by_name", "message_type", "message_types"]


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
