"""`send TYPE ORDER`."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging.cli.send import command_for
from spapi_messaging.messages import MESSAGE_TYPES, Field, Operation, operation_for
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import ORDER, Command
from tests.support.operations import field_of, retire


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    path = tmp_path / "Rechnung 7.pdf"
    path.write_bytes(b"%PDF-1.4\n%%EOF\n")
    return path


def test_invoice_arrives(run: Command, sandbox: Sandbox, invoice: Path) -> None:
    done = run("send", "invoice", ORDER, "--attach", str(invoice))

    assert done.exit_code == 0
    (message,) = sandbox.inbox
    assert message.attachments[0].file_name == "Rechnung 7.pdf"
    assert message.attachments[0].content == invoice.read_bytes()
    place = f"at {sandbox.url}: in a sandbox, no buyer has it"
    assert f"Sent invoice to the buyer of order {ORDER} (request id {message.request_id}), {place}.\n" in done.stdout
    assert "  with Rechnung 7.pdf\n" in done.stdout


def test_receipt_as_json(run: Command, sandbox: Sandbox, invoice: Path) -> None:
    receipt = run("--json", "send", "sendInvoice", ORDER, "--attach", str(invoice)).json

    (message,) = sandbox.inbox
    assert receipt["operation"] == "sendInvoice"
    assert receipt["amazon_order_id"] == ORDER
    assert receipt["marketplace_id"] == "A1PA6795UKMFR9"
    assert receipt["request_id"] == message.request_id
    assert receipt["status_code"] == 201
    assert receipt["attachments"] == [
        {
            "upload_destination_id": message.attachments[0].upload_destination_id,
            "file_name": "Rechnung 7.pdf",
            "size": len(message.attachments[0].content),
            "sha256": hashlib.sha256(message.attachments[0].content).hexdigest(),
        }
    ]
    assert receipt["sent_at"].endswith("+00:00")


def test_several_files_keep_their_order(run: Command, sandbox: Sandbox, tmp_path: Path) -> None:
    names = ["b.txt", "a.txt", "c.txt"]
    for name in names:
        (tmp_path / name).write_text(name)
    attach = [word for name in names for word in ("--attach", str(tmp_path / name))]

    assert run("send", "legalDisclosure", ORDER, *attach).exit_code == 0
    assert [file.file_name for file in sandbox.inbox[0].attachments] == names


def test_text_arrives(run: Command, sandbox: Sandbox) -> None:
    assert run("send", "confirmOrderDetails", ORDER, "--text", "Grün, ja?").exit_code == 0
    assert sandbox.inbox[0].text == "Grün, ja?"


@pytest.mark.parametrize("content", [b"Gr\xc3\xbcn\n", b"\xef\xbb\xbfGr\xc3\xbcn\r\n", b"Gr\xc3\xbcn"])
def test_text_from_a_file(run: Command, sandbox: Sandbox, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "text.txt").write_bytes(content)

    assert run("send", "confirmOrderDetails", ORDER, "--text-file", str(tmp_path / "text.txt")).exit_code == 0
    assert sandbox.inbox[0].text == "Grün"


def test_text_from_standard_input(run: Command, sandbox: Sandbox) -> None:
    assert run("send", "unexpectedProblem", ORDER, "--text-file", "-", stdin="Zwei\nZeilen\n").exit_code == 0
    assert sandbox.inbox[0].text == "Zwei\nZeilen"


def test_dates_go_out_as_written(run: Command, sandbox: Sandbox, invoice: Path) -> None:
    done = run(
        "send", "warranty", ORDER, "--attach", str(invoice),
        "--coverage-start", "2026-12-13T21:39:45.618-08:00", "--coverage-end", "2028-12-13T00:00:00Z",
    )  # fmt: skip

    assert done.exit_code == 0
    assert sandbox.inbox[0].fields == {
        "coverageStartDate": "2026-12-13T21:39:45.618-08:00",
        "coverageEndDate": "2028-12-13T00:00:00Z",
    }


@pytest.mark.filterwarnings("ignore:.*left Amazon:DeprecationWarning")
def test_retired_type_says_so(run: Command, environment: pytest.MonkeyPatch) -> None:
    retired = retire(environment, "negativeFeedbackRemoval")
    done = run("send", "negativeFeedbackRemoval", ORDER)

    assert done.exit_code == 0
    assert retired.deprecated in done.stderr


def test_help_lists_every_type(run: Command) -> None:
    listed = run("send", "--help").stdout

    assert [name for name in MESSAGE_TYPES if name not in listed] == []


@pytest.mark.parametrize("message_type", sorted(MESSAGE_TYPES))
def test_help_of_a_type_shows_its_options(run: Command, message_type: str) -> None:
    text = run("send", message_type, "--help").stdout
    fields = {field.name for field in MESSAGE_TYPES[message_type].fields}

    assert ("--text " in text) == ("text" in fields)
    assert ("--attach " in text) == ("attachments" in fields)
    assert ("--coverage-start " in text) == ("coverage_start_date" in fields)


def test_limits_are_in_the_help(run: Command) -> None:
    text = field_of("digitalAccessKey", "text")

    assert f"{text.min_length} to {text.max_length} characters" in run("send", "digitalAccessKey", "--help").stdout


def new_operation(*fields: Field) -> Operation:
    """An operation like one that regeneration adds."""
    return operation_for("invoice")._replace(
        operation_id="sendGiftNote", name="send_gift_note", message_type="giftNote", fields=fields
    )


def field(name: str, field_kind: str, **more: Any) -> Field:
    return operation_for("invoice").fields[0]._replace(name=name, wire_name=name, kind=field_kind, **more)


def test_example_of_a_new_type_has_a_value_for_each_required_field() -> None:
    operation = new_operation(
        field("text", "text", required=True),
        field("attachments", "attachments", required=True, min_items=2),
        field("repair_date", "date-time", required=True),
        field("reason", "value", required=True, enum=("too late", "lost")),
        field("copies", "value", required=True, enum=()),
        field("remark", "value", required=False, enum=()),
    )
    epilog = str(command_for(operation).epilog)

    given = '--text "Hello" --attach file.pdf --attach file.pdf'
    others = "--repair 2026-11-20T00:00:00Z --reason 'too late' --copies VALUE"
    assert f"spapi-messaging send giftNote {ORDER} {given} {others}\n" in epilog


def test_example_of_a_type_that_takes_either_content_has_one_of_them() -> None:
    either = new_operation(field("attachments", "attachments", required=False), field("text", "text", required=False))

    assert f"send giftNote {ORDER} --attach file.pdf\n" in str(command_for(either).epilog)


def test_options_of_a_new_type_come_from_its_fields() -> None:
    wrapping = ("plain", "festive")
    operation = new_operation(
        field("text", "text", min_length=1, max_length=300),
        field("attachments", "attachments", min_items=None, max_items=2),
        field("deliver_by_date", "date-time"),
        field("wrapping", "value", enum=wrapping, required=False),
        field("copies", "value", enum=(), required=False),
    )
    command = command_for(operation)
    context = command.make_context(
        "giftNote",
        [
            ORDER,
            "--text",
            "Hello",
            "--attach",
            "a.txt",
            "--deliver-by",
            "2026-12-24",
            "--wrapping",
            "festive",
            "--copies",
            "2",
        ],
    )

    assert context.params == {
        "order": ORDER,
        "text_file": None,
        "dry_run": False,
        "check": False,
        "strict": False,
        "field_text": "Hello",
        "field_attachments": (Path("a.txt"),),
        "field_deliver_by_date": "2026-12-24",
        "field_wrapping": "festive",
        "field_copies": 2,
    }
