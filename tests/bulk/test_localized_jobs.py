"""Jobs with a text in several languages: how they are checked, kept, shown, added again and forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from spapi_messaging import InvalidMessageError
from spapi_messaging.bulk import Added, Job, Ledger, LocalizedText, State
from spapi_messaging.bulk.adding.collecting import check_jobs
from spapi_messaging.bulk.claiming.languages import write_language
from spapi_messaging.bulk.storage.keys import content_digest
from spapi_messaging.bulk.storage.schema import messages
from spapi_messaging.errors import Problem
from spapi_messaging.messages import MESSAGE_TYPES
from tests.support import postgres
from tests.support.amazon import ORDER, TEXT
from tests.support.ledgers import a_text, order, rows, set_columns, states
from tests.support.operations import content_kinds
from tests.support.runs import FILE_TYPE, TEXT_TYPE, pdf

TEXTS = LocalizedText("Your order is late", {"de": "Die Bestellung kommt später", "pt_BR": "Seu pedido vai atrasar"})
KEPT = dict(TEXTS.by_language)
EITHER = [
    each.message_type
    for each in MESSAGE_TYPES.values()
    if content_kinds(each) == {"text", "attachments"} and len(each.fields) == 2 and each.message_type
]


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger(ledger_url) as made:
        yield made


def local(order_id: str = ORDER, **more: Any) -> Job:
    """A text in several languages."""
    return a_text(order_id, **{"text": TEXTS, **more})


def problems(text: Any, message_type: str = TEXT_TYPE, **more: Any) -> list[Problem]:
    """What is wrong with this text."""
    with check_jobs(Job(ORDER, message_type, text=text, marketplace="DE", **more)) as checked:
        return [each._replace(field=each.field.removeprefix("jobs[0].")) for each in checked.problems.listed]


def digest(text: Any) -> str:
    """The digest of a job with this text."""
    with check_jobs(Job(ORDER, TEXT_TYPE, text=text, marketplace="DE")) as checked:
        ((row,),) = checked.spool.chunks()
        return row.digest


def kept(ledger: Ledger) -> list[tuple[Any, Any, Any]]:
    """What the ledger has of each message's text."""
    return [(row.text, row.texts, row.language) for row in rows(ledger)]


def test_all_texts_are_kept_and_come_back(ledger: Ledger) -> None:
    assert ledger.add(local()) == Added(added=1)

    assert kept(ledger) == [(TEXTS.otherwise, KEPT, None)]
    (outcome,) = ledger.outcomes()
    assert outcome.job.text == TEXTS
    assert ledger.add(outcome.job) == Added(known=1)
    assert not any(text in repr(outcome) for text in (TEXTS.otherwise, *KEPT.values()))


def test_line_ends_are_those_of_a_send(ledger: Ledger) -> None:
    ledger.add(local(text=LocalizedText("one\r\ntwo", {"de": "eins\r\nzwei"})))

    assert kept(ledger) == [("one\ntwo", {"de": "eins\nzwei"}, None)]


def test_a_text_for_everybody_is_kept_as_a_plain_one(ledger: Ledger) -> None:
    ledger.add(local(text=LocalizedText(TEXT)))

    assert kept(ledger) == [(TEXT, None, None)]
    assert ledger.add(a_text()) == Added(known=1)


def test_the_problems_of_each_text_name_its_language() -> None:
    found = problems(LocalizedText(TEXT, {"de": "x" * 100_000, "fr": "", "pt-BR": None, "it": 17, "es": TEXT}))  # type: ignore[dict-item]

    assert [(each.field, each.rule) for each in found] == [
        ("text_de", "text-length"), ("text_fr", "text-empty"), ("text_pt-BR", "text-empty"), ("text_it", "type")
    ]  # fmt: skip


def test_the_text_for_others_is_checked_under_its_own_name() -> None:
    assert [each.field for each in problems(LocalizedText("", {"de": TEXT}))] == ["text"]
    assert [each.rule for each in problems(LocalizedText(None, {"de": TEXT}))] == ["required"]  # type: ignore[arg-type]


@pytest.mark.skipif(not EITHER, reason="every type needs a text or takes none")
def test_files_do_not_replace_the_text_for_others(tmp_path: Path) -> None:
    """A type that takes a text or files."""
    given = LocalizedText(None, {"de": TEXT})  # type: ignore[arg-type]

    (found,) = problems(given, EITHER[0], attachments=[pdf(tmp_path)])

    assert (found.field, found.rule) == ("text", "required")
    assert "others" in found.advice


def test_a_type_without_a_text_takes_none_in_any_language(tmp_path: Path) -> None:
    found = problems(TEXTS, FILE_TYPE, attachments=[pdf(tmp_path)])

    assert {each.rule for each in found} == {"unknown-field"}
    assert {each.field for each in found} == {"text", "text_de", "text_pt_BR"}


@pytest.mark.parametrize("language", ["", "d", "german", "de-", "-de", "de DE", "de-DE-", 5, None, "Grüße an alle"])
def test_what_is_no_language(language: Any) -> None:
    (found,) = problems(LocalizedText(TEXT, {language: TEXT}))

    assert (found.field, found.rule) == ("text", "language")
    assert "pt-BR" in found.advice
    assert "alle" not in found.advice


@pytest.mark.parametrize("language", ["de", "DE", "pt-BR", "pt_br", "zh-Hant-TW", "es-419", "yue"])
def test_what_is_a_language(language: str) -> None:
    assert problems(LocalizedText(TEXT, {language: TEXT})) == []


def test_a_language_that_stands_twice_is_refused() -> None:
    """Nobody could say which text a buyer gets."""
    found = problems(LocalizedText(TEXT, {"pt-BR": TEXT, "de": TEXT, "pt_br": "Outro"}))

    assert [(each.field, each.rule) for each in found] == [("text_pt_br", "language")]
    assert "pt-BR" in found[0].advice


@pytest.mark.parametrize("by_language", [None, [("de", TEXT)], "de", 5])
def test_texts_that_are_no_mapping(by_language: Any) -> None:
    (found,) = problems(LocalizedText(TEXT, by_language))

    assert (found.field, found.rule) == ("text", "type")


@pytest.mark.parametrize("name", [5, b"row", object()])
def test_made_from_is_a_name(name: Any) -> None:
    (found,) = problems(LocalizedText(TEXT, {"de": TEXT}, made_from=name))

    assert (found.field, found.rule) == ("text", "type")
    assert found.message == f"made_from is {type(name).__name__}, not a string."
    assert found.remedy == "Give a name, such as that of a template and a row."


def test_what_is_wrong_with_texts_by_language_is_told_with_its_remedy() -> None:
    (no_mapping,) = problems(LocalizedText(TEXT, ["de"]))  # type: ignore[arg-type]
    (twice,) = problems(LocalizedText(TEXT, {"de-DE": TEXT, "de_DE": TEXT}))

    assert str(no_mapping) == 'text: by_language is list, not a mapping. Give texts by language, such as {"de": "…"}.'
    assert str(twice) == "text_de_DE: de_DE is the same language as de-DE. Give one text for it."


def test_a_job_with_a_wrong_text_is_not_added(ledger: Ledger) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        ledger.add([local(order(1)), local(text=LocalizedText(TEXT, {"de": ""}))])

    assert [each.field for each in refused.value.problems] == ["jobs[1].text_de"]
    assert rows(ledger) == []


def test_the_digest_of_a_plain_text_is_that_of_earlier_releases() -> None:
    """Else every job of an older ledger would have another content when it is added again."""
    kept = content_digest("eu", "303-1234567-1234567", "confirmOrderDetails", "Hallo", None, None)

    assert kept == "99c236be4f7ac1afee2635c08f7df0022cd188c51353bb5b8f7e03d4134bdc69"
    assert digest("Hallo") == content_digest("eu", ORDER, TEXT_TYPE, "Hallo", None, None)


LANGUAGES = st.dictionaries(st.sampled_from(["de", "fr", "pt-BR", "zh-Hant"]), st.sampled_from("abc"), max_size=3)


@given(st.sampled_from("abc"), LANGUAGES, st.sampled_from("abc"), LANGUAGES)
def test_digests_are_equal_only_if_all_texts_are(
    one: str, of_one: dict[str, str], other: str, of_other: dict[str, str]
) -> None:
    is_same = (one, of_one) == (other, of_other)

    assert (digest(LocalizedText(one, of_one)) == digest(LocalizedText(other, of_other))) == is_same
    assert (digest(LocalizedText(one, of_one)) == digest(one)) == (not of_one)


@given(
    st.sampled_from("abc"), LANGUAGES, st.sampled_from("ab"), st.sampled_from("abc"), LANGUAGES, st.sampled_from("ab")
)
def test_digests_of_what_was_made_from_the_same_are_the_same(
    one: str, of_one: dict[str, str], name: str, other: str, of_other: dict[str, str], other_name: str
) -> None:
    """Whatever became of it: a template may be filled with the date of today."""
    digests = [digest(LocalizedText(one, of_one, name)), digest(LocalizedText(other, of_other, other_name))]

    assert (digests[0] == digests[1]) == (name == other_name)
    assert digest(LocalizedText(one, of_one)) != digests[0]


def test_what_was_made_from_the_same_is_known(ledger: Ledger) -> None:
    ledger.add(local(text=LocalizedText("Today", {"de": "Heute"}, "template, row 1")))

    assert ledger.add(local(text=LocalizedText("Later", {}, "template, row 1"))) == Added(known=1)
    assert kept(ledger) == [("Today", {"de": "Heute"}, None)]
    with pytest.raises(InvalidMessageError, match="content"):
        ledger.add(local(text=LocalizedText("Today", {"de": "Heute"}, "template, row 2")))


def test_another_text_in_one_language_is_another_content(ledger: Ledger) -> None:
    ledger.add(local())

    with pytest.raises(InvalidMessageError, match="content"):
        ledger.add(local(text=LocalizedText(TEXTS.otherwise, KEPT | {"de": "Bald"})))
    with pytest.raises(InvalidMessageError, match="content"):
        ledger.add(local(text=TEXTS.otherwise))


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("word", ["cancel", "skip", "resolve"])
def test_texts_go_where_the_text_goes(ledger: Ledger, word: str, keep: bool) -> None:
    ledger.keep_texts = keep
    ledger.add(local())
    if word == "resolve":
        set_columns(ledger, state="unknown")
        ledger.resolve(True, order_id=ORDER)
    else:
        getattr(ledger, word)(order_id=ORDER)

    stays = keep or word == "skip"
    assert kept(ledger) == [(TEXTS.otherwise, KEPT, None) if stays else (None, None, None)]


def test_texts_of_what_was_not_sent_stay(ledger: Ledger) -> None:
    ledger.grace = 0
    ledger.add(local())
    set_columns(ledger, state="unknown")

    assert ledger.resolve(False, order_id=ORDER) == 1
    assert (states(ledger), kept(ledger)) == (["pending"], [(TEXTS.otherwise, KEPT, None)])


@pytest.mark.parametrize("made_from", [None, "template, row 1"])
def test_retry_needs_the_texts(ledger: Ledger, made_from: str | None) -> None:
    job = local(text=LocalizedText(TEXTS.otherwise, KEPT, made_from))
    ledger.add(job)
    ledger.cancel(order_id=ORDER)

    with pytest.raises(InvalidMessageError, match="Add the job again, then retry"):
        ledger.retry(state="cancelled")
    assert ledger.add(job) == Added(known=1)
    assert ledger.retry(state="cancelled") == 1
    assert kept(ledger) == [(TEXTS.otherwise, KEPT, None)]


def test_forget_removes_all_texts_and_the_language(ledger: Ledger) -> None:
    ledger.add([local(), local(document="R-2"), local(order(1))])
    set_columns(ledger, language="de-DE")

    assert ledger.forget(ORDER) == 2

    assert kept(ledger) == [(None, None, None)] * 2 + [(TEXTS.otherwise, KEPT, "de-DE")]


def test_the_language_of_a_forgotten_order_is_not_written(ledger: Ledger) -> None:
    """A sender may have asked for it just before."""
    ledger.add(local())
    ledger.forget(ORDER)

    with ledger.database.write() as connection:
        write_language(connection, "eu", ORDER, "de-DE")

    assert kept(ledger) == [(None, None, None)]


def test_a_language_that_is_written_stays(ledger: Ledger) -> None:
    ledger.add([local(), local(document="R-2"), local(order(1)), local(document="R-3", marketplace="US")])
    set_columns(ledger, order(1), language="")

    with ledger.database.write() as connection:
        write_language(connection, "eu", ORDER, "de-DE")
        write_language(connection, "eu", ORDER, "fr-FR")
        write_language(connection, "eu", order(1), "fr-FR")

    assert [language for *_, language in kept(ledger)] == ["de-DE", "de-DE", "", None]


def test_nobody_waits_to_write_a_language(postgres_server: postgres.Server) -> None:
    """Another program may hold a message for long, in a transaction of its own. Its language is not written then."""
    with Ledger(postgres_server.fresh_url()) as ledger:
        ledger.add([local(), local(document="R-2")])
        first = select(messages.c.id).where(messages.c.id == rows(ledger)[0].id)
        with ledger.database.write() as other:
            other.execute(first.with_for_update())
            with ledger.database.write() as connection:
                connection.execute(text("SET LOCAL lock_timeout = '1s'"))
                write_language(connection, "eu", ORDER, "de-DE")

        assert [language for *_, language in kept(ledger)] == [None, "de-DE"]


def test_a_mended_job_keeps_the_language_of_its_buyer(ledger: Ledger) -> None:
    ledger.add(local(key="mine"))
    set_columns(ledger, state="rejected", language="de-DE")

    ledger.add(local(key="mine", text=LocalizedText("Soon", {"de": "Bald"})))

    assert kept(ledger) == [("Soon", {"de": "Bald"}, "de-DE")]


@pytest.mark.parametrize("other", [{"order_id": order(1)}, {"marketplace": "US"}])
def test_a_mended_job_for_another_buyer_does_not(ledger: Ledger, other: dict[str, Any]) -> None:
    """With a key of the caller's own, it may be for another order."""
    ledger.add(local(key="mine"))
    set_columns(ledger, state="rejected", language="de-DE")

    ledger.add(local(key="mine", **other))

    assert kept(ledger) == [(TEXTS.otherwise, KEPT, None)]


def test_what_is_told_of_a_message_holds_no_text(ledger: Ledger) -> None:
    ledger.add(local())
    (outcome,) = ledger.outcomes(state=State.PENDING)
    (exported,) = ledger.export()

    told = repr(outcome), str(outcome.to_dict()), str(exported), repr(ledger.status())
    assert not any(text in each for each in told for text in (TEXTS.otherwise, *KEPT.values()))
