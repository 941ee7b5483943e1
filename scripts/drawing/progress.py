"""The progress of `bulk send` on a terminal: the real display of a run, a minute and a half after its beginning."""

from __future__ import annotations

import io
import re
from typing import Any

from rich.console import Console
from rich.text import Text

from spapi_messaging.bulk import Count, Job, Outcome, RecordedError, State
from spapi_messaging.cli.bulk.running.bars import Bars
from spapi_messaging.cli.bulk.running.tally import Tally
from spapi_messaging.cli.bulk.running.wording import outcome_told

TITLE = "The progress of bulk send"
TOLD = "Three accounts, each with a bar, the messages that are done, the time that is left, and the counts by state."
COMMAND = "spapi-messaging bulk send jobs.csv"
COLUMNS = 110
#: By account: how many messages there are, and how many are done.
ACCOUNTS = {"shop-de": (420, 91), "shop-fr": (180, 92), "shop-it": (120, 90)}
#: More than a minute later: the time left follows from the pace then, and not from Amazon's plans, which may change.
BEGAN, NOW = 1000.0, 1090.0
REFUSED = "Amazon answered 400 to sendInvoice."

# rich's own form loads a font from elsewhere. This one takes what the reader has.
_FORM = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title told">
  <title id="title">TITLE</title>
  <desc id="told">TOLD</desc>
  <style>
    .{unique_id}-matrix {{ font: {char_height}px "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
    .{unique_id}-title {{ font-size: 18px; font-family: system-ui, sans-serif; }}
    {styles}
  </style>
  <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
    </clipPath>
    {lines}
  </defs>
  {chrome}
  <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
  </g>
</svg>
"""


def tally() -> Tally:
    """What the run has done."""
    counts = [Count(name, "invoice", State.PENDING, total) for name, (total, _) in ACCOUNTS.items()]
    found = Tally(counts, BEGAN)
    sent = [
        (BEGAN + (number + 1) * (NOW - BEGAN) / done, account, number)
        for account, (_, done) in ACCOUNTS.items()
        for number in range(done)
    ]
    for at, account, number in sorted(sent):
        found.note(_outcome(account, number, State.SENT), at)
    found.note(rejected(), NOW)
    return found


def rejected() -> Outcome:
    """The one message that Amazon did not take."""
    error = RecordedError(REFUSED, error_type="BadRequestError", status_code=400, outcome="not_sent")
    return _outcome("shop-de", 4711, State.REJECTED, error=error)


def drawn() -> str:
    """The picture."""
    console = Console(
        file=io.StringIO(), record=True, width=COLUMNS, height=20, force_terminal=True, color_system="truecolor",
        legacy_windows=False, _environ={},
    )  # fmt: skip
    bars = Bars(tally(), lambda: NOW)
    bars._console = console
    console.print(Text(f"$ {COMMAND}", style="bold"))
    console.print(Text(outcome_told(rejected()), style="red"))
    console.print(bars._rendered())
    svg = console.export_svg(
        title=COMMAND, code_format=_FORM.replace("TITLE", TITLE).replace("TOLD", TOLD), unique_id="progress"
    )
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def _outcome(account: str, number: int, state: State, **more: Any) -> Outcome:
    job = Job(f"303-1234567-{number:07d}", "invoice", marketplace="DE", account=account, document=f"R-{number}")
    return Outcome(job, state, account, more.get("receipt"), more.get("error"))
