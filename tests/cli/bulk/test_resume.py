"""`bulk resume`: goes on with accounts that are parked."""

from __future__ import annotations

from pathlib import Path

import pytest

from spapi_messaging.bulk import Ledger
from spapi_messaging.cli.bulk import asking
from tests.support.desks import WordDesk
from tests.support.ledgers import park


@pytest.fixture
def desk(tmp_path: Path) -> WordDesk:
    """Two accounts with messages, and messages without an account."""
    desk = WordDesk(f"sqlite:///{tmp_path / 'sent.db'}")
    desk.add("pending", "pending", account="shop-de")
    desk.add("pending", first=10, account="shop-fr")
    desk.add("pending", first=20)
    return desk


def parked(desk: WordDesk) -> list[str | None]:
    with Ledger(desk.url) as ledger:
        return [each.account for each in ledger.status().parked]


def parks(desk: WordDesk, *accounts: str) -> None:
    with Ledger(desk.url) as ledger:
        for account in accounts:
            park(ledger, account)


def test_an_account_by_its_name(desk: WordDesk) -> None:
    parks(desk, "shop-de", "shop-fr")
    done = desk.types("resume", "shop-de", "--yes")

    assert done.exit_code == 0
    assert "shop-de: parked since 2026-11-22 11:00 UTC, 2 messages" in done.stdout
    assert "AuthorizationError: The token was revoked." in done.stdout
    assert "Now to be sent: 2 messages." in done.stdout
    assert parked(desk) == ["shop-fr"]
    assert desk.json("resume", "--profile", "shop-fr", "--yes") == {
        "word": "resume",
        "accounts": ["shop-fr"],
        "count": 1,
        "changed": 1,
    }
    assert parked(desk) == []


def test_it_asks(desk: WordDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    parks(desk, "shop-de")
    assert desk.types("resume", "shop-de", answer="y\n").exit_code == 2  # no terminal
    assert desk.types("resume", "shop-de", "--json").exit_code == 2
    monkeypatch.setattr(asking, "has_terminal", lambda: True)
    assert desk.types("resume", "shop-de", answer="n\n").exit_code == 1
    assert parked(desk) == ["shop-de"]

    assert desk.types("resume", "shop-de", answer="y\n").exit_code == 0
    assert parked(desk) == []


def test_the_only_parked_account_need_not_be_named(desk: WordDesk) -> None:
    parks(desk, "shop-fr")

    assert desk.types("resume", "--yes").exit_code == 0
    assert parked(desk) == []


def test_one_of_several_has_to_be_named(desk: WordDesk) -> None:
    parks(desk, "", "shop-fr")
    done = desk.types("resume", "--yes")

    assert done.exit_code == 2
    assert "Several accounts are parked. Name one, or give --all: -, shop-fr." in done.stderr
    assert desk.types("resume", "", "--yes").exit_code == 0
    assert parked(desk) == ["shop-fr"]


def test_all_of_them(desk: WordDesk) -> None:
    parks(desk, "", "shop-de", "shop-fr")
    assert desk.json("resume", "--all", "--dry-run") == {
        "word": "resume",
        "accounts": [None, "shop-de", "shop-fr"],
        "count": 4,
        "changed": 0,
    }
    assert parked(desk) == [None, "shop-de", "shop-fr"]

    assert desk.types("resume", "--all", "--yes").exit_code == 0
    assert parked(desk) == []
    assert desk.types("resume", "shop-de", "--all").exit_code == 2


def test_nothing_to_do(desk: WordDesk) -> None:
    assert desk.types("resume").stdout == "Nothing to do: no account is parked.\n"
    assert desk.types("resume", "shop-de").stdout == "Nothing to do: it is not parked.\n"
    assert desk.json("resume")["accounts"] == []


def test_an_account_that_does_not_exist(desk: WordDesk) -> None:
    done = desk.types("resume", "shop-d")

    assert done.exit_code == 2
    assert "has the account 'shop-d'. Did you mean shop-de" in done.stderr
