"""Texts of rows, in one language and in several, and what counts as the same content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spapi_messaging.bulk import JobFile, Ledger, LocalizedText
from spapi_messaging.bulk.job_files import templates
from tests.support.amazon import ORDER
from tests.support.job_files import FILE_TYPE, TEXT_TYPE, job_file, jobs_of, problems_of, the_problem

TEMPLATES = {None: "Your order is late, {{ name }}.", "de": "Ihre Bestellung verspätet sich, {{ name }}."}


def made_from(content: str, **options: object) -> str:
    [job] = jobs_of(content, **options)
    assert isinstance(job.text, LocalizedText) and job.text.made_from
    return job.text.made_from


def test_a_text_alone_stays_a_text() -> None:
    assert [job.text for job in jobs_of(f"order;text\n{ORDER};Hello {{you}}\n")] == ["Hello {you}"]
    assert [job.text for job in jobs_of(f"order\n{ORDER}\n", texts={None: "Hello"})] == ["Hello"]


def test_columns_of_languages_become_one_text() -> None:
    [job] = jobs_of(f"order;text;text_de;text-pt-BR\n{ORDER};Hello;Hallo;Olá\n")

    assert job.text == LocalizedText("Hello", {"de": "Hallo", "pt-BR": "Olá"})


def test_texts_are_for_rows_without_one() -> None:
    """A row with a text of its own takes no other text: another language would say something else."""
    content = f"order;text;name\n{ORDER};;Bob\n{ORDER};Something else;Ann\n"
    first, second = jobs_of(content, texts=TEMPLATES)

    assert isinstance(first.text, LocalizedText)
    assert first.text.otherwise == "Your order is late, Bob."
    assert first.text.by_language == {"de": "Ihre Bestellung verspätet sich, Bob."}
    assert second.text == "Something else"


def test_types_without_a_text_take_none() -> None:
    content = f"order;type;name\n{ORDER};{FILE_TYPE};Bob\n{ORDER};{TEXT_TYPE};Bob\n"
    files, text = jobs_of(content, texts=TEMPLATES)

    assert files.text is None
    assert isinstance(text.text, LocalizedText)


def test_a_text_that_no_message_takes_is_told() -> None:
    told = problems_of(f"order;type\n{ORDER};{FILE_TYPE}\n", texts={None: "x"})

    assert "line 1, text: a text was given, and no message of the file takes one. Leave the text out." in told


def test_every_language_is_checked() -> None:
    content = f'order;text;text_de;text_fr\n{ORDER};Hello;"Hallo {{{{ nam }}}}";"{"x" * 3000}"\n'
    german, french = problems_of(content)

    assert german.startswith("line 2, text_de: the template uses 'nam', and there is no such column.")
    assert french.startswith("line 2, text_fr: the text has 3000 characters.")


def test_languages_without_a_text_for_the_others_are_told() -> None:
    assert the_problem(f"order;text;text_de\n{ORDER};;Hallo\n") == (
        "line 2, text: there is no text for buyers with another language. Fill in the column text: it is for them."
    )


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_wrong_template_that_was_given_is_told_once(format: str) -> None:
    rows = f"order\n{ORDER}\n" if format == "csv" else f'{{"order": "{ORDER}"}}\n'

    assert the_problem(rows * 3, format=format, texts={None: "Hello", "de": "{{ 1 + 1 }}"}).startswith(
        "text_de: in line 1 of the text, arithmetic cannot be used."
    )


def test_a_template_that_names_no_column_is_told_once_for_a_table() -> None:
    assert the_problem(f"order;nme\n{ORDER};Bob\n{ORDER};Ann\n", texts={None: "Hello {{ name }}"}) == (
        "text: the template uses 'name', and there is no such column. Did you mean nme?"
    )


def test_the_content_is_the_template_and_what_it_uses() -> None:
    content = f"order;name;colour\n{ORDER};Bob;red\n"
    found = made_from(content, texts=TEMPLATES)

    assert made_from(content.replace("red", "blue"), texts=TEMPLATES) == found
    assert made_from(f"name;order\nBob;{ORDER}\n", texts=TEMPLATES) == found
    assert made_from(content.replace("Bob", "Ann"), texts=TEMPLATES) != found
    assert made_from(content, texts={**TEMPLATES, "fr": "Bonjour {{ name }}"}) != found
    assert made_from(content, texts={**TEMPLATES, None: "Hi {{ name }}"}) != found


def test_a_template_in_a_cell_is_the_content_as_well() -> None:
    assert made_from(f"order;text;name;colour\n{ORDER};Dear {{{{ name }}}};Bob;red\n") == made_from(
        f"order;text;name;colour\n{ORDER};Dear {{{{ name }}}};Bob;blue\n"
    )


@pytest.mark.parametrize(
    "template", ["Hello {{ name | default('you', true) }}", "{% if name == 1 %}a{% else %}b{% endif %}"]
)
def test_cells_of_another_kind_are_another_content(template: str) -> None:
    """A template sees the difference between null and "None", and between 1 and "1"."""
    lines = [
        json.dumps({"order": ORDER, "text": template, "name": name}) for name in (None, "None", 1, "1", 1.5, "1.5")
    ]

    assert len({made_from(f"{line}\n", format="jsonl") for line in lines}) == len(lines)


def test_a_template_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    real = templates._compiled

    def counted(environment: Any, text: str) -> Any:
        compiled.append(text)
        return real(environment, text)

    monkeypatch.setattr(templates, "_compiled", counted)
    rows = f"{ORDER};Dear {{{{ name }}}};Bob\n" * 500

    assert len(jobs_of(f"order;text;name\n{rows}")) == 500
    assert len(compiled) == 1


def test_rows_are_read_one_by_one() -> None:
    class Endless:
        def __init__(self) -> None:
            self.begun = False

        def read(self, size: int) -> bytes:
            begun, self.begun = self.begun, True
            return f"{ORDER},Hello\n".encode() * 1000 if begun else b"order,text\n"

    entries: Iterator[object] = iter(JobFile(Endless(), message_type=TEXT_TYPE, marketplace="DE"))  # type: ignore[arg-type]

    assert len([next(entries) for _ in range(5000)]) == 5000


def test_a_file_goes_into_a_ledger_and_is_known_again(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text(f"order;text;name;colour\n{ORDER};Dear {{{{ name }}}};Bob;red\n", "utf-8-sig")
    jobs = JobFile(path, message_type=TEXT_TYPE, marketplace="DE")
    with Ledger(f"sqlite:///{tmp_path / 'sent.db'}") as ledger:
        first = ledger.add(jobs)
        path.write_text(f"name;order;text;colour\nBob;{ORDER};Dear {{{{ name }}}};blue\n", "utf-16")
        again = ledger.add(jobs)

        assert (first.added, again.added, again.known) == (1, 0, 1)
        assert [outcome.job.text for outcome in ledger.outcomes()] == ["Dear Bob"]


def test_two_rows_with_one_key_and_other_content_name_each_other(tmp_path: Path) -> None:
    content = f"order;text\n{ORDER};Hello\n{ORDER};Something else\n"
    with (
        Ledger(f"sqlite:///{tmp_path / 'sent.db'}") as ledger,
        pytest.raises(Exception, match="line 3, document: ") as caught,
    ):
        ledger.add(job_file(content))

    assert "line 2 is the same message" in str(caught.value)
