"""What is added together has a name, and a sender can be limited to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spapi_messaging import ConfigurationError, InvalidMessageError
from spapi_messaging.bulk import Added, Job, Sender, State
from spapi_messaging.bulk.adding.collecting import check_jobs
from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.errors import Problem
from tests.support.runs import FILE_TYPE, OTHER_TYPE, Shop, job, pdf


class File(list[Entry]):
    """What a job file gives."""

    has_lines = True


def test_a_sender_of_a_batch_sends_that_and_nothing_else(any_shop: Shop) -> None:
    any_shop.ledger.add([job(1), job(2)], batch="one")
    any_shop.ledger.add([job(3)], batch="two")
    any_shop.ledger.add([job(4), job(5, account="other")])

    outcomes = any_shop.run(batch="one")

    assert [outcome.state for outcome in outcomes] == [State.SENT, State.SENT]
    assert any_shop.received() == [1, 2]
    assert any_shop.ledger.status(batch="one").states == {State.SENT: 2}
    assert any_shop.ledger.status(batch=["two", "none"]).states == {State.PENDING: 1}
    any_shop.assert_nothing_is_held()


def test_a_sender_of_a_batch_ends_when_only_others_have_work(any_shop: Shop) -> None:
    any_shop.ledger.add([job(1)], batch="one")

    assert any_shop.run(batch="two") == []
    assert any_shop.received() == []


def test_a_sender_of_a_batch_takes_what_comes_later_in_it(any_shop: Shop) -> None:
    """A waiting message of the batch is looked at again; one of another batch, which is due earlier, is not."""
    any_shop.ledger.add([job(1, not_before="2026-01-01")], batch="one")
    any_shop.ledger.add([job(2, not_before="2026-01-01", due="2026-01-02")], batch="two")

    any_shop.run_hastily(batch="one")

    assert any_shop.received() == [1]


def test_what_is_added_again_belongs_to_the_last_batch(any_shop: Shop) -> None:
    any_shop.ledger.add([job(1), job(2)], batch="one")
    assert any_shop.ledger.add([job(2), job(3)], batch="two") == Added(added=1, known=1)

    any_shop.run(batch="two")
    assert any_shop.received() == [2, 3]

    any_shop.ledger.add([job(1), job(2)], batch="one")  # the first file once more
    assert any_shop.ledger.status(batch="one").states == {State.PENDING: 1, State.SENT: 1}


def test_without_a_batch_the_batch_stays(any_shop: Shop) -> None:
    any_shop.ledger.add(job(1), batch="one")
    any_shop.ledger.add(job(1))

    assert any_shop.ledger.status(batch="one").states == {State.PENDING: 1}


@pytest.mark.parametrize("batch", ["", "x" * 65, "a\nb", 3])
def test_a_batch_is_a_short_name(shop: Shop, batch: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"batch is not a name of 1 to 64"):
        shop.ledger.add(job(1), batch=batch)
    with pytest.raises(ConfigurationError, match=r"batch is not a name of 1 to 64"):
        Sender(shop.ledger, batch=batch)


def test_jobs_can_be_checked_first_and_added_later(shop: Shop) -> None:
    with shop.ledger.check([job(1), job(2, marketplace="FR"), job(3, account="a")]) as checked:
        assert (checked.count, bool(checked.problems), len(checked.digest)) == (3, False, 32)
        assert [(*kind, count) for kind, count in checked.kinds.items()] == [
            (None, "DE", job().message_type, 1),
            (None, "FR", job().message_type, 1),
            ("a", "DE", job().message_type, 1),
        ]
        assert shop.ledger.compare(checked) == Added(added=3)
        assert list(shop.ledger.outcomes()) == []
        assert shop.ledger.add(checked) == Added(added=3)
        assert shop.ledger.compare(checked) == Added(known=3)


def digest(*jobs: Job) -> str:
    with check_jobs(jobs) as checked:
        assert not checked.problems
        return checked.digest


def test_the_digest_is_that_of_all_that_is_sent(tmp_path: Path) -> None:
    file = pdf(tmp_path)
    jobs = [job(1), job(2, message_type=FILE_TYPE, attachments=[file])]
    first = digest(*jobs)

    assert digest(*reversed(jobs)) == first
    changed = [
        [jobs[0]],
        [*jobs, job(3)],
        [*jobs, jobs[0]],
        [job(1, text="Another"), jobs[1]],
        [job(1, message_type=OTHER_TYPE, text="Another"), jobs[1]],
        [job(1, marketplace="FR"), jobs[1]],
        [job(1, account="a"), jobs[1]],
        [job(1, document="R-1"), jobs[1]],
        [job(1, due="2026-12-24"), jobs[1]],
        [job(1, not_before="2026-12-24"), jobs[1]],
    ]
    digests = {digest(*each) for each in changed}
    assert len(digests) == len(changed)
    assert first not in digests
    pdf(tmp_path, content=b"%PDF-1.7 another")
    assert digest(*jobs) != first


def test_problems_of_a_file_have_lines(shop: Shop) -> None:
    wrong = Problem("due", "a spreadsheet has changed this date.", rule="date")
    entries = File(
        [
            Entry(2, job(1)),
            Entry(3, job(1, text="Another")),
            Entry(7, job(2, due="now"), (wrong,)),
            Entry(9, None, (wrong,)),
        ]
    )

    with pytest.raises(InvalidMessageError) as refused:
        shop.ledger.add(entries)

    assert [problem.field for problem in refused.value.problems] == ["line 7, due", "line 9, due", "line 3, document"]
    assert "line 2 is the same message" in str(refused.value)
    assert str(refused.value).startswith("Nothing was added: 3 lines break a rule.\n")
    assert list(shop.ledger.outcomes()) == []


def test_a_sender_can_be_aborted_from_another_thread(shop: Shop) -> None:
    shop.ledger.add([job(number) for number in range(1, 200)])
    sender = Sender(shop.ledger, shop.client())

    for _ in sender.run():
        sender.abort()

    assert shop.ledger.status().states.get(State.PENDING, 0) > 0
    shop.assert_nothing_is_held()
