"""What a reader has before a page is read: the files and the orders that the page takes for granted."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.docs.pages import DOCS, Page
from tests.docs.reader import Reader

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def _only_our_fixtures(reader: Reader) -> None:
    """The plugins of this project's own tests take longer to load than the tests of the page."""
    reader.set("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    reader.set("PYTEST_PLUGINS", "spapi_messaging.sandbox.pytest_plugin")


def _in_a_hurry(reader: Reader) -> None:
    """A sender that has nothing to do looks again sooner than after 5 seconds."""
    reader.replace("spapi_messaging.bulk.sending.sellers.LOOK_WHEN_IDLE", 0.1)


def _with_outbox(reader: Reader) -> None:
    """The module of another page that this one goes on with."""
    reader.write("outbox.py", Page("retries.md").files()["outbox.py"])


def _write_question(reader: Reader) -> None:
    reader.write("question.txt", "Which size shall we send?")


def _write_pdf(name: str, reader: Reader) -> None:
    reader.write(name, (reader.folder / "invoice.pdf").read_bytes())


def _write_picture(reader: Reader) -> None:
    reader.write("entwurf.png", PIXEL)


def _know_the_application(reader: Reader) -> None:
    """The credentials that a page shows are those of the sandbox; a token's name is that of a seller."""
    credentials = reader.sandbox.credentials
    reader.replaced |= {
        "amzn1.application-oa2-client.1234": credentials.client_id,
        "amzn1.oa2-cs.v1.1234": credentials.client_secret,
        "Atzr|": f"{credentials.refresh_token}-",
    }


def _begin_in_an_empty_folder(reader: Reader) -> None:
    """Its own commands make the invoice."""
    _know_the_application(reader)
    (reader.folder / "invoice.pdf").unlink()


#: By page. A page that is not here needs nothing but the folder with its invoice.
STAGES: dict[str, Callable[[Reader], None]] = {
    "command-line.md": _write_question,
    "credentials.md": _know_the_application,
    "frameworks/celery.md": _with_outbox,
    "frameworks/fastapi.md": _in_a_hurry,
    "messages/amazon-motors.md": partial(_write_pdf, "fahrzeug.pdf"),
    "messages/confirm-customization-details.md": _write_picture,
    "messages/digital-access-key.md": partial(_write_pdf, "lizenz.pdf"),
    "messages/legal-disclosure.md": partial(_write_pdf, "widerruf.pdf"),
    "messages/warranty.md": partial(_write_pdf, "garantie.pdf"),
    "start.md": _begin_in_an_empty_folder,
    "testing.md": _only_our_fixtures,
}

_MESSAGES = [f"messages/{path.name}" for path in (DOCS / "messages").glob("*.md") if path.stem != "index"]

#: Pages whose blocks have tests of their own, because they need more than a folder and a sandbox.
READ_ELSEWHERE = {
    "bulk.md": "test_bulk.py",
    "folder.md": "test_folder.py",
    "frameworks/aws-lambda.md": "test_aws_lambda.py",
    "invoices.md": "test_invoices.py",
    "machines.md": "test_machines.py",
    "operating.md": "test_operating.py",
    "schedulers.md": "test_schedulers.py",
    "start.md": "test_start.py",
    **dict.fromkeys(_MESSAGES, "test_messages.py"),
}
