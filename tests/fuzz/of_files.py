"""Files that people write or keep: jobs, texts, reports, accounts, orders, receipts, invoices."""

from __future__ import annotations

import io
import json
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from spapi_messaging import Credentials, SendReceipt, SpApiMessagingError
from spapi_messaging._credentials import profiles
from spapi_messaging.bulk import JobFile
from spapi_messaging.bulk.preparing.defaults import Defaults
from spapi_messaging.bulk.preparing.preparation import Request, prepared
from spapi_messaging.limiters import BucketKey, InProcessLimiter, UsagePlan
from spapi_messaging.preflight.files import check_file
from spapi_messaging.sandbox import Sandbox
from tests.fuzz.target import Target

ORDER = "303-1234567-1234567"
_KEY = BucketKey("https://api.example", "application", "seller", "sendInvoice")


def table(content: bytes) -> None:
    """A table of jobs."""
    _read_jobs(content)


def json_lines(content: bytes) -> None:
    """Jobs as lines of JSON."""
    _read_jobs(content, format="jsonl")


def text(content: bytes) -> None:
    """The text of jobs, which may be a template."""
    row = json.dumps({"order": ORDER, "type": "confirmOrderDetails", "name": "Ada", "amount": 5, "list": [1, {}]})
    with suppress(SpApiMessagingError):
        texts: dict[str | None, str] = {None: content.decode("utf-8", "replace")}
        list(JobFile(io.BytesIO(row.encode()), format="jsonl", marketplace="DE", texts=texts))


def report(content: bytes) -> None:
    """An order report, of which a job file is made."""
    with suppress(SpApiMessagingError):
        prepared(Request(_file("report.txt", content), Defaults("confirmOrderDetails", "DE")), "csv")


def accounts(content: bytes) -> None:
    """The accounts of ``credentials.yml``."""
    path = _file("credentials.yml", content)
    with patch.dict(os.environ, {"PYTHON-SP-APIDIR": str(path.parent)}):
        for name in ["default", *profiles.names()[:3]]:
            with suppress(SpApiMessagingError):
                Credentials.from_profile(name)


def orders(content: bytes) -> None:
    """The orders of a sandbox, whose errors are Python's own. They name the file and nothing from inside of Python."""
    try:
        Sandbox(orders=_file("orders.yaml", content))
    except ValueError as wrong:
        assert str(wrong).startswith("orders: "), wrong


def receipt(content: bytes) -> None:
    """A receipt that a program kept."""
    with suppress(ValueError, RecursionError):
        kept = json.loads(content)
        with suppress(ValueError):
            read = SendReceipt.from_dict(kept)
            assert SendReceipt.from_dict(json.loads(json.dumps(read.to_dict()))) == read


def bucket(content: bytes) -> None:
    """A usage plan that another process wrote down. It never fails, and never lets more through than the plan."""
    try:
        state = json.loads(content)
    except (RecursionError, ValueError):
        return
    plan, limiter = UsagePlan(1.0, 5), InProcessLimiter()
    limiter.restore(_KEY, state, 1000.0, elapsed=1.0)
    json.dumps(limiter.save(_KEY, 1000.0))
    waits = [limiter.reserve(_KEY, plan, 1000.0).remaining(1000.0) for _ in range(7)]
    assert all(0 <= wait < float("inf") for wait in waits)
    assert sum(wait == 0 for wait in waits) <= plan.burst
    limiter.restore(_KEY, limiter.save(_KEY, 1001.0), 1001.0)
    limiter.restore(_KEY, state, 1002.0)


def attachment(content: bytes) -> None:
    """A file that a buyer is to open."""
    for name in ("a.pdf", "a.gif"):
        check_file(name, io.BytesIO(content))


def _read_jobs(content: bytes, **options: Any) -> None:
    file = JobFile(io.BytesIO(content), account="shop", accounts=["shop"], **options)
    with suppress(SpApiMessagingError):
        for entry in file:
            str([str(problem) for problem in entry.problems]).encode()
            repr(entry.job)
    repr(file.columns)


def _file(name: str, content: bytes) -> Path:
    path = Path(_folder().name) / name
    path.write_bytes(content)
    return path


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


ROW = {"order": ORDER, "type": "confirmOrderDetails", "text": "Dear {{ name }}", "marketplace": "DE", "name": "Ada"}
TABLE = "order;type;text;marketplace;name\r\n" + ";".join(ROW.values()) + '\r\n"' + '";"'.join(ROW.values()) + '"\r\n'
REPORT = (
    "order-id\tsales-channel\tbuyer-name\tproduct-name\tpurchase-date\n"
    f"{ORDER}\tAmazon.de\tAda\tA book\t2026-11-01T10:00:00+00:00\n"
)
ACCOUNTS = b"""default: &base
  refresh_token: 'Atzr|token'
  lwa_app_id: id
  lwa_client_secret: secret
shop: {<<: *base, refresh_token: "Atzr|other"}
"""
ORDERS = f"""orders:
  {ORDER}: {{state: delivered, marketplace: DE, locale: de-DE, feedback_removal_requested: true}}
default: {{state: shipped}}
""".encode()
RECEIPT = {
    "operation": "sendInvoice", "message_type": "invoice", "amazon_order_id": ORDER, "marketplace_id": "A1PA6795UKMFR9",
    "endpoint": "https://api.example", "seller": None, "request_id": "request-1", "status_code": 201,
    "attachments": [{"upload_destination_id": "sc/1", "file_name": "a.pdf", "size": 5, "sha256": "00"}],
    "sent_at": "2026-11-01T10:00:00+00:00",
}  # fmt: skip
BUCKETS = {
    "sendInvoice": {"missing": 3.0, "debt": 1.0, "pause": 2.0, "age": 5.0, "rate": 0.5, "plan": [2.0, 4]},
    "getAttributes": {"missing": 1},
    "emptied": 5.0,
}
_OBJECTS = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
)
PDF = b"%PDF-1.4\n" + b"".join(b"%d 0 obj%sendobj\n" % each for each in enumerate(_OBJECTS, 1))
PDF += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(
    b"%010d 00000 n \n" % PDF.index(b"%d 0 obj" % number) for number in (1, 2, 3)
)
PDF += b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % PDF.index(b"xref")
GIF = b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;"

_COLUMNS = (b"order", b"text_de", b"text_", b"attachments", b"due", b"sep=;", b"coverage_start_date", b"=1+1", b"#")
_TAGS = (b"!!int ", b"!!timestamp ", b"!!bool ", b"!!float ", b"&a ", b"*a", b"<<: ", b"!!python/none ", b"? ", b"- ")

TARGETS = (
    Target(
        "table",
        table,
        (TABLE.encode(), TABLE.replace(";", ",").encode("utf-16"), TABLE.replace(";", "\t").encode()),
        (*_COLUMNS, b'"', b'""', b";", b",", b"\r\n", b"~/a.pdf", b"a.pdf;b.pdf", b"s3://a/b.pdf", b"2026-13-45"),
    ),
    Target("json-lines", json_lines, (json.dumps(ROW).encode(),), (*_COLUMNS, b"[", b"{}", b"\n", b":"), "json"),
    Target(
        "text",
        text,
        (
            b"Dear {{ name }}, {% if amount > 3 %}{{ name | upper }}{% else %}{{ row['a b'] }}{% endif %}",
            b"{{ amount | float | round(2) ~ name }}{{ name | replace('a', 'b') | default('x', true) }}",
        ),
        (b"{{ ''.__class__ }}", b"{% for a in name %}", b"{% endfor %}", b" | ", b"list", b"{#", b"#}", b" in ",
         b"truncate(9)", b"length", b"first", b"abs", b"int(9)", b"[", b"]", b"~", b"*", b"%}", b"(", b")", b"not "),
    ),
    Target("report", report, (REPORT.encode(), REPORT.replace("\t", ",").encode("utf-8-sig")), (b"order-id", b"\t")),
    Target("accounts", accounts, (ACCOUNTS,), _TAGS),
    Target("orders", orders, (ORDERS,), (*_TAGS, b"2024-13-45", b"state", b"locale", b"[", b"{")),
    Target("receipt", receipt, (json.dumps(RECEIPT).encode(),), (b"+99:99", b"Z"), "json"),
    Target("bucket", bucket, (json.dumps(BUCKETS).encode(),), (b"emptied", b"plan"), "json"),
    Target("attachment", attachment, (PDF, GIF), (b"/Kids", b" 0 R", b"/Prev 9", b"/Encrypt", b"obj", b"<<")),
)  # fmt: skip
