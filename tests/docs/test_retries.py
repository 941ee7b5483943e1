"""docs/retries.md: what its example keeps."""

from __future__ import annotations

import json

from tests.docs.pages import Page
from tests.docs.reader import Reader
from tests.docs.test_readme import REFUSED

(STORED,) = (example for example in Page("retries.md").blocks("python") if "to_dict" in example)


def test_receipt_is_read_back_and_an_error_is_printed(reader: Reader) -> None:
    reader.run_program(STORED)
    assert (reader.printed, len(reader.sandbox.inbox)) == ("", 1)

    reader.sandbox.faults.answer(403, REFUSED, on="sendInvoice")
    reader.run_program(STORED)
    error = json.loads(reader.printed)
    assert (error["type"], error["outcome"], error["retryable"]) == ("MessageNotAvailableError", "not_sent", False)
