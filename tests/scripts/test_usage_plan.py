"""Reading the usage plan from prose with a Markdown table."""

import pytest

from regeneration.usage_plan import usage_plan


@pytest.mark.parametrize(
    ("description", "plan"),
    [
        ("| Rate (requests per second) | Burst |\n| ---- | ---- |\n| 1 | 5 |", {"rate": 1, "burst": 5}),
        (
            "Prose.\n\n**Usage Plan:**\n\n| Rate | Burst |\n|--|--|\n|0.0167|1|\n\nMore prose.",
            {"rate": 0.0167, "burst": 1},
        ),
        ("| Plan type | Rate | Burst |\n| --- | --- | --- |\n| Default | 2 | 10 |", {"rate": 2, "burst": 10}),
        ("| Burst | Rate |\n| --- | --- |\n| 10 | 2 |", {"rate": 2, "burst": 10}),
        ("| Name | Meaning |\n| --- | --- |\n| 1 | 5 |", None),
        ("| Rate | Burst |\n| --- | --- |\n\n| 1 | 5 |", None),
        ("Sends an invoice.", None),
        ("", None),
    ],
)
def test_usage_plan(description: str, plan: dict[str, float] | None) -> None:
    assert usage_plan(description) == plan
