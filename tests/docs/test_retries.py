"""docs/retries.md: what its examples keep."""

from __future__ import annotations

import json

import pytest

from spapi_messaging import ThrottledError
from tests.docs.pages import Page
from tests.docs.reader import Reader
from tests.docs.test_readme import REFUSED

PAGE = Page("retries.md")
(STORED,) = (example for example in PAGE.blocks("python") if "to_dict" in example)


def test_receipt_is_read_back_and_an_error_is_printed(reader: Reader) -> None:
    reader.run_program(STORED)
    assert (reader.printed, len(reader.sandbox.inbox)) == ("", 1)

    reader.sandbox.faults.answer(403, REFUSED, on="sendInvoice")
    reader.run_program(STORED)
    error = json.loads(reader.printed)
    assert (error["type"], error["outcome"], error["retryable"]) == ("MessageNotAvailableError", "not_sent", False)


def test_shops_own_records_never_send_twice(reader: Reader) -> None:
    reader.write("outbox.py", PAGE.files()["outbox.py"])
    reader.run_program(SEND_ONE)
    assert (reader.printed, len(reader.sandbox.inbox)) == ("sent\n", 1)

    reader.sandbox.faults.add("throttle", on="invoice")
    with pytest.raises(ThrottledError):
        reader.run_program(SEND_ONE.replace("R-1", "R-2"))
    reader.run_program(SEND_ONE.replace("R-1", "R-2"))
    assert (reader.printed, len(reader.sandbox.inbox)) == ("sent\n", 2)

    reader.run_program(LEFT.replace("R-1", "R-3"))
    reader.run_program(SEND_ONE.replace("R-1", "R-3"))
    assert (reader.printed, len(reader.sandbox.inbox)) == ("leaving\n", 2)


def test_of_two_programs_one_sends(reader: Reader) -> None:
    reader.write("outbox.py", PAGE.files()["outbox.py"])
    reader.run_program(IN_BETWEEN)

    assert (reader.printed, len(reader.sandbox.inbox)) == ("leaving\n", 0)


SEND_ONE = """
from outbox import send_once
from spapi_messaging import MessagingClient, RetryPolicy
with MessagingClient.from_env(retry=RetryPolicy(attempts=1)) as client:
    print(send_once(client, "303-1234567-1234567", "R-1", "invoice.pdf"))
"""
#: As a process leaves it that is killed.
LEFT = """
from outbox import execute
execute("INSERT INTO invoices VALUES ('R-1', 'leaving', 'its claim', NULL)")
"""
#: Another program begins when this one has looked already.
IN_BETWEEN = f"""
import outbox
looked = outbox.state
def look(number):
    found = looked(number)
    if found == "new":
        exec({LEFT!r})
    return found
outbox.state = look
{SEND_ONE}
"""
