"""Reading the usage plan from prose with a Markdown table."""

import pytest

from regeneration.problem import Problem
from regeneration.reading.usage_plan import usage_plan


def table(row: str, header: str = "| Rate (requests per second) | Burst |") -> str:
    return f"Prose.\n\n**Usage Plan:**\n\n{header}\n| ---- | ---- |\n{row}\n\nMore prose on usage plans."


@pytest.mark.parametrize(
    ("description", "plan"),
    [
        ("| Rate (requests per second) | Burst |\n| ---- | ---- |\n| 1 | 5 |", {"rate": 1, "burst": 5}),
        (table("|0.0167|1|", "| Rate | Burst |"), {"rate": 0.0167, "burst": 1}),
        ("| Plan type | Rate | Burst |\n| --- | --- | --- |\n| Default | 2 | 10 |", {"rate": 2, "burst": 10}),
        ("| Burst | Rate |\n| --- | --- |\n| 10 | 2 |", {"rate": 2, "burst": 10}),
        (table("| .5 | 30 |"), {"rate": 0.5, "burst": 30}),
        (table("| 1. | 2.0 |"), {"rate": 1, "burst": 2}),
        (table("|  0.5\t| **5**"), {"rate": 0.5, "burst": 5}),
        (table("`.1` | `5`", "Rate | Burst"), {"rate": 0.1, "burst": 5}),
        (table("\n| 1 | 5 |"), {"rate": 1, "burst": 5}),
        (table("| 2 | 6 |").replace("\n", "\\n"), {"rate": 2, "burst": 6}),
        ("| Name | Meaning |\n| --- | --- |\n| 1 | 5 |", None),
        ("Sends an invoice. See the usage plan.", None),
        ("", None),
    ],
)
def test_usage_plan(description: str, plan: dict[str, float] | None) -> None:
    assert usage_plan(description, "here") == plan


@pytest.mark.parametrize(
    "row",
    [
        "| n | n |",
        "| 1,5 | 5 |",
        "| 1 | |",
        "| 1 |",
        "| 1 | 5 | 5 |",
        "| 0 | 5 |",
        "| 1 | 2.5 |",
        "| 1/s | 5 |",
        "",
        "-",
    ],
)
def test_a_plan_that_cannot_be_read_is_a_problem(row: str) -> None:
    with pytest.raises(Problem, match=r"^here: the usage plan .* cannot be read"):
        usage_plan(table(row), "here")


def test_requests_per_minute_are_not_guessed_at() -> None:
    with pytest.raises(Problem, match="requests per second"):
        usage_plan(table("| 30 | 5 |", "| Rate (requests per minute) | Burst |"), "here")


@pytest.mark.parametrize("heading", ["**Usage Plan:**", "## Usage plans", "Usage Plan"])
def test_a_plan_that_is_announced_and_missing_is_a_problem(heading: str) -> None:
    with pytest.raises(Problem, match=r"^here: its description announces a usage plan"):
        usage_plan(f"Prose.\n\n{heading}\n\nRate: 1, burst: 5", "here")


# In another unit or another form, it would be read too fast

IN_A_UNIT = "| {} | Burst |\n| --- | --- |\n| 5 | 1 |"


@pytest.mark.parametrize(
    "description",
    [
        IN_A_UNIT.format("Rate (requests/minute)"),
        IN_A_UNIT.format("Rate (requests / hour)"),
        IN_A_UNIT.format("Rate (per min)"),
        "**Usage Plan (requests per minute):**\n\n" + IN_A_UNIT.format("Rate"),
        "Usage plan: requests/day\n\n" + IN_A_UNIT.format("Rate"),
    ],
)
def test_another_unit_than_the_second(description: str) -> None:
    with pytest.raises(Problem, match="requests per second"):
        usage_plan(description, "here")


@pytest.mark.parametrize("unit", ["requests per second", "requests/second", "requests / s", "requests/sec"])
def test_the_second(unit: str) -> None:
    assert usage_plan("**Usage Plan (default):**\n\n" + IN_A_UNIT.format(f"Rate ({unit})"), "here") == {
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
