"""What a replay refuses: a request that was not recorded, and a cassette that was not used up."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import vcr  # type: ignore[import-untyped]
from vcr.cassette import Cassette  # type: ignore[import-untyped]

from spapi_messaging import DeliveryUnknownError, MessagingClient
from tests.recorded.conftest import CASSETTES, Target
from tests.recorded.recording import MATCH_ON
from tests.recorded.test_simulated_mode import ORDER

NOT_RECORDED = "CannotOverwriteExistingCassetteException"


@pytest.fixture(autouse=True)
def cassette_is_used_up() -> None:
    """Not here."""


@pytest.fixture
def played(target: Target) -> Iterator[Cassette]:
    filters = {
        "before_record_request": target.scrubber.request,
        "before_record_response": target.scrubber.answer,
    }
    path = CASSETTES / "test_simulated_mode" / "test_throttled.yaml"
    with vcr.use_cassette(str(path), record_mode="none", match_on=MATCH_ON, **filters) as cassette:
        yield cassette


def test_the_recorded_request_is_answered_once(played: Cassette, client: MessagingClient) -> None:
    client.create_confirm_order_details(ORDER, text="one")
    assert not played.all_played
    with pytest.raises(DeliveryUnknownError, match=NOT_RECORDED):
        client.create_confirm_order_details(ORDER, text="one")


@pytest.mark.parametrize(
    ("order", "text", "marketplace"), [(ORDER, "other", "US"), ("other", "one", "US"), (ORDER, "one", "CA")]
)
def test_a_request_that_was_not_recorded_is_refused(
    played: Cassette, client: MessagingClient, order: str, text: str, marketplace: str
) -> None:
    with pytest.raises(DeliveryUnknownError, match=NOT_RECORDED):
        client.create_confirm_order_details(order, text=text, marketplace=marketplace)
