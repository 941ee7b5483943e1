"""The pictures of the documentation are what `scripts/pictures` draws, and what it draws is so in the code."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from sqlalchemy import text

from drawing import bucket, flow, inbox, screenshots, states, status_page, topology
from drawing.__main__ import DOCS, DRAWN, FOLDER, TAKEN
from marked import replaced
from spapi_messaging.bulk import Ledger, State
from spapi_messaging.bulk.people.removing import forget
from spapi_messaging.bulk.people.withdrawing import Word
from spapi_messaging.bulk.storage.schema import messages
from tests.docs.pages import ROOT, all_pages
from tests.support.ledgers import in_every_state, rows

SVG = "{http://www.w3.org/2000/svg}"
AGAIN = "run scripts/pictures again"


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_what_the_script_draws(name: str) -> None:
    path = FOLDER / f"{name}.svg"
    if name == "progress":  # another release of rich may draw the same words in another way
        assert words_in(path.read_text(encoding="utf-8")) == words_in(DRAWN[name]()), AGAIN
    else:
        assert path.read_bytes() == DRAWN[name]().encode(), AGAIN


def words_in(svg: str) -> list[str]:
    # A newer rich may split a line at other places.
    return "".join("".join(each.itertext()) for each in ElementTree.fromstring(svg).iter(f"{SVG}text")).split()


def test_the_screenshot_of_the_inbox_shows_what_the_inbox_shows_now() -> None:
    with inbox.served() as sandbox:
        html = inbox.html(sandbox)

    assert inbox.QUESTION.partition("\n")[0] in screenshots.words_of(html)
    assert screenshots.digest_in(FOLDER / "inbox.png") == screenshots.digest_of(html), AGAIN


WATCH = f"""
CREATE TRIGGER watch AFTER UPDATE OF state ON {messages.name} WHEN old.state <> new.state
BEGIN INSERT INTO changes VALUES (old.state, new.state); END
"""


@pytest.fixture(scope="module")
def day() -> Iterator[tuple[str, set[tuple[str, str]]]]:
    """The page of the screenshot, and how its messages changed their states, as the database saw it."""
    seen: set[tuple[str, str]] = set()

    class Watched(status_page.Shop):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            with self.ledger.database.write() as connection:
                connection.execute(text("CREATE TABLE changes (was, became)"))
                connection.execute(text(WATCH))

        def close(self) -> None:
            with self.ledger.database.read() as connection:
                seen.update((row.was, row.became) for row in connection.execute(text("SELECT * FROM changes")))
            super().close()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(status_page, "Shop", Watched)
        yield status_page.html(), seen


def test_the_screenshot_of_the_status_shows_what_the_page_shows_now(day: tuple[str, set[tuple[str, str]]]) -> None:
    assert screenshots.digest_in(FOLDER / "status.png") == screenshots.digest_of(day[0]), AGAIN


@pytest.mark.parametrize("name", [*DRAWN])
def test_a_picture_says_in_words_what_it_shows_and_loads_nothing(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    root = ElementTree.fromstring(svg)

    for part in ("title", "desc"):
        found = root.find(f"{SVG}{part}")
        assert found is not None
        assert found.text
    assert set(re.findall(r"https?://[^\s\"')]+", svg)) == {"http://www.w3.org/2000/svg"}


def test_every_picture_is_shown_somewhere_with_words_for_those_who_do_not_see_it() -> None:
    shown = {}
    for page in all_pages():
        for words, path in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.text):
            shown[Path(path).name] = words

    assert set(shown) >= {*(f"{name}.svg" for name in DRAWN), *(f"{name}.png" for name in TAKEN)}
    assert all(len(words.split()) >= 8 for words in shown.values())


def test_the_topology_has_every_service_of_the_trial() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    texts = {each.text for each in ElementTree.fromstring(topology.drawn()).iter(f"{SVG}text")}

    assert set().union(*topology.SERVICES.values()) == set(services)
    assert set(topology.SERVICES) <= texts
    assert {box for ends in topology.CONNECTIONS for box in ends} == set(topology.SERVICES)


def test_the_topology_connects_what_the_trial_connects() -> None:
    """Each service waits for those that it needs, or names them in its environment."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    box_of = {service: box for box, names in topology.SERVICES.items() for service in names}
    for name, service in services.items():
        for other in {*service.get("depends_on", ())} & {"postgres", "redis", "sandbox"}:
            assert (box_of[name], box_of[other]) in topology.CONNECTIONS


def test_the_flow_names_files_that_exist() -> None:
    for file, _ in flow.STEPS.values():
        assert (ROOT / "wrapper/spapi_messaging" / file).is_file()


def test_the_bucket_keeps_to_its_plan() -> None:
    _, went = bucket.run()

    assert len(went) == len(bucket.ASKED)
    assert went[: bucket.PLAN.burst] == [0.0] * bucket.PLAN.burst
    for begin in went:
        assert sum(begin <= each < begin + 5 for each in went) <= bucket.PLAN.burst + 5 * bucket.PLAN.rate


# The states


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'sent.db'}", grace=0) as made:
        yield made


def forget_all(ledger: Ledger) -> None:
    """Order by order: one that a sender holds is refused."""
    for row in rows(ledger):
        if row.state not in ("claimed", "sending"):
            with ledger.database.write() as connection:
                forget(connection, Word(0, "forget"), row.amazon_order_id)


WORDS: dict[str, Callable[[Ledger], object]] = {
    "retry": lambda ledger: ledger.retry(state=[*State]),
    "cancel": lambda ledger: ledger.cancel(state=[*State]),
    "skip": lambda ledger: ledger.skip(state=[*State]),
    "resolve(sent=True)": lambda ledger: ledger.resolve(state="unknown", sent=True),
    "resolve(sent=False)": lambda ledger: ledger.resolve(state="unknown", sent=False),
    "recover": lambda ledger: ledger.recover(since="2020-01-01"),
    "forget": forget_all,
}


@pytest.mark.parametrize("word", WORDS)
def test_a_persons_word_changes_the_states_that_the_picture_says(ledger: Ledger, word: str) -> None:
    in_every_state(ledger)
    before = {row.id: State(row.state) for row in rows(ledger)}

    WORDS[word](ledger)

    changed = {(before[row.id], State(row.state)) for row in rows(ledger) if before[row.id] != row.state}
    assert changed == {(each.before, each.after) for each in states.BY_PEOPLE if each.why == word}


def test_every_state_has_its_place_in_the_picture() -> None:
    """An account is parked, and its messages stay pending."""
    texts = {each.text for each in ElementTree.fromstring(states.drawn()).iter(f"{SVG}text")}

    assert {state.value for state in State} - {State.PARKED.value} <= texts


def test_every_arrow_of_the_picture_is_a_change_that_there_is() -> None:
    changes = {(each.before, each.after) for each in [*states.BY_SENDERS, *states.BY_PEOPLE]}

    assert set(states.ARROWS) <= changes


def test_the_page_beside_the_picture_lists_all_changes() -> None:
    page = (DOCS / states.PAGE).read_text(encoding="utf-8")

    assert replaced(page, states.MARK, f"\n{states.table()}\n") == page, AGAIN


def test_a_run_changes_the_states_that_the_picture_says(day: tuple[str, set[tuple[str, str]]]) -> None:
    seen = day[1]
    way = [State.PENDING, State.CLAIMED, State.SENDING, State.SENT]

    assert {*itertools.pairwise(way), (State.SENDING, State.REJECTED), (State.SENDING, State.UNKNOWN)} <= seen
    assert seen <= {(each.before, each.after) for each in states.BY_SENDERS}
