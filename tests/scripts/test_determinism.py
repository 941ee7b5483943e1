"""The same input gives the same bytes on every machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from regeneration.fetching.source import Source
from regeneration.pipeline import published
from tests.scripts.fixture_repository import contents
from tests.scripts.published import ROOT, committed_facts, main_api, to_swagger
from tests.support.thorough import select

#: The fixture's repository was made in the circumstances of this process. With THOROUGH=1, there are plain ones, too.
SETTINGS = {
    "plain": {"LC_ALL": "C", "TZ": "UTC", "PYTHONHASHSEED": "1"},
    "other": {"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Chatham", "PYTHONHASHSEED": "2", "PYTHONUTF8": "0"},
}


def test_two_runs_in_other_circumstances_give_identical_bytes(repository: Path, tmp_path: Path) -> None:
    # The scripts belong to the repository that they are in.
    shutil.copytree(ROOT / "scripts" / "regeneration", repository / "scripts" / "regeneration")
    shutil.copy(ROOT / "scripts" / "regenerate.py", repository / "scripts")
    for name in select(["other"], ["plain"]):
        # The tools are not on PATH, folder and umask differ, and the folder has settings for ruff that must not count.
        folder = tmp_path / name
        folder.mkdir()
        (folder / "ruff.toml").write_text("line-length = 40\n")
        subprocess.run(
            [sys.executable, str(repository / "scripts" / "regenerate.py"), "--into", "made"],
            cwd=folder,
            env={"PATH": os.defpath, **SETTINGS[name]},
            umask=0o077 if name == "other" else 0o022,
            check=True,
        )

        assert contents(folder / "made") == contents(repository), name


def test_the_committed_facts_survive_the_way_through_swagger() -> None:
    facts = committed_facts()

    assert published(Source(main_api(), "messaging.json", to_swagger(facts), "")) == facts
