"""`bulk send` that is interrupted, as a real process: the ledger stays right, and the same command goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from spapi_messaging.bulk import Outcome, Sender, State
from spapi_messaging.cli.bulk.running.following import Interruption, follow
from spapi_messaging.errors import LedgerError
from tests.cli.bulk.conftest import Desk
from tests.support.servers import PATIENCE
from tests.support.slow import SlowAmazon

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")


@pytest.fixture
def slow() -> Iterator[SlowAmazon]:
    amazon = SlowAmazon()
    with amazon.server:
        yield amazon
        amazon.answer_now.set()


@contextmanager
def sending(desk: Desk, environment: pytest.MonkeyPatch, slow: SlowAmazon) -> Iterator[subprocess.Popen[str]]:
    """`bulk send --json` of two messages. At least one has left and waits for its answer."""
    environment.setenv("SP_API_ENDPOINT", slow.server.url)
    environment.setenv("LWA_ENDPOINT", f"{slow.server.url}/auth/o2/token")
    command = [sys.executable, "-m", "spapi_messaging", "--json", "bulk", "send", str(desk.texts(1, 2))]
    pipe = subprocess.PIPE
    with subprocess.Popen([*command, "--ledger", desk.ledger_url], stdout=pipe, stderr=pipe, text=True) as process:
        try:
            assert slow.arrived.wait(PATIENCE)
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], words: str) -> None:
    """Reads stderr until a line has these words."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"It never said {words!r}")


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_the_first_signal_waits_for_what_is_in_the_air(
    desk: Desk, environment: pytest.MonkeyPatch, slow: SlowAmazon, number: signal.Signals
) -> None:
    with sending(desk, environment, slow) as process:
        process.send_signal(number)
        read_until(process, "in flight. Ctrl-C again ends at once.")
        slow.answer_now.set()
        output, _ = process.communicate(timeout=PATIENCE)

    events: list[Any] = [json.loads(line) for line in output.splitlines()]
    left = len(slow.server.sends)
    assert [event["state"] for event in events if event["event"] == "outcome"] == ["sent"] * left
    assert events[-1]["interrupted"] is True
    assert process.returncode == events[-1]["exit_code"] == (0 if left == 2 else 6)
    assert desk.states()[State.SENT] == left
    assert State.UNKNOWN not in desk.states()


def test_the_second_signal_ends_at_once(desk: Desk, environment: pytest.MonkeyPatch, slow: SlowAmazon) -> None:
    """What had left is unknown, and the command says what to do."""
    with sending(desk, environment, slow) as process:
        process.send_signal(signal.SIGINT)
        read_until(process, "Stopping")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE / 2)

    assert process.returncode == 3
    assert "Ending at once" in errors
    assert "bulk resolve --order" in errors
    assert desk.states()[State.UNKNOWN] == len(slow.server.sends)
    assert not {State.CLAIMED, State.SENDING} & desk.states().keys()


def test_the_same_command_goes_on(desk: Desk, environment: pytest.MonkeyPatch, slow: SlowAmazon) -> None:
    with sending(desk, environment, slow) as process:
        process.send_signal(signal.SIGINT)
        read_until(process, "Stopping")
        slow.answer_now.set()
        process.communicate(timeout=PATIENCE)
    environment.setenv("SP_API_ENDPOINT", slow.server.url)
    done = desk.send(desk.folder / "jobs.csv")

    assert done.exit_code == 0
    assert "All 2 messages of this file are sent." in done.stdout
    assert len(slow.server.sends) == 2


class Idle:
    """A sender that sends nothing until it is told to stop."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def run(self) -> Iterator[Any]:
        while not self.said:
            pass
        yield from ()

    def stop(self) -> None:
        self.said.append("stop")

    def abort(self) -> None:
        self.said.append("abort")


def test_a_signal_before_the_run_begins_is_not_lost() -> None:
    idle, interruption = Idle(), Interruption()
    sender: Any = idle
    interruption.begin(sender)
    interruption()

    follow(sender, lambda outcome: None, lambda: None)
    assert idle.said[0] == "stop"


def test_the_third_signal_does_not_wait_for_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("os._exit", codes.append)
    sender: Any = Idle()
    interruption = Interruption()
    interruption.begin(sender)
    for _ in range(3):
        interruption()

    assert sender.said[:2] == ["stop", "abort"]
    assert codes == [3]


def test_a_signal_while_the_file_is_read_has_sent_nothing(
    desk: Desk, environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any, **__: Any) -> Any:
        signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    environment.setattr("spapi_messaging.bulk.Ledger.check", interrupted)
    done = desk.send(desk.texts(1))

    assert done.exit_code == 6
    assert "Nothing was sent: the command was interrupted before it began" in done.stderr
    assert desk.states() == {}
    assert signal.getsignal(signal.SIGINT) == before


def test_a_signal_while_python_ends_does_not_change_the_exit_code(desk: Desk) -> None:
    code = (
        "import atexit, os, signal; from spapi_messaging.cli import main;"
        "atexit.register(lambda: print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN));"
        "main()"
    )
    command = [sys.executable, "-c", code, "bulk", "send", str(desk.texts(1)), "--ledger", desk.ledger_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "True")


def test_the_second_signal_before_the_run_does_not_disturb_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("os._exit", codes.append)
    interruption = Interruption()
    with pytest.raises(KeyboardInterrupt):
        interruption()
    interruption()
    assert not codes

    interruption()  # should it never end
    assert codes == [6]


def test_a_ledger_that_a_signal_disturbs_is_no_error_of_its_own(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    """SQLAlchemy raises another error over the KeyboardInterrupt."""

    def disturbed(*_: Any, **__: Any) -> Any:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise LedgerError("It refused a statement.") from None

    environment.setattr("spapi_messaging.cli.bulk.send.open_ledger", disturbed)
    done = desk.send(desk.texts(1))

    assert done.exit_code == 6
    assert "Nothing was sent: the command was interrupted" in done.stderr


def test_a_run_whose_ledger_fails_may_have_sent_something(desk: Desk, environment: pytest.MonkeyPatch) -> None:
    """The disk was full for too long, say. Exit code and event must not say that nothing was sent."""

    def run(_: Sender) -> Iterator[Outcome]:
        yield from ()
        raise LedgerError("The ledger: the disk is full.")

    file = desk.texts(1)
    with environment.context() as broken:
        broken.setattr(Sender, "run", run)
        done = desk.send(file)
        (event,) = [event for event in desk.events(file) if event["event"] == "error"]

    assert done.exit_code == 3
    assert "may have arrived. The ledger: the disk is full. Mend that, then type the same command again" in done.stderr
    assert event["error"]["outcome"] == "unknown"
    assert desk.send(file).exit_code == 0
