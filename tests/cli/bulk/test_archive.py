"""`bulk archive` and `bulk recover`: what is old is removed; what may have been sent elsewhere becomes unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.cli.bulk import asking
from tests.support.desks import WordDesk
from tests.support.runs import FILE_TYPE, TEXT_TYPE, order, pdf

OLD, NEW = 1_735_689_600_000, 1_795_345_200_000  # the beginnings of 2025 and, nearly, of 2027


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    return WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")


def test_archive_removes_what_was_finished_before(desk: WordDesk) -> None:
    desk.add("sent", "cancelled", "rejected", "sent", account="shop-de")
    for number in range(3):
        desk.change(number, finished_at=OLD)
    desk.change(3, finished_at=NEW)
    told = desk.json("archive", "--before", "2026-01-01", "--dry-run")

    assert (told["count"], told["changed"]) == (2, 0)
    assert told["counts"] == [
        {"account": "shop-de", "message_type": TEXT_TYPE, "state": state, "count": 1} for state in ("cancelled", "sent")
    ]
    assert desk.types("archive", "--before", "2026-01-01").exit_code == 2  # nobody can be asked
    done = desk.types("archive", "--before", "2026-01-01", "--yes")
    assert done.exit_code == 0
    assert "Archived: 2 messages." in done.stdout
    assert order(0) in done.stdout
    assert desk.states() == ["rejected", "sent"]
    assert "Nothing to do" in desk.types("archive", "--before", "2026-01-01").stdout


def test_archive_counts_the_moment_itself_as_the_library_does(desk: WordDesk) -> None:
    desk.add("sent", "sent")
    desk.change(0, finished_at=OLD - 1)
    desk.change(1, finished_at=OLD)

    told = desk.json("archive", "--before", "2025-01-01", "--yes")
    assert (told["count"], told["changed"], told["counts"][0]["count"]) == (1, 1, 1)


@pytest.mark.parametrize("words", [("archive", "--before"), ("recover", "--since")])
@pytest.mark.parametrize("date", ["yesterday", "2026-13-01", "2026-11-22T10:00:00"])
def test_a_date_that_is_none(desk: WordDesk, words: tuple[str, str], date: str) -> None:
    desk.add("pending")
    done = desk.types(*words, date, "--yes")

    assert done.exit_code == 2
    assert f"Error: {words[1].removeprefix('--')}: this " in done.stderr
    assert "Give a date such as" in done.stderr
    assert desk.states() == ["pending"]


@pytest.mark.parametrize("words", [("archive", "--before"), ("recover", "--since")])
@pytest.mark.parametrize(
    ("date", "told"), [("31.02.2025", "there is no such day."), ("1/2/2025", "can be mistaken for each other")]
)
def test_a_date_that_job_files_do_not_take_either(desk: WordDesk, words: tuple[str, str], date: str, told: str) -> None:
    desk.add("pending")
    done = desk.types(*words, date, "--yes")

    assert (done.exit_code, desk.states()) == (2, ["pending"])
    assert told in done.stderr
    assert '"2026-10-25" or "25.10.2026"' in done.stderr


def test_a_day_with_dots_as_in_job_files(desk: WordDesk) -> None:
    desk.add("sent", "pending")
    desk.change(0, finished_at=OLD - 1)

    assert desk.json("archive", "--before", "01.01.2025", "--dry-run")["count"] == 1
    assert desk.json("archive", "--before", "31.12.2024", "--dry-run")["count"] == 0
    assert desk.json("recover", "--since", "1.1.2020", "--dry-run")["count"] == 1


def test_archive_refuses_a_day_that_has_not_come(desk: WordDesk) -> None:
    """It would take what was finished just now, and leave what is finished in an hour."""
    desk.add("sent")
    desk.change(0, finished_at=OLD)
    done = desk.types("archive", "--before", "31.12.2198", "--yes")

    assert (done.exit_code, desk.states()) == (2, ["sent"])
    assert "2198-12-31 is in the future." in done.stderr


@pytest.mark.parametrize("given", ["2198-12-31", "2198-12-31T10:00:00Z"])
def test_a_day_that_has_not_come_is_shown_as_it_was_typed(desk: WordDesk, given: str) -> None:
    desk.add("sent")

    assert f"{given} is in the future." in desk.types("archive", "--before", given, "--yes").stderr
    assert "hunter2" not in desk.types("archive", "--before", "2198-12-31 hunter2", "--yes").stderr


def test_archive_says_that_nothing_shows_them_any_more(desk: WordDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add("sent")
    desk.change(0, finished_at=OLD)
    monkeypatch.setattr(asking, "has_terminal", lambda: True)

    assert (
        "`bulk export` do not show them any more" in desk.types("archive", "--before", "2026-01-01", answer="n").stderr
    )


def test_recover_makes_unknown_what_may_have_been_sent(desk: WordDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add("pending", "waiting", "sent")
    assert desk.json("recover", "--since", "2020-01-01", "--dry-run")["count"] == 2
    assert desk.types("recover", "--since", "2020-01-01").exit_code == 2
    monkeypatch.setattr(asking, "has_terminal", lambda: True)
    assert desk.types("recover", "--since", "2020-01-01", answer="n\n").exit_code == 1
    assert desk.states() == ["pending", "waiting", "sent"]

    done = desk.types("recover", "--since", "2020-01-01", "--note", "disk broke", answer="y\n")
    assert done.exit_code == 0
    assert "Unknown now: 2 messages." in done.stdout
    assert f"spapi-messaging bulk resolve --ledger {desk.url}" in done.stdout
    assert desk.states() == ["unknown", "unknown", "sent"]
    assert "disk broke" in str(desk.notes()[0])


def test_recover_of_a_copy_since_which_nothing_was_sent(desk: WordDesk) -> None:
    desk.add("pending")
    done = desk.types("recover", "--since", "2099-01-01", "--yes")

    assert done.exit_code == 0
    assert "pending" not in done.stdout
    assert "Unknown now: 0 messages." in done.stdout
    assert desk.states() == ["pending"]


def test_recover_is_refused_while_a_sender_runs(desk: WordDesk) -> None:
    desk.add("pending")
    with Ledger(desk.url) as ledger:
        session = Session(ledger.database)
        done = desk.types("recover", "--since", "2020-01-01", "--yes")
        session.close()

    assert done.exit_code == 1
    assert "a sender runs on this ledger" in done.stderr
    assert desk.states() == ["pending"]


def test_recover_knows_jobs_that_the_backup_does_not(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("pending", text="Hello")
    file = tmp_path / "jobs.csv"
    file.write_text(f"order,type,text\n{order(0)},{TEXT_TYPE},Hello\n{order(1)},{TEXT_TYPE},Hello\n")
    dry = desk.types("recover", "--since", "2020-01-01", str(file), "--marketplace", "DE", "--dry-run")
    assert "recover: 2 messages" in dry.stdout
    assert "1 message of job files, or of a sender that is gone" in dry.stdout
    assert desk.states() == ["pending"]

    done = desk.types("recover", "--since", "2020-01-01", str(file), "--marketplace", "DE", "--yes")
    assert (done.exit_code, "Unknown now: 2 messages." in done.stdout) == (0, True)
    assert desk.states() == ["unknown", "unknown"]


def test_recover_reads_paths_as_send_does(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("pending", text="Hello")
    root, file = tmp_path / "invoices", tmp_path / "jobs.csv"
    root.mkdir()
    pdf(root, "R-17.pdf")
    file.write_text(f"order,type,attachments\n{order(1)},{FILE_TYPE},R-17.pdf\n")
    given = [str(file), "--marketplace", "DE", "--attachments-root", str(root), "--yes"]
    done = desk.types("recover", "--since", "2020-01-01", *given)

    assert (done.exit_code, done.stderr.count("error line")) == (0, 0)
    assert desk.states() == ["unknown", "unknown"]


def test_recover_names_the_file_that_is_wrong(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("pending", text="Hello")
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(f"order,type,text\n{order(1)},{TEXT_TYPE},Hello\n")
    bad.write_text(f"order,type,text\n{order(2)},{TEXT_TYPE},\n")
    done = desk.types("recover", "--since", "2020-01-01", str(good), str(bad), "--marketplace", "DE", "--yes")

    assert done.exit_code == 1
    assert f"{bad}:\n" in done.stderr
    assert f"{good}:\n" not in done.stderr
    assert "line 2" in done.stderr
    assert desk.states() == ["pending"]


def test_recover_of_wrong_files_prints_one_document(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("pending")
    files = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for file in files:
        file.write_text(f"order,type,text\n303-1,{TEXT_TYPE},Hello\n")
    told = desk.json("recover", "--since", "2020-01-01", *map(str, files), "--marketplace", "DE", "--yes")

    assert [(each["file"], each["line"]) for each in told["error"]["problems"]] == [("one.csv", 2), ("two.csv", 2)]
    assert told["error"]["message"].startswith("Nothing was changed")
    assert desk.states() == ["pending"]


def test_recover_of_a_file_that_does_not_exist(desk: WordDesk, tmp_path: Path) -> None:
    desk.add("pending")
    done = desk.types("recover", "--since", "2020-01-01", str(tmp_path / "no.csv"), "--marketplace", "DE", "--yes")

    assert done.exit_code == 2
    assert "no.csv" in done.stderr
    assert desk.states() == ["pending"]
