"""Any published model: the result imports, type-checks, and each of its operations can be called."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path

import pytest

from regeneration.documents import Document
from spapi_messaging_client.operations import OPERATIONS
from tests.scripts.conftest import Regenerate
from tests.scripts.published import ROOT, SHARED

pytestmark = pytest.mark.usefixtures("node")

HISTORY = sorted((SHARED / "history").glob("*.json")) if SHARED.is_dir() else []
MESSAGES = sum(operation.kind != "upload" for operation in OPERATIONS.values())
CALLS = Path(__file__).with_name("calls.py")


def type_check(made: Path, cache: Path) -> None:
    """Check the package as a project of its own: the repository's settings do not count."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(cache)]
    done = subprocess.run([*command, "."], cwd=made / "generated", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def call_everything(made: Path) -> int:
    """How many operations were called; each of them took place in both clients."""
    path = os.pathsep.join(map(str, (made / "generated", ROOT / "wrapper")))
    done = subprocess.run(
        [sys.executable, str(CALLS), str(made)], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("model", HISTORY, ids=lambda path: path.stem)
def test_every_model_in_history(model: Path, regenerate: Regenerate, tmp_path: Path) -> None:
    before = (ROOT / "spec" / "openapi.json").read_bytes()
    regenerate(model)

    type_check(tmp_path / "made", tmp_path / "cache")
    # Invoices came with the last of them.
    assert call_everything(tmp_path / "made") == (13 if "2022" in model.stem else 12)
    assert (ROOT / "spec" / "openapi.json").read_bytes() == before


def test_todays_model(todays: Path, regenerate: Regenerate, tmp_path: Path) -> None:
    assert regenerate(todays) == ""
    assert call_everything(tmp_path / "made") == 13


def test_a_path_that_names_no_order_is_left_to_the_low_level_client(
    swagger: Document, regenerate: Regenerate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operation = copy.deepcopy(swagger["paths"]["/messaging/v1/orders/{amazonOrderId}/attributes"]["get"])
    operation["operationId"] = "listTemplates"
    operation["parameters"] = []
    swagger["paths"]["/messaging/v1/templates"] = {"get": operation}
    line = "listTemplates: its path does not name an order (/messaging/v1/templates); only the low-level client has it"

    assert f"- {line}." in regenerate(swagger)
    assert line in capsys.readouterr().err
    assert (tmp_path / "made/generated/spapi_messaging_client/api/messaging/list_templates.py").is_file()
    assert call_everything(tmp_path / "made") == MESSAGES


def test_a_read_that_amazon_adds_gives_its_own_model(swagger: Document, regenerate: Regenerate, tmp_path: Path) -> None:
    path = "/messaging/v1/orders/{amazonOrderId}/attributes"
    operation = copy.deepcopy(swagger["paths"][path]["get"])
    operation["operationId"] = "getGiftOptions"
    colour = {"name": "colour", "in": "query", "type": "string", "enum": ["red", "green"]}
    operation["parameters"].append(colour)
    swagger["paths"][path.replace("attributes", "giftOptions")] = {"get": operation}
    regenerate(swagger)

    made = tmp_path / "made"
    facade = (made / "generated" / "spapi_messaging_client" / "facade.py").read_text()
    signature = facade[facade.index("def get_gift_options(") :].partition(':\n        """')[0]
    assert 'colour: Literal["red", "green"] | None = None' in signature
    assert signature.endswith('-> "GetAttributesResponse"')
    type_check(made, tmp_path / "cache")
    assert call_everything(made) == MESSAGES + 1
