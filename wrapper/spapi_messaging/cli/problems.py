"""How the command line shows what a check found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.session import Session
from spapi_messaging.errors import Problem

if TYPE_CHECKING:  # loaded on first use: the shell asks for completions with every key
    from logging import LogRecord

COLOURS = {"error": "red", "warning": "yellow"}


def option_of(session: Session, problem: Problem) -> str:
    """What the command line calls the field of a problem."""
    return session.options.get(problem.field, problem.field)


def as_line(session: Session, problem: Problem) -> str:
    """A problem in one line."""
    severity = click.style(problem.severity, fg=COLOURS[problem.severity])
    advice = with_options(problem.advice, session.options)
    return f"{severity} {option_of(session, problem)}: {advice} [{problem.rule}]"


def with_options(message: str, options: Mapping[str, str]) -> str:
    """A message that names options instead of fields, where a field's name cannot be a word of the language."""
    for field, option in options.items():
        if "_" in field:
            message = re.sub(rf"\b{field}\b", option, message)
    return message


def documented(session: Session, problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as --json prints them."""
    return [{**each.to_dict(), "option": session.options.get(each.field)} for each in problems]


def documented_warnings(session: Session) -> dict[str, Any]:
    """What --json prints of the warnings; nothing if there are none."""
    return {"warnings": documented(session, session.warnings)} if session.warnings else {}


@contextmanager
def warnings_shown(session: Session) -> Iterator[None]:
    """Show what a check within the block warns of, as lines for people instead of lines of a log.

    It is printed when the block ends: a terminal that is closed must not stop a message halfway. What is raised as
    well, such as an interruption, is not shown: the command's own error tells of it.
    """

    def keep(record: LogRecord) -> bool:
        problem = getattr(record, "problem", None)
        if isinstance(problem, Problem):
            session.warnings.append(problem)
        return problem is None and not hasattr(record, "raised")

    from logging import getLogger

    log = getLogger("spapi_messaging")
    log.addFilter(keep)
    try:
        yield
    finally:
        log.removeFilter(keep)
        with suppress(OSError):
            for problem in session.warnings:
                click.echo(as_line(session, problem), err=True)
