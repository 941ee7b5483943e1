"""What `bulk send` and `bulk add` do first: check the whole file, and compare it with the ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.problems import COLOURS, with_options
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import ConfigurationError, InvalidMessageError, Problem, quoted

if TYPE_CHECKING:  # loaded on first use: the command line works without the extra `bulk`
    from spapi_messaging.bulk import Added, CheckedJobs, JobFile, Ledger

__all__ = ["DIGEST", "add_to_ledger", "list_problems", "listed_problems", "require_digest", "show_checked"]

DIGEST = r"[0-9a-fA-F]{16,32}"
#: Problems that people are shown. Those who read JSON get all.
MAX_SHOWN = 100
#: Rows of the table that shows the content of a file. The rest is counted.
MAX_KINDS = 20
#: What the command line calls arguments of the library.
OPTIONS = {"replace_unsent": "--replace", "leave_sent": "--leave-sent"}


def show_checked(session: Session, ledger: Ledger, jobs: CheckedJobs, file: JobFile) -> None:
    """Print what a file holds, and its digest."""
    unused = file.columns.unused
    session.event(
        {
            "event": "checked",
            "count": jobs.count,
            "digest": jobs.digest,
            "kinds": [{**kind._asdict(), "count": count} for kind, count in jobs.kinds.items()],
            "unused_columns": list(unused),
            "ledger": ledger.database.url_shown,
        }
    )
    session.say(f"{counted(jobs.count)}, digest {jobs.digest}")
    for line in kinds_shown(jobs.kinds):
        session.say(f"  {line}")
    if unused:
        session.say(f"Not used: the column{'s' * (len(unused) > 1)} {', '.join(map(quoted, unused))}.")


def kinds_shown(kinds: Mapping[Any, int]) -> list[str]:
    """What a file holds, in lines."""
    lines = [f"{count:>7,}  {told(kind)}" for kind, count in kinds.items()]
    more = len(lines) - MAX_KINDS
    return lines if more <= 0 else [*lines[:MAX_KINDS], f"and {counted(more, 'other kind')}"]


def told(kind: Any) -> str:
    """An account, a marketplace and a type in words."""
    account = "" if kind.account is None else f" from {kind.account}"
    return f"{kind.message_type} to {kind.marketplace}{account}"


def require_digest(given: str | None, jobs: CheckedJobs) -> None:
    """Refuse a file whose content is not what a person has looked at.

    Raises:
        ConfigurationError: the digest is another one.
    """
    if given is None or jobs.problems or jobs.digest.startswith(given.lower()):
        return
    raise ConfigurationError(
        f"Nothing was sent: the digest of this file is {jobs.digest}, and --digest says {given.lower()}. The file, one "
        "of its attachments or an option was changed since the digest was printed. Look at the file again, then type "
        "the new digest."
    )


def add_to_ledger(
    ctx: click.Context,
    ledger: Ledger,
    jobs: CheckedJobs,
    *,
    batch: str | None,
    dry_run: bool = False,
    replace: bool = False,
    leave_sent: bool = False,
) -> Added:
    """Add what was checked to the ledger. If anything is wrong, print it, and end the command.

    Args:
        ctx: the command's context.
        ledger: the ledger.
        jobs: what was checked.
        batch: a name for what is added together.
        dry_run: only compare with the ledger.
        replace: what is not sent yet takes the content that the file has now.
        leave_sent: what was sent before counts as sent, whatever the file has now.
    """
    session = ctx.ensure_object(Session)
    try:
        if dry_run:
            added = ledger.compare(jobs, replace_unsent=replace, leave_sent=leave_sent)
        else:
            added = ledger.add(jobs, batch=batch, replace_unsent=replace, leave_sent=leave_sent)
    except InvalidMessageError:
        if not jobs.problems:
            raise
        show_problems(session, jobs)
        ctx.exit(1)
    tell_added(session, jobs, added, dry_run=dry_run)
    return added


def tell_added(session: Session, jobs: CheckedJobs, added: Added, *, dry_run: bool) -> None:
    """Print what the ledger had of a file."""
    session.event({"event": "added", "dry_run": dry_run, "digest": jobs.digest, **added.to_dict()})
    told = f"{added.added:,} new, {added.known:,} known and not sent, {added.already_sent:,} sent before"
    if added.repeated:
        told += f"; {counted(added.repeated, 'row')} {'stands' if added.repeated == 1 else 'stand'} twice"
    session.say(f"{counted(jobs.count)}: {told}")


def show_problems(session: Session, jobs: CheckedJobs) -> None:
    """Print what is wrong with a file, line by line."""
    for each in listed_problems(jobs):
        session.event({"event": "problem", "state": "invalid", **each})
    places = jobs.problems.places
    session.event({"event": "summary", "states": {"invalid": places}, "exit_code": 1, "digest": None})
    wrong = list_problems(jobs)
    click.echo(f"Nothing was sent, and nothing was added: {wrong}. Mend the file and try again.", err=True)


def listed_problems(jobs: CheckedJobs) -> list[dict[str, Any]]:
    """What is wrong with a file, in the order of its lines, as `--json` prints it."""
    return [{"line": line_of(each), **each.to_dict()} for each in in_order(jobs)]


def in_order(jobs: CheckedJobs) -> list[Problem]:
    """What is wrong with a file, in the order of its lines, and in the words of the command line."""
    listed = (each._replace(remedy=with_options(each.remedy, OPTIONS)) for each in jobs.problems.listed)
    return sorted(listed, key=lambda each: line_of(each) or 0)


def list_problems(jobs: CheckedJobs) -> str:
    """Print what is wrong with a file for people, line by line, and count it in words."""
    problems, listed = jobs.problems, in_order(jobs)
    for each in listed[:MAX_SHOWN]:
        click.echo(f"{click.style(each.severity, fg=COLOURS[each.severity])} {each}", err=True)
    if (more := problems.count - len(listed[:MAX_SHOWN])) > 0:
        click.echo(f"… and {more:,} more.", err=True)
    lines = counted(problems.places, "line")
    return f"{counted(problems.count, 'problem')} in {lines}"


def line_of(problem: Problem) -> int | None:
    """The line of the file that a problem is about."""
    found = re.match(r"line (\d+)", problem.field)
    return int(found[1]) if found else None
