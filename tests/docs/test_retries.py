"""docs/retries.md: what its examples keep."""

from __future__ import annotations

import json

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


def test_shops_own_records_never_send_twice_even_after_a_crash(reader: Reader) -> None:
    for name, text in PAGE.files().items():
        reader.write(name, text)
    reader.run_program(SEND_ONE)
    assert (reader.printed, len(reader.sandbox.inbox)) == ("R-1 sent\n", 1)

    reader.sandbox.faults.add("throttle", on="invoice", times=None)
    reader.run_program(SEND_ONE.replace("R-1", "R-2"))
    assert reader.printed == "R-2 not_sent\n"

    reader.sandbox.faults.clear()
    reader.run_program(SEND_ONE.replace("R-1", "R-2"))
    assert (reader.printed, len(reader.sandbox.inbox)) == ("R-2 sent\n", 2)

    reader.run_program('from outbox import note\n\nnote("R-3", "leaving")')  # as a process leaves it that is killed
    reader.run_program(SEND_ONE.replace("R-1", "R-3"))
    assert (reader.printed, len(reader.sandbox.inbox)) == ("", 2)


SEND_ONE = """
from outbox import send_once
from spapi_messaging import MessagingClient, RetryPolicy
with MessagingClient.from_env(retry=RetryPolicy(attempts=1)) as client:
    send_once(client, "303-1234567-1234567", "R-1", "invoice.pdf")
"""
