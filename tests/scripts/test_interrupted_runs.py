"""Runs that cannot write everything, and runs that have nothing new to write."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document

SOURCES = "spec/sources.toml"


Run = Callable[..., int]


@pytest.fixture
def regenerate(tmp_path: Path, laid_out: Path) -> Run:
    """A function that regenerates from a model into `tmp_path / "made"` and returns the exit status."""

    def run(model: Document, *options: str) -> int:
        source = tmp_path / "model.json"
        source.write_text(json.dumps(model))
        return main(["--from", str(source), "--into", str(tmp_path / "made"), *options], root=laid_out)

    return run


@pytest.fixture
def changed(swagger: Document) -> Document:
    swagger["definitions"]["CreateGiftRequest"]["properties"]["giftNote"] = {"type": "string"}
    return swagger


def test_a_run_that_stopped_half_way_can_be_repeated_with_the_same_report(
    tmp_path: Path, regenerate: Run, changed: Document
) -> None:
    package = tmp_path / "made" / "generated" / "spapi_messaging_client"
    package.parent.mkdir(parents=True)
    package.write_text("A file where the package belongs stops the run.")
    report = tmp_path / "report.md"

    assert regenerate(changed) == 1
    package.unlink()

    assert regenerate(changed, "--report", str(report)) == 0
    assert "field `giftNote`" in report.read_text()


def test_a_report_that_cannot_be_written_stops_the_run_before_anything_is(
    tmp_path: Path, regenerate: Run, changed: Document, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "missing" / "report.md"

    assert regenerate(changed, "--report", str(report)) == 1

    assert capsys.readouterr().err == f"regenerate: --report {report}: there is no folder {report.parent}\n"
    assert not (tmp_path / "made").exists()


def test_the_same_facts_in_other_bytes_erase_nothing(
    tmp_path: Path, regenerate: Run, laid_out: Path, swagger: Document
) -> None:
    swagger["info"]["description"] = "Other prose."

    assert regenerate(swagger) == 0

    assert (tmp_path / "made" / SOURCES).read_text() == (laid_out / SOURCES).read_text()
