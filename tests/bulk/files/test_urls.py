"""Which URLs are taken for files, and how they are put together."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk.files.refusals import Refused
from spapi_messaging.bulk.files.urls import (
    below_url,
    checked_root,
    checked_url,
    joined,
    local_path,
    looks_like_url,
    name_of,
)

SECRET = "s3cr3tValue"


@pytest.mark.parametrize(
    "written",
    [
        "s3://invoices/2026/R-17.pdf",
        "gs://invoices/Rechnung 17; Kopie.pdf",
        "https://shop.example:8443/R%2017.pdf",
        "abfs://invoices@shop.dfs.core.windows.net/R-17.pdf",
        "s3://invoices/@17/R-17@2.pdf",
        "memory://R-17.pdf",
    ],
)
def test_the_url_of_a_file_is_taken_as_it_is(written: str) -> None:
    assert looks_like_url(written)
    assert checked_url(written) == written


def test_the_scheme_may_have_capital_letters() -> None:
    assert checked_url("S3://Invoices/R-17.PDF") == "s3://Invoices/R-17.PDF"


@pytest.mark.parametrize(
    "path", [r"C:\R-17.pdf", "C:/R-17.pdf", "/srv/R-17.pdf", "2026/a:b.pdf", "R-17.pdf", "a::b.pdf"]
)
def test_paths_are_no_urls(path: str) -> None:
    assert not looks_like_url(path)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (f"https://shop.example/R-17.pdf?X-Amz-Signature={SECRET}", "query"),
        (f"s3://invoices/R-17.pdf#{SECRET}", "fragment"),
        (f"sftp://{SECRET}@shop.example/R-17.pdf", "user or a password"),
        (f"sftp://shop:{SECRET}@shop.example/R-17.pdf", "user or a password"),
        (f"abfs://shop:{SECRET}@shop.example/R-17.pdf", "user or a password"),
        (f"simplecache::s3://{SECRET}/R-17.pdf", "chained"),
        (f"zip://R-17.pdf::s3://{SECRET}/all.zip", "chained"),
        (f"s3://{SECRET}/../R-17.pdf", ". or .."),
        (f"https://{SECRET}/2026/%2e%2E/R-17.pdf", ". or .."),
        (f"https://{SECRET}/2026/..%2fR-17.pdf", ". or .."),
        (f"s3://{SECRET}\\R-17.pdf", "backslash"),
        (f"s3://{SECRET}/R-\n17.pdf", "do not show"),
        (f"s3:/{SECRET}/R-17.pdf", "two slashes"),
        (f"s3://{SECRET}/", "names no file"),
        ("s3://", "names no file"),
    ],
)
def test_what_no_ledger_should_keep_is_refused_without_being_repeated(written: str, told: str) -> None:
    with pytest.raises(Refused, match=told) as refused:
        checked_url(written)

    assert refused.value.remedy
    assert SECRET not in f"{refused.value} {refused.value.remedy}"


@pytest.mark.parametrize(
    ("url", "name"),
    [("https://shop.example/a/R%2017.pdf", "R 17.pdf"), ("s3://invoices/R%2017.pdf", "R%2017.pdf")],
)
def test_only_the_web_codes_names(url: str, name: str) -> None:
    assert name_of(url) == name


@pytest.mark.skipif(sys.platform == "win32", reason="paths of Windows begin with a drive")
def test_a_file_url_is_a_path() -> None:
    assert local_path("file:///srv/R%2017.pdf") == "/srv/R 17.pdf"
    assert local_path("file://localhost/srv/R-17.pdf") == "/srv/R-17.pdf"
    assert local_path("s3://invoices/R-17.pdf") is None
    with pytest.raises(Refused, match="another machine"):
        local_path("file://srv/R-17.pdf")


@pytest.mark.parametrize("root", ["s3://invoices", "s3://invoices/2026/", "memory://"])
def test_what_is_below_a_root_is_found_again(root: str) -> None:
    checked = checked_root(root)
    url = joined(checked, "./11//R-17.pdf")

    assert url.endswith("/11/R-17.pdf")
    assert below_url(url, checked) == "11/R-17.pdf"
    assert below_url("s3://invoices-of-others/R-17.pdf", checked) is None


PARTS = st.text(st.sampled_from("abc.%2eEfF/\\ ~:?#@"), max_size=12)


@given(st.lists(PARTS, min_size=1, max_size=4).map("/".join))
def test_nothing_leads_out_of_a_root(path: str) -> None:
    """Whatever a path holds, it is refused, or leads below the root."""
    from urllib.parse import unquote, urljoin

    root = "https://shop.example/2026"
    try:
        url = joined(root, path)
    except Refused:
        return
    assert below_url(url, root) is not None
    assert urljoin("https://other.example/", unquote(url)).startswith(f"{root}/")
