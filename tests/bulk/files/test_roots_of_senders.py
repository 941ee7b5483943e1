"""Messages whose files were added below a root, and senders that do not find them there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spapi_messaging.bulk import AsyncSender, Job, Ledger, Outcome, State
from spapi_messaging.errors import InvalidMessageError
from tests.support.runs import FILE_TYPE, Shop, by_order, job, outcomes_of, pdf, run_hastily
from tests.support.storages import Shelf


def invoice(path: str, number: int = 1) -> Job:
    return job(number, message_type=FILE_TYPE, attachments=[path])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "here" / "2026").mkdir(parents=True)
    pdf(tmp_path / "here" / "2026")
    return tmp_path / "here"


@pytest.fixture
def send(ledger_url: str, shop: Shop) -> Callable[[object], dict[int, list[State]]]:
    """Sends what is in the ledger, by a sender with this root."""

    def run(root: object) -> dict[int, list[State]]:
        with Ledger(ledger_url, attachments_root=root) as ledger:  # type: ignore[arg-type]
            outcomes: list[Outcome] = run_hastily(outcomes_of(AsyncSender(ledger, shop.client())))
        return by_order(outcomes)

    return run


def test_a_sender_without_a_root_leaves_the_message_to_others(
    ledger_url: str, root: Path, shop: Shop, send: Callable[[object], dict[int, list[State]]],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    with Ledger(ledger_url, attachments_root=root) as ledger:
        ledger.add([invoice("2026/R-17.pdf"), job(2)])

    assert send(None) == {1: [State.PENDING], 2: [State.SENT]}
    with Ledger(ledger_url) as ledger:
        (kept,) = ledger.outcomes(state="pending")
        assert "--attachments-root" in str(kept.error)
        ledger.hurry()
    assert caplog.text.count("Start it with --attachments-root") == 1

    assert send(root) == {1: [State.SENT]}


@pytest.mark.parametrize("kind", ["folder", "url"])
def test_a_file_that_is_not_below_the_root_is_refused_and_says_where_it_was_looked_for(
    ledger_url: str, root: Path, tmp_path: Path, shelf: Shelf, send: Callable[[object], dict[int, list[State]]],
    kind: str,
) -> None:  # fmt: skip
    with Ledger(ledger_url, attachments_root=root) as ledger:
        ledger.add([invoice("2026/R-17.pdf")])

    assert send(tmp_path if kind == "folder" else "shelf://elsewhere") == {1: [State.REJECTED]}
    with Ledger(ledger_url) as ledger:
        (kept,) = ledger.outcomes()
    assert "R-17.pdf: there is no such file. It was looked for as '2026/R-17.pdf' below attachments_root" in str(
        kept.error
    )
    assert "--attachments-root" in str(kept.error)


@pytest.mark.parametrize("given", ["here/2026/R-17.pdf", "{root}/here/2026/R-17.pdf"])
def test_a_path_that_repeats_the_root_is_refused_with_the_path_that_was_looked_at(
    ledger_url: str, root: Path, given: str
) -> None:
    with Ledger(ledger_url, attachments_root=root) as ledger, pytest.raises(InvalidMessageError) as refused:
        ledger.add([invoice(given.format(root=root))])

    (problem,) = refused.value.problems
    assert "'here/2026/R-17.pdf' below attachments_root (--attachments-root)" in problem.remedy
    assert "paths begin there" in str(refused.value)


def test_a_file_that_lies_anywhere_is_told_as_before(ledger_url: str, root: Path) -> None:
    with Ledger(ledger_url) as ledger, pytest.raises(InvalidMessageError) as refused:
        ledger.add([invoice(str(root / "R-18.pdf"))])

    assert "attachments_root" not in str(refused.value)
