"""`doctor`: finds out why messages cannot be sent, step by step. It sends none."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from spapi_messaging.cli.columns import wrapped
from spapi_messaging.cli.global_options import Command, examples
from spapi_messaging.cli.once import Once
from spapi_messaging.cli.remedies import any_credentials, no_credentials
from spapi_messaging.cli.send import find_operation, unknown_type
from spapi_messaging.cli.session import Session, pass_session
from spapi_messaging.credentials import Credentials, CredentialsSource, find_source
from spapi_messaging.errors import quoted
from spapi_messaging.local_sandbox import is_asked_for, local_credentials
from spapi_messaging.messages import MESSAGE_TYPES

if TYPE_CHECKING:  # loaded on first use: other commands do without it
    from spapi_messaging import ObservedExchange
    from spapi_messaging.doctor import Finding

WORDS = {"ok": "OK", "warning": "WARNING", "wrong": "WRONG", "not-tried": "NOT TRIED"}
COLOURS = {"ok": "green", "warning": "yellow", "wrong": "red", "not-tried": None}
WIDTH, MARGIN = 80, 11

DECIDING = ("SP_API_SANDBOX", "AWS_ENV", "SP_API_ENDPOINT")
"""The variables that decide about the endpoint."""


def type_given(ctx: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """The message type, by any of its names."""
    if name is None:
        return None
    if (operation := find_operation(name)) is None:
        raise click.BadParameter(unknown_type(name), ctx, parameter)
    return operation.message_type


def complete_type(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The message types that begin with what was typed."""
    return [CompletionItem(name) for name in sorted(MESSAGE_TYPES) if name.startswith(incomplete)]


def file_given(ctx: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """A file that can be made. This is checked before the examination, which takes its time."""
    if path is None:
        return None
    if str(path) == "-":
        raise click.BadParameter("give a file's name: the findings are printed on stdout.", ctx, parameter)
    if os.path.lexists(path):
        told = f"{quoted(path.name)} exists already, and no file is replaced. Give another name."
        raise click.BadParameter(told, ctx, parameter)
    if not path.parent.is_dir():
        raise click.BadParameter("there is no such folder. Make it first.", ctx, parameter)
    return path


@click.command(
    cls=Command,
    short_help="Find out why messages cannot be sent.",
    epilog=examples(
        "spapi-messaging doctor 303-1234567-1234567 --marketplace DE",
        "spapi-messaging doctor --sandbox local",
        "spapi-messaging doctor 303-1234567-1234567 --support-bundle bundle.json",
    )
    + "\n\nExit codes: 0 nothing is wrong, 4 credentials, authorization or role are wrong, 1 anything else is wrong.",
)
@click.argument("order", required=False)
@click.option(
    "--type",
    "message_type",
    cls=Once,
    metavar="TYPE",
    callback=type_given,
    shell_complete=complete_type,
    help="The type of message to upload a file for; by default one that ORDER allows.",
)
@click.option(
    "--support-bundle",
    "bundle",
    cls=Once,
    metavar="FILE",
    type=click.Path(path_type=Path, allow_dash=True),
    callback=file_given,
    help="Write what a support case needs into a new file, without secrets.",
)
@pass_session
@click.pass_context
def doctor(
    ctx: click.Context, session: Session, order: str | None, message_type: str | None, bundle: Path | None
) -> None:
    """Check credentials, endpoint, network, clock and role, step by step, and say what to do.

    With ORDER, which may be any order of the seller, it also reads the order and uploads one small file. It never sends
    a message.
    """
    from spapi_messaging.doctor import concerns_access, examine, overall

    if bundle is not None:
        make_file(ctx, bundle)
    exchanges: list[ObservedExchange] = []
    session.observers.append(exchanges.append)
    found: list[Finding] = []
    interrupted = False
    steps = examine(
        session.make_client,
        order,
        message_type=message_type,
        source=partial(source_of, session),
        decided_by=decided_by(session),
        exchanges=exchanges,
    )
    try:
        for finding in steps:
            found.append(finding)
            show(session, finding)
    except KeyboardInterrupt:
        interrupted = True
        session.say("\nInterrupted. The steps that are left were not tried.")
    verdict = overall(found)
    document: dict[str, Any] = {"verdict": verdict, "findings": [finding.to_dict() for finding in found]}
    if interrupted:
        document["interrupted"] = True
    if bundle is not None:
        write_bundle(bundle, found, exchanges)
        document["support_bundle"] = bundle.name
        session.say(f"\nThe support bundle is {bundle.name}. Look through it before you give it away.")
    session.document(document)
    if not interrupted:
        session.say("\n".join(["", *wrapped(summary(found), WIDTH, break_words=False)]))
    ctx.exit(4 if concerns_access(found) else 1 if verdict == "wrong" or interrupted else 0)


def show(session: Session, finding: Finding) -> None:
    """Print a finding: the verdict first, what to do on a line of its own."""
    word = click.style(f"{WORDS[finding.verdict]:<{MARGIN - 1}}", fg=COLOURS[finding.verdict])
    parts = [f"{finding.step}: {finding.found} {finding.meaning}"]
    parts += [f"To do: {finding.remedy}"] if finding.remedy else []
    # A long word, such as a URL, stays whole.
    first, *others = [line for part in parts for line in wrapped(part, WIDTH - MARGIN, break_words=False)]
    session.say(f"{word} {first}")
    for line in others:
        session.say(f"{' ' * MARGIN}{line}")


def summary(found: Sequence[Finding]) -> str:
    """The last line."""
    wrong = [finding.step for finding in found if finding.verdict == "wrong"]
    if wrong:
        steps = ", ".join(dict.fromkeys(wrong))
        return f"Wrong: {steps}. Begin with the first one: the others may follow from it. No message was sent."
    warned = any(finding.verdict == "warning" for finding in found)
    untried = dict.fromkeys(finding.step for finding in found if finding.verdict == "not-tried")
    told = f"Nothing is wrong{' with what was tried' if untried else ''}{', but see the warnings' if warned else ''}."
    left = f" Not tried: {', '.join(untried)}." if untried else ""
    return f"{told}{left} No message was sent."


def source_of(session: Session) -> CredentialsSource:
    """Where the credentials come from."""
    if session.sandbox == "local" and not is_asked_for():
        local = Credentials(**local_credentials(session.profile or ""))
        return CredentialsSource.of(local, "the option --sandbox local")
    found = find_source(session.profile)
    if found.problem and session.profile is None and not any_credentials():
        return found._replace(problem=no_credentials())
    return found


def decided_by(session: Session) -> str:
    """What decides about the endpoint: an option, variables, or nothing but the marketplace."""
    if session.sandbox is not None:
        return f"the option --sandbox {session.sandbox}"
    names = [name for name in DECIDING if os.environ.get(name, "").strip(" \t\n\"'")]
    return f"{' and '.join(names)} in the environment" if names else "the marketplace alone"


def make_file(ctx: click.Context, path: Path) -> None:
    """Make the bundle's file, which only its owner may read, before the examination, which takes its time.

    If the command ends before anything is in it, it is removed again.
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        told = f"{quoted(path.name)} cannot be written: {error.strerror or type(error).__name__}."
        raise click.BadParameter(told, ctx, param_hint="--support-bundle") from None

    def take_away() -> None:
        with suppress(OSError):
            if path.stat().st_size == 0:
                path.unlink()

    ctx.call_on_close(take_away)


def write_bundle(path: Path, found: Sequence[Finding], exchanges: Sequence[ObservedExchange]) -> None:
    """Write the bundle into its file."""
    from spapi_messaging.doctor import support_bundle

    content = json.dumps(support_bundle(found, exchanges), indent=2, ensure_ascii=False)
    try:
        # The name of a folder may hold bytes that are not UTF-8: these are written as escapes.
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{content}\n")
    except OSError as error:
        with suppress(OSError):
            os.truncate(path, 0)  # half a document is of no use
        told = f"The support bundle could not be written: {error.strerror or type(error).__name__}."
        raise click.ClickException(told) from error
