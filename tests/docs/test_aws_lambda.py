"""docs/frameworks/aws-lambda.md: its function, with moto in the place of AWS."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.docs.pages import Page
from tests.docs.reader import Reader

PAGE = Page("frameworks/aws-lambda.md")
NAMES = ("SP_API_REFRESH_TOKEN", "LWA_APP_ID", "LWA_CLIENT_SECRET")
BODY = {"order": "303-1234567-1234567", "number": "R-17", "bucket": "invoices", "key": "2026/R-17.pdf"}


@pytest.fixture
def table(reader: Reader) -> Iterator[Any]:
    """The table of what was sent. The seller's credentials are in the secret, and nowhere else."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        reader.set(f"AWS_{name}", "x")
    reader.set("AWS_DEFAULT_REGION", "eu-central-1")
    reader.set("SP_API_AWS_SECRET_ID", "shop/de")
    secret = {name: value for name, value in reader.sandbox.environment().items() if name in NAMES}
    for name in NAMES:
        reader.set(name, "")
    with mock_aws():
        boto3.client("secretsmanager").create_secret(Name="shop/de", SecretString=json.dumps(secret))
        place = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket="invoices", CreateBucketConfiguration=place)
        boto3.client("s3").put_object(Bucket="invoices", Key=BODY["key"], Body=b"%PDF-1.7\n%%EOF\n")
        yield boto3.resource("dynamodb").create_table(
            TableName="sent-invoices",
            KeySchema=[{"AttributeName": "number", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "number", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def handle(reader: Reader, seconds: float = 60, bodies: Sequence[str] = (json.dumps(BODY),)) -> list[str]:
    """One invocation. Returns what SQS delivers again."""
    reader.write("handler.py", PAGE.files()["handler.py"])
    import handler  # type: ignore[import-not-found]

    event = {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies, 1)]}
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)
    return [failed["itemIdentifier"] for failed in handler.handle(event, context)["batchItemFailures"]]


def test_page_does_what_it_says(reader: Reader) -> None:
    try:
        reader.read(PAGE)
    finally:
        sys.modules["stand_in"].aws.stop()

    (message,) = reader.sandbox.inbox
    assert message.attachments[0].file_name == "R-17.pdf"


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("broken", ["no JSON", "[]", '{"order": "303-1234567-1234567"}'])
def test_a_body_that_nobody_can_read_does_not_bring_the_others_back(reader: Reader, broken: str) -> None:
    assert handle(reader, bodies=[broken, json.dumps(BODY)]) == ["1"]
    assert len(reader.sandbox.inbox) == 1


def test_what_is_unknown_is_not_sent_again(reader: Reader, table: Any) -> None:
    reader.sandbox.faults.add("reset-recorded", on="invoice")

    assert [handle(reader), handle(reader)] == [[], []]
    assert len(reader.sandbox.inbox) == 1
    assert [item["state"] for item in table.scan()["Items"]] == ["leaving"]


def test_what_was_not_sent_comes_again_if_that_may_help(reader: Reader, table: Any) -> None:
    reader.sandbox.faults.add("error", on="token", times=None)
    assert handle(reader, seconds=10.6) == handle(reader, seconds=15.4) == ["1"]

    reader.sandbox.faults.clear()
    reader.sandbox.faults.add("denied", on="invoice")
    assert handle(reader) == []
    assert table.scan()["Items"] == []

    assert handle(reader) == []
    assert [item["state"] for item in table.scan()["Items"]] == ["sent"]
