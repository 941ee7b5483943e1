"""`Ledger.add`: every job is checked, and all are added once, or none."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from spapi_messaging import Attachment, ConfigurationError, InvalidMessageError
from spapi_messaging.bulk import Added, Job, Ledger, State
from spapi_messaging.bulk.adding import spool
from spapi_messaging.bulk.adding.problems import MAX_PROBLEMS
from spapi_messaging.bulk.adding.spool import CHUNK
from spapi_messaging.bulk.storage.schema import kept_keys, messages
from tests.support.amazon import ORDER, TEXT
from tests.support.ledgers import a_text, order, rows, set_columns
from tests.support.thorough import on_a_database

PDF = b"%PDF-1.4\n%%EOF\n"
OTHER_ORDER = "303-7654321-7654321"


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger(ledger_url) as made:
        yield made


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "R-17.pdf"
    path.write_bytes(PDF)
    return path


def refused(ledger: Ledger, *jobs: Any) -> InvalidMessageError:
    """What is said about jobs of which nothing may be added."""
    before = rows(ledger)
    with pytest.raises(InvalidMessageError) as error:
        ledger.add(jobs)
    assert rows(ledger) == before
    assert TEXT not in str(error.value)
    return error.value


def test_a_job_comes_back_as_it_was_given(ledger: Ledger, pdf: Path) -> None:
    job = Job(
        ORDER, "sendInvoice", attachments=[("Rechnung.pdf", pdf)], account=" shop-de ", marketplace="A1PA6795UKMFR9",
        document="R-17", due="2026-12-24", not_before=datetime(2026, 12, 1, tzinfo=UTC),
    )  # fmt: skip
    assert ledger.add([job]) == Added(added=1)

    (outcome,) = ledger.outcomes()
    assert (outcome.state, outcome.account, outcome.receipt, outcome.error) == (State.PENDING, "shop-de", None, None)
    found = outcome.job
    assert (found.order_id, found.message_type, found.marketplace) == (ORDER, "invoice", "DE")
    assert (found.attachments, found.document) == ((("Rechnung.pdf", str(pdf)),), "R-17")
    assert found.due == datetime(2026, 12, 24, 22, 59, 59, 999_000, UTC)
    assert found.not_before == datetime(2026, 12, 1, tzinfo=UTC)
    (row,) = rows(ledger)
    assert row.attachments[0]["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert (row.region, row.attachments[0]["size"]) == ("eu", len(PDF))


def test_one_job_need_not_stand_in_a_list(ledger: Ledger) -> None:
    assert ledger.add(a_text()) == Added(added=1)


def test_times_among_the_fields_are_written_as_a_send_writes_them(ledger: Ledger, pdf: Path) -> None:
    start = datetime(2026, 12, 13, tzinfo=UTC)
    ledger.add(Job(ORDER, "warranty", attachments=[pdf], marketplace="DE", coverage_start_date=start))

    assert rows(ledger)[0].fields == {"coverage_start_date": "2026-12-13T00:00:00.000+00:00"}


def test_added_again_is_known_and_changes_nothing(ledger: Ledger) -> None:
    ledger.add([a_text(due="2026-12-24")])
    before = rows(ledger)

    assert ledger.add([a_text(due="2027-01-01", not_before="2026-12-01")]) == Added(known=1)
    assert rows(ledger) == before


def test_line_ends_are_no_difference(ledger: Ledger) -> None:
    ledger.add([a_text(text="One\r\nTwo")])

    assert ledger.add([a_text(text="One\nTwo")]) == Added(known=1)


def test_what_was_sent_is_told_apart(ledger: Ledger) -> None:
    ledger.add([a_text()])
    set_columns(ledger, state="sent", text=None)

    assert ledger.add([a_text(), a_text(OTHER_ORDER)]) == Added(added=1, already_sent=1)
    assert rows(ledger)[0].text is None


def test_archived_keys_count(ledger: Ledger) -> None:
    ledger.add([a_text(), a_text(OTHER_ORDER)])
    with ledger.database.write() as connection:
        keys = connection.execute(select(messages.c.key_hash).order_by(messages.c.id)).scalars().all()
        archived = [
            {"key_hash": key, "state": state, "kept_at": 1}
            for key, state in zip(keys, ("sent", "rejected"), strict=True)
        ]
        connection.execute(kept_keys.insert(), archived)
        connection.execute(messages.delete())

    assert ledger.add([a_text(text="Another"), a_text(OTHER_ORDER)]) == Added(known=1, already_sent=1)
    assert rows(ledger) == []


@pytest.mark.parametrize("state", ["cancelled", "given_up", "rejected", "skipped"])
def test_a_text_that_was_removed_is_put_back(ledger: Ledger, state: str) -> None:
    ledger.add([a_text()])
    set_columns(ledger, state=state, text=None)

    assert ledger.add([a_text()]) == Added(known=1)
    assert (rows(ledger)[0].text, rows(ledger)[0].state) == (TEXT, state)


@pytest.mark.parametrize(
    ("state", "moves"), [("pending", True), ("waiting", True), ("claimed", False), ("sending", False), ("sent", False)]
)
def test_an_unfinished_job_moves_to_the_account_it_is_added_under(ledger: Ledger, state: str, moves: bool) -> None:
    ledger.add([a_text(account="old")])
    set_columns(ledger, state=state)
    ledger.add([a_text(account="new")])

    assert [outcome.account for outcome in ledger.outcomes()] == ["new" if moves else "old"]


def test_an_unfinished_job_takes_the_new_path_of_the_same_file(ledger: Ledger, pdf: Path) -> None:
    job = Job(ORDER, "invoice", attachments=[pdf], marketplace="DE")
    ledger.add([job])
    moved = pdf.rename(pdf.parent / "moved.pdf")
    ledger.add([Job(ORDER, "invoice", attachments=[("R-17.pdf", moved)], marketplace="DE")])

    assert [outcome.job.attachments for outcome in ledger.outcomes()] == [(("R-17.pdf", str(moved)),)]


def test_another_content_for_a_key_is_refused(ledger: Ledger) -> None:
    ledger.add([a_text()])

    (problem,) = refused(ledger, a_text(OTHER_ORDER), a_text(text="Another")).problems
    assert (problem.field, problem.rule) == ("jobs[1].document", "document")
    assert "give each a document" in problem.remedy
    assert ledger.add([a_text(text="Another", document="2")]) == Added(added=1)


@pytest.mark.parametrize("state", ["rejected", "given_up", "cancelled"])
def test_what_was_not_sent_is_mended_by_adding_it_again(ledger: Ledger, state: str) -> None:
    ledger.add(a_text(account="shop-de"))
    set_columns(ledger, state=state, text=None)

    assert ledger.add(a_text(text="Another", account="shop-fr", due="2026-12-01")) == Added(known=1)
    (outcome,) = ledger.outcomes()
    assert (outcome.state, outcome.job.text, outcome.account) == (state, "Another", "shop-fr")
    assert ledger.retry(state=state) == 1


@pytest.mark.parametrize("state", ["pending", "waiting", "claimed", "sending", "sent", "unknown", "skipped"])
def test_what_stands_or_may_have_been_sent_is_not_replaced(ledger: Ledger, state: str) -> None:
    ledger.add(a_text())
    set_columns(ledger, state=state)

    assert refused(ledger, a_text(text="Another")).problems[0].rule == "document"


def test_another_content_within_one_call_is_refused(ledger: Ledger) -> None:
    (problem,) = refused(ledger, a_text(), a_text(), a_text(text="Another")).problems

    assert problem.field == "jobs[2].document"
    assert "jobs[0] is the same message" in problem.message


def test_the_same_job_twice_in_one_call_counts_once(ledger: Ledger) -> None:
    assert ledger.add([a_text(), a_text()]) == Added(added=1, repeated=1)
    assert ledger.add([a_text(), a_text()]) == Added(known=1, repeated=1)


def test_an_own_key_replaces_ours(ledger: Ledger) -> None:
    assert ledger.add([a_text(key="k-1"), a_text(key="k-2"), a_text()]) == Added(added=3)

    (problem,) = refused(ledger, a_text(OTHER_ORDER, key="k-1")).problems
    assert problem.field == "jobs[0].key"


def test_a_region_is_part_of_the_key_and_the_account_is_not(ledger: Ledger) -> None:
    ledger.add([a_text(account="shop-de")])

    assert ledger.add([a_text(marketplace="US"), a_text(marketplace="FR", account="renamed")]) == Added(1, 1)


WRONG: dict[str, dict[str, Any]] = {
    "jobs[0].order_id": {"order_id": "303"},
    "jobs[0].message_type": {"message_type": "birthdayCard"},
    "jobs[0].text": {"text": ""},
    "jobs[0].marketplace": {"marketplace": None},
    "jobs[0].account": {"account": "a" * 256},
    "jobs[0].document": {"document": "R\n17"},
    "jobs[0].key": {"key": 17},
    "jobs[0].due": {"due": datetime(2026, 12, 24)},
    "jobs[0].not_before": {"not_before": "2026-12-25", "due": "2026-12-24"},
    "jobs[0].colour": {"colour": TEXT},
    "jobs[0].attachments": {"attachments": ["a.pdf"], "text": None, "message_type": "invoice"},
}


@on_a_database("field", WRONG)
def test_every_rule_is_checked_before_anything_is_added(ledger: Ledger, field: str) -> None:
    given = {"order_id": ORDER, "message_type": "confirmOrderDetails", "text": TEXT, "marketplace": "DE"}
    error = refused(ledger, Job(**{**given, **WRONG[field]}), a_text(OTHER_ORDER))

    assert [problem.field for problem in error.problems] == [field]
    assert error.problems[0].message


@pytest.mark.parametrize("marketplace", ["XX", 7, TEXT, []], ids=["XX", "7", "text", "list"])
def test_an_unknown_marketplace_is_a_problem(ledger: Ledger, marketplace: Any) -> None:
    (problem,) = refused(ledger, a_text(marketplace=marketplace)).problems

    assert problem.field == "jobs[0].marketplace"


def test_what_is_no_job_is_a_problem(ledger: Ledger) -> None:
    (problem,) = refused(ledger, a_text(), {"order_id": ORDER}).problems

    assert (problem.field, problem.rule) == ("jobs[1]", "type")


def test_all_problems_are_told_and_many_are_counted(ledger: Ledger) -> None:
    ledger.add([a_text()])
    wrong = [a_text(order(number), text="", document=7) for number in range(MAX_PROBLEMS)]
    error = refused(ledger, a_text(OTHER_ORDER), *wrong)

    assert len(error.problems) == MAX_PROBLEMS
    assert error.problems[0].field == "jobs[1].document"
    assert f"and {MAX_PROBLEMS} more" in str(error)
    assert "100 jobs break" in str(error)


def test_problems_of_rules_and_of_the_ledger_are_told_together(ledger: Ledger) -> None:
    ledger.add([a_text()])
    error = refused(ledger, a_text(OTHER_ORDER, text=""), a_text(text="Another"))

    assert {problem.field for problem in error.problems} == {"jobs[0].text", "jobs[1].document"}


@pytest.mark.parametrize("jobs", [None, 7, "jobs.csv"])
def test_what_is_no_list_of_jobs_is_refused(ledger: Ledger, jobs: Any) -> None:
    with pytest.raises(ConfigurationError, match="iterable of Job"):
        ledger.add(jobs)


@pytest.mark.parametrize("jobs", [None, [a_text()]])
def test_only_checked_jobs_are_compared(ledger: Ledger, jobs: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"compare\(check\(jobs\)\)"):
        ledger.compare(jobs)


def test_what_jobs_raise_goes_through_and_nothing_is_added(ledger: Ledger) -> None:
    def broken() -> Iterator[Job]:
        yield a_text()
        raise RuntimeError("the file ended")

    with pytest.raises(RuntimeError, match="the file ended"):
        ledger.add(broken())
    assert rows(ledger) == []


CONTENTS = [
    PDF,
    ("a.pdf", PDF),
    io.BytesIO(PDF),
    ("a.pdf", io.BytesIO(PDF)),
    Attachment("id", "a.pdf"),
    7,
    "",
]


@pytest.mark.parametrize("source", CONTENTS, ids=lambda source: type(source).__name__)
def test_a_ledger_takes_paths_alone(ledger: Ledger, source: Any) -> None:
    (problem,) = refused(ledger, Job(ORDER, "invoice", attachments=[source], marketplace="DE")).problems

    assert problem.field == "jobs[0].attachments"
    assert "path" in problem.remedy
    assert "secret" not in str(problem)


@on_a_database("files", ["R-17.pdf", Path("R-17.pdf"), ("a.pdf", Path("R-17.pdf")), PDF, 7])
def test_files_stand_in_a_list(ledger: Ledger, files: Any) -> None:
    (problem,) = refused(ledger, Job(ORDER, "invoice", attachments=files, marketplace="DE")).problems

    assert "not a list of files" in problem.message


def test_a_file_that_is_not_there_is_told_by_its_name(ledger: Ledger, tmp_path: Path) -> None:
    (problem,) = refused(ledger, Job(ORDER, "invoice", attachments=[tmp_path / "no.pdf"], marketplace="DE")).problems

    assert "no.pdf" in problem.message


def test_relative_paths_are_made_absolute(ledger: Ledger, pdf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pdf.parent)
    ledger.add([Job(ORDER, "invoice", attachments=[pdf.name], marketplace="DE")])

    assert rows(ledger)[0].attachments[0]["path"] == str(pdf)


def test_the_way_back_from_a_link_leads_where_the_link_leads(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "far" / "inner").mkdir(parents=True)
    (tmp_path / "far" / "R-17.pdf").write_bytes(PDF)
    (tmp_path / "R-17.pdf").write_bytes(PDF + b"another")
    (tmp_path / "link").symlink_to(tmp_path / "far" / "inner")
    ledger.add([Job(ORDER, "invoice", attachments=[f"{tmp_path}/link/../R-17.pdf"], marketplace="DE")])

    (kept,) = rows(ledger)[0].attachments
    assert kept["path"] == str(tmp_path / "far" / "R-17.pdf")
    assert kept["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_the_buyer_sees_the_name_of_a_link(ledger: Ledger, pdf: Path) -> None:
    (pdf.parent / "invoice.pdf").symlink_to(pdf)
    for root in (None, pdf.parent):
        ledger.attachments_root = root
        ledger.add([Job(ORDER, "invoice", attachments=[pdf.parent / "invoice.pdf"], marketplace="DE", key=f"{root}")])

    assert [row.attachments[0]["name"] for row in rows(ledger)] == ["invoice.pdf", "invoice.pdf"]


@pytest.mark.parametrize("wrong", [{"attachments_root": "no/such/folder"}, {"grace": -1}, {"grace": "15"}])
def test_wrong_options_are_refused(ledger_url: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Ledger(ledger_url, **wrong)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "2026").mkdir(parents=True)
    (tmp_path / "root" / "2026" / "R-17.pdf").write_bytes(PDF)
    (tmp_path / "R-18.pdf").write_bytes(PDF)
    return tmp_path / "root"


@pytest.mark.parametrize("given", ["2026/R-17.pdf", "2026/../2026/R-17.pdf", "{root}/2026/R-17.pdf", "link/R-17.pdf"])
def test_paths_below_the_root_are_kept_relative_to_it(ledger_url: str, root: Path, given: str) -> None:
    (root / "link").symlink_to(root / "2026")
    with Ledger(ledger_url, attachments_root=root) as ledger:
        ledger.add([Job(ORDER, "invoice", attachments=[given.format(root=root)], marketplace="DE")])

        assert rows(ledger)[0].attachments[0]["path"] == "2026/R-17.pdf"


@pytest.mark.parametrize("given", ["../R-18.pdf", "{root}/../R-18.pdf", "2026/../../R-18.pdf", "link.pdf"])
def test_paths_that_lead_out_of_the_root_are_refused(ledger_url: str, root: Path, given: str) -> None:
    (root / "link.pdf").symlink_to(root.parent / "R-18.pdf")
    with Ledger(ledger_url, attachments_root=root) as ledger:
        job = Job(ORDER, "invoice", attachments=[given.format(root=root)], marketplace="DE")
        (problem,) = refused(ledger, job).problems

    assert problem.rule == "file-root"


def test_more_rows_than_one_chunk_and_more_than_stay_in_memory(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "_MAX_CHUNKS", 2)
    count = CHUNK * 4 + 7
    jobs = [a_text(order(number), account=f"a{number % 3}") for number in range(count)]

    assert ledger.add(iter(jobs)) == Added(added=count)
    assert ledger.add([a_text(OTHER_ORDER), *jobs]) == Added(added=1, known=count)
    assert [outcome.job.order_id for outcome in ledger.outcomes()][:count] == [job.order_id for job in jobs]
    assert sum(1 for _ in ledger.outcomes(account="a1")) == len(jobs[1::3])


JOBS = st.lists(
    st.builds(
        a_text,
        st.sampled_from([ORDER, OTHER_ORDER]),
        document=st.none() | st.sampled_from(["1", "2"]),
        account=st.none() | st.sampled_from(["a", "b"]),
        marketplace=st.sampled_from(["DE", "FR", "US"]),
    ),
    max_size=8,
)


@given(jobs=JOBS, more=JOBS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_adding_twice_is_adding_once(ledger: Ledger, jobs: list[Job], more: list[Job]) -> None:
    with ledger.database.write() as connection:
        connection.execute(messages.delete())
    first = ledger.add(jobs)
    before = rows(ledger)
    again = ledger.add(jobs)

    assert first.added + first.repeated == len(jobs)
    assert again == Added(known=first.added, repeated=first.repeated)
    assert rows(ledger) == before
    ledger.add(more)
    with ledger.database.read() as connection:
        count = connection.execute(select(func.count(messages.c.key_hash.distinct()))).scalar_one()
    assert count == len(rows(ledger))
