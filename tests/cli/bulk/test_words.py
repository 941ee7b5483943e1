"""`bulk retry`, `cancel`, `skip` and `forget`: each shows what it does, asks, and does that and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from spapi_messaging.bulk import Ledger
from spapi_messaging.bulk.claiming.session import Session
from spapi_messaging.bulk.storage.schema import messages, meta
from spapi_messaging.cli.bulk import asking
from tests.support.desks import WordDesk
from tests.support.ledgers import park, rows, set_columns
from tests.support.runs import OTHER_TYPE, TEXT_TYPE, job, order

ALL = ["pending", "claimed", "sending", "sent", "waiting", "rejected", "given_up", "unknown", "cancelled", "skipped"]


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    return WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")


@pytest.fixture
def at_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody can be asked."""
    monkeypatch.setattr(asking, "has_terminal", lambda: True)


# What each word makes of a message in each of the states above.
RETRIED = {"rejected": "pending", "given_up": "pending"}
WORDS: list[tuple[tuple[str, ...], dict[str, str]]] = [
    (("retry",), RETRIED),
    (("retry", "--state", "cancelled", "--state", "skipped"), {"cancelled": "pending", "skipped": "pending"}),
    (("cancel", "--all"), dict.fromkeys(("pending", "waiting", "rejected", "given_up"), "cancelled")),
    (("cancel", "--state", "rejected"), {"rejected": "cancelled"}),
    (("skip", "--all"), dict.fromkeys(("pending", "waiting", "rejected", "given_up"), "skipped")),
    (("skip", "--state", "Given up"), {"given_up": "skipped"}),
    (("forget", order(0)), {"pending": "cancelled"}),
    (("forget", order(3)), {}),
]


@pytest.mark.parametrize(("words", "changes"), WORDS, ids=lambda value: " ".join(value))
def test_yes_does_it_without_asking(desk: WordDesk, words: tuple[str, ...], changes: dict[str, str]) -> None:
    desk.add(*ALL)
    done = desk.types(*words, "--yes")

    count = len(changes) or 1
    assert done.exit_code == 0
    assert f"{words[0]}: {count} message" in done.stdout
    assert "[y/N]" not in done.stderr
    assert desk.states() == [changes.get(state, state) for state in ALL]


@pytest.mark.parametrize(("words", "changes"), WORDS, ids=lambda value: " ".join(value))
def test_a_person_is_asked(desk: WordDesk, at_terminal: None, words: tuple[str, ...], changes: dict[str, str]) -> None:
    desk.add(*ALL)
    refused = desk.types(*words, answer="n\n")
    assert refused.exit_code == 1
    assert "[y/N]" in refused.stderr
    assert "Nothing was changed." in refused.stdout
    assert desk.states() == ALL

    assert desk.types(*words, answer="y\n").exit_code == 0
    assert desk.states() == [changes.get(state, state) for state in ALL]


@pytest.mark.parametrize("answer", ["\n", ""], ids=["none", "the end of the input"])
def test_no_answer_is_a_no(desk: WordDesk, at_terminal: None, answer: str) -> None:
    desk.add(*ALL)

    assert desk.types("cancel", "--all", answer=answer).exit_code == 1
    assert desk.states() == ALL


@pytest.mark.parametrize(("words", "_"), WORDS, ids=lambda value: " ".join(value))
def test_nobody_can_be_asked(desk: WordDesk, words: tuple[str, ...], _: dict[str, str]) -> None:
    desk.add(*ALL)
    without_terminal, as_json = desk.types(*words, answer="y\n"), desk.types(*words, "--json")

    assert (without_terminal.exit_code, as_json.exit_code) == (2, 2)
    assert "there is no terminal to ask on. Add --yes" in without_terminal.stderr
    assert "Add --yes" in as_json.json["error"]["message"]
    assert desk.states() == ALL


@pytest.mark.parametrize(("words", "changes"), WORDS, ids=lambda value: " ".join(value))
def test_a_dry_run_shows_and_ends(desk: WordDesk, words: tuple[str, ...], changes: dict[str, str]) -> None:
    desk.add(*ALL)
    done = desk.types(*words, "--dry-run")

    assert done.exit_code == 0
    assert "Nothing was changed: --dry-run." in done.stdout
    told = desk.json(*words, "--dry-run")
    assert (told["word"], told["count"], told["changed"], told["dry_run"]) == (words[0], len(changes) or 1, 0, True)
    assert sum(each["count"] for each in told["counts"]) == told["count"]
    assert desk.states() == ALL


def test_json_tells_what_was_done(desk: WordDesk) -> None:
    desk.add("rejected", "rejected", account="shop-de")

    counts = [{"account": "shop-de", "message_type": TEXT_TYPE, "state": "rejected", "count": 2}]
    assert desk.json("retry", "--yes") == {
        "word": "retry",
        "count": 2,
        "changed": 2,
        "held": 0,
        "dry_run": False,
        "counts": counts,
    }
    assert desk.json("retry", "--yes")["count"] == 0


def test_it_shows_counts_and_ten_messages(desk: WordDesk) -> None:
    desk.add(*["rejected"] * 12, account="shop-de", document="R-17")
    desk.add("given_up", first=20, message_type=OTHER_TYPE, text="Hello")
    desk.change(0, error_type="BadRequestError", error_text="Amazon says no.\x1b[2J", sending_at=1_795_345_200_000)
    told = desk.types("retry", "--dry-run").stdout

    assert told.count(" R-17 of shop-de: rejected") == 10
    assert f"{order(0)}  {TEXT_TYPE} R-17 of shop-de: rejected\n" in told
    assert "BadRequestError: Amazon says no." in told
    assert "\x1b" not in told
    table = [line.split() for line in told.splitlines()[1:5]]
    assert table == [
        ["ACCOUNT", "TYPE", "STATE", "MESSAGES"],
        ["-", OTHER_TYPE, "given_up", "1"],
        ["shop-de", TEXT_TYPE, "rejected", "12"],
        ["all", "13"],
    ]


@pytest.mark.parametrize(
    ("options", "meant"),
    [
        (["--order", order(1), "--order", order(2)], [1, 2]),
        (["--account", "a"], [0, 1]),
        (["--profile", "a"], [0, 1]),
        (["--type", OTHER_TYPE.upper()], [4]),
        (["--document", "R-1"], [2]),
        (["--key", "mine"], [3]),
        (["--marketplace", "FR"], [3]),
        (["--batch", "monday"], [4]),
        (["--account", "a", "--order", order(1)], [1]),
        (["--state", "pending", "--order", order(0)], [0]),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_each_option_chooses(
    desk: WordDesk, options: list[str], meant: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SP_API_DEFAULT_MARKETPLACE", "FR")  # says where to send, and chooses nothing
    desk.add("pending", "pending", account="a")
    desk.add("pending", first=2, document="R-1")
    desk.add("pending", first=3, key="mine", marketplace="FR")
    desk.add("pending", first=4, message_type=OTHER_TYPE, text="Hello")
    desk.change(4, batch="monday")
    assert desk.types("cancel", *options, "--yes").exit_code == 0

    assert [place for place, state in enumerate(desk.states()) if state == "cancelled"] == meant


@pytest.mark.parametrize("word", ["cancel", "skip"])
def test_not_everything_unless_it_is_said(desk: WordDesk, word: str) -> None:
    desk.add("pending")
    nothing, both = desk.types(word, "--yes"), desk.types(word, "--yes", "--all", "--order", order(0))

    assert (nothing.exit_code, both.exit_code) == (2, 2)
    assert "Say which messages" in nothing.stderr
    assert "--all means every message" in both.stderr
    assert desk.states() == ["pending"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--state", "rejcted"], "There is no state 'rejcted'. Did you mean rejected?"),
        (["--type", TEXT_TYPE[:-1]], "Did you mean "),
        (["--marketplace", "XX"], "Invalid value for '--marketplace'"),
        (["--profile", "a", "--account", "b"], "--profile and --account name different accounts."),
    ],
    ids=lambda value: value[0],
)
def test_what_does_not_exist(desk: WordDesk, options: list[str], told: str) -> None:
    desk.add("rejected")
    done = desk.types("retry", "--yes", *options)

    assert done.exit_code == 2
    assert told in done.stderr
    assert desk.states() == ["rejected"]


def test_a_choice_that_fits_nothing(desk: WordDesk) -> None:
    desk.add("sent", "sent", "unknown")
    for words in (("retry", "--order", order(77)), ("cancel", "--account", "nobody"), ("forget", order(77))):
        done = desk.types(*words)
        assert done.exit_code == 0
        assert "Nothing to do: no message of this ledger fits." in done.stdout

    done = desk.types("retry")
    assert done.exit_code == 0
    assert "Nothing to do: no message that fits is rejected or given_up. There are: 2 sent, 1 unknown." in done.stdout


def test_notes_are_kept(desk: WordDesk) -> None:
    desk.add("pending")
    desk.types("cancel", "--all", "--yes", "--note", "sent by post")

    (note,) = desk.notes()
    assert note is not None
    assert note.endswith("cancel (was pending): sent by post")


def test_what_a_sender_has_is_not_touched_and_told(desk: WordDesk) -> None:
    desk.add("pending", "claimed", "sending")
    with Ledger(desk.url) as ledger:
        session = Session(ledger.database)
        set_columns(ledger, order(1), sender=session.id)
        set_columns(ledger, order(2), sender=session.id)
        done, told = desk.types("cancel", "--all", "--dry-run"), desk.json("cancel", "--all", "--yes")
        nothing = desk.types("cancel", "--all", "--yes")
        forgotten = desk.types("forget", order(1), "--yes")
        states = desk.states()
        session.close()

    assert "Not touched, because a sender has them just now: 2 messages." in done.stdout
    assert (told["count"], told["changed"], told["held"]) == (1, 1, 2)
    assert "Not touched" in nothing.stdout
    assert forgotten.exit_code == 1
    assert "a sender is about to send a message for this order" in forgotten.stderr
    assert states == ["cancelled", "claimed", "sending"]


def test_messages_of_a_parked_account_can_be_cancelled(desk: WordDesk) -> None:
    desk.add("pending", account="a")
    with Ledger(desk.url) as ledger:
        park(ledger, "a")
    told = desk.json("cancel", "--account", "a", "--yes")

    assert [(each["state"], each["count"]) for each in told["counts"]] == [("parked", 1)]
    assert desk.states() == ["cancelled"]


def test_it_says_when_the_number_changed_meanwhile(
    desk: WordDesk, at_terminal: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add("pending", "pending")

    def answer_late(*_: Any, **__: Any) -> bool:
        desk.change(0, state="sent")
        return True

    monkeypatch.setattr("spapi_messaging.cli.bulk.asking.click.confirm", answer_late)
    done = desk.types("cancel", "--all")

    assert "Cancelled: 1 message." in done.stdout
    assert "It was 2 messages when this was shown." in done.stdout
    assert desk.states() == ["sent", "cancelled"]


def test_retry_without_a_text_says_what_to_do(desk: WordDesk) -> None:
    desk.add("rejected")
    desk.change(0, text=None)
    done = desk.types("retry", "--yes")

    assert done.exit_code == 2
    assert f"Error: Nothing was changed: text: the text for order {order(0)} was removed." in done.stderr
    assert "Add the job again, then retry." in done.stderr
    assert desk.states() == ["rejected"]


def test_only_what_may_have_arrived_was_sent_off(desk: WordDesk) -> None:
    """One that is to be sent again has the time of the attempt before."""
    desk.add("unknown", "rejected")
    for number in range(2):
        desk.change(number, sending_at=1_795_345_200_000)
    desk.types("retry", "--yes")
    told = desk.types("forget", order(1), "--dry-run").stdout + desk.types("forget", order(0), "--dry-run").stdout

    assert ": pending\n" in told
    assert ": unknown, sent off 2026-11-22 11:00 UTC\n" in told


@pytest.mark.parametrize(
    ("states", "question", "done"),
    [
        (["sent"], "Remove the personal data of this message? It", "Forgotten: 1 message. Copies"),
        (
            ["sent", "pending", "rejected"],
            "Remove the personal data of these 3 messages, and cancel 1 that is not sent yet? It",
            "Forgotten: 3 messages, 1 of which not sent yet: cancelled. Copies",
        ),
        (["waiting", "pending"], "and cancel 2 that are not sent yet?", "2 of which not sent yet: cancelled."),
    ],
)
def test_forget_says_how_many_it_cancels(
    desk: WordDesk, at_terminal: None, states: list[str], question: str, done: str
) -> None:
    with Ledger(desk.url) as ledger:
        ledger.add(job(1, document=f"R-{place}") for place in range(len(states)))
        for row, state in zip(rows(ledger), states, strict=True):
            with ledger.database.write() as connection:
                connection.execute(update(messages).where(messages.c.id == row.id).values(state=state))
    told = desk.types("forget", order(1), answer="y\n")

    assert question in told.stderr
    assert done in told.stdout


def test_forget_leaves_nothing_personal(desk: WordDesk) -> None:
    desk.add("sent", document="R-17")
    assert desk.types("forget", order(0), "--yes").exit_code == 0

    assert "R-17" not in desk.types("export").stdout
    assert order(0) not in desk.types("export").stdout
    assert desk.states() == ["sent"]


@pytest.mark.parametrize("words", [("retry",), ("cancel", "--all"), ("forget", order(0)), ("status",), ("resolve",)])
def test_a_ledger_that_does_not_exist_is_not_made(desk: WordDesk, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = desk.types(*words)

    assert done.exit_code == 2
    assert f"There is no ledger at {desk.url}." in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_word_for_a_sandbox_does_not_reach_production(desk: WordDesk) -> None:
    desk.add("pending")
    with Ledger(desk.url) as ledger, ledger.database.write() as connection:
        connection.execute(meta.update().values(purpose="production"))
    done = desk.types("cancel", "--all", "--yes", "--sandbox", "local")

    assert done.exit_code == 2
    assert "this ledger is for production" in done.stderr
    assert desk.states() == ["pending"]
    assert desk.types("cancel", "--all", "--yes").exit_code == 0
