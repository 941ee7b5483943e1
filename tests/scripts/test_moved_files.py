"""Amazon moves a file: the problem names the table of sources.toml that must follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from regeneration.command import main
from tests.scripts.test_fetch import MESSAGING, Amazon, amazon, made

__all__ = ["amazon", "made"]


def test_a_file_that_moved(amazon: Amazon, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    amazon.git("mv", MESSAGING, "models/messaging.json")
    amazon.git("commit", "--quiet", "--message", "Moved")

    assert main(["--fetch", "--into", str(made)]) == 1

    assert capsys.readouterr().err == (
        f"regenerate: spec/sources.toml: messaging: {MESSAGING} cannot be read at main of {amazon.folder}: "
        f"git show: fatal: path '{MESSAGING}' does not exist in 'main'\n"
    )
