"""Accounts by the name of a function, as a command line and a scheduler give them."""

from __future__ import annotations

from pathlib import Path

import pytest

from spapi_messaging.bulk import Sender, State
from spapi_messaging.errors import ConfigurationError
from tests.support.runs import Shop, job


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The name of a module that Python finds."""
    name = f"accounts_of_{abs(hash(request.node.name))}"
    (tmp_path / f"{name}.py").write_text(
        "from spapi_messaging import Credentials\n"
        "from spapi_messaging.local_sandbox import local_credentials\n"
        "class Shops:\n"
        "    @staticmethod\n"
        "    def find(name):\n"
        "        return Credentials(**local_credentials(name)) if name.startswith('shop') else None\n"
        "find, number = Shops.find, 17\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return name


@pytest.mark.parametrize("name", ["find", "Shops.find"])
def test_the_function_of_a_module_finds_the_accounts(shop: Shop, module: str, name: str) -> None:
    shop.add(job(1, account="shop-1"), job(2, account="shop-2"), job(3, account="another"))

    for _ in Sender(shop.ledger, f"{module}:{name}", **shop.options()).run():
        pass

    assert shop.states() == {State.SENT: 2, State.PENDING: 1}
    assert {message.seller for message in shop.sandbox.inbox} == {"shop-1", "shop-2"}


@pytest.mark.parametrize(
    "name", ["", "shop", "shop.accounts", ":find", "shop:", "shop:find()", "a b:find", "shop:1", "a:b:c"]
)
def test_what_is_no_name_is_refused(shop: Shop, name: str) -> None:
    with pytest.raises(ConfigurationError, match="module:function"):
        Sender(shop.ledger, name)


@pytest.mark.parametrize("name", ["no_such_module:find", "no_such_package.accounts:find"])
def test_a_module_that_is_not_there_is_named(shop: Shop, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"no module no_such_(module|package)\. .*PYTHONPATH"):
        Sender(shop.ledger, name)


def test_a_function_that_is_not_there_is_named(shop: Shop, module: str) -> None:
    with pytest.raises(ConfigurationError, match=f"module {module} has no fnid"):
        Sender(shop.ledger, f"{module}:fnid")


def test_what_is_no_source_of_accounts_is_refused(shop: Shop, module: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be a int"):
        Sender(shop.ledger, f"{module}:number")


def test_an_error_of_the_module_is_its_own(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "accounts_with_error.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        Sender(shop.ledger, "accounts_with_error:find")
