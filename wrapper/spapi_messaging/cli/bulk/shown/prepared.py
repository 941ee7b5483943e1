"""What `bulk prepare` prints: what is in the job file, what is not, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spapi_messaging.cli.bulk.shown.counted import counted
from spapi_messaging.cli.bulk.shown.typed import command
from spapi_messaging.cli.columns import padded, width_of
from spapi_messaging.cli.problems import as_line
from spapi_messaging.cli.session import Session
from spapi_messaging.errors import Problem

if TYPE_CHECKING:
    from spapi_messaging.bulk.preparing.preparation import Preparation
    from spapi_messaging.bulk.preparing.verifying import Verified

MAX_PROBLEMS = 100
"""People are shown at most this many problems of each kind. --json has all that are listed."""

MAX_COLUMNS = 12
"""At most this many of the columns are named that are not taken over."""


class Shown:
    """What is printed in the end.

    Args:
        session: the command's.
        output: the job file as it was typed.
        source: the folder or the report.
        found: what was prepared.

    Attributes:
        verified: what the job file would be, if it was sent; None: nothing was written.
    """

    def __init__(self, session: Session, output: str, source: Path, found: Preparation) -> None:
        self.verified: Verified | None = None
        self._session, self._output, self._source, self._found = session, output, source, found
        self._findings = found.findings

    @property
    def has_problems(self) -> bool:
        """Whether anything is wrong."""
        return bool(self._findings.problems) or bool(self.verified and self.verified.problems)

    def tell(self) -> None:
        """Print it all, for people and as JSON."""
        self._session.document(self._document())
        for line in self._lines():
            if self._output == "-":  # the job file is on stdout
                click.echo(line, err=True)
            else:
                self._session.say(line)

    def _document(self) -> dict[str, Any]:
        columns, verified = self._found.report, self.verified
        problems = [*self._findings.problems, *(verified.problems if verified else ())]
        return {
            "file": self._output if verified else None,
            "digest": verified.digest if verified else None,
            "messages": len(self._found.jobs),
            "kinds": [{**kind._asdict(), "messages": count} for kind, count in self._found.kinds.items()],
            "columns": {"used": dict(columns.used), "kept": columns.kept, "left": columns.left} if columns else None,
            "repeated_lines": self._findings.repeated,
            "left_out": [
                {"reason": reason, "count": each.count, "examples": each.examples}
                for reason, each in self._findings.left_out.items()
            ],
            "changed_by_spreadsheets": len(self._found.changeable),
            "problems": [each.to_dict() for each in problems],
            "problem_count": self._findings.count + (verified.problem_count if verified else 0),
            "next": self._next(),
        }

    def _lines(self) -> Iterator[str]:
        yield from self._columns()
        yield from table(self._kinds())
        if self._findings.repeated:
            yield f"{counted(self._findings.repeated, 'line')} said the same as another one of the same order."
        for reason, each in self._findings.left_out.items():
            more = ", …" if each.count > len(each.examples) else ""
            yield f"Left out, because {reason}: {each.count} ({', '.join(each.examples)}{more})."
        title = f"Not in the job file, from {self._source.name or '.'}"
        yield from self._problems(title, self._findings.problems, self._findings.count)
        if self.verified is not None:
            yield from self._problems(f"In {self._name}", self.verified.problems, self.verified.problem_count)
            yield from self._changeable()
            yield from self._end(self.verified)
        else:
            yield "Nothing was written."

    @property
    def _name(self) -> str:
        return "the job file" if self._output == "-" else self._output

    def _columns(self) -> Iterator[str]:
        """Which column was taken for what: it may be a guess."""
        from spapi_messaging.bulk.preparing.columns import heading_shown

        if (columns := self._found.report) is None:
            return
        told = [f"{name} ← {heading_shown(heading)}" for name, heading in columns.used.items()]
        told += [f"kept for templates: {', '.join(map(heading_shown, columns.kept))}"] if columns.kept else []
        if columns.left:
            few = ", ".join(map(heading_shown, columns.left[:MAX_COLUMNS])) + (
                ", …" if len(columns.left) > MAX_COLUMNS else ""
            )
            told.append(f"not taken over: {counted(len(columns.left), 'column')} ({few})")
        yield from (f"Columns: {told[0]}", *(f"         {each}" for each in told[1:]))

    def _kinds(self) -> list[Sequence[str]]:
        kinds = self._found.kinds
        if not kinds:
            return []
        rows = [(str(count), kind.marketplace, kind.message_type, kind.account or "") for kind, count in kinds.items()]
        has_accounts = any(row[3] for row in rows)
        head = ("MESSAGES", "MARKETPLACE", "TYPE", "ACCOUNT")
        return [row if has_accounts else row[:3] for row in (head, *rows)]

    def _problems(self, title: str, problems: Sequence[Problem], count: int) -> Iterator[str]:
        if not problems:
            return
        yield f"{title}: {counted(count, 'problem')}"
        for each in problems[:MAX_PROBLEMS]:
            yield f"  {as_line(self._session, each)}"
        if (more := count - min(len(problems), MAX_PROBLEMS)) > 0:
            yield f"  … and {more} more."

    def _changeable(self) -> Iterator[str]:
        """Warns of what a spreadsheet would change: a message with another document number would be sent again."""
        if found := self._found.changeable:
            told = f"A spreadsheet that saves {self._name} changes {len(found)} of its documents or keys, such as"
            yield f"{told} {found[0]}. Then they are other messages, which are sent even if these were."
            yield "Format that column as text when you open the file, or write a .jsonl file instead."

    def _end(self, verified: Verified) -> Iterator[str]:
        messages = counted(len(self._found.jobs))
        told = f"{messages}, digest {verified.digest}" if verified.digest else messages
        yield f"{'The job file' if self._output == '-' else self._output}: {told}."
        if verified.problems:
            yield f"It cannot be sent like this. Correct what is wrong, and prepare it again; or edit {self._name}."
        elif verified.needs_text:
            yield f"Its messages need texts. Look at {self._name}, write the text into a file, then:"
            yield f"  {self._next()}"
        else:
            yield f"Look at {self._name}, then:"
            yield f"  {self._next()}"

    def _next(self) -> str | None:
        """What to type next. None: something must be corrected first."""
        if self.verified is None or self.verified.problems:
            return None
        words = ["send", self._output]  # - is the job file on stdin
        words += ["--sandbox", self._session.sandbox] if self._session.sandbox else []
        if self.verified.needs_text:
            return command(None, *words, "--text-file", "text.txt", "--dry-run")
        return command(None, *words, "--digest", str(self.verified.digest))


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows in columns. The first column holds numbers."""
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    for number, *cells in rows:
        padding = [padded(cell, width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield f"  {number:>{widths[0]}}  {'  '.join(padding)}".rstrip()
