"""`bulk status --html`: the page, as its file has it."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk import Job, Ledger, State
from spapi_messaging.bulk.claiming.session import Session as SenderSession
from spapi_messaging.bulk.people.timeline import Span
from spapi_messaging.cli.bulk.status_page import facts as limits
from spapi_messaging.cli.bulk.status_page import page_file as writing
from spapi_messaging.cli.bulk.status_page.charts import HEIGHT, chart_of
from spapi_messaging.cli.bulk.status_page.pace import duration, pace_of
from spapi_messaging.cli.bulk.status_page.reasons import grouped
from spapi_messaging.cli.session import Session
from spapi_messaging.messages import MESSAGE_TYPES
from tests.cli.conftest import Run, invoke
from tests.support.ledgers import NOON, Clock, in_every_state, order, park, set_columns
from tests.support.runs import OTHER_TYPE, TEXT_TYPE
from tests.support.tables import lose

SECRET = "Nobody but the buyer may read this"
HOSTILE = "<script>document.title='run'</script>\"'>&amp;${x}\u00fc"
NOW = datetime.fromtimestamp(NOON, UTC)


class Texts(HTMLParser):
    """What a reader sees of a page, and which elements it has."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.seen.append(data)


def read(html: bytes) -> Texts:
    texts = Texts()
    texts.feed(html.decode("ascii"))
    return texts


def words(html: bytes) -> str:
    return " ".join(" ".join(read(html).seen).split())


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'sent.db'}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(url: str, clock: Clock) -> Iterator[Ledger]:
    with Ledger(url, clock=clock) as made:
        yield made


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "status.html"


def a_job(number: int, **more: Any) -> Job:
    given = {"message_type": TEXT_TYPE, "text": SECRET, "marketplace": "DE", "account": "shop", **more}
    return Job(order(number), **given)


def put(ledger: Ledger, number: int, **columns: Any) -> None:
    """A message with these columns."""
    ledger.add(a_job(number, **columns.pop("job", {})))
    if columns:
        set_columns(ledger, order(number), **columns)


def page_of(ledger: Ledger, target: Path, **selection: Any) -> bytes:
    """The page at noon."""
    writing.write_page(Session(json=True), ledger, str(target), selection, now=NOW)
    return target.read_bytes()


def status(url: str, *more: str) -> Run:
    return invoke("bulk", "status", "--ledger", url, *more)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_the_command_writes_the_page_beside_its_table(ledger: Ledger, url: str, target: Path) -> None:
    in_every_state(ledger, account="shop")
    ran = status(url, "--html", str(target))

    assert ran.exit_code == 3
    assert "shop" in ran.stdout and f"Wrote the page {target}." in ran.stdout
    told = words(target.read_bytes())
    assert "Messages in sent.db" in told
    assert "Look at the unknown ones first" in told


def test_dash_writes_the_page_alone_to_stdout(ledger: Ledger, url: str) -> None:
    in_every_state(ledger, account="shop-ü")
    ran = status(url, "--html", "-")

    assert ran.stdout.startswith("<!doctype html>") and ran.stdout.rstrip().endswith("</html>")
    assert ran.stdout.isascii()
    assert "shop-ü" in words(ran.stdout.encode())


def test_with_json_a_file_gets_the_page(ledger: Ledger, url: str, target: Path) -> None:
    in_every_state(ledger)
    ran = status(url, "--json", "--html", str(target))

    assert ran.json["exit_code"] == 3
    assert "Wrote the page" in ran.stderr and target.exists()


def test_json_and_the_page_do_not_share_stdout(ledger: Ledger, url: str) -> None:
    ran = status(url, "--json", "--html", "-")
    assert (ran.exit_code, ran.json["error"]["type"]) == (2, "UsageError")
    assert "cannot both go to stdout" in ran.stderr


def test_an_earlier_page_is_replaced_with_its_rights(ledger: Ledger, target: Path) -> None:
    page_of(ledger, target)
    target.chmod(0o640)
    put(ledger, 1)

    assert "1 unfinished" in words(page_of(ledger, target))
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in target.parent.iterdir() if "html" in path.name) == ["status.html"]


def test_an_empty_file_becomes_the_page(ledger: Ledger, target: Path) -> None:
    target.touch()
    assert page_of(ledger, target).startswith(writing.MARK)


def test_a_link_stays_and_its_file_is_replaced(ledger: Ledger, target: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.html"
    page_of(ledger, target)
    link.symlink_to(target)
    put(ledger, 1)

    page_of(ledger, link)
    assert link.is_symlink() and "1 unfinished" in words(target.read_bytes())


def a_folder(place: Path) -> Path:
    return place


def another_file(place: Path) -> Path:
    (place / "jobs.csv").write_text("order;type")
    return place / "jobs.csv"


def in_no_folder(place: Path) -> Path:
    return place / "missing" / "status.html"


def a_pipe(place: Path) -> Path:
    os.mkfifo(place / "pipe")
    return place / "pipe"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (a_folder, "This is a folder."),
        (another_file, "This file exists, and is not an earlier page."),
        (in_no_folder, "The folder of this file does not exist."),
        (a_pipe, "This is a pipe or a device."),
    ],
)
def test_what_cannot_be_the_page_is_refused_before_anything_else(
    ledger: Ledger, url: str, tmp_path: Path, make: Any, told: str
) -> None:
    if make is a_pipe and not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    path = make(tmp_path)
    before = path.read_bytes() if make is another_file else None
    ran = status(url, "--html", str(path))

    assert ran.exit_code == 2
    assert "--html" in ran.stderr and told in ran.stderr
    assert ran.stdout == ""
    assert before is None or path.read_bytes() == before


def test_a_page_that_cannot_be_written_leaves_the_earlier_one(
    ledger: Ledger, url: str, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = page_of(ledger, target)
    put(ledger, 1)

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    ran = status(url, "--html", str(target))

    assert ran.exit_code == 1
    assert "the page could not be written: No space left on device." in ran.stderr
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir() if path.name.endswith(".part")] == []


def test_an_empty_ledger(ledger: Ledger, target: Path) -> None:
    told = words(page_of(ledger, target))
    assert "There is no message in this ledger yet." in told
    assert "spapi-messaging bulk send jobs.csv" in told


def test_a_selection_is_named_and_kept_to(ledger: Ledger, target: Path) -> None:
    put(ledger, 1)
    put(ledger, 2, job={"account": "other"})
    told = words(page_of(ledger, target, account=["shop"], state=[], document=None))

    assert "Only messages with account shop" in told
    assert "1 unfinished." in told and "other" not in told
    assert "No message fits this selection." in words(page_of(ledger, target, account="nobody"))


@pytest.mark.parametrize(
    ("states", "sentence", "advice"),
    [
        (["sent", "sent", "unknown"], "2 sent, 1 unknown.", "Look at the unknown ones first"),
        (["sent", "rejected", "given_up"], "1 sent, 2 rejected.", "Look at the rejected ones"),
        (["sent", "cancelled", "skipped"], "1 sent, 2 left out.", "Nothing is left to do."),
        (["pending", "waiting"], "2 unfinished.", "No sender is running"),
        (["unknown", "pending"], "1 unknown, 1 unfinished.", "Look at the unknown ones first"),
    ],
)
def test_the_verdict(ledger: Ledger, target: Path, states: list[str], sentence: str, advice: str) -> None:
    for number, state in enumerate(states):
        put(ledger, number, state=state)
    told = words(page_of(ledger, target))
    assert sentence in told and advice in told


def test_late_and_parked_in_the_verdict(ledger: Ledger, target: Path) -> None:
    put(ledger, 1, job={"due": "2026-11-21"})
    assert "Some are late." in words(page_of(ledger, target))
    park(ledger, "shop", "The token was revoked.")
    told = words(page_of(ledger, target))

    assert "An account is parked" in told
    assert "The token was revoked." in told and "bulk resume shop" in told


def test_while_a_sender_runs_nothing_is_called_lost(ledger: Ledger, target: Path) -> None:
    sender = SenderSession(ledger.database)
    put(ledger, 1, state="sending", sender=sender.id)
    told = words(page_of(ledger, target))
    lose(sender)

    assert "1 unfinished. A sender is at work" in told and "Unknown" not in told
    assert "Unknown (1)" in words(page_of(ledger, target))


def test_late_ones_are_listed(ledger: Ledger, target: Path) -> None:
    put(ledger, 1, job={"due": "2026-11-21", "document": "R-1"})
    put(ledger, 2, job={"due": "2026-11-22"})
    told = words(page_of(ledger, target))

    assert f"{order(1)} {TEXT_TYPE} R-1 shop pending 2026-11-21 22:59" in told
    assert "Late: 1" in told and "Still due today: 1" in told
    assert order(2) not in told


def test_an_unknown_message_with_what_to_type(ledger: Ledger, url: str, target: Path) -> None:
    put(ledger, 1, job={"document": "R 1"}, state="unknown", error_text="Lost.", sending_at=milliseconds(NOW))
    status(url, "--html", str(target))
    told = words(target.read_bytes())

    assert f"{order(1)} {TEXT_TYPE}, document R 1 , shop . It left: 2026-11-22 11:00 . Lost." in told
    assert f"bulk resolve --order {order(1)} --type {TEXT_TYPE} --document 'R 1' --ledger sqlite:///" in told


def test_of_many_unknown_ones_the_first_are_listed(ledger: Ledger, target: Path) -> None:
    ledger.add(a_job(number) for number in range(limits.MAX_LISTED + 5))
    set_columns(ledger, state="unknown")
    told = words(page_of(ledger, target))

    assert f"Unknown ({limits.MAX_LISTED + 5})" in told and "And 5 more." in told
    assert order(limits.MAX_LISTED - 1) in told and order(limits.MAX_LISTED) not in told


def test_rejected_ones_are_grouped_by_reason(ledger: Ledger, target: Path) -> None:
    for number in range(1, 8):
        told = f"The answer for order {order(number)} was 400: line {number} of 'R-{number}.pdf' is wrong."
        put(ledger, number, state="rejected", error_type="BadRequestError", status_code=400, error_text=told)
    put(ledger, 8, state="given_up", error_type="MessageNotAvailableError", error_text="Its time is over.")
    shown = words(page_of(ledger, target))

    assert "Rejected and given up (8)" in shown
    assert "7 × BadRequestError (400)" in shown and "1 × MessageNotAvailableError" in shown
    assert shown.count("The answer for order") == 1
    assert order(5) in shown and order(6) not in shown
    assert "bulk retry" in shown


def test_what_waits_and_until_when(ledger: Ledger, target: Path) -> None:
    put(ledger, 1, state="waiting", not_before=milliseconds(NOW + timedelta(hours=2, minutes=5)))
    put(ledger, 2, job={"not_before": NOW + timedelta(hours=2, minutes=10)})
    put(ledger, 3, state="sent", not_before=milliseconds(NOW + timedelta(hours=2)))
    put(ledger, 4, state="waiting", not_before=milliseconds(NOW - timedelta(hours=2)))

    assert "2026-11-22 13:00 2 By account" in words(page_of(ledger, target))


def test_what_may_not_be_sent_yet(ledger: Ledger, target: Path) -> None:
    put(ledger, 1, job={"not_before": "2199-01-31"})
    told = words(page_of(ledger, target))

    assert "The rest may not be sent yet." in told
    assert "May not be sent yet: 1 , the first from 2199-01-30 23:00 on" in told
    assert "No sender is running" not in told


def test_what_to_do_about_rejected_ones(ledger: Ledger, target: Path) -> None:
    put(ledger, 1, state="rejected", error_type="BadRequestError", error_text="No.")
    told = words(page_of(ledger, target))

    assert "bulk send jobs.csv of their job file again, with --retry behind it." in told
    assert "If nothing in the file has to change, spapi-messaging bulk retry does, too." in told


def test_what_was_sent_when(ledger: Ledger, target: Path) -> None:
    for number, age in enumerate([timedelta(minutes=5), timedelta(hours=3), timedelta(hours=3, minutes=1)]):
        put(ledger, number, state="sent", finished_at=milliseconds(NOW - age))
    put(ledger, 9, state="unknown", finished_at=milliseconds(NOW - timedelta(hours=3)))
    told = words(page_of(ledger, target))

    assert "3 sent, 0 rejected or given up, 1 unknown. The most in one hour were 2, at 2026-11-22 08:00 UTC." in told
    assert "2026-11-22 07:00 1 0 0" in told and "2026-11-22 10:00 1 0 0" in told
    assert "By day" not in told


def test_what_was_sent_earlier_is_shown_by_day(ledger: Ledger, target: Path) -> None:
    put(ledger, 1, state="sent", finished_at=milliseconds(NOW - timedelta(days=30)))
    told = words(page_of(ledger, target))
    assert "By hour" not in told and "2026-10-23 1 0 0" in told

    set_columns(ledger, finished_at=milliseconds(NOW - timedelta(days=300)))
    assert f"Nothing was sent in the last {limits.DAYS} days." in words(page_of(ledger, target))


def test_no_text_and_nothing_that_loads_or_runs(ledger: Ledger, target: Path) -> None:
    in_every_state(ledger, account="shop", text=SECRET, due="2026-11-21")
    park(ledger, "shop")
    html = page_of(ledger, target)
    found = read(html)

    assert SECRET not in words(html)
    assert not {"script", "iframe", "object", "embed", "base", "img", "a", "form"} & set(found.tags)
    addresses = [value for name, value in found.attributes if name in ("src", "href", "srcset", "action", "style")]
    assert addresses == ["data:,"]
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    (policy,) = [value for name, value in found.attributes if value and value.startswith("default-src")]
    assert "default-src 'none'; style-src 'sha256-" in policy and "unsafe" not in policy
    assert b"@import" not in html and b"http://" not in html.replace(b"http-equiv", b"")


def test_hostile_names_are_text(ledger: Ledger, target: Path) -> None:
    wild = {"account": HOSTILE[:200], "document": HOSTILE, "key": HOSTILE}
    put(ledger, 1, job={**wild, "due": "2026-11-21"})
    error = {"error_type": HOSTILE[:60], "error_text": f"{HOSTILE}\u202e\0"}
    put(ledger, 2, job={**wild, "key": "2"}, state="unknown", **error)
    put(ledger, 3, job={**wild, "key": "3"}, state="rejected", **error)
    park(ledger, HOSTILE[:200], HOSTILE)
    found = read(page_of(ledger, target, account=HOSTILE[:200]))

    assert "script" not in found.tags
    assert "".join(found.seen).count(HOSTILE) > 5


def test_the_password_of_a_server_is_not_on_the_page(ledger: Ledger, target: Path) -> None:
    put(ledger, 1, state="rejected")
    address = "postgresql+psycopg://me:hunter2@db.example/sent"
    writing.write_page(Session(json=True), ledger, str(target), {}, address, now=NOW)

    assert b"hunter2" not in target.read_bytes()
    assert 'bulk retry --ledger "$SPAPI_MESSAGING_LEDGER"' in words(target.read_bytes())


def test_many_accounts_leave_the_page_small(ledger: Ledger, target: Path) -> None:
    ledger.add(a_job(number, account=f"shop-{number:04}") for number in range(limits.MAX_LINES + 7))
    set_columns(ledger, order(limits.MAX_LINES + 5), state="rejected")
    html = page_of(ledger, target)

    assert "And 7 more lines, with 7 messages" in words(html)
    assert f"shop-{limits.MAX_LINES + 5:04}" in words(html)  # those with trouble stand first
    assert len(html) < 300_000


def test_the_pace_is_that_of_the_slowest_plan(ledger: Ledger, target: Path) -> None:
    rate = MESSAGE_TYPES[TEXT_TYPE].rate
    assert rate
    ledger.add(a_job(number) for number in range(120))
    ledger.add(a_job(number, message_type=OTHER_TYPE, account="other") for number in range(5))
    told = words(page_of(ledger, target))
    pace = pace_of(ledger.status().counts)

    assert pace is not None and (pace.count, pace.account, pace.message_type) == (120, "shop", TEXT_TYPE)
    assert duration(120 / rate) in told and "At the published usage plans" in told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (1, "less than a minute"),
        (60, "about a minute"),
        (600, "about 10 minutes"),
        (20_000, "about 5.6 hours"),
        (36_000_000, "about 10,000.0 hours"),
    ],
)
def test_durations(seconds: float, told: str) -> None:
    assert duration(seconds) == told


SPANS = st.lists(
    st.builds(
        Span,
        st.integers(-3, 12).map(lambda number: NOW.replace(minute=0) + timedelta(hours=number)),
        st.just("shop"),
        st.sampled_from(list(State)),
        st.integers(1, 100_000),
    ),
    max_size=12,
)


@given(SPANS)
def test_every_part_of_a_bar_is_seen_and_none_leaves_the_picture(spans: list[Span]) -> None:
    first = NOW.replace(minute=0)
    last = first + timedelta(hours=9)
    chart = chart_of(spans, "hour", first, last)
    drawn = [
        span for span in spans if span.state in ("sent", "rejected", "given_up", "unknown") and span.begin >= first
    ]

    assert (chart is None) == (not drawn)
    if chart is None:
        return
    assert sum(chart.totals.values()) == sum(span.count for span in drawn)
    assert [bar.begin for bar in chart.bars] == [first + timedelta(hours=number) for number in range(10)]
    for bar in chart.bars:
        assert {each.part for each in bar.segments} == {part for part, count in bar.counts.items() if count}
        assert all(each.height >= 1 and -0.05 <= each.y <= HEIGHT for each in bar.segments)
    tallest = max(bar.segments[0].y + bar.segments[0].height for bar in chart.bars if bar.segments)
    assert tallest == pytest.approx(HEIGHT, abs=0.05)


@given(st.lists(st.sampled_from(["It's gone", "It's late, isn't it", "code 7", "code 8", ""]), max_size=20))
def test_each_message_is_in_one_group(errors: list[str]) -> None:
    names = ("amazon_order_id", "request_id", "document", "key", "status_code", "error_type")
    rows = [{**dict.fromkeys(names), "error": error} for error in errors]
    reasons = grouped(rows)

    assert sum(reason.count for reason in reasons) == len(rows)
    assert len(reasons) == len({re.sub(r"\d", "#", error) for error in errors})
    assert [reason.count for reason in reasons] == sorted((reason.count for reason in reasons), reverse=True)


def test_reasons_without_end_take_no_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spapi_messaging.cli.bulk.status_page.reasons.MAX_GROUPS", 2)
    names = ("amazon_order_id", "request_id", "document", "key", "status_code", "error_type")
    rows = [{**dict.fromkeys(names), "error": letter} for letter in "abcda"]

    assert [(reason.words, reason.count) for reason in grouped(rows)] == [("a", 2), ("b", 1), (None, 2)]
