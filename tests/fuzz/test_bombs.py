"""Little that becomes much: inputs made to fill the memory, the stack or the time of whoever reads them.

What never ends on a real connection (headers, chunks, interim answers) is in `tests/processes/test_odd_answers.py`.
"""

from __future__ import annotations

import io
import json
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import httpx
import pytest
import yaml

from spapi_messaging import InvalidMessageError, MalformedResponseError, NetworkError, RetryPolicy
from spapi_messaging._safeguards.bounded_yaml import BoundedLoader
from spapi_messaging.bulk import JobFile
from tests.fuzz.targets import TARGETS
from tests.support.amazon import ORDER, Amazon, Shop, both, raw
from tests.support.bounds import SOON
from tests.support.thorough import choose

MIB = 2**20
MILLION = 10**6
#: What an answer of the largest size takes: raw, decoded and as text.
MOST_MEMORY = 64 * MIB
JOB = {"order": ORDER, "type": "confirmOrderDetails", "marketplace": "DE", "text": "Hello"}


@contextmanager
def bounded(memory: int = MOST_MEMORY) -> Iterator[None]:
    """Little memory and little time are used."""
    began = time.process_time()
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < memory
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < SOON


def packed(window: int) -> bytes:
    """1 GiB of zeros, as a megabyte or so."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    first, again = (packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + 1023 * again


GZIP, DEFLATE, RAW_DEFLATE = zlib.MAX_WBITS | 16, zlib.MAX_WBITS, -zlib.MAX_WBITS


def in_itself() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, GZIP)
    return packer.compress(packed(GZIP)) + packer.flush()


@both
@pytest.mark.parametrize(
    ("encoding", "content", "error"),
    [
        ("gzip", packed(GZIP), MalformedResponseError),
        ("gzip, gzip", in_itself(), MalformedResponseError),
        ("deflate", packed(DEFLATE), MalformedResponseError),
        ("deflate", packed(RAW_DEFLATE), MalformedResponseError),
        (", ".join(["gzip"] * 1000), packed(GZIP), NetworkError),
        ("br", packed(GZIP), NetworkError),  # neither was asked for
        ("zstd", packed(GZIP), NetworkError),
    ],
    ids=["gzip", "gzip in gzip", "deflate", "deflate without a frame", "a thousand times", "br", "zstd"],
)
def test_an_answer_that_unpacks_to_a_gibibyte(kind: str, encoding: str, content: bytes, error: type[Exception]) -> None:
    # As a stream: with the content, httpx would decode it while the answer is made.
    answer = httpx.Response(200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(content))
    with bounded(), pytest.raises(error):
        Shop(kind, Amazon(answer), retry=RetryPolicy(attempts=1)).read()


#: By target: what stands before a document of JSON.
READERS = {
    "answer-of-read": b"",
    "refusal": b"\0\0",
    "token": b"\0",
    "destination": b"",
    "json-lines": b"",
    "receipt": b"",
    "bucket": b"",
    "model": b"",
    "sandbox": b"POST /_sandbox/faults application/json ",
}
DOCUMENTS = {
    "lists in lists": b"[" * MILLION,
    "objects in objects": b'{"a":' * (MILLION // 5),
    "closed lists": b'{"_embedded":' + b"[" * 900 + b"]" * 900 + b"}",
    "some closed lists": b'{"_embedded":' + b"[" * 98 + b"]" * 98 + b"}",
    "a million digits": b'{"expires_in":' + b"9" * MILLION + b"}",
    "4,300 digits": b'{"expires_in":' + b"9" * 4300 + b',"access_token":"a","errors":[]}',
    "no numbers": b'{"a":NaN,"b":-Infinity,"c":1e999,"errors":[{"code":NaN}],"expires_in":NaN,"access_token":"a"}',
    "half a character": rb'{"access_token":"\ud800","buyer":{"locale":"\ud800"},"errors":[{"code":"\udfff"}]}',
    "half a character in bytes": b'{"buyer":{"locale":"\xed\xa0\x80"}}',
    "NUL": b'{"buyer":{"locale":"\\u0000"},"access_token":"\\u0000"}\0',
    "a mark": b'\xef\xbb\xbf{"buyer":{"locale":"de-DE"}}',
    "a mark of UTF-16": '{"buyer":{"locale":"de-DE"}}'.encode("utf-16"),
    "the same key again": b'{"errors":[],"errors":[],"buyer":{},"buyer":5}',
    "the same keys again": b"{" + b",".join(b'"k%d":1' % (number % 20_000) for number in range(30_000)) + b"}",
    "a string of a megabyte": b'{"errors":[{"code":"' + b"x" * MIB + b'","message":"' + b"?a=" * 99_999 + b'"}]}',
    "many errors": b'{"errors":[' + b",".join([b'{"code":"x"}'] * 50_000) + b"]}",
}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_documents_that_no_reader_should_stumble_over(document: str) -> None:
    began = time.process_time()
    for target, begin in READERS.items():
        TARGETS[target].run(begin + DOCUMENTS[document])
    assert time.process_time() - began < SOON


@both
def test_a_read_that_is_nested_too_deeply_is_malformed(kind: str) -> None:
    with pytest.raises(MalformedResponseError, match="not JSON"):
        Shop(kind, Amazon(raw(200, b"[" * MILLION))).read()


@pytest.mark.parametrize("piece", [b"9", b"a", b" ", b"1:", b"(", b"Feb "])
def test_headers_of_a_megabyte(piece: bytes) -> None:
    """In most runs of a quarter, which is more than a connection lets through."""
    line = piece * (choose(MIB // 4, MIB) // len(piece))
    with bounded():
        TARGETS["headers"].run(b"\0" + b"\n".join([line] * 6))


class Endless(io.RawIOBase):
    """A stream that never ends.

    Args:
        begin: its first bytes.
        piece: what comes again and again.
    """

    def __init__(self, begin: bytes, piece: bytes) -> None:
        self._begin, self._piece = begin, piece
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        found, self._begin = self._begin or self._piece * (65536 // len(self._piece)), b""
        self.taken += len(found)
        assert self.taken < 200 * MIB, "nobody needs so much of it"
        return found


HEADINGS = b"order;type;marketplace;text\n"
ENDLESS = {
    "a cell": ("csv", HEADINGS + b"303-1234567-1234567;", b"x"),
    "a cell in quotes": ("csv", HEADINGS + b'303-1234567-1234567;"', b"x\n"),
    "cells": ("csv", HEADINGS, b";"),
    "headings": ("csv", b"order", b";a"),
    "quotes": ("csv", HEADINGS + b'"', b'""'),
    "a line of JSON": ("jsonl", b'{"order":"', b"x"),
    "brackets": ("jsonl", b"", b"["),
    "no characters": ("csv", HEADINGS, b"\0"),
    "UTF-16": ("csv", "order;type".encode("utf-16"), b"a\0"),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_file_without_an_end_is_refused_where_its_line_is_too_long(name: str) -> None:
    file_format, begin, piece = ENDLESS[name]
    stream = Endless(begin, piece)
    with bounded(), pytest.raises(InvalidMessageError):
        list(JobFile(cast(BinaryIO, stream), format=file_format, accounts=["shop"]))
    assert stream.taken < 4 * MIB


def jobs(**more: object) -> bytes:
    return json.dumps({**JOB, **more}).encode()


#: Lines that are nearly a megabyte long, and what is said of them.
LONG_LINES = {
    "keys": (jobs(**{f"k{number}": 1 for number in range(60_000)}), "the object has 60,004 keys"),
    "a key": (jobs(**{"k" * 900_000: 1}), ""),
    "the same key": (jobs(**{f"k{number}": 1 for number in range(60_000)})[:-1] + b',"k59999":1}', "there twice"),
    "cells that a text repeats": (jobs(c="x" * 900_000, text="{{ " + "c ~ " * 1000 + "c }}"), "more than 10,000,000"),
    "cells in a list": (jobs(c="x" * 900_000, text="{{ [" + "c, " * 1000 + "c] }}"), "more than 10,000,000"),
    "a template": (jobs(text="{{ text }}" * 90_000), "characters at most"),
    "brackets of a template": (jobs(text="{{ " + "(" * 30_000), "nested too deeply"),
    "unknown columns": (jobs(text=" ".join(f"{{{{c{number}}}}}" for number in range(300))), "no such column"),
}


@pytest.mark.parametrize("name", LONG_LINES)
def test_a_long_line_of_a_job_file_is_told_what_is_wrong_with_it(name: str) -> None:
    line, told = LONG_LINES[name]
    assert len(line) < MIB
    with bounded(128 * MIB):
        (entry,) = JobFile(io.BytesIO(line), format="jsonl")
        problems = [str(problem) for problem in entry.problems]
    assert len(problems) <= 20
    assert told in "".join(problems)


class Trickle(io.RawIOBase):
    """A stream that gives little at a time, and has no end."""

    def read(self, size: int = -1) -> bytes:
        return b"xxx"


def test_a_line_that_comes_in_small_pieces_takes_no_time() -> None:
    began = time.process_time()
    with pytest.raises(InvalidMessageError, match="more than 1,048,576 characters"):
        list(JobFile(cast("BinaryIO", Trickle())))
    assert time.process_time() - began < SOON


def test_a_table_of_a_million_columns_is_refused() -> None:
    with bounded(128 * MIB), pytest.raises(InvalidMessageError, match="524,286 columns, and the limit is 16,384"):
        list(JobFile(io.BytesIO(b"order" + b",a" * 524_285 + b"\n")))


def test_a_heading_that_is_there_ten_thousand_times_is_told_in_few_words() -> None:
    with pytest.raises(InvalidMessageError, match="there twice") as raised:
        list(JobFile(io.BytesIO(b"order" + b",a" * 10_000 + b"\n")))
    assert len(str(raised.value)) < 5000


#: Few lines of YAML that are, or stand for, very much.
YAML = {
    "lists below lists": "- " * MILLION,
    "aliases of aliases": "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 99)),
    "keys that double": "a0: &a0 {k: 1}\n"
    + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 99)),
    "a million anchors": "[" + ", ".join(f"&a{number} x" for number in range(MILLION)) + "]",
    "a million aliases": "[&a x" + ", *a" * MILLION + "]",
    "itself": "default: &a [*a]\norders: *a\n",
}


@pytest.mark.parametrize("name", YAML)
def test_few_lines_of_yaml_do_not_become_much(name: str) -> None:
    """How such a file is refused, `examples` shows."""
    with bounded(256 * MIB), suppress(yaml.YAMLError, RecursionError):
        yaml.load(YAML[name], BoundedLoader)


def test_a_long_row_of_hours_and_minutes_in_yaml_is_not_computed() -> None:
    """It stands for one integer, and each colon multiplies by 60. A million of them take minutes."""
    assert yaml.load("1" + ":30" * 300, BoundedLoader) > 60**300
    with pytest.raises(yaml.YAMLError, match="more than 1,000 characters"):
        yaml.load("1" + ":30" * 400, BoundedLoader)


def laughs(levels: int = 30) -> bytes:
    """XML whose last entity stands for a billion others."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, levels))
    return f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><Error><Code>&e{levels - 1};</Code></Error>'.encode()


@pytest.mark.parametrize(
    "document",
    [laughs(), b"<a>" * MILLION, b"<Code>" * MILLION, b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><Error>&a;</Error>'],
    ids=["entities", "elements", "codes", "a file"],
)
def test_xml_of_the_storage_is_not_unfolded(document: bytes) -> None:
    with bounded():
        TARGETS["storage"].run(b"\0" + document)
        TARGETS["refusal"].run(b"\0\2" + document)


def test_examples_are_small() -> None:
    examples = [path.stat().st_size for path in Path(__file__).with_name("examples").glob("*/*")]
    assert max(examples) < 256 * 1024
