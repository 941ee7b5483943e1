"""docs/sellers.md: each seller's message comes from that seller."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from spapi_messaging import ConfigurationError
from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("sellers.md")


FOR_REAL_SELLERS = ("One client for each seller", "Access tokens from your own service")


def test_every_example_but_two_needs_nothing_but_the_variable_that_asks_for_the_sandbox(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LWA_APP_ID", "LWA_CLIENT_SECRET", "SP_API_REFRESH_TOKEN", "SP_API_DEFAULT_MARKETPLACE"):
        monkeypatch.delenv(name)
    reader.set("SP_API_SANDBOX", "local")
    for block in PAGE.all_blocks():
        if block.section not in FOR_REAL_SELLERS:
            reader.do(block)

    sent = [(message.seller, message.text) for message in reader.sandbox.inbox if message.text]
    assert sent == [(name, f"Grüße von {name}") for name in ("anna", "bert", "carla")]


def test_the_other_two_are_refused_there(reader: Reader) -> None:
    reader.set("SP_API_SANDBOX", "local")
    program, *_ = PAGE.blocks("python", FOR_REAL_SELLERS[0])

    with pytest.raises(ConfigurationError, match=r"real buyers.*For the local sandbox, use from_env"):
        reader.run_program(program)


def test_a_token_is_corrected_by_running_the_program_again(reader: Reader) -> None:
    text = PAGE.files()["tokens.py"]
    for version in (text, text.replace("-bert", "-berta")):
        reader.write("tokens.py", version)
        reader.type_in("python tokens.py")
    with closing(sqlite3.connect(reader.folder / "shop.db")) as database:
        tokens = dict(database.execute("SELECT name, refresh_token FROM sellers").fetchall())

    assert tokens == {name: f"Atzr|local-sandbox-{name}{'a' * (name == 'bert')}" for name in ("anna", "bert", "carla")}
