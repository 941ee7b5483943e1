"""What a command prints for an error, and its exit code."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from spapi_messaging import errors

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

DETAILS = ("operation", "amazon_order_id", "status_code", "code", "error", "file_name", "request_id", "retry_after")


# What is shorter stands in click's own words as well.
MIN_REPLACED = 8


def exit_code(error: errors.SpApiMessagingError) -> int:
    """The code that the command ends with."""
    return next((code for error_type, code in EXIT_CODES.items() if isinstance(error, error_type)), 1)


def without_arguments(message: str, arguments: Iterable[str]) -> str:
    """A message of click's, which quotes what was given, without anything but names: it may be a buyer's text."""
    if message.startswith("Got unexpected extra argument"):
        return "There are more arguments than the command takes. Put a text that has spaces in quotes."
    given = {part for argument in arguments for part in (argument, *argument.partition("=")[::2])}
    for argument in sorted(given, key=len, reverse=True):
        shown = errors.quoted(argument if " " in argument else Path(argument).name)
        if repr(argument) != shown:
            message = message.replace(repr(argument), shown)
            if len(argument) >= MIN_REPLACED:
                message = message.replace(argument, shown)
    return message


def error_document(error: Exception) -> dict[str, Any]:
    """What --json prints for an error."""
    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    error_type = "UsageError" if isinstance(error, click.ClickException) else type(error).__name__
    details = {name: getattr(error, name, None) for name in DETAILS}
    problems = [problem._asdict() for problem in getattr(error, "problems", ())]
    known = {name: value for name, value in (details | {"problems": problems}).items() if value not in (None, [])}
    return {"error": {"type": error_type, "message": message, **known}}
