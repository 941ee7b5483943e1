"""Every operation, model and field has a description of ours, in the specification and in the generated code."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from regeneration.documents import Document
from regeneration.fetching.provenance import read
from regeneration.merging.describe import describe, undescribed, words
from regeneration.merging.overlay import apply_overlays
from regeneration.pipeline import merged
from regeneration.project import REPOSITORY, Project
from tests.scripts.published import ROOT

PACKAGE = ROOT / "generated" / "spapi_messaging_client"
MODELS = sorted(path for path in (PACKAGE / "models").glob("*.py") if path.stem != "__init__")
FUNCTIONS = sorted(path for path in (PACKAGE / "api").rglob("*.py") if path.stem != "__init__")


@pytest.mark.usefixtures("todays")
def test_overlays_describe_every_place() -> None:
    project = Project(REPOSITORY)
    apis = read(project.sources).apis
    models = {api.name: project.read_published(api.name) for api in apis}
    document, _ = apply_overlays(merged(apis, models), project.read_overlays())

    assert undescribed(document) == []


def docstrings(path: Path, kind: type[ast.ClassDef] | type[ast.FunctionDef]) -> list[str]:
    """The docstrings of a module's public classes or functions."""
    nodes = [node for node in ast.parse(path.read_text()).body if isinstance(node, kind)]
    return [ast.get_docstring(node) or "" for node in nodes if not node.name.startswith("_")]


def entries(docstring: str, section: str) -> dict[str, str]:
    """The entries `name (type): description` of a section, by name."""
    _, _, rest = docstring.partition(f"{section}:\n")
    found = re.findall(r"^ {4}(\w+) \((.*?)\):(.*(?:\n {8,}.*)*)", rest.split("\n\n")[0], re.MULTILINE)
    return {name: text.strip() for name, _, text in found}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_models_and_their_fields_are_described_in_python(path: Path) -> None:
    [docstring] = docstrings(path, ast.ClassDef)
    attributes = entries(docstring, "Attributes")

    assert docstring.splitlines()[0].endswith(".")
    assert [name for name, text in attributes.items() if not text] == []
    annotated = re.findall(r"^    (\w+): .* = UNSET$|^    (\w+): \w+$", path.read_text(), re.MULTILINE)
    assert {a or b for a, b in annotated} <= attributes.keys()


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda path: path.stem)
def test_functions_and_their_arguments_are_described_in_python(path: Path) -> None:
    for docstring in docstrings(path, ast.FunctionDef):
        arguments = entries(docstring, "Args")
        assert docstring.splitlines()[0].endswith(".")
        assert "marketplace_ids" in arguments
        assert [name for name, text in arguments.items() if not text] == []


def facade_methods() -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse((PACKAGE / "facade.py").read_text())
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    functions = [
        node for body in classes for node in body.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return [function for function in functions if not function.name.startswith("_")]


@pytest.mark.parametrize("method", facade_methods(), ids=lambda method: f"{type(method).__name__}-{method.name}")
def test_facade_methods_say_all_that_a_caller_asks(method: ast.FunctionDef) -> None:
    docstring = ast.get_docstring(method) or ""
    assert docstring.splitlines()[0].endswith(".")
    for argument in ["order_id", *(item.arg for item in method.args.kwonlyargs)]:
        assert re.search(rf"^    {argument}: \S", docstring, re.MULTILINE), argument
    for part in ("Returns:\n    ", "Raises:\n    ", "Usage plan: "):
        assert part in docstring
    source = r"^Source: `[A-Z]+ /\S+`\nhttps://developer-docs\.amazon\.com/sp-api/(reference|docs)/[\w-]+$"
    assert re.search(source, docstring, re.MULTILINE)


def test_what_nobody_described_is_described_from_its_name() -> None:
    document: Document = {
        "paths": {"/messaging/v1/orders/{amazonOrderId}/messages/giftNote": {"post": {"operationId": "sendGiftNote"}}},
        "components": {"parameters": {}, "schemas": {"GiftNote": {"properties": {"cardColour": {"type": "string"}}}}},
    }
    describe(document)

    [[operation]] = [item.values() for item in document["paths"].values()]
    assert operation["description"] == operation["summary"] == "Send the buyer a message of the type giftNote."
    assert document["components"]["schemas"]["GiftNote"]["description"] == "The gift note."
    assert (
        document["components"]["schemas"]["GiftNote"]["properties"]["cardColour"]["description"] == "The card colour."
    )
    assert undescribed(document) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("coverageStartDate", "coverage start date"), ("contentMD5", "content MD 5"), ("_links", "links")],
)
def test_words(name: str, text: str) -> None:
    assert words(name) == text


def test_no_sentence_of_amazons_is_in_the_result(shared: Path) -> None:
    hygiene = shared.parent / "checks" / "hygiene"
    if not hygiene.is_file():
        pytest.skip("the program that looks for Amazon's sentences is not beside the repository")
    done = subprocess.run([sys.executable, str(hygiene)], cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "")
