"""Clients that nobody here wrote, against the local sandbox.

Each test does what the documentation of its client says, and then looks into the sandbox's inbox. Where a bug of the
client stops it, the test's name and docstring say which one, and the test goes around it as its users must.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from spapi_messaging.sandbox import Message, Sandbox
from tests.support.sandboxes import PLAN, complete_sandbox

ORDER = "303-1234567-1234567"
CANCELLED = "303-1234567-0000000"
DE = "A1PA6795UKMFR9"
RESOURCE = f"messaging/v1/orders/{ORDER}/messages/invoice"

INVOICE = b"%PDF-1.7\r\n" + bytes(range(256)) + "Rechnung für Ömer".encode()
"""It holds every byte, so that a client that treats a file as text is found out."""
TEXT = "Dürfen wir in Grün liefern?\nGrüße, 株式会社 \N{GREEN HEART}"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with one order that is cancelled. Its clock stands still, so its usage plans never refill."""
    with complete_sandbox(orders={"orders": {CANCELLED: {"state": "cancelled"}}}, plans={"*": PLAN}) as sandbox:
        sandbox.clock.freeze()
        yield sandbox


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    """The variables that point a client at the sandbox."""
    return sandbox.environment()


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(INVOICE)
    return path


def content_md5(data: bytes) -> str:
    """What Amazon wants as contentMD5: the digest's 16 bytes in base64."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def assert_invoice_arrived(message: Message) -> None:
    """The buyer has the same bytes, under the same name, for the same order."""
    (file,) = message.attachments
    assert (message.operation, message.order_id, message.marketplace_id) == ("sendInvoice", ORDER, DE)
    assert (file.file_name, file.content) == ("invoice.pdf", INVOICE)


def run_script(command: list[str], environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a client in a process of its own. Whatever it wants from the internet goes to a port where nobody is."""
    nowhere = dict.fromkeys(("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:9")
    everything = {"PATH": os.environ["PATH"], "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **nowhere}
    everything |= {"LC_ALL": "C.UTF-8", **environment}
    return subprocess.run(
        command, cwd=folder, env=everything, capture_output=True, text=True, encoding="utf-8", timeout=60
    )
