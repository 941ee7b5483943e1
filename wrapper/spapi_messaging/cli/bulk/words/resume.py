"""`resume`: goes on with accounts that are parked."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.bulk.asking import asking_options, is_agreed
from spapi_messaging.cli.bulk.ledger import ledger_option, open_existing
from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.counts import account_shown
from spapi_messaging.cli.bulk.shown.one_line import one_line
from spapi_messaging.cli.bulk.shown.parked import parked_lines
from spapi_messaging.cli.bulk.words.carrying_out import declined
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.errors import quoted

if TYPE_CHECKING:
    from spapi_messaging.bulk import ParkedAccount, Status

__all__ = ["resume"]

NOTHING = {"word": "resume", "accounts": [], "count": 0, "changed": 0}
MAX_NAMES = 10


@click.command(
    cls=Command,
    params=[
        click.Argument(["account"], required=False),
        click.Option(["--all", "every"], is_flag=True, help="Every account that is parked."),
        ledger_option(),
        *asking_options(with_note=False),
    ],
    short_help="Go on with an account that is parked.",
    epilog=examples("spapi-messaging bulk resume shop-de", "spapi-messaging bulk resume --all"),
)
@pass_session
def resume(session: Session, account: str | None, every: bool, ledger: str | None, dry_run: bool, yes: bool) -> None:
    """Go on with ACCOUNT, which is parked: Amazon denied its access, so nothing of it is sent.

    Mend first what was wrong. Where only one account is parked, it need not be named. "" names the messages that were
    added without an account. --profile means the same as ACCOUNT here.
    """
    wanted = account if account is not None else session.profile
    if wanted is not None and (every or session.profile not in (None, wanted)):
        raise click.UsageError("Name one account, or give --all.")
    with open_existing(session, ledger, NOTHING) as opened:
        status = opened.status()
        parked = chosen(status, wanted, every=every)
        if not parked:
            session.document(NOTHING)
            session.say("Nothing to do: " + ("it is not parked." if wanted is not None else "no account is parked."))
            return
        session.say("\n".join(parked_lines(status, parked)))
        if dry_run:
            count = sum(opened.resume(each.account, dry_run=True) for each in parked)
            session.document(document(parked, count, 0))
            session.say("Nothing was changed: --dry-run.")
            return
        those = "this account" if len(parked) == 1 else f"these {len(parked):,} accounts"
        if not is_agreed(session, f"Is it mended, so that {those} can go on?", yes=yes):
            declined(session)
        count = sum(opened.resume(each.account) for each in parked)
        session.document(document(parked, count, count))
        told = f"Not parked any more. Now to be sent: {counted(count)}."
        session.say(f"{told} Type the same `bulk send` again, or leave it to the workers.")


def document(parked: list[ParkedAccount], count: int, changed: int) -> dict[str, Any]:
    """What `--json` prints."""
    return {"word": "resume", "accounts": [each.account for each in parked], "count": count, "changed": changed}


def chosen(status: Status, wanted: str | None, *, every: bool) -> list[ParkedAccount]:
    """The parked accounts that are meant. Empty: none of them is parked.

    Raises:
        click.UsageError: there is no such account, or several are parked and none is named.
    """
    if wanted is None:
        if len(status.parked) > 1 and not every:
            raise click.UsageError(f"Several accounts are parked. Name one, or give --all: {names_of(status)}.")
        return list(status.parked)
    name = wanted.strip() or None
    known = {each.account for each in status.counts} | {each.account for each in status.parked}
    if name not in known:
        near = get_close_matches(name or "", sorted(filter(None, known)))
        hint = f" Did you mean {' or '.join(map(one_line, near))}?" if near else ""
        raise click.UsageError(f"No message of this ledger has the account {quoted(wanted)}.{hint}")
    return [each for each in status.parked if each.account == name]


def names_of(status: Status) -> str:
    """The accounts that are parked, ten at most."""
    names = [account_shown(each.account) for each in status.parked]
    more = f" and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more
