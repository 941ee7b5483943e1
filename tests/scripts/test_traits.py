"""Every trait that a model may have: the package for the fixture's models can be checked, called and understood."""

from __future__ import annotations

from pathlib import Path

from regeneration.documents import operations
from tests.scripts.fixture_repository import contents, openapi, published
from tests.scripts.packages import call_everything, callable_operations, run_tests, type_check


def test_every_trait_in_both_clients(laid_out: Path, type_cache: Path) -> None:
    type_check(laid_out, type_cache)
    messages = {node["operationId"] for _, _, node in operations(published())}
    assert set(callable_operations(laid_out)) == messages | {"createFarewell"}
    call_everything(laid_out)


def test_what_callers_see_of_every_trait(laid_out: Path) -> None:
    run_tests(laid_out, Path(__file__).with_name("traits.py"))


def test_plans_and_limits_are_read_however_they_are_written(laid_out: Path) -> None:
    document = openapi(laid_out)
    plans = {node["operationId"]: tuple(node["x-usage-plan"].values()) for _, _, node in operations(document)}

    assert plans == {
        "listOffers": (1, 5),
        "ReadBuyer": (0.0167, 1),
        "sendGreeting": (1, 5),
        "CreatePapers": (0.5, 2),
        "createGift": (2, 10),
        "arrangeVisit": (1, 5),
        # By an overlay.
        "createThanks": (1, 5),
        "createFarewell": (2, 10),
        "createPlace": (10, 10),
    }
    papers = document["components"]["schemas"]["CreatePapersRequest"]["properties"]["attachments"]
    assert (papers["minItems"], papers["maxItems"]) == (1, 3)


def test_no_prose_of_a_model_is_kept(laid_out: Path) -> None:
    for name, content in contents(laid_out).items():
        assert b"Words that are dropped" not in content, name
