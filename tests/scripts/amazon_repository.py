"""A local git repository that stands in for Amazon's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from regeneration.documents import Document


class AmazonRepository:
    """A git repository with published models in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch", "main", str(folder))

    def git(self, *arguments: str) -> str:
        """Run git in this repository. Returns what it prints."""
        where = ("-C", str(self.folder)) if self.folder.is_dir() else ()
        who = ("-c", "user.name=Amazon", "-c", "user.email=amazon@example.com")
        done = subprocess.run(["git", *where, *who, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, date: str, files: dict[str, Document]) -> str:
        """Commit these files. Returns the hash."""
        for name, document in files.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_text(json.dumps(document))
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "x", "--date", f"{date}T12:00:00Z")
        return self.git("rev-parse", "HEAD")
