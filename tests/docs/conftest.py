"""A reader with a folder, an invoice and a sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from tests.docs.reader import Reader
from tests.support.sandboxes import complete_sandbox


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    with resources.as_file(resources.files("spapi_messaging.cli") / "invoice.pdf") as invoice:
        shutil.copy(invoice, tmp_path / "invoice.pdf")
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as sandbox:
        made = Reader(tmp_path, sandbox, monkeypatch)
        try:
            yield made
        finally:
            made.close()
