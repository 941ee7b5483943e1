"""`--from FILE`: order ids, one in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.bulk import State
from spapi_messaging.cli.bulk.selection import narrowed
from spapi_messaging.cli.bulk.shown.one_line import one_line
from spapi_messaging.cli.once import Once

if TYPE_CHECKING:
    from spapi_messaging.bulk import Ledger

__all__ = ["from_option", "tell_others"]

MAX_ORDERS = 5_000  # a selection of a ledger takes 10,000 values
MAX_NAMED = 20


def from_option() -> click.Option:
    """The option. Its value is a tuple of order ids, which is empty where the option is not given."""
    return Once(
        ["--from", "from_file"],
        metavar="FILE",
        callback=order_ids,
        help=f"For the orders in this file, one id in a line, {MAX_ORDERS:,} at most. - reads them from stdin.",
    )


def order_ids(ctx: click.Context, parameter: click.Parameter, file: str | None) -> tuple[str, ...]:
    """The ids in the file, each once.

    Raises:
        click.BadParameter: there is no order id, there are too many, or the file cannot be read or is not such a list.
    """
    if file is None:
        return ()
    try:
        with click.open_file(file, encoding="utf-8-sig") as lines:
            found = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    except OSError as error:
        raise click.BadParameter(f"It cannot be read: {error.strerror}.", ctx, parameter) from None
    except UnicodeError:
        raise click.BadParameter("It is not text in UTF-8.", ctx, parameter) from None
    if not found:
        raise click.BadParameter("There is no order in it. Write one order id into each line.", ctx, parameter)
    if wrong := next((each for each in found if len(each.split()) > 1 or set(each) & set(",;\"'")), None):
        shown = one_line(wrong, 60)
        raise click.BadParameter(f"This line is not one order id alone: {shown}", ctx, parameter)
    if len(found) > MAX_ORDERS:
        raise click.BadParameter(f"It has {len(found):,} orders. Give {MAX_ORDERS:,} at a time.", ctx, parameter)
    return found


def tell_others(ledger: Ledger, orders: tuple[str, ...], selection: Mapping[str, Any]) -> None:
    """Names those orders of the file of which no message is unknown: nothing is changed for them."""
    if not orders:
        return
    chosen: Any = narrowed(selection, (State.UNKNOWN,))
    unknown = {row["amazon_order_id"] for row in ledger.export(**chosen)}
    if others := [each for each in orders if each not in unknown]:
        named = ", ".join(one_line(each) for each in others[:MAX_NAMED])
        more = f" and {len(others) - MAX_NAMED:,} more" if len(others) > MAX_NAMED else ""
        click.echo(f"There is no unknown message that fits for {len(others):,} of the orders: {named}{more}", err=True)
