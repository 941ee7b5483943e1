"""A git repository that takes the place of Amazon's."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from regeneration.documents import Document


class AmazonRepository:
    """A local repository with published models in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments: str, date: str = "2027-01-01") -> str:
        """Run git in the repository. Returns what it prints. A commit that it makes has this date."""
        settings = ("-c", "user.name=Amazon", "-c", "user.email=amazon@example.com", "-c", "commit.gpgSign=false")
        dates = {f"GIT_{who}_DATE": f"{date}T12:00:00Z" for who in ("AUTHOR", "COMMITTER")}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *settings, *arguments],
            env=os.environ | dates,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, date: str, files: dict[str, Document]) -> str:
        """Commit these files. Returns the full hash of the commit."""
        for name, document in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(document))
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "x", date=date)
        return self.git("rev-parse", "HEAD")
