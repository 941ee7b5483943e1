"""All that tools would store of an error which collect them: Sentry, rich, the standard library, a debugger."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import sentry_sdk
from rich.traceback import Traceback
from sentry_sdk.envelope import Envelope
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.transport import Transport
from sentry_sdk.utils import event_from_exception

from tests.secrets.planting import SECRETS

TESTS = Path(__file__).parent.parent


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and all that led to it or stands in its group."""
    pending, seen = [error], set()
    while pending:
        each = pending.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            pending += [each.__cause__, each.__context__, *getattr(each, "exceptions", ())]


def frames_of(error: BaseException) -> Iterator[FrameType]:
    """The frames of an error's traceback, the caller's first."""
    found = error.__traceback__
    while found is not None:
        yield found.tb_frame
        found = found.tb_next


def without_frames_of_tests(error: BaseException) -> BaseException:
    """The same error. Frames of these tests, which hold what they planted, are taken out of its tracebacks."""
    for each in chain(error):
        each.__traceback__ = _filtered(each.__traceback__)
    return error


def _filtered(found: TracebackType | None) -> TracebackType | None:
    if found is None:
        return None
    rest = _filtered(found.tb_next)
    if Path(found.tb_frame.f_code.co_filename).is_relative_to(TESTS):
        return rest
    return TracebackType(rest, found.tb_frame, found.tb_lasti, found.tb_lineno)


def all_of(error: BaseException) -> dict[str, str]:
    """What each tool shows."""
    error = without_frames_of_tests(error)
    tools = {"standard library": of_traceback, "walk": of_walk, "rich": of_rich, "Sentry": of_sentry}
    return {name: shown_by(error) for name, shown_by in tools.items()}


def check(error: BaseException) -> None:
    """Fails if a tool shows a planted secret."""
    assert {tool: found for tool, text in all_of(error).items() if (found := SECRETS.found_in(text))} == {}


def of_traceback(error: BaseException) -> str:
    """What the standard library prints, with local variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def of_walk(error: BaseException) -> str:
    """The values of each frame and of the errors themselves, two levels down."""
    shown = []
    for each in chain(error):
        shown.append(f"{each!r} {each} {vars(each)} {each.args!r}")
        for frame in frames_of(each):
            shown += [f"{frame.f_code.co_qualname}: {name} = {value!r}" for name, value in frame.f_locals.items()]
    return "\n".join(shown)


_WHOLE: dict[str, Any] = {"locals_max_length": None, "locals_max_string": None, "locals_hide_dunder": False}


def of_rich(error: BaseException) -> str:
    """What rich shows of local variables, in whole. Only its colours are left out: they take most of its time."""
    found = Traceback.extract(type(error), error, error.__traceback__, show_locals=True, **_WHOLE)
    frames = (frame for stack in found.stacks for frame in stack.frames)
    shown = [f"{name} = {node}" for frame in frames for name, node in (frame.locals or {}).items()]
    return "\n".join([*(f"{stack.exc_value} {stack.notes}" for stack in found.stacks), *shown])


class Kept(Transport):
    """Keeps what Sentry would send."""

    def __init__(self, options: Any = None) -> None:
        super().__init__(options)
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent += [item.get_bytes().decode() for item in envelope.items]


def sentry_options(kept: Kept, **options: Any) -> dict[str, Any]:
    """Options with which Sentry tells as much as it can, and hides nothing by itself."""
    given: dict[str, Any] = {
        "dsn": "http://key@127.0.0.1:9/1",
        "transport": kept,
        "include_local_variables": True,
        "send_default_pii": True,
        "max_request_body_size": "always",
        "event_scrubber": EventScrubber(denylist=[], pii_denylist=[]),
        "traces_sample_rate": 1.0,
        "shutdown_timeout": 0,
    }
    return given | options


def of_sentry(error: BaseException) -> str:
    """The event that Sentry would send."""
    client = _sentry()
    kept = client.transport
    assert isinstance(kept, Kept)
    kept.sent.clear()
    event, hint = event_from_exception(error, client_options=client.options)
    client.capture_event(event, hint)
    return "\n".join(kept.sent)


@cache
def _sentry() -> sentry_sdk.Client:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of send_default_pii, which many shops have
        return sentry_sdk.Client(**sentry_options(Kept(), default_integrations=False, traces_sample_rate=None))
