"""The README's examples run as they stand, against the local sandbox."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from spapi_messaging.messages import OPERATIONS
from spapi_messaging.sandbox import LOCAL_CREDENTIALS, Sandbox
from tests.preflight.test_whole import SEEN as SEEN_AT_AMAZON
from tests.support.sandboxes import complete_sandbox
from tests.test_local_rules import BROKEN

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
(LONG_RUNNING,) = [example for example in EXAMPLES if "before_first_byte" in example]
(STORED,) = [example for example in EXAMPLES if "to_dict" in example]
(BULK,) = [example for example in EXAMPLES if "Sender(ledger)" in example]
(CHECKED,) = [example for example in EXAMPLES if "client.preflight(" in example]
(EXAMINED,) = [example for example in EXAMPLES if "support_bundle" in example]
(MIGRATED,) = re.findall(r"## Coming from .*?```python\n(.*?)```", README, flags=re.DOTALL)
SERVE_RETIRED = """
import pytest

@pytest.fixture
def spapi_sandbox_options():
    return {"retired": True}
"""
NOT_AVAILABLE = '{"errors": [{"code": "Unauthorized", "message": "Invalid amazonOrderId and template combination."}]}'


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox() as running:
        yield running


def serving_what_it_sends(example: str, folder: Path) -> str:
    """The example as it stands; once Amazon has retired what it sends, its sandbox has to be asked to serve that."""
    if not any(operation.retired and f".{operation.name}(" in example for operation in OPERATIONS.values()):
        return example
    (folder / "conftest.py").write_text(SERVE_RETIRED, encoding="utf-8")
    return example.replace("Sandbox()", "Sandbox(retired=True)").replace('[{"plans"', '[{"retired": True, "plans"')


def execute(example: str, sandbox: Sandbox, folder: Path) -> str:
    """Run an example as a newcomer would: a file of its own, beside an invoice, with a seller's environment."""
    with begin(example, sandbox, folder) as program:
        printed, errors = program.communicate()
    assert program.returncode == 0, printed + errors
    return printed


def begin(example: str, sandbox: Sandbox, folder: Path) -> subprocess.Popen[str]:
    """The same, and it still runs."""
    with resources.as_file(resources.files("spapi_messaging.cli") / "invoice.pdf") as invoice:
        shutil.copy(invoice, folder / "invoice.pdf")
    (folder / "example.py").write_text(serving_what_it_sends(example, folder), encoding="utf-8")
    environment = {
        "SP_API_ENDPOINT": sandbox.url,
        "LWA_ENDPOINT": sandbox.lwa_endpoint,
        "SP_API_DEFAULT_MARKETPLACE": "DE",
        "SP_API_REFRESH_TOKEN": LOCAL_CREDENTIALS["refresh_token"],
        "LWA_APP_ID": LOCAL_CREDENTIALS["client_id"],
        "LWA_CLIENT_SECRET": LOCAL_CREDENTIALS["client_secret"],
        "PYTHONIOENCODING": "utf-8",
    }
    runner = ["-m", "pytest", "-q"] if "def test_" in example else []
    # As in pyproject.toml: a type of message that Amazon retires warns, and its example still runs.
    warnings = ["-W", "error", "-W", "default::DeprecationWarning"]
    command = [sys.executable, *warnings, *runner, "example.py"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True, encoding="utf-8")


def test_first_example_sends_an_invoice(sandbox: Sandbox, tmp_path: Path) -> None:
    printed = execute(EXAMPLES[0], sandbox, tmp_path)

    (message,) = sandbox.inbox
    assert message.attachments[0].content == (tmp_path / "invoice.pdf").read_bytes()
    assert f"{message.request_id} invoice.pdf\n" in printed
    assert "invoice True\n" in printed


def test_second_example_asks_in_the_buyers_language(sandbox: Sandbox, tmp_path: Path) -> None:
    printed = execute(EXAMPLES[1], sandbox, tmp_path)

    (message,) = sandbox.inbox
    assert message.text == "Dürfen wir in Grün liefern?"
    assert printed == f"{message.request_id}\n"


def test_second_example_says_when_the_order_does_not_allow_it(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.orders.set("303-1234567-1234567", state="cancelled")

    assert execute(EXAMPLES[1], sandbox, tmp_path).startswith("Not for this order: ")


def test_hook_of_the_long_running_program_is_passed_before_the_invoice_leaves(sandbox: Sandbox, tmp_path: Path) -> None:
    execute(LONG_RUNNING, sandbox, tmp_path)

    assert (tmp_path / "sent.log").read_text() == "an invoice for 303-1234567-1234567\n"
    assert len(sandbox.inbox) == 1


def test_program_with_a_ledger_is_killed_and_goes_on(tmp_path: Path) -> None:
    with complete_sandbox(plans={"*": (50.0, 50)}) as sandbox:
        kill_and_go_on(sandbox, tmp_path)


def kill_and_go_on(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "invoices").mkdir()
    orders = [f"303-1234567-{number:07d}" for number in range(8)]
    rows = [f"{order},R-{number},R-{number}.pdf" for number, order in enumerate(orders)]
    (tmp_path / "invoices.csv").write_text("\n".join(["order,number,file", *rows]), encoding="utf-8")
    for number in range(len(orders)):
        (tmp_path / "invoices" / f"R-{number}.pdf").write_bytes(b"%PDF-1.4\n%EOF\n")
    assert len([line for line in BULK.splitlines() if line.strip()]) <= 15

    with begin(BULK, sandbox, tmp_path) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "Added(added=8, known=0, already_sent=0, repeated=0)\n"
        assert " sent " in program.stdout.readline()
        program.kill()
    printed = execute(BULK, sandbox, tmp_path)

    assert printed.startswith("Added(added=0, known=")
    sent = [message.order_id for message in sandbox.inbox]
    assert len(set(sent)) == len(sent)
    assert set(orders) - set(sent) <= {line.split()[0] for line in printed.splitlines() if " unknown " in line}


def test_example_for_users_of_another_client_sends_an_invoice(sandbox: Sandbox, tmp_path: Path) -> None:
    execute(MIGRATED, sandbox, tmp_path)

    assert sandbox.inbox[0].attachments[0].content == (tmp_path / "invoice.pdf").read_bytes()


def test_example_for_users_of_another_client_says_when_the_order_does_not_allow_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.answer(403, NOT_AVAILABLE, on="sendInvoice")

    assert execute(MIGRATED, sandbox, tmp_path).startswith("Not for this order: ")


def test_receipt_of_the_example_is_read_back_and_an_error_is_printed(sandbox: Sandbox, tmp_path: Path) -> None:
    assert execute(STORED, sandbox, tmp_path) == ""
    assert len(sandbox.inbox) == 1
    sandbox.faults.answer(403, NOT_AVAILABLE, on="sendInvoice")
    error = json.loads(execute(STORED, sandbox, tmp_path))

    assert (error["type"], error["outcome"], error["retryable"]) == ("MessageNotAvailableError", "not_sent", False)


def test_example_of_a_check_says_what_is_wrong_and_sends_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    printed = execute(CHECKED, sandbox, tmp_path).splitlines()

    assert printed[0].startswith("error email-address there is an e-mail address at line 1, ")
    assert printed[-1] == "Not sent: ['email-address']"
    assert not sandbox.inbox


def test_example_of_a_check_says_when_the_order_does_not_allow_it(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.orders.set("303-1234567-1234567", state="cancelled")
    printed = execute(CHECKED.replace(" Write to shop@example.com", ""), sandbox, tmp_path).splitlines()

    assert printed[0].startswith("error not-available ")
    assert printed[-1].startswith("Not for this order now: Nothing was sent: ")


def test_example_of_an_examination_writes_a_bundle_and_sends_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    assert execute(EXAMINED, sandbox, tmp_path) == "[]\n"

    bundle = json.loads((tmp_path / "bundle.json").read_text())
    assert {exchange["status"] for exchange in bundle["exchanges"]} >= {200, 201}
    assert not sandbox.inbox


# Files of the shop in tests/docs/test_readme_machines.py.
OF_MACHINES = [example for example in EXAMPLES if re.match(r"# \w+\.py\n", example)]
SEEN = (LONG_RUNNING, MIGRATED, STORED, CHECKED, EXAMINED, BULK, *OF_MACHINES)
OTHERS = [example for example in EXAMPLES[2:] if example not in SEEN]


@pytest.mark.parametrize("example", OTHERS)
def test_other_examples_run(example: str, sandbox: Sandbox, tmp_path: Path) -> None:
    execute(example, sandbox, tmp_path)

    assert sandbox.requests == []


def test_tables_name_every_rule_of_a_check() -> None:
    section = README.split("## Before it goes out")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", section, flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)}

    seen = {rule for rule, *_ in (*SEEN_AT_AMAZON, *BROKEN)}
    assert named == seen | {"language", "file-not-checked", "marketplace", "value"}


def test_picture_of_the_house_is_complete() -> None:
    picture = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```")[1]
    house = ROOT / "wrapper" / "spapi_messaging"
    rooms = {f"{path.parent.name}/" for path in house.glob("*/__init__.py")}
    files = {path.name for folder in (house, *house.glob("_*")) for path in folder.glob("[!_]*.py")}

    assert (rooms | files) - set(picture.split()) == set()


def test_commands_that_are_named_exist() -> None:
    named = re.findall(r"^(scripts/[\w-]+)", README, flags=re.MULTILINE)

    assert named
    assert [name for name in named if not (ROOT / name).stat().st_mode & 0o111] == []
