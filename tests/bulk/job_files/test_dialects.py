"""Delimiters, quotes and line breaks, as spreadsheets of several countries write them."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk import JobFile
from spapi_messaging.bulk.job_files.decoding import MAX_LINE
from spapi_messaging.errors import ConfigurationError, InvalidMessageError
from tests.support.amazon import ORDER
from tests.support.job_files import job_file, jobs_of, problems_of, the_problem
from tests.support.ledgers import order

# A row as each program writes it: the text holds commas, quotes, a line break and an umlaut.
TEXT = 'Hallo, "Müller";\nbis bald'
QUOTED = '"Hallo, ""Müller"";\nbis bald"'
EXCEL_DE = f"order;text;document\r\n{ORDER};{QUOTED};R-1\r\n".encode("windows-1252")
EXCEL_FR = f"order;text;document\r\n{ORDER};{QUOTED};R-1\r\n;;\r\n".encode("utf-8-sig")
EXCEL_US = f"order,text,document\r\n{ORDER},{QUOTED},R-1\r\n,,\r\n".encode("utf-8-sig")
EXCEL_UNICODE = f"order\ttext\tdocument\r\n{ORDER}\t{QUOTED}\tR-1\r\n".encode("utf-16")
EXCEL_MAC = f"order;text;document\r{ORDER};{QUOTED};R-1\r".encode("mac-roman")
LIBREOFFICE = f'"order","text","document"\n"{ORDER}",{QUOTED},"R-1"\n'.encode()
NUMBERS = f"order,text,document\r\n{ORDER},{QUOTED},R-1".encode()
WITH_SEP = f"sep=;\r\norder;text;document\r\n{ORDER};{QUOTED};R-1\r\n".encode()
PIPES = f"order|text|document\n{ORDER}|{QUOTED}|R-1\n".encode()


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (EXCEL_DE, "windows-1252"),
        (EXCEL_FR, None),
        (EXCEL_US, None),
        (EXCEL_UNICODE, None),
        (EXCEL_MAC, "mac-roman"),
        (LIBREOFFICE, None),
        (NUMBERS, None),
        (WITH_SEP, None),
        (PIPES, None),
    ],
)
def test_what_each_program_writes_is_the_same_job(content: bytes, encoding: str | None) -> None:
    [job] = jobs_of(content, encoding=encoding)

    assert (job.order_id, job.text, job.document) == (ORDER, TEXT, "R-1")


def test_headings_decide_between_delimiters() -> None:
    """A heading with more commas than there are columns would mislead whoever counts."""
    content = f'order;text;"Street, number, floor, city"\n{ORDER};Hello;x\n'

    assert [job.text for job in jobs_of(content)] == ["Hello"]


@pytest.mark.parametrize("before", ["sep=;\n", '"sep=;"\n', "\n", "sep=;\n\n"])
def test_lines_before_the_headings_are_counted(before: str) -> None:
    told = the_problem(f"{before}order;text\n{ORDER};Hello\nwrong;Hello\n")
    number = before.count("\n") + 3

    assert told.startswith(f"line {number}, order_id: ")
    assert the_problem(f"{before}text;document\n").startswith(f"line {number - 2}: there is no column order.")


@pytest.mark.parametrize("blank", ["\n" * (MAX_LINE + 1), " " * MAX_LINE + "\n"], ids=["many lines", "a long line"])
def test_the_headings_may_stand_below_much_white_space(blank: str) -> None:
    (job,) = jobs_of(f"{blank}order;text\n{ORDER};Hello\n")
    assert job.text == "Hello"


def test_a_delimiter_that_is_given_is_taken() -> None:
    assert [job.text for job in jobs_of(f"order~text\n{ORDER}~a,b;c\n", delimiter="~")] == ["a,b;c"]
    assert [job.text for job in jobs_of(f"order\ttext\n{ORDER}\ta,b;c\n", delimiter="tab")] == ["a,b;c"]


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n", "a", 5])
def test_what_cannot_be_a_delimiter_is_refused(delimiter: str) -> None:
    with pytest.raises(ConfigurationError, match="A delimiter is one character"):
        JobFile("jobs.csv", delimiter=delimiter)


def test_rows_are_named_by_their_first_line() -> None:
    content = f'order,text\n{ORDER},"two\nlines"\n\n,,\nwrong,Hello\n{ORDER},"three\r\n\r\nlines"\nwrong,Hello\n'

    assert [problem.partition(",")[0] for problem in problems_of(content)] == ["line 6", "line 10"]


def test_an_unclosed_quote_is_told_where_it_begins() -> None:
    content = f'order,text\n{ORDER},Hello\n{ORDER},"Hello\n{ORDER},Hello\n'

    assert the_problem(content).startswith("line 3, cell 2: a cell begins here with a quote that is not closed.")


def test_an_unclosed_quote_in_a_long_file_is_told_where_it_begins() -> None:
    rows = f"{ORDER},Hello to you all\n" * 100_000
    told = the_problem(f'order,text\n{ORDER},Hello\n{ORDER},"Hello\n{rows}')

    assert told.startswith("line 3, cell 2: a cell begins here with a quote that is not closed.")


def test_something_behind_a_closing_quote_is_told() -> None:
    assert the_problem(f'order,text\n{ORDER},"Hello" you\n').startswith("line 2, cell 2: something stands behind the")


def test_more_cells_than_headings_are_told() -> None:
    told = the_problem(f"order,text\n{ORDER},Hello, you\n{ORDER},Hello\n")

    assert told.startswith("line 2: the row has 3 cells, and there are 2 headings. Most likely a cell holds a comma")


def test_fewer_cells_and_empty_ones_too_many_are_no_problem() -> None:
    jobs = jobs_of(f"order;text;document;;\n{ORDER};Hello\n{ORDER};Hello;R-1;;;;\n")

    assert [job.document for job in jobs] == [None, "R-1"]


@pytest.mark.parametrize("length", [32_768, 40_000])
def test_a_long_cell_is_told_with_its_column_and_length(length: int) -> None:
    told = the_problem(f"order,text\n{ORDER},Hello\n{ORDER},{'x' * length}\n{ORDER},Hello\n")

    assert told == f"line 3, text: the cell has {length:,} characters. The limit is 32,767."


@pytest.mark.parametrize("length", [131_073, 400_000])
def test_a_very_long_cell_is_told_in_our_words(length: int) -> None:
    told = the_problem(f"order,text\n{ORDER},{'x' * length}\n")

    assert told.startswith("line 2, cell 2: the cell has more than 32,767 characters.")


# Only what a spreadsheet may hold: control characters are refused, and a line break in a cell becomes \n.
CELLS = st.text(
    st.characters(codec="windows-1252", exclude_categories=["Cc", "Cs"]) | st.sampled_from('",;\t|\n'), min_size=1
).filter(lambda text: text.strip() and not any(mark in text for mark in ("{{", "{%", "{#")))


@given(
    st.lists(CELLS, min_size=1, max_size=5),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "windows-1252"]),
    st.sampled_from(["\r\n", "\n", "\r"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_what_is_written_is_read_back(
    texts: list[str], delimiter: str, encoding: str, line_break: str, quoting: int
) -> None:
    held = io.StringIO()
    writer = csv.writer(held, delimiter=delimiter, lineterminator=line_break, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(["order", "text", "document"])
    for number, text in enumerate(texts):
        writer.writerow([order(number), text, f"R-{number}"])
    named = encoding if encoding == "windows-1252" else None

    jobs = jobs_of(held.getvalue().encode(encoding), encoding=named)

    expected = [(order(number), text, f"R-{number}") for number, text in enumerate(texts)]
    assert [(job.order_id, job.text, job.document) for job in jobs] == expected


@given(
    st.binary() | st.binary().map(lambda data: b"order,text,text_de\n" + data),
    st.sampled_from(["csv", "jsonl"]),
    st.sampled_from([None, "utf-16", "windows-1252", "utf-7", "shift-jis"]),
)
def test_random_bytes_are_refused_and_nothing_else(data: bytes, format: str, encoding: str | None) -> None:
    try:
        list(job_file(data, format=format, encoding=encoding))
    except (InvalidMessageError, ConfigurationError) as error:
        assert str(error)
