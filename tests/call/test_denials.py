"""401 and 403 in kinds: what Amazon's words and the client's own facts decide, and what remains where they do not."""

from __future__ import annotations

import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spapi_messaging import Credentials
from spapi_messaging._call.denials import Evidence, Explanation, Refusal, Success, explain
from spapi_messaging._call.outcome import Call, Failure, judge_answer
from spapi_messaging._call.successes import MAX_AGE_SECONDS, Successes
from spapi_messaging.errors import AccessDeniedError, ApiError, MessageNotAvailableError
from spapi_messaging.messages import OPERATIONS
from tests.support.amazon import EXPIRED, ORDER, TEMPLATE, Amazon, Shop, answer, both, raw, refused, sent
from tests.support.hand import OTHER, READ, SEND, UPLOAD
from tests.support.operations import RETIRED, publish_all


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_all(monkeypatch)


DENIED = "Access to requested resource is denied."
CAUSES = {"not-available", "role", "token", "path"}
INVOICE = OPERATIONS["sendInvoice"]._replace(retired=None)
FROM_AMAZON = {"x_amzn_requestid": "r-1"}


def denial(operation: Any = SEND, said: str = DENIED, evidence: Evidence | None = None, **other: Any) -> Explanation:
    given: dict[str, Any] = {"error_type": "", "from_amazon": True, "has_request_id": True, **other}
    return explain(Refusal(said=said.lower(), operation=operation, evidence=evidence or Evidence(), **given))


def error_of(response: httpx.Response, operation: Any = SEND, evidence: Evidence | None = None) -> Any:
    found = judge_answer(response, Call(operation, ORDER, evidence=lambda: evidence or Evidence()))
    assert isinstance(found, Failure)
    return found.error


def worded(details: str, message: str = DENIED, code: str = "Unauthorized", **headers: str) -> httpx.Response:
    body = {"errors": [{"code": code, "message": message, "details": details}]}
    return answer(403, body, **headers)


def denied(status: int = 403) -> httpx.Response:
    return refused(status, DENIED, x_amzn_errortype="AccessDeniedException")


# What Amazon says, in the words of its answers that users showed in public threads: amzn/selling-partner-api-models
# 39, 712, 943, 2333, 4489 and selling-partner-api-docs 3153, 1662, jlevers/selling-partner-api 141 and 476

WORDS: dict[str, tuple[httpx.Response, tuple[str, ...]]] = {
    "not for this order": (worded("", TEMPLATE), ("not-available",)),
    "revoked": (worded("The access token you provided is revoked, malformed or invalid."), ("token",)),
    "expired": (worded(EXPIRED), ("token",)),
    "secret": (worded("The LWA secret token you provided has expired."), ("token",)),
    "no token": (worded("Access token is missing in the request header."), ("path",)),
    "no signature": (worded("", code="MissingAuthenticationToken"), ("path",)),
    "no signature, by its type": (
        refused(403, DENIED, x_amzn_errortype="MissingAuthenticationTokenException"),
        ("path",),
    ),
    "signature": (worded("", "The security token included in the request is invalid"), ("path",)),
    "expired signature": (worded("", "The security token included in the request is expired"), ("path",)),
    "wrong signature": (
        worded(
            "",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method.",
            code="InvalidSignature",
        ),
        ("path",),
    ),
    "signature in the wrong place": (worded("", "Authorization header requires 'Credential' parameter."), ("path",)),
    "elements": (
        worded("", "Application does not have access to one or more requested data elements: [buyerInfo]"),
        ("role",),
    ),
    "resource": (worded("", "Application do not have access to some or all requested resource"), ("role",)),
    "role by name": (worded("", "Unauthorized. Buyer Communication is needed."), ("role",)),
    "no reason": (denied(), ("role", "token", "path")),
    "gateway": (raw(403, b'{"message":"Forbidden"}', content_type="application/json"), ("path",)),
    "gateway, too": (raw(403, b'{"message":"Missing Authentication Token"}'), ("path",)),
    "page": (raw(403, b"<html><h1>403 Forbidden</h1></html>", content_type="text/html"), ("path",)),
    "xml": (raw(403, b"<ErrorResponse><Code>MissingAuthenticationToken</Code></ErrorResponse>"), ("path",)),
    "empty": (raw(403, b""), ("path", "role", "token")),
    "empty, of Amazon": (raw(403, b"", **FROM_AMAZON), ("role", "token", "path")),
}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("name", WORDS)
def test_amazons_words_decide_where_they_say_something(name: str, status: int) -> None:
    response, causes = WORDS[name]
    response = httpx.Response(status, headers=response.headers, content=response.content)
    error = error_of(response)

    assert error.possible_causes == causes
    assert error.facts
    assert isinstance(error, MessageNotAvailableError if causes == ("not-available",) else AccessDeniedError)


def test_where_amazon_says_nothing_the_message_names_all_that_remains_in_one_line() -> None:
    told = str(error_of(denied()))

    assert "No reason was given. Most likely the Buyer Communication role is missing: give it to" in told
    assert " Or the token is for another seller or region: check that it" in told
    assert " Or the path is wrong: check the endpoint, and " in told
    assert "\n" not in told


def test_it_does_not_say_that_there_was_no_reason_where_one_was_given_that_nobody_knows() -> None:
    told = str(error_of(worded("", "The stars are wrong.")))

    assert "No reason was given" not in told
    assert "The answer names no known reason. Most likely " in told


def test_json_without_a_list_of_errors_is_from_something_else() -> None:
    told = str(error_of(raw(403, b'{"message":"Forbidden"}', content_type="application/json")))

    assert "with a list of errors, so something else answered here: a gateway or a proxy" in told


@pytest.mark.parametrize("operation", [READ, INVOICE], ids=["read", "invoice"])
def test_some_reads_and_invoices_are_refused_so_because_of_their_order(operation: Any) -> None:
    assert denial(operation).causes == ("role", "token", "path", "not-available")
    assert "not-available" not in denial(SEND).causes


def test_a_retired_message_was_to_be_refused() -> None:
    found = denial(SEND._replace(retired=RETIRED))

    assert found.causes == ("not-available",)
    assert "retired" in found.remedy


# What the client knows


def seen(operation: Any, seconds: float = 40.0, *, same_token: bool = True) -> Success:
    return Success(operation, seconds, same_token)


def test_another_answer_with_this_token_shows_that_token_and_role_are_good() -> None:
    found = denial(SEND, evidence=Evidence(successes=[seen(READ)]))

    assert found.causes == ("not-available", "path")
    assert found.facts == (
        "GetAttributes was answered 40 s ago with the same token, so the token and the role are good.",
    )
    assert found.remedy.startswith(found.facts[0])
    assert "Buyer Communication" not in found.remedy


def test_an_answer_with_an_earlier_token_shows_that_the_role_is_good() -> None:
    found = denial(SEND, evidence=Evidence(successes=[seen(READ, 1800, same_token=False)]))

    assert found.causes == ("not-available", "token", "path")
    assert "30 min ago with an earlier token" in found.facts[0]


def test_an_upload_shows_that_the_token_is_good_and_nothing_of_the_role() -> None:
    found = denial(SEND, evidence=Evidence(successes=[seen(UPLOAD)]))

    assert found.causes == ("role", "path")
    assert "so the token is good" in found.facts[0]


def test_an_upload_with_an_earlier_token_shows_nothing() -> None:
    found = denial(SEND, evidence=Evidence(successes=[seen(UPLOAD, same_token=False)]))

    assert found.causes == ("role", "token", "path")
    assert found.facts == ("No reason was given.",)


def test_the_same_operation_was_answered_so_the_path_is_good() -> None:
    found = denial(SEND, evidence=Evidence(successes=[seen(SEND)]))

    assert found.causes == ("not-available",)
    assert found.remedy.count(" Or ") == 0


def test_a_refused_upload_whose_role_is_good_is_about_its_path() -> None:
    assert denial(UPLOAD, evidence=Evidence(successes=[seen(READ)])).causes[0] == "path"


@pytest.mark.parametrize(
    ("operation", "wrong"), [(INVOICE, "the order does not exist, or"), (READ, "the order is another seller's, or")]
)
def test_what_may_be_wrong_with_an_order_depends_on_what_was_asked(operation: Any, wrong: str) -> None:
    assert wrong in denial(operation).remedy


@pytest.mark.parametrize("has_provider", [False, True])
def test_only_a_provider_can_have_made_a_restricted_token(has_provider: bool) -> None:
    told = denial(SEND, evidence=Evidence(has_provider=has_provider)).remedy

    assert ("a restricted one is made for this path" in told) is has_provider


def test_a_providers_token_may_be_made_for_other_paths() -> None:
    found = denial(SEND, evidence=Evidence(has_provider=True, successes=[seen(READ)]))

    assert "token" in found.causes
    assert "restricted" in found.remedy


@pytest.mark.parametrize(
    ("evidence", "fact"),
    [
        (Evidence(marketplace="FR"), "about FR, which is not the client's own marketplace"),
        (Evidence(amazons_endpoint=False), "endpoint is not Amazon's"),
        (Evidence(just_renewed=True), "renewed a moment ago"),
    ],
)
def test_what_speaks_for_a_cause_is_told(evidence: Evidence, fact: str) -> None:
    assert fact in " ".join(denial(SEND, evidence=evidence).facts)
    again = denial(SEND, evidence=evidence._replace(successes=[seen(SEND)]))
    assert ("path" in again.causes) is not evidence.just_renewed  # a success elsewhere does not show that it is good


def test_another_marketplace_is_the_first_thing_to_look_at() -> None:
    assert denial(SEND, evidence=Evidence(marketplace="FR")).causes[0] == "path"
    assert "placed in FR" in denial(SEND, evidence=Evidence(marketplace="FR")).remedy


def test_a_path_that_no_operation_has_is_the_first_thing_to_look_at() -> None:
    assert denial(OTHER).causes == ("path", "role", "token")
    assert "not-available" not in denial(OTHER, evidence=Evidence(successes=[seen(READ)])).causes


operations = st.sampled_from([READ, SEND, UPLOAD, OTHER, INVOICE, SEND._replace(retired=RETIRED)])
successes = st.lists(st.builds(Success, operations, st.floats(0, MAX_AGE_SECONDS), st.booleans()), max_size=4)
evidences = st.builds(Evidence, st.booleans(), st.booleans(), st.booleans(), st.sampled_from(["", "FR"]), successes)


@given(
    operation=operations,
    said=st.sampled_from([DENIED, TEMPLATE, EXPIRED, "", "secret"]) | st.text(),
    evidence=evidences,
    from_amazon=st.booleans(),
    has_request_id=st.booleans(),
)
def test_there_is_always_a_cause_a_fact_and_something_to_do(
    operation: Any, said: str, evidence: Evidence, from_amazon: bool, has_request_id: bool
) -> None:
    found = denial(operation, said, evidence, from_amazon=from_amazon, has_request_id=has_request_id)

    assert found.causes
    assert len(set(found.causes)) == len(found.causes)
    assert set(found.causes) <= CAUSES
    assert found.facts
    assert all(fact.endswith(".") for fact in found.facts)
    assert found.remedy.endswith((".", "?"))
    assert found.names_the_message is ("template combination" in said.lower())


URL = httpx.URL("https://sellingpartnerapi-eu.amazon.com/messaging/v1/orders/1?marketplaceIds=A1PA6795UKMFR9")


def test_successes_are_forgotten_after_an_hour_and_do_not_pile_up() -> None:
    successes = Successes()
    for number in range(1000):
        successes.note(OTHER._replace(operation_id=f"/{number}"), "a", 0.0, URL)
        successes.note(READ, "a", 0.0, URL)
    successes.note(SEND, "b", 10.0, URL)

    both_seen = successes.until(20.0, "b", URL, same_credentials=True)
    assert both_seen == (Success(SEND, 10.0, True), Success(READ, 20.0, False))
    assert successes.until(20.0, "b", URL, same_credentials=False) == (Success(SEND, 10.0, True),)
    assert successes.until(MAX_AGE_SECONDS + 5, "b", URL, same_credentials=True) == (
        Success(SEND, MAX_AGE_SECONDS - 5, True),
    )


# Through the clients


@both
def test_what_was_answered_for_another_marketplace_does_not_show_that_the_path_is_good(kind: str) -> None:
    production: dict[str, Any] = {
        "endpoint": "https://sellingpartnerapi-eu.amazon.com",
        "lwa_endpoint": None,
        "marketplace": "DE",
    }
    no = refused(403, DENIED, x_amzn_requestid="r-1")
    shop = Shop(kind, Amazon(sent(), no, no), token_provider=lambda: "a-token", **production)
    shop.say(marketplace="FR")
    with pytest.raises(AccessDeniedError) as elsewhere:
        shop.say()

    assert "path" in elsewhere.value.possible_causes
    assert "path is good" not in str(elsewhere.value)


def causes_of(shop: Shop, client: Any = None) -> tuple[str, ...]:
    if client is not None:
        shop.client = client
    with pytest.raises(AccessDeniedError) as raised:
        shop.say()
    found: tuple[str, ...] = raised.value.possible_causes
    return found


@both
def test_a_client_remembers_what_was_answered(kind: str) -> None:
    shop = Shop(kind, Amazon(answer(200, {"buyer": {"locale": "de-DE"}}), denied()))
    shop.read()
    with pytest.raises(AccessDeniedError, match="so the token and the role are good") as raised:
        shop.say()

    assert raised.value.possible_causes == ("not-available", "path")


@both
def test_the_same_client_with_other_limits_remembers_it_too_and_that_of_another_seller_does_not(kind: str) -> None:
    read = answer(200, {"buyer": {"locale": "de-DE"}})
    shop = Shop(kind, Amazon(read, denied()))
    shop.read()
    own = shop.client
    other = Credentials("amzn1.application-oa2-client.test", "the-client-secret", "Atzr|another-refresh-token")

    assert causes_of(shop, own.with_options(deadline=60)) == ("not-available", "path")
    assert causes_of(shop, own.for_seller(credentials=other)) == ("role", "token", "path")


@both
def test_a_marketplace_of_the_call_is_told(kind: str) -> None:
    shop = Shop(kind, Amazon(denied()))
    with pytest.raises(AccessDeniedError, match="The call is about FR, which is not") as raised:
        shop.say(marketplace="FR")

    assert raised.value.possible_causes[0] == "path"


@both
def test_both_attributes_are_lists_in_a_dictionary_and_survive_a_pickle(kind: str) -> None:
    for response, error_class in ((denied(), AccessDeniedError), (refused(403, TEMPLATE), MessageNotAvailableError)):
        with pytest.raises(error_class) as raised:
            Shop(kind, Amazon(response)).say()
        error: Any = pickle.loads(pickle.dumps(raised.value))
        told = json.loads(json.dumps(error.to_dict()))
        assert told["possible_causes"] == list(error.possible_causes) != []
        assert told["facts"] == list(error.facts) != []


def test_other_errors_have_neither() -> None:
    with pytest.raises(ApiError) as raised:
        Shop("threads", Amazon(refused(404), sent())).say()

    assert {"possible_causes", "facts"}.isdisjoint(raised.value.to_dict())
