"""`hurry`: tries at once what was left for later after trouble."""

from __future__ import annotations

from typing import Any

import click

from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.selection import selection_of, selection_options
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.session import Session, pass_session

__all__ = ["hurry"]

NOTHING = {"word": "hurry", "count": 0, "changed": 0}


@click.command(
    cls=Command,
    params=[*selection_options(), ledger_option()],
    short_help="Try at once what was left for later after trouble.",
    epilog=examples("spapi-messaging bulk hurry", "spapi-messaging bulk hurry --account shop-de"),
)
@pass_session
def hurry(session: Session, /, ledger: str | None, **given: Any) -> None:
    """Try at once what was left for later, because the network, Amazon or Redis was in trouble.

    Workers try it again by themselves after some minutes. A date of your own (not_before) stands, and so does what
    waits because Amazon does not offer it. `bulk send` does this for the messages of its file.
    """
    selection = selection_of(session, given)
    with open_existing(session, ledger, NOTHING) as opened:
        count = opened.hurry(**selection)
    session.document({"word": "hurry", "count": count, "changed": count})
    session.say(
        f"{counted(count)} tried again now, as soon as a worker or `bulk send` runs."
        if count
        else "Nothing was left for later."
    )
