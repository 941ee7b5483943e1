"""What a reader has before a page is read: the files and the orders that the page takes for granted."""

from __future__ import annotations

from collections.abc import Callable

from tests.docs.reader import Reader


def _only_our_fixtures(reader: Reader) -> None:
    """The plugins of this project's own tests take longer to load than the tests of the page."""
    reader.set("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    reader.set("PYTEST_PLUGINS", "spapi_messaging.sandbox.pytest_plugin")


#: By page. A page that is not here needs nothing but the folder with its invoice.
STAGES: dict[str, Callable[[Reader], None]] = {
    "command-line.md": lambda reader: reader.write("question.txt", "Which size shall we send?"),
    "testing.md": _only_our_fixtures,
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
