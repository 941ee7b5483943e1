"""docs/credentials.md: its tables, and that no example reaches a buyer."""

from __future__ import annotations

import re

import pytest

from spapi_messaging import ConfigurationError, Credentials, Marketplace, MessagingClient, Region
from spapi_messaging.local_sandbox import LOCAL_CREDENTIALS
from tests.docs.pages import Page

PAGE = Page("credentials.md")
PRODUCTION = Region.EU.endpoint
OF_SELLER = {"credentials": Credentials("amzn1.application-oa2-client.1", "secret", "Atzr|1"), "marketplace": "DE"}
#: The rows of the table of contradictions: variables, arguments, and what comes of it.
ROWS = [
    ({"SP_API_SANDBOX": "1"}, {}, "refused"),
    ({"SP_API_SANDBOX": "local"}, {}, "refused"),
    ({"AWS_ENV": "SANDBOX"}, {}, "refused"),
    ({"SP_API_SANDBOX": "1"}, {"endpoint": PRODUCTION}, "refused"),
    ({}, {"sandbox": True, "endpoint": PRODUCTION}, "refused"),
    ({}, {"sandbox": False, "endpoint": Region.EU.sandbox_endpoint}, "refused"),
    ({"SP_API_SANDBOX": "1"}, {"sandbox": False}, "production"),
    ({}, {"credentials": Credentials(**LOCAL_CREDENTIALS)}, "refused"),
]


@pytest.mark.parametrize(("variables", "arguments", "expected"), ROWS)
def test_contradictions_are_decided_as_the_table_says(
    variables: dict[str, str], arguments: dict[str, object], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SP_API_SANDBOX", "AWS_ENV", "SP_API_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    if expected == "refused":
        with pytest.raises(ConfigurationError):
            MessagingClient(**OF_SELLER | arguments)  # type: ignore[arg-type]
    else:
        with MessagingClient(**OF_SELLER | arguments) as client:  # type: ignore[arg-type]
            assert client.endpoint == PRODUCTION


def test_regions_have_the_marketplaces_of_the_table() -> None:
    rows = dict(re.findall(r"^\| `(na|eu|fe)` \| (.+) \|$", PAGE.section("Regions"), re.M))
    named = {region: set(re.findall("[A-Z]{2}", cell)) for region, cell in rows.items()}

    assert named == {
        region.value: {name for name, member in Marketplace.__members__.items() if member.region is region}
        for region in Region
    }
