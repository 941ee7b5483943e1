"""Equal input gives equal bytes, whatever the machine's settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from regeneration.documents import Document
from regeneration.pipeline import published
from regeneration.source import MESSAGING, Source
from tests.scripts.published import ROOT

SETTINGS = {
    "plain": {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"},
    "other": {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"},
}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_runs_in_other_circumstances_give_identical_bytes(tmp_path: Path) -> None:
    made = {}
    for name, settings in SETTINGS.items():
        # Not on PATH, from another folder, with another umask; the folder holds settings of ruff's that must not count.
        folder = tmp_path / name
        folder.mkdir()
        (folder / "ruff.toml").write_text("line-length = 40\n")
        subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "--into", "made"],
            cwd=folder,
            env={"PATH": os.defpath, **settings},
            umask=0o077 if name == "other" else 0o022,
            check=True,
        )
        made[name] = contents(folder / "made")

    assert made["plain"] == made["other"]
    committed = contents(ROOT / "generated" / "spapi_messaging_client")
    for name, content in committed.items():
        if "__pycache__" not in name:
            assert made["plain"][f"generated/spapi_messaging_client/{name}"] == content, name
    assert made["plain"]["spec/openapi.json"] == (ROOT / "spec" / "openapi.json").read_bytes()


@pytest.mark.usefixtures("node")
def test_the_facts_survive_the_way_through_swagger(swagger: Document, facts: Document) -> None:
    assert published(Source(MESSAGING, swagger, "")) == facts


def test_amazons_own_files_are_what_is_committed(todays: Path, node: None, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "regenerate.py"), "--from", str(todays), "--into", str(tmp_path)],
        check=True,
    )

    for name in ("published/messaging.json", "published/uploads_2020-11-01.json", "openapi.json"):
        assert (tmp_path / "spec" / name).read_bytes() == (ROOT / "spec" / name).read_bytes()
