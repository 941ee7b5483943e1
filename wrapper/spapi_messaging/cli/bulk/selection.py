"""The options that choose messages of a ledger. They are the same for every command that takes some."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import click
from click.shell_completion import CompletionItem

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.option_values import message_types
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import quoted
from spapi_messaging.messages import MESSAGE_TYPES

__all__ = ["narrowed", "require_choice", "selection_of", "selection_options"]


def known_states(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """States that exist. Their case does not matter, and "given up" may be written with a space or a dash."""
    return tuple(_state(value, ctx, parameter) for value in values)


def _state(value: str, ctx: click.Context, parameter: click.Parameter) -> str:
    name = value.strip().casefold().replace("-", "_").replace(" ", "_")
    if name in set(State):
        return name
    near = get_close_matches(name, list(State))
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise click.BadParameter(f"There is no state {quoted(value)}.{hint} States: {', '.join(State)}.", ctx, parameter)


def complete_type(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """The types that begin with what was typed."""
    return [name for name in sorted(MESSAGE_TYPES) if name.casefold().startswith(incomplete.casefold())]


def complete_state(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The states that begin with what was typed."""
    return [CompletionItem(name) for name in State if name.startswith(incomplete.casefold())]


def selection_options(*, with_state: bool = True) -> list[click.Option]:
    """The options. Each may be given several times: a message fits if it fits one value of each option.

    Args:
        with_state: whether messages are chosen by their state too.
    """
    options = [
        _option("--order", "order_id", "ORDER", "Messages for this order."),
        _option(
            "--type", "message_type", "TYPE", "Of this type.", callback=message_types, shell_complete=complete_type
        ),
        _option(
            "--account",
            "account",
            "NAME",
            "Of this account. --profile means the same here, and --marketplace chooses too.",
        ),
        _option("--document", "document", "NUMBER", "With this document number."),
        _option("--key", "key", "KEY", "With this key of your own."),
        _option("--batch", "batch", "NAME", "Added last with this batch: the digest that `bulk send` prints."),
    ]
    if with_state:
        told = f"In this state: {', '.join(State)}."
        options.append(_option("--state", "state", "STATE", told, callback=known_states, shell_complete=complete_state))
    return options


def _option(flag: str, name: str, metavar: str, told: str, **more: Any) -> click.Option:
    return click.Option([flag, name], metavar=metavar, multiple=True, help=told, **more)


NAMES = ("order_id", "message_type", "account", "document", "key", "state", "batch")


def selection_of(session: Session, given: Mapping[str, Any]) -> dict[str, list[str]]:
    """What was chosen, as a ledger takes it; empty if nothing was.

    `--marketplace` and `--profile` choose too. The marketplace of the environment does not: it says where messages go
    that name none.

    Args:
        session: the command's.
        given: the command's options by name.

    Raises:
        click.UsageError: `--profile` and `--account` name different accounts.
    """
    chosen = {name: list(given[name]) for name in NAMES if given.get(name)}
    if session.profile is not None:
        if chosen.get("account", [session.profile]) != [session.profile]:
            raise click.UsageError("--profile and --account name different accounts. Give one of them.")
        chosen["account"] = [session.profile]
    if session.marketplace is not None:
        chosen["marketplace"] = [session.marketplace]
    return chosen


def require_choice(selection: Mapping[str, list[str]], *, every: bool) -> None:
    """For words that do not touch everything unless they are told to.

    Raises:
        click.UsageError: nothing was chosen, or everything and something besides.
    """
    if every and selection:
        raise click.UsageError("--all means every message. Leave it out, or the other options that choose messages.")
    if not every and not selection:
        raise click.UsageError("Say which messages: --order, --type, --account and so on, or --all.")


def narrowed(selection: Mapping[str, list[str]], states: tuple[State, ...]) -> dict[str, list[str]] | None:
    """The same choice, in some states only. None: it names other states, so that no message can fit."""
    left = [state.value for state in states if state in selection.get("state", states)]
    return {**selection, "state": left} if left else None
