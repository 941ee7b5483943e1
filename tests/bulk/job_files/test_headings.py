"""Which column is what: aliases, other languages, mappings, misspelled ones."""

from __future__ import annotations

import io
from typing import Any

import pytest

from spapi_messaging.bulk import JOB_COLUMNS, JobFile
from spapi_messaging.errors import ConfigurationError
from tests.support.amazon import ORDER
from tests.support.job_files import DATE_FIELD, DATE_TYPE, TEXT_TYPE, job_file, jobs_of, problems_of, the_problem
from tests.support.samples import DATE


def bare(content: str, **options: Any) -> list[str]:
    """The problems of a file for which no type and no marketplace is given."""
    return problems_of(content, **{"message_type": None, "marketplace": None, **options})


@pytest.mark.parametrize(
    "heading", ["order", "Order", "ORDER ID", "order-id", " Amazon-Order-Id ", "amazon_order_id", "Bestellnummer"]
)
def test_ways_to_write_the_heading_of_the_order(heading: str) -> None:
    assert [job.order_id for job in jobs_of(f"{heading};text\n{ORDER};Hello\n")] == [ORDER]


def test_every_column_reaches_the_job() -> None:
    content = (
        "account,marketplace,order,message-type,document,text,due,not before,key\n"
        f"shop-de,FR,{ORDER},{TEXT_TYPE},R-1,Hello,2026-12-24,2026-12-01,mine\n"
    )
    [job] = jobs_of(content)

    found = (job.account, job.marketplace, job.message_type, job.document, job.due, job.not_before, job.key)
    assert found == ("shop-de", "FR", TEXT_TYPE, "R-1", "2026-12-24", "2026-12-01", "mine")


@pytest.mark.parametrize("heading", [DATE_FIELD.name, DATE_FIELD.wire_name, DATE_FIELD.name.replace("_", " ").title()])
def test_a_field_of_the_type_is_a_column(heading: str) -> None:
    [job] = jobs_of(f"order;type;{heading}\n{ORDER};{DATE_TYPE};{DATE}\n")

    assert job.fields == {DATE_FIELD.name: DATE}


def test_empty_cells_are_not_given() -> None:
    content = "account;marketplace;order;type;document;text;due;key\n" + f" ; ;{ORDER}; ;;Hello; ;\n"
    [job] = jobs_of(content, account="shop-de")

    assert (job.account, job.marketplace, job.message_type) == ("shop-de", "DE", TEXT_TYPE)
    assert (job.document, job.due, job.key, job.attachments) == (None, None, None, ())


def test_missing_columns_are_told() -> None:
    order, type, marketplace = bare("document,text\nR-1,Hello\n")

    assert order.startswith("line 1: there is no column order. There are 'document', 'text'.")
    assert "there is no column type" in type and "or say of which type all messages are" in type
    assert "there is no column marketplace" in marketplace


def test_a_file_without_headings_is_told_and_not_shown() -> None:
    assert bare("Max Müller,Hello\nx,y\n") == [
        f"line 1: the first line has no heading of a job file. It names the columns: {', '.join(JOB_COLUMNS)}."
    ]
    assert '"jsonl"' in the_problem('{"order": "x"}\n', message_type=None)


def test_a_cell_that_a_row_needs_is_told() -> None:
    told = bare(f"order,type,marketplace,text\n{ORDER},,,Hello\n,{TEXT_TYPE},DE,Hello\n")

    assert [line.partition(". ")[0] for line in told] == [
        "line 2, message_type: it is missing in this row",
        "line 2, marketplace: it is missing in this row",
        "line 3, order_id: it is missing in this row",
    ]


@pytest.mark.parametrize(
    ("heading", "meant"),
    [("attachements", "attachments"), ("docment", "document"), ("texts", "text"), ("acount", "account")],
)
def test_a_misspelled_column_is_told(heading: str, meant: str) -> None:
    told = the_problem(f"order,text,{heading}\n{ORDER},Hello,x\n")

    assert told.startswith(f"line 1: the column '{heading}' is not known") and f"Did you mean {meant}?" in told


def test_a_misspelled_column_that_is_needed_is_told() -> None:
    [told] = bare(f"order,type,marketplce\n{ORDER},{TEXT_TYPE},DE\n")
    assert told.startswith("line 1: there is no column marketplace. Did you mean marketplace by 'marketplce'?")

    [told] = bare(f"order,tpye,marketplace\n{ORDER},{TEXT_TYPE},DE\n")
    assert told.startswith("line 1: there is no column type. Did you mean type by 'tpye'?")


def test_a_column_that_a_template_uses_is_not_misspelled() -> None:
    assert [job.order_id for job in jobs_of(f"order,text,texts\n{ORDER},{{{{ texts }}}},x\n")] == [ORDER]


def test_columns_that_are_there_twice_are_told() -> None:
    assert the_problem("order,text,Text\nx,y,z\n").startswith("line 1: the heading 'Text' is there twice, in columns 2")
    both = the_problem("order,order-id,text\nx,y,z\n")
    assert both.startswith("line 1: the columns 'order' and 'order-id' both mean order.")


@pytest.mark.parametrize("heading", ["text_note", "text_xx", "text_old", "text_de_deutsch"])
def test_a_text_in_no_language_is_told(heading: str) -> None:
    assert the_problem(f"order,text,{heading}\n{ORDER},Hello,x\n").startswith(
        f"line 1: the column '{heading}' ends with no language."
    )


def test_mapped_columns_are_used_and_no_others() -> None:
    content = f"order;Rechnung;Amazon Nr.;text\n4711;R-1;{ORDER};Hello\n"
    jobs = job_file(content, columns={"order": "amazon nr.", "document": "Rechnung"})
    [entry] = jobs

    assert entry.job is not None
    assert (entry.job.order_id, entry.job.document) == (ORDER, "R-1")
    assert jobs.columns.used == {"order": "Amazon Nr.", "document": "Rechnung", "text": "text"}
    assert (jobs.columns.for_templates, jobs.columns.unused) == ((), ("order",))


def test_what_columns_are_used_for_is_known_afterwards() -> None:
    jobs = job_file(f"order,text,Name,Colour\n{ORDER},Dear {{{{ name }}}},Bob,red\n")
    list(jobs)

    assert jobs.columns == ({"order": "order", "text": "text"}, ("Name",), ("Colour",))


def test_a_mapping_to_no_heading_lists_the_headings() -> None:
    told = the_problem(f"order,text\n{ORDER},Hello\n", columns={"document": "Rechnung"})

    assert told == (
        "line 1: there is no column 'Rechnung', which was to be used for document. There are 'order', 'text'."
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"columns": {"colour": "Farbe"}}, "no column 'colour' that could be mapped"),
        ({"columns": {"order": ""}}, "headings of the file, which are strings"),
        ({"columns": {"order": "A", "order_id": "B"}}, "columns names two headings for order"),
        ({"texts": {"klingon": "nuqneH", None: "Hello"}}, "There is no language 'klingon'"),
        ({"texts": {"de": "Hallo"}}, "There is no text for buyers with another language"),
        ({"texts": {None: " "}}, "The text for all buyers is empty"),
        ({"texts": {None: "a", "de": "b", "DE": "c"}}, "There are two texts in de"),
        ({"accounts": "shop-de"}, "accounts is a list"),
        ({"accounts": ["shop-de"], "account": "shop-fr"}, "There is no account 'shop-fr'. There are: shop-de."),
        ({"marketplace": 5}, r"marketplace is a string, not \[int\]"),
        ({"folder": 5}, r"folder is a path, not \[int\]"),
        ({"format": "xml"}, "The format 'xml' is not known"),
    ],
)
def test_options_that_cannot_be_meant(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        JobFile(io.BytesIO(), **options)


def test_the_format_comes_from_the_files_name() -> None:
    with pytest.raises(ConfigurationError, match=r"'jobs\.xlsx' is not known"):
        JobFile("jobs.xlsx")


def test_unknown_accounts_are_told_with_near_ones() -> None:
    content = f"order,account,text\n{ORDER},shop-de,Hello\n{ORDER},shop-ed,Hello\n"

    assert the_problem(content, accounts=["shop-de", "shop-fr"]) == (
        "line 3, account: there is no account 'shop-ed'. Did you mean shop-de? There are shop-de, shop-fr."
    )


@pytest.mark.parametrize("options", [{}, {"columns": {"order": "X"}}, {"columns": {"order": ORDER}}])
def test_a_file_without_headings_is_told_and_shows_no_buyer(options: dict[str, Any]) -> None:
    """Its first row would be taken for the headings, and left out."""
    told = the_problem(f"{ORDER};Erika Mustermann\n404{ORDER[3:]};Max Mustermann\n", **options)

    assert told.startswith("line 1: this line holds an order id, and no headings. Write a line before it")
    assert "Mustermann" not in told
