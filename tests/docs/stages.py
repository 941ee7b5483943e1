"""What a reader has before a page is read: the files and the orders that the page takes for granted."""

from __future__ import annotations

from collections.abc import Callable

from tests.docs.reader import Reader

#: By page. A page that is not here needs nothing but the folder with its invoice.
STAGES: dict[str, Callable[[Reader], None]] = {
    "command-line.md": lambda reader: reader.write("question.txt", "Which size shall we send?"),
}

#: Pages whose blocks have tests of their own, because they need more than a folder and a sandbox.
READ_ELSEWHERE = {
    "bulk.md": "test_bulk.py",
    "folder.md": "test_folder.py",
    "machines.md": "test_machines.py",
    "migrating/python-amazon-sp-api.md": "../foreign/test_migration.py",
    "operating.md": "test_operating.py",
    "schedulers.md": "test_schedulers.py",
}
