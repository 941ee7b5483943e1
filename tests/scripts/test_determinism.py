"""The same input gives the same bytes on every machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from regeneration.documents import Document
from regeneration.pipeline import published
from regeneration.source import Source
from tests.scripts.published import ROOT, main_api

SETTINGS = {
    "plain": {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"},
    "other": {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"},
}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_runs_in_other_circumstances_give_identical_bytes(tmp_path: Path) -> None:
    made = {}
    for name, settings in SETTINGS.items():
        # The tools are not on PATH, folder and umask differ, and the folder has settings for ruff that must not count.
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


def test_the_facts_survive_the_way_through_swagger(swagger: Document, facts: Document) -> None:
    assert published(Source(main_api(), "messaging.json", swagger, "")) == facts
