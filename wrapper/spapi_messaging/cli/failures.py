"""What a command prints for an error, and its exit code."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeGuard

import click

from spapi_messaging import errors
from spapi_messaging.cli import remedies
from spapi_messaging.cli.problems import documented, documented_warnings, option_of, with_options
from spapi_messaging.cli.session import Session
from spapi_messaging.local_sandbox import DOES_IT_RUN, how_to_reach
from spapi_messaging.messages import OPERATIONS

EXIT_CODES: dict[type[errors.SpApiMessagingError], int] = {
    errors.ConfigurationError: 2,
    errors.InvalidMessageError: 2,
    errors.DeliveryUnknownError: 3,
    errors.AuthorizationError: 4,
    errors.AccessDeniedError: 4,
    errors.UsagePlanTimeout: 5,
    errors.ThrottledError: 5,
}
"""1 for any other error. 2 is for everything that is known to be wrong before anything is sent."""

# How an error begins that is about a word on messages of a ledger, or about a job file to be made.
BEGINNINGS = ("Nothing was changed:", "Nothing was written:")
# A shorter value may also be a part of click's own words.
MIN_REPLACED = 8
# A day or a time is neither a secret nor a text, and its value says what was wrong with it.
A_DAY = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)


def report(session: Session, error: Exception) -> None:
    """Print an error, for people and as JSON."""
    message, advice = message_of(session, error), advice_for(session, error)
    with suppress(OSError):  # people are told all the same
        session.document(error_document(session, error, message, advice))
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return
    if isinstance(error, click.UsageError) and error.ctx is not None:
        click.echo(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help' for help.\n", err=True)
    click.echo("\n".join([f"{click.style('Error:', fg='red')} {in_lines(error, message)}", *advice]), err=True)


def in_lines(error: Exception, message: str) -> str:
    """An answer of Amazon's for people: what happened, what is known, and each possible cause with what to do."""
    if not isinstance(error, errors.ApiError):
        return message
    last_fact = getattr(error, "facts", ())[-1:]
    for end in ("The message was not sent.", "Nothing was sent.", *last_fact):
        message = message.replace(f"{end} ", f"{end}\n  ", 1)
    for begin in ("Or the ", f"Request id {error.request_id}"):
        message = message.replace(f" {begin}", f"\n  {begin}")
    return message


def exit_code(error: Exception) -> int:
    """The code that the command ends with."""
    if isinstance(error, click.ClickException):
        return error.exit_code
    if isinstance(error, ModuleNotFoundError):  # of an extra: known before anything is sent
        return 2
    return next((code for error_type, code in EXIT_CODES.items() if isinstance(error, error_type)), 1)


def message_of(session: Session, error: Exception) -> str:
    """What an error says, in the words of the command line."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return "Missing command."
    if isinstance(error, click.UsageError) and error.message.startswith("Got unexpected extra argument"):
        return too_many_arguments(error.ctx)
    if isinstance(error, click.ClickException):
        return without_arguments(error.format_message(), session.arguments)
    if isinstance(error, OSError):
        return f"{error.strerror or type(error).__name__}."
    if (own := remedies.own_message(error, session.profile)) is not None:
        return own
    if not (problems := getattr(error, "problems", ())):
        return str(error)
    told = [refused(session, each) for each in problems]
    begins = next((each for each in BEGINNINGS if str(error).startswith(each)), "Nothing was sent:")
    return with_options(f"{begins} {told[0]}" if len(told) == 1 else "\n  ".join([begins, *told]), session.options)


def refused(session: Session, problem: errors.Problem) -> str:
    """A problem in words: one that stopped the message, or a warning that was found beside it."""
    begins = "warning: " if problem.severity == "warning" else ""
    advice = problem.advice
    if problem.rule == "encoding":
        advice = re.sub("(?i)name the encoding", r"\g<0> with --encoding", advice)
    return f"{begins}{option_of(session, problem)}: {advice}"


def too_many_arguments(ctx: click.Context | None) -> str:
    """What to do when click says that there are more arguments than a command takes."""
    flags = {flag for each in (ctx.command.params if ctx else []) for flag in each.opts}
    told = ["There are more arguments than the command takes."]
    if "--attach" in flags:
        told.append("Give each file with an --attach of its own.")
    if "--text" in flags:
        told.append("Put a text that has spaces in quotes.")
    return " ".join(told)


def advice_for(session: Session, error: Exception) -> list[str]:
    """What to do about an error on the command line, where its message speaks to those who write Python."""
    advice: list[str] = list(getattr(error, "__notes__", ()))
    if likely_not_available(error):
        advice.append(f"`spapi-messaging actions {error.amazon_order_id}` shows which messages the order allows now.")
    if session.is_local and isinstance(error, errors.NetworkError) and DOES_IT_RUN not in str(error):
        advice.append(how_to_reach())
    return advice


def likely_not_available(error: Exception) -> TypeGuard[errors.ApiError]:
    """Whether a message was refused, most likely because of its order."""
    if isinstance(error, errors.AccessDeniedError):
        operation = OPERATIONS.get(error.operation or "")
        # `actions` is a read: where a read was refused, that would be the advice to do the same again.
        return error.possible_causes[:1] == ("not-available",) and operation is not None and operation.kind == "send"
    return isinstance(error, errors.MessageNotAvailableError)


def without_arguments(message: str, arguments: Iterable[str]) -> str:
    """A message of click's, which quotes what was given, without anything but names: it may be a buyer's text."""
    given = {part for argument in arguments for part in (argument, *argument.partition("=")[::2])}
    given = {argument for argument in given if any(map(str.isalnum, argument))}  # "." and the like tell nothing
    for argument in sorted(given, key=len, reverse=True):
        shown = errors.quoted(argument if " " in argument else Path(argument).name)
        if repr(argument) != shown and not A_DAY.fullmatch(argument):
            message = message.replace(repr(argument), shown)
            if len(argument) >= MIN_REPLACED:
                message = message.replace(argument, shown)
    return message


def error_document(session: Session, error: Exception, message: str, advice: list[str]) -> dict[str, Any]:
    """What --json prints for an error."""
    if isinstance(error, errors.SpApiMessagingError):
        told = error.to_dict() | {"message": message}
        if found := getattr(error, "problems", ()):
            told["problems"] = documented(session, found)
    else:
        told = {"type": type_of(error), "message": message, "outcome": "not_sent", "retryable": False}
    event = {"event": "error"} if session.tells_events else {}
    return event | {"error": told | ({"advice": advice} if advice else {})} | documented_warnings(session)


def type_of(error: Exception) -> str:
    """What --json calls an error of click's or of Python's."""
    if isinstance(error, click.UsageError):
        return "UsageError"
    if isinstance(error, click.ClickException) and error.__cause__ is not None:
        return type(error.__cause__).__name__
    return type(error).__name__
