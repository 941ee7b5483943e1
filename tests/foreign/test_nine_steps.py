"""The nine steps of Amazon's tutorial, without an SDK: curl in a shell, fetch in Node, HttpClient in Java."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spapi_messaging.sandbox import Sandbox
from tests.foreign.conftest import CANCELLED, DE, ORDER, TEXT, assert_invoice_arrived, run_script

HERE = Path(__file__).parent
TOOLS = {
    "nine_steps.sh": ["bash", "curl", "openssl", "base64", "sed"],
    "nine_steps.mjs": ["node"],
    "NineSteps.java": ["java", "javac"],
}
QUICK = ["nine_steps.sh", "nine_steps.mjs"]
"""Java compiles for a second, so it goes the whole way once."""


@pytest.fixture
def script(request: pytest.FixtureRequest) -> list[str]:
    """The command that runs a script."""
    tools = TOOLS[request.param]
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        pytest.skip(f"{request.param} needs {', '.join(missing)}")
    return [tools[0], str(HERE / request.param)]


@pytest.fixture
def variables(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "SP_API_DEFAULT_MARKETPLACE": DE}


@pytest.mark.parametrize("script", TOOLS, indirect=True)
def test_an_invoice_and_a_question_arrive_as_they_were_sent(
    script: list[str], variables: dict[str, str], sandbox: Sandbox, invoice: Path
) -> None:
    text = TEXT.replace("\n", " ")  # two of the scripts put it into JSON as it is
    done = run_script([*script, ORDER, str(invoice), text], variables, invoice.parent)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("de-DE")
    sent, asked = sandbox.inbox
    assert_invoice_arrived(sent)
    assert (asked.operation, asked.text) == ("createConfirmOrderDetails", text)


@pytest.mark.parametrize("script", QUICK, indirect=True)
def test_a_message_that_the_order_does_not_allow_is_refused(
    script: list[str], variables: dict[str, str], sandbox: Sandbox, invoice: Path
) -> None:
    done = run_script([*script, CANCELLED, str(invoice), "Hallo"], variables, invoice.parent)

    assert done.returncode != 0
    assert "Invalid amazonOrderId and template combination." in done.stdout + done.stderr
    assert [message.operation for message in sandbox.inbox] == ["sendInvoice"]


@pytest.mark.parametrize("script", QUICK, indirect=True)
def test_a_wrong_secret_ends_it_before_anything_else(
    script: list[str], variables: dict[str, str], sandbox: Sandbox, invoice: Path
) -> None:
    wrong = {**variables, "LWA_CLIENT_SECRET": "wrong"}
    done = run_script([*script, ORDER, str(invoice), "Hallo"], wrong, invoice.parent)

    assert done.returncode != 0
    assert "401" in done.stderr
    assert [request.service for request in sandbox.requests] == ["token"]


@pytest.mark.parametrize("script", QUICK, indirect=True)
def test_a_usage_plan_that_is_used_up_ends_it(
    script: list[str], variables: dict[str, str], sandbox: Sandbox, invoice: Path
) -> None:
    sandbox.faults.add("throttle", on="sendInvoice")
    done = run_script([*script, ORDER, str(invoice), "Hallo"], variables, invoice.parent)

    assert done.returncode != 0
    assert "QuotaExceeded" in done.stdout + done.stderr
    assert not sandbox.inbox
