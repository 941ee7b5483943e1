"""A usage plan in another unit or another form than the known one is a problem. Read wrongly, it would be too fast."""

import pytest

from regeneration.problem import Problem
from regeneration.reading.usage_plan import usage_plan

TABLE = "| {} | Burst |\n| --- | --- |\n| 5 | 1 |"


@pytest.mark.parametrize(
    "description",
    [
        TABLE.format("Rate (requests/minute)"),
        TABLE.format("Rate (requests / hour)"),
        TABLE.format("Rate (per min)"),
        "**Usage Plan (requests per minute):**\n\n" + TABLE.format("Rate"),
        "Usage plan: requests/day\n\n" + TABLE.format("Rate"),
    ],
)
def test_another_unit_than_the_second(description: str) -> None:
    with pytest.raises(Problem, match="requests per second"):
        usage_plan(description, "here")


@pytest.mark.parametrize("unit", ["requests per second", "requests/second", "requests / s", "requests/sec"])
def test_the_second(unit: str) -> None:
    assert usage_plan("**Usage Plan (default):**\n\n" + TABLE.format(f"Rate ({unit})"), "here") == {
        "rate": 5,
        "burst": 1,
    }


@pytest.mark.parametrize(
    "description",
    [
        "Prose.\n\n**Usage Plan:** 0.5 requests per second",
        "Rate: 0.5 requests per second. Burst: 10.",
        "<table><tr><th>Rate</th><th>Burst</th></tr><tr><td>0.5</td><td>10</td></tr></table>",
    ],
)
def test_a_plan_that_is_no_table(description: str) -> None:
    with pytest.raises(Problem, match=r"^here: its description announces a usage plan"):
        usage_plan(description, "here")


def test_prose_about_plans_announces_none() -> None:
    assert usage_plan("Usage plans and limits are explained elsewhere.", "here") is None
