"""What people see while a run goes on: counts, pace and time left; bars on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk import Job, Outcome, RecordedError, State
from spapi_messaging.bulk.people.status import Count
from spapi_messaging.cli.bulk.running import watching
from spapi_messaging.cli.bulk.running.bars import Bars
from spapi_messaging.cli.bulk.running.displays import Lines
from spapi_messaging.cli.bulk.running.tally import Tally
from spapi_messaging.cli.bulk.running.usage_plans import seconds_by_plans
from spapi_messaging.cli.bulk.running.wording import as_sentence, duration
from spapi_messaging.messages import OPERATIONS, UPLOAD, operation_for
from spapi_messaging.sandbox import Sandbox
from tests.cli.bulk.conftest import Desk
from tests.support.runs import FILE_TYPE, OTHER_TYPE, TEXT, TEXT_TYPE, order
from tests.support.servers import PATIENCE


def pending(count: int, account: str | None = None, message_type: str = TEXT_TYPE) -> Count:
    return Count(account, message_type, State.PENDING, count)


def outcome(
    number: int, state: State = State.SENT, account: str | None = None, message_type: str = TEXT_TYPE
) -> Outcome:
    return Outcome(Job(order(number), message_type, text=TEXT, marketplace="DE"), state, account)


def test_counts_begin_where_the_ledger_stands() -> None:
    tally = Tally([pending(3), Count(None, TEXT_TYPE, State.SENT, 7)], 0.0)
    tally.note(outcome(1), 1.0)
    line = tally.line_of_all(1.0)

    assert (line.done, line.total) == (8, 10)
    assert re.match("8 of 10 done, about .* left, sent 8", as_sentence(line))


def test_a_rejected_message_that_waits_after_all_counts_once() -> None:
    tally = Tally([pending(2)], 0.0)
    tally.note(outcome(1, State.REJECTED), 1.0)
    tally.note(outcome(1, State.WAITING), 2.0)
    tally.note(outcome(2), 3.0)

    assert tally.line_of_all(3.0).states == {State.WAITING: 1, State.SENT: 1}


def test_messages_for_later_take_no_time() -> None:
    tally = Tally([pending(300)], 0.0, later={(None, TEXT_TYPE): 298})
    for number in (1, 2):
        tally.note(outcome(number), 1.0)
    line = tally.line_of_all(1.0)

    assert (line.seconds, line.later) == (0, 298)
    assert as_sentence(line) == "2 of 300 done, sent 2, dated later 298"


def test_messages_whose_time_comes_during_the_run() -> None:
    tally = Tally([pending(3)], 0.0, later={(None, TEXT_TYPE): 2})
    for number in (1, 2, 3):
        tally.note(outcome(number), 1.0)

    assert tally.line_of_all(1.0).later == 0
    assert as_sentence(tally.line_of_all(1.0)) == "3 of 3 done, sent 3"


def test_a_parked_account_has_no_time_left() -> None:
    tally = Tally([pending(100, "one"), pending(20, "two")], 0.0)
    tally.note(outcome(1, State.PARKED, "one"), 1.0)
    (two, one), _ = tally.lines(1.0)

    assert one.states == {State.PARKED: 100}
    assert one.seconds == 0
    assert tally.line_of_all(1.0).seconds == two.seconds


def test_accounts_with_work_left_come_first() -> None:
    tally = Tally([Count("a", TEXT_TYPE, State.SENT, 1), pending(1, "c"), pending(1, "b")], 0.0)

    assert [line.account for line in tally.lines(1.0)[0]] == ["b", "c", "a"]


def test_of_many_accounts_some_are_shown() -> None:
    lines, hidden = Tally([pending(1, f"{number:04}") for number in range(3000)], 0.0).lines(1.0, 20)

    assert [line.account for line in lines] == [f"{number:04}" for number in range(20)]
    assert hidden == 2980


def test_the_pace_is_that_of_the_last_minute() -> None:
    tally = Tally([pending(1000)], 0.0)
    assert tally.line_of_all(1.0).pace is None
    for number in range(30):
        tally.note(outcome(number), 10.0)
    assert tally.line_of_all(20.0).pace == 90
    tally.note(outcome(31), 100.0)
    assert tally.line_of_all(100.0).pace == 1


def test_the_time_left_is_that_of_the_plans_and_later_as_it_went() -> None:
    rate = operation_for(TEXT_TYPE).rate
    assert rate
    tally = Tally([pending(600)], 0.0)
    assert tally.line_of_all(0.0).seconds == pytest.approx(600 / rate)
    for number in range(10):
        tally.note(outcome(number), 90.0)
    assert tally.line_of_all(100.0).seconds == pytest.approx(590 * 6)


def test_nothing_is_left_at_the_end() -> None:
    tally = Tally([pending(1)], 0.0)
    assert tally.line_of_all(1.0).seconds
    tally.note(outcome(1), 1.1)

    assert as_sentence(tally.line_of_all(1.1)) == "1 of 1 done, sent 1"


def test_operations_run_side_by_side() -> None:
    text = operation_for(TEXT_TYPE).rate
    assert text

    assert seconds_by_plans({TEXT_TYPE: 60, OTHER_TYPE: 1}) == pytest.approx(60 / text)


def test_all_files_go_through_one_upload_and_all_questions_through_one_read() -> None:
    with_files = [
        each.message_type
        for each in OPERATIONS.values()
        if each.message_type and any(field.kind == "attachments" for field in each.fields)
    ]
    assert FILE_TYPE in with_files
    assert UPLOAD.rate
    reads = [each.rate for each in OPERATIONS.values() if each.kind == "read" and each.rate]

    slowest = min(operation_for(each).rate or 0 for each in with_files)
    expected = max(1000 / slowest, 1000 * len(with_files) / UPLOAD.rate)
    assert seconds_by_plans(dict.fromkeys(with_files, 1000)) == pytest.approx(expected)
    assert seconds_by_plans({TEXT_TYPE: 10, OTHER_TYPE: 10}, check=True) == pytest.approx(20 / min(reads))


STATES = st.sampled_from([State.SENT, State.REJECTED, State.UNKNOWN, State.GIVEN_UP, State.WAITING])


@given(st.lists(st.tuples(st.integers(0, 5), STATES, st.sampled_from(["a", "b"])), max_size=40))
def test_the_sum_stays_and_nothing_is_negative(told: list[tuple[int, State, str]]) -> None:
    """Whatever order outcomes come in."""
    orders = {(number, account) for number, _, account in told}
    tally = Tally([pending(count, account) for account, count in Counter(account for _, account in orders).items()], 0)
    for number, state, account in told:
        tally.note(outcome(number, state, account), 1.0)
        for line in [*tally.lines(1.0)[0], tally.line_of_all(1.0)]:
            assert all(count >= 0 for count in line.states.values())
            assert 0 <= line.done <= line.total or len(told) > len(orders)
            assert line.seconds is None or line.seconds >= 0


@given(st.floats(0.1, 1e6))
def test_durations_are_short_words(seconds: float) -> None:
    assert re.fullmatch(r"\d+ s|\d+ min|\d+ h( \d+ min)?", duration(seconds))


def test_a_line_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    now = 0.0
    lines = Lines(Tally([pending(100)], 0.0), lambda: now)
    for moment in (1.0, 59.0, 61.0, 62.0, 120.0, 121.5):
        now = moment
        lines.tick()
    told = capsys.readouterr().err.splitlines()

    assert len(told) == 2
    assert all(re.match(r"\d\d:\d\d:\d\d 0 of 100 done", line) for line in told)


def test_a_message_that_is_left_for_later(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender gives it back when it could not reach Amazon several times."""

    class Unreachable:
        def run(self) -> Iterator[Outcome]:
            error = RecordedError("It could not be reached.", error_type="NetworkError")
            yield from (Outcome(outcome(number).job, State.PENDING, None, None, error) for number in (1, 2))

        def stop(self) -> None:
            pass

    monkeypatch.setattr("spapi_messaging.cli.bulk.send.make_sender", lambda *_, **__: Unreachable())
    done = desk.send(desk.texts(1, 2))

    assert done.exit_code == 6
    assert done.stderr.count(f"left for later: {TEXT_TYPE} for order ") == 2


def test_where_there_is_no_terminal(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock takes a minute here."""
    minutes = iter(range(0, 10**6, 60))
    monkeypatch.setattr(watching, "CLOCK", lambda: float(next(minutes)))
    done = desk.send(desk.texts(1, 2, 3))

    assert re.search(r"^\d\d:\d\d:\d\d 3 of 3 done, sent 3", done.stderr, re.MULTILINE)
    assert "\x1b" not in done.stderr


class Terminal:
    """A command on a terminal of some size.

    Args:
        command: the command.
        rows: the terminal's lines.
    """

    def __init__(self, command: list[str], rows: int) -> None:
        import pty
        import termios

        self._own, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (rows, 100))
        environment = {**os.environ, "TERM": "xterm-256color"}
        for name in ("LINES", "COLUMNS", "NO_COLOR", "FORCE_COLOR"):
            environment.pop(name, None)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment
        )
        os.close(theirs)

    def shown(self) -> str:
        """What it printed until it ended."""
        parts = []
        while select.select([self._own], [], [], PATIENCE)[0]:
            try:
                part = os.read(self._own, 65536)
            except OSError:  # nobody has the other end any more
                break
            if not part:
                break
            parts.append(part)
        self.exit_code = self._process.wait(PATIENCE)
        os.close(self._own)
        return b"".join(parts).decode()


@pytest.fixture
def many_accounts(desk: Desk, environment: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A command that sends for 30 accounts."""
    environment.setenv("SP_API_SANDBOX", "local")
    rows = [(order(number), TEXT_TYPE, TEXT, f"shop-{number:02}") for number in range(30)]
    file = desk.write(*rows, headings="order,type,text,account")
    yield [sys.executable, "-m", "spapi_messaging", "bulk", "send", str(file), "--ledger", desk.ledger_url]


pytest_terminal = pytest.mark.skipif(
    sys.platform == "win32" or not Path("/dev/ptmx").exists(), reason="needs a pseudo-terminal"
)


def plain(shown: str) -> str:
    """Without colours and movements of the cursor. What is written over an erased line stands in one of its own."""
    shown = shown.replace("\x1b[2K", "\n")
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown).replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [60, 80, 100, 140])
@pytest.mark.parametrize("accounts", [[None], ["shop-de", "shop-" + "x" * 40]], ids=["one", "several"])
def test_the_count_and_the_time_left_stay_whole(
    accounts: list[str | None], columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever else there is to tell. The bar and a name that tells nothing give way first."""
    counts = {State.SENT: 211, State.REJECTED: 12, State.UNKNOWN: 3, State.WAITING: 4, State.PENDING: 70}
    tally = Tally([Count(each, TEXT_TYPE, *count) for each in accounts for count in counts.items()], 0.0)
    monkeypatch.setenv("COLUMNS", str(columns))
    bars = Bars(tally, lambda: 10.0)
    bars.begin()
    bars.end()
    told = capsys.readouterr().err.splitlines()

    assert max(map(len, told)) <= columns
    assert len(re.findall(r"\b226/300 +about \d+ \S+ left sent 211, rejected 12", "\n".join(told))) == len(accounts)
    assert ("━" in told[0]) == (columns == 140 or (columns == 100 and accounts == [None]))
    assert accounts == [None] or told[-1].startswith("452 of 600 done, about ")


def test_no_bar_where_there_is_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    bars = Bars(Tally([], 0.0), lambda: 10.0)
    bars.begin()
    bars.end()

    assert capsys.readouterr().err.strip() == ""


@pytest_terminal
def test_bars_as_many_as_fit(many_accounts: list[str], desk: Desk) -> None:
    terminal = Terminal(many_accounts, rows=15)
    last = plain(terminal.shown()).split("\n")[-20:]

    assert terminal.exit_code == 0
    assert len(desk.received()) == 30
    text = "\n".join(last)
    assert "and 20 more accounts" in text
    assert "30 of 30 done, sent 30" in text
    assert text.endswith("All 30 messages of this file are sent.\n")


@pytest_terminal
def test_with_room_there_is_a_bar_for_each(many_accounts: list[str]) -> None:
    shown = plain(Terminal(many_accounts, rows=60).shown())

    assert "more account" not in shown
    assert all(re.search(rf"^shop-{number:02} .* 1/1 sent 1", shown, re.MULTILINE) for number in range(30))


@pytest_terminal
def test_what_a_person_must_know_stands_above_the_bars(many_accounts: list[str], sandbox: Sandbox) -> None:
    sandbox.faults.answer(400, {"errors": [{"code": "InvalidInput", "message": "It is refused"}]}, on="sends")
    sandbox.faults.add("error", "sends")
    shown = plain(Terminal(many_accounts, rows=60).shown())

    assert (
        len(re.findall(rf"^\s*rejected {TEXT_TYPE} for order [\d-]+ \(shop-\d\d\): Amazon", shown, re.MULTILINE)) == 1
    )
    assert len(re.findall(rf"^\s*unknown {TEXT_TYPE} for order ", shown, re.MULTILINE)) == 1
    assert "outcome=unknown" not in shown


@pytest_terminal
def test_a_warning_of_the_library_stands_above_the_bars(many_accounts: list[str], sandbox: Sandbox) -> None:
    sandbox.faults.add("invalid_grant")
    shown = plain(Terminal(many_accounts, rows=60).shown())

    assert re.search(r"^\s*warning: The account shop-\d\d is parked: ", shown, re.MULTILINE)
