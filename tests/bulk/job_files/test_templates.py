"""Texts with places for cells: what they may say, and what they may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging.bulk import LocalizedText
from spapi_messaging.bulk.job_files.template_filters import MAX_TEXT
from spapi_messaging.bulk.job_files.templates import BadTemplate, NotRendered, Template, compiler, is_template
from tests.support.amazon import ORDER
from tests.support.job_files import jobs_of, problems_of, the_problem

ROW = {"name": "Müller", "empty": "", "amount": "100.50", "größe_(eu)": "XL", "self": "S", "paid": True, "count": 3}


def text_of(template: str) -> str:
    found = compiler()(template)
    assert isinstance(found, Template), found
    return found.render({key: ROW[key] for key in found.keys})


def refusal(template: str) -> str:
    found = compiler()(template)
    assert isinstance(found, BadTemplate), template
    return found.mistakes[0]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Dear {{ name }},\nhello.\n", "Dear Müller,\nhello.\n"),
        ("{{ Name | upper }}", "MÜLLER"),
        ("{{ row['Größe (EU)'] }}", "XL"),
        ("{{ self }}", "S"),
        ("<b>{{ name }}</b> & co", "<b>Müller</b> & co"),
        ("{% if empty %}yes{% elif name == 'Müller' %}it is{% else %}no{% endif %}", "it is"),
        ("{% if not empty and name in ['Müller', 'Maier'] %}x{% endif %}", "x"),
        ("{{ empty | default('friend', true) }}", "friend"),
        ("{{ empty | default('friend') }}", "friend"),
        ("{{ empty | default('') }}!", "!"),
        ("{{ 'x' if empty else '' }}!", "!"),
        ("{{ 'Dear ' ~ name }}", "Dear Müller"),
        ("{% if amount | float > 100 %}much{% endif %}", "much"),
        ("{{ amount | float | round | int }}", "100"),
        ("{{ name | replace('ü', 'ue') | truncate(4, true, '.', 0) }}", "Mue."),
        ("{{ name | first }}{{ name | last }}{{ name | length }}", "Mr6"),
        ("{{ count }} {{ paid }}", "3 True"),
        ("{# nobody sees this #}Hello", "Hello"),
        ("{% raw %}{{ name }}{% endraw %}", "{{ name }}"),
    ],
)
def test_what_a_template_may_say(template: str, text: str) -> None:
    assert text_of(template) == text


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{% for a in name %}{{ a }}{% endfor %}", "a loop"),
        ("{{ range(10) }}", "a call"),
        ("{{ name.upper() }}", "a call"),
        ("{{ name.__class__ }}", "a dot between names"),
        ("{{ name['__class__'] }}", "[…] behind anything but row"),
        ("{{ name[0:2] }}", "[…] behind anything but row"),
        ("{{ 'a' * 1000000000 }}", "arithmetic"),
        ("{{ -count }}", "arithmetic"),
        ("{% set a = 1 %}", "{% set %} or {% with %}"),
        ("{% include 'a' %}", "another template"),
        ("{% import 'a' as a %}", "another template"),
        ("{% extends 'a' %}", "another template"),
        ("{% macro a() %}{% endmacro %}", "a macro"),
        ("{% filter upper %}a{% endfilter %}", "{% filter %}"),
        ("{{ name is defined }}", "a test with `is`"),
        ("{{ name | pprint }}", "the filter 'pprint'"),
        ("{{ name | attr('x') }}", "the filter 'attr'"),
        ("{{ name | replace(*row) }}", "* in a filter's arguments"),
        ("{{ row }}", "row without the name of a column"),
        ("{{ row[name] }}", "row without the name of a column"),
        ("{{ {'a': 1} }}", "this"),
    ],
)
def test_what_a_template_may_not_say_is_told_with_its_line(template: str, told: str) -> None:
    assert refusal("Hello\n" + template).startswith(f"in line 2 of the text, {told}")


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ name", "{{ is not closed by }}."),
        ("{{ 'name }}", "a place to fill cannot be understood."),
        ("{{ first name }}", "{{ … }} does not hold the name of one column."),
        ("{% iff name %}", "there is a {% … %} that is not known."),
        ("{% if name %}", "{% if %} is not closed by {% endif %}."),
        ("{# name", "{# is not closed by #}."),
    ],
)
def test_mistakes_of_writing_are_told_without_the_text(template: str, told: str) -> None:
    assert refusal("Hello\n" + template) == f"in line 2 of the text, {told}"


@pytest.mark.parametrize(
    "template", ["{{ " + "(" * 5000 + "name" + ")" * 5000 + " }}", "{% if name %}" * 500 + "x" + "{% endif %}" * 500]
)
def test_deep_nesting_is_refused(template: str) -> None:
    assert "nested too deeply" in refusal(template)


@pytest.mark.parametrize(
    "template",
    [
        "{{ name" + " | replace('l', 'll')" * 60 + " }}",
        "{{ 'l'" + " | replace('l', 'll')" * 60 + " }}",
        "{{ name | round(100000000, 'ceil') }}",
        "{{ count | round(100000000, 'ceil') }}",
        "{{ name | float }}",
        "{{ name > 5 }}",
    ],
)
def test_what_does_not_fit_the_row_is_told_and_takes_no_memory(template: str) -> None:
    with pytest.raises(NotRendered) as caught:
        text_of(template)
    assert "Müller" not in caught.value.told
    assert caught.value.__context__ is None


def test_replace_stops_before_it_makes_much() -> None:
    with pytest.raises(NotRendered, match=f"replace makes more than {MAX_TEXT:,} characters"):
        text_of("{{ name" + " | replace('l', 'll')" * 18 + " }}")


def test_a_text_has_an_end() -> None:
    template = compiler()("{{ name }}" * 3000)
    assert isinstance(template, Template)

    with pytest.raises(NotRendered, match=f"more than {MAX_TEXT:,} characters"):
        template.render({"name": "x" * 1000})


@pytest.mark.parametrize(
    "template", ["{{ empty }}", "{{ empty | upper }}", "{{ 'Dear ' ~ empty }}", "{{ empty or '' }}"]
)
def test_an_empty_cell_that_would_be_seen_is_told(template: str) -> None:
    content = f'order\ttext\tempty\n{ORDER}\t"Hello {template}"\t \n'

    assert the_problem(content) == (
        "line 2, text: the column empty is empty in this row. Fill it in; or write {{ empty | default('…', true) }}."
    )


def test_a_name_that_is_no_column_is_told_in_whichever_branch() -> None:
    content = (
        f'order;text;name\n{ORDER};"Hello {{% if name %}}{{{{ name }}}}{{% else %}}{{{{ nam }}}}{{% endif %}}";Bob\n'
    )

    assert the_problem(content) == (
        "line 2, text: the template uses 'nam', and there is no such column. Did you mean name?"
    )


def test_columns_are_named_as_in_the_file_and_as_we_call_them() -> None:
    template = "{{ order }} {{ Amazon_Order_ID }} {{ type }} {{ marketplace }} {{ row['Customer Name (EU)'] }}"
    content = f'Amazon-Order-ID;text;customer name (eu)\n"=""{ORDER}""";{template};="Bob"\n'
    [job] = jobs_of(content)

    assert isinstance(job.text, LocalizedText)
    assert job.text.otherwise == f"{ORDER} {ORDER} {job.message_type} DE Bob"


def test_a_text_cannot_be_made_of_itself() -> None:
    assert "the template uses 'text', and there is no such column" in the_problem(
        f"order;text\n{ORDER};Hello {{{{ text }}}}\n"
    )


def test_lists_and_objects_are_no_values() -> None:
    content = f'{{"order": "{ORDER}", "text": "Hello {{{{ name }}}}", "name": ["Bob"]}}'

    assert the_problem(content, format="jsonl").startswith(
        "line 1, text: the template uses 'name', which holds a list or an object in this row."
    )


def test_problems_of_the_text_show_nothing_of_it() -> None:
    for template in ("{{ Geheimnis", "{{ 'Geheimnis' Geheimnis }}", "{% Geheimnis %}", "{{ 1 + 'Geheimnis' }}"):
        told = problems_of(f'order\ttext\n{ORDER}\t"{template}"\n')
        assert told and "Geheimnis" not in "".join(told)


@given(st.text("{}%#| '\"()[].~nameifels_d1\n", max_size=60))
def test_any_text_is_a_template_or_is_told(text: str) -> None:
    found = compiler()(text) if is_template(text) else None
    if isinstance(found, Template):
        try:
            assert isinstance(found.render(dict.fromkeys(found.keys, "x")), str)
        except NotRendered as trouble:
            assert trouble.told
    elif found is not None:
        assert found.mistakes
