"""Published models: the result can be imported and type-checked, and each operation can be called."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from spapi_messaging_client.operations import OPERATIONS
from tests.scripts.conftest import Regenerate, regenerate_in
from tests.scripts.published import ROOT, SHARED, committed_facts, to_swagger

HISTORY = sorted((SHARED / "history").glob("*.json")) if SHARED.is_dir() else []
MESSAGES = sum(operation.kind != "upload" for operation in OPERATIONS.values())
CALLS = Path(__file__).with_name("calls.py")


def type_check(made: Path, cache: Path) -> None:
    """Check the package with mypy. The settings of the repository do not count."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(cache)]
    done = subprocess.run([*command, "."], cwd=made / "generated", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def call_everything(made: Path) -> int:
    """Call every operation with both clients. Returns how many operations there are."""
    path = os.pathsep.join(map(str, (made / "generated", ROOT / "wrapper")))
    done = subprocess.run(
        [sys.executable, str(CALLS), str(made)], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("model", HISTORY, ids=lambda path: path.stem)
def test_every_model_in_history(model: Path, regenerate: Regenerate, tmp_path: Path, type_cache: Path) -> None:
    before = (ROOT / "spec" / "openapi.json").read_bytes()
    regenerate(model)

    type_check(tmp_path / "made", type_cache)
    # Only the last of these models has invoices.
    assert call_everything(tmp_path / "made") == (13 if "2022" in model.stem else 12)
    assert (ROOT / "spec" / "openapi.json").read_bytes() == before


def test_amazons_own_files_give_what_is_committed(todays: Path, regenerate: Regenerate, tmp_path: Path) -> None:
    assert regenerate(todays) == ""
    for name in ("published/messaging.json", "published/uploads_2020-11-01.json", "openapi.json"):
        assert (tmp_path / "made" / "spec" / name).read_bytes() == (ROOT / "spec" / name).read_bytes()
    assert call_everything(tmp_path / "made") == 13


class Grown(NamedTuple):
    """The result for a model with two new operations: one without an order in its path, and one that reads."""

    made: Path
    report: str
    notes: str


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    model = to_swagger(committed_facts())
    path = "/messaging/v1/orders/{amazonOrderId}/attributes"
    read = model["paths"][path]["get"]
    colour = {"name": "colour", "in": "query", "type": "string", "enum": ["red", "green"]}
    gift_options = {**read, "operationId": "getGiftOptions", "parameters": [*read["parameters"], colour]}
    model["paths"]["/messaging/v1/templates"] = {"get": {**read, "operationId": "listTemplates", "parameters": []}}
    model["paths"][path.replace("attributes", "giftOptions")] = {"get": gift_options}
    folder = tmp_path_factory.mktemp("grown")
    with contextlib.redirect_stderr(io.StringIO()) as notes:
        report = regenerate_in(folder)(model)
    return Grown(folder / "made", report, notes.getvalue())


def test_a_path_that_names_no_order_is_left_to_the_low_level_client(grown: Grown) -> None:
    line = "listTemplates: its path does not name an order (/messaging/v1/templates); only the low-level client has it"
    reported = "`listTemplates` of the low-level client: its path does not name an order (/messaging/v1/templates)"

    assert f"- {reported}." in grown.report
    assert line in grown.notes
    assert (grown.made / "generated/spapi_messaging_client/api/messaging/list_templates.py").is_file()


def test_a_read_that_amazon_adds_gives_its_own_model(grown: Grown) -> None:
    facade = (grown.made / "generated" / "spapi_messaging_client" / "facade.py").read_text()
    signature = facade[facade.index("def get_gift_options(") :].partition(':\n        """')[0]

    assert 'colour: Literal["red", "green"] | None = None' in signature
    assert signature.endswith("-> GetAttributesResponse")


def test_new_operations_can_be_checked_and_called(grown: Grown, type_cache: Path) -> None:
    type_check(grown.made, type_cache)
    assert call_everything(grown.made) == MESSAGES + 1
