"""docs/frameworks: what FastAPI answers and what Celery repeats. tests/docs/test_pages.py runs the examples."""

from __future__ import annotations

import pytest

from tests.docs.pages import Page
from tests.docs.reader import Reader

ONE_ATTEMPT = 'from_env(retry=__import__("spapi_messaging").RetryPolicy(attempts=1), '
FASTAPI, CELERY = Page("frameworks/fastapi.md"), Page("frameworks/celery.md")

ASK = """
from fastapi.testclient import TestClient
from shop import app
with TestClient(app) as web:
    answer = web.post("/orders/303-1234567-1234567/question", json={"text": "Which size shall we send?"})
    print(answer.status_code, answer.json()["outcome"], "retry-after" in answer.headers)
"""
DELIVER_TWICE = """
from outbox import state
from tasks import app, send_invoice
app.conf.task_always_eager = True
for _ in range(2):
    send_invoice.delay("303-1234567-1234567", "R-18", "invoice.pdf")
print(state("R-18"))
"""


@pytest.mark.parametrize(
    ("fault", "place", "printed"),
    [
        ("reset-recorded", "sends", "409 unknown False"),
        ("error", "sends", "409 unknown False"),
        ("throttle", "sends", "503 not_sent True"),
        ("error", "token", "503 not_sent True"),
        ("denied", "sends", "500 not_sent False"),
    ],
)
def test_fastapi_answers_5xx_only_where_nothing_was_sent(reader: Reader, fault: str, place: str, printed: str) -> None:
    reader.write("shop.py", FASTAPI.files()["shop.py"].replace("from_env(", ONE_ATTEMPT))
    reader.sandbox.faults.add(fault, on=place)
    reader.run_program(ASK)

    assert reader.printed == f"{printed}\n"


@pytest.mark.parametrize(
    ("fault", "state"), [("throttle", "sent"), ("reset-recorded", "leaving"), ("error-recorded", "leaving")]
)
def test_celery_repeats_what_was_not_sent_and_nothing_else(reader: Reader, fault: str, state: str) -> None:
    reader.write("outbox.py", Page("retries.md").files()["outbox.py"])
    reader.write("tasks.py", CELERY.files()["tasks.py"].replace("from_env(", ONE_ATTEMPT))
    reader.sandbox.faults.add(fault, on="invoice")
    reader.run_program(DELIVER_TWICE)

    assert len(reader.sandbox.inbox) == 1
    assert reader.printed.splitlines()[-1] == state
    assert ("a person looks" in reader.printed) is (state == "leaving")
