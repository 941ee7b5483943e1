"""What a reader has before a page is read: the files and the orders that the page takes for granted."""

from __future__ import annotations

from collections.abc import Callable

from tests.docs.pages import Page
from tests.docs.reader import Reader


def _only_our_fixtures(reader: Reader) -> None:
    """The plugins of this project's own tests take longer to load than the tests of the page."""
    reader.set("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    reader.set("PYTEST_PLUGINS", "spapi_messaging.sandbox.pytest_plugin")


def _in_a_hurry(reader: Reader) -> None:
    """A sender that has nothing to do looks again sooner than after 5 seconds."""
    reader.replace("spapi_messaging.bulk.sending.sellers.LOOK_WHEN_IDLE", 0.1)


def _with_manage(reader: Reader) -> None:
    """What `django-admin startproject` makes, as far as the page needs it."""
    lines = [
        "import os, sys",
        "from django.core.management import execute_from_command_line",
        'os.environ["DJANGO_SETTINGS_MODULE"] = "settings"',
        "execute_from_command_line(sys.argv)",
    ]
    reader.write("manage.py", "\n".join(lines))
    reader.write("shop/__init__.py", "")


def _with_outbox(reader: Reader) -> None:
    """The module of another page that this one goes on with."""
    reader.write("outbox.py", Page("retries.md").files()["outbox.py"])


#: By page. A page that is not here needs nothing but the folder with its invoice.
STAGES: dict[str, Callable[[Reader], None]] = {
    "command-line.md": lambda reader: reader.write("question.txt", "Which size shall we send?"),
    "frameworks/celery.md": _with_outbox,
    "frameworks/django.md": _with_manage,
    "frameworks/fastapi.md": _in_a_hurry,
    "testing.md": _only_our_fixtures,
}

#: Pages whose blocks have tests of their own, because they need more than a folder and a sandbox.
READ_ELSEWHERE = {
    "bulk.md": "test_bulk.py",
    "folder.md": "test_folder.py",
    "frameworks/aws-lambda.md": "test_aws_lambda.py",
    "machines.md": "test_machines.py",
    "migrating/python-amazon-sp-api.md": "../foreign/test_migration.py",
    "operating.md": "test_operating.py",
    "schedulers.md": "test_schedulers.py",
}
