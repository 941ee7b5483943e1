"""Published models: the result can be imported and type-checked, and each operation can be called."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import NamedTuple

import pytest

from regeneration.documents import operation_ids
from tests.scripts.conftest import regenerate_in
from tests.scripts.fixture_repository import ORDERS, openapi, published
from tests.scripts.packages import call_everything, callable_operations, type_check
from tests.scripts.published import ROOT, SHARED
from tests.support.thorough import select

HISTORY = sorted((SHARED / "history").glob("*.json")) if SHARED.is_dir() else []


@pytest.mark.parametrize("model", select(HISTORY[-1:], HISTORY[:-1]), ids=lambda path: path.stem)
def test_every_model_in_history(model: Path, tmp_path: Path, type_cache: Path) -> None:
    before = (ROOT / "spec" / "openapi.json").read_bytes()
    regenerate_in(tmp_path, ROOT)(model)

    made = tmp_path / "made"
    assert operation_ids(json.loads(model.read_text())) <= operation_ids(openapi(made))
    type_check(made, type_cache)
    call_everything(made)
    assert (ROOT / "spec" / "openapi.json").read_bytes() == before


def test_amazons_own_files_give_what_is_committed(todays: Path, tmp_path: Path) -> None:
    assert regenerate_in(tmp_path, ROOT)(todays) == ""
    for name in ("published/messaging.json", "published/uploads_2020-11-01.json", "openapi.json"):
        assert (tmp_path / "made" / "spec" / name).read_bytes() == (ROOT / "spec" / name).read_bytes()


class Grown(NamedTuple):
    """The result for a model with two new operations: one without an order in its path, and one that reads."""

    made: Path
    report: str
    notes: str


@pytest.fixture(scope="module")
def grown(laid_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Grown:
    model = published()
    item = model["paths"][f"{ORDERS}/buyer"]
    read = item["get"]
    colour = {"name": "colour", "in": "query", "type": "string", "enum": ["red", "green"]}
    wishes = {**read, "operationId": "readWishes", "parameters": [*read["parameters"], colour]}
    model["paths"]["/messaging/v1/templates"] = {"get": {**read, "operationId": "listTemplates", "parameters": []}}
    model["paths"][f"{ORDERS}/wishes"] = {**item, "get": wishes}
    folder = tmp_path_factory.mktemp("grown")
    with contextlib.redirect_stderr(io.StringIO()) as notes:
        report = regenerate_in(folder, laid_out)(model)
    return Grown(folder / "made", report, notes.getvalue())


def test_a_path_that_names_no_order_is_left_to_the_low_level_client(grown: Grown) -> None:
    line = "listTemplates: its path does not name an order (/messaging/v1/templates); only the low-level client has it"
    reported = "`listTemplates` of the low-level client: its path does not name an order (/messaging/v1/templates)"

    assert f"- {reported}." in grown.report
    assert line in grown.notes
    assert (grown.made / "generated/spapi_messaging_client/api/messaging/list_templates.py").is_file()


def test_a_read_that_amazon_adds_gives_its_own_model(grown: Grown) -> None:
    facade = (grown.made / "generated" / "spapi_messaging_client" / "facade.py").read_text()
    signature = facade[facade.index("def read_wishes(") :].partition(':\n        """')[0]

    assert 'colour: Literal["red", "green"] | None = None' in signature
    assert signature.endswith("-> Buyer")


def test_new_operations_can_be_checked_and_called(grown: Grown, type_cache: Path) -> None:
    type_check(grown.made, type_cache)
    assert "readWishes" in callable_operations(grown.made)
    call_everything(grown.made)
