"""What is put into a page between two comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from marked import put


def test_a_figure_is_put_between_its_comments(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("Coverage: <!-- coverage -->1 %<!-- /coverage -->.\n<!-- benchmark -->\na\n<!-- /benchmark -->\n")
    put("coverage", "98.7 %", readme)

    assert readme.read_text() == (
        "Coverage: <!-- coverage -->98.7 %<!-- /coverage -->.\n<!-- benchmark -->\na\n<!-- /benchmark -->\n"
    )


@pytest.mark.parametrize("text", ["", "<!-- coverage -->", "<!-- /coverage --><!-- coverage -->"])
def test_a_readme_without_the_place_is_left_alone(text: str, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(text)

    with pytest.raises(SystemExit, match=r"README\.md: the page needs <!-- coverage --> and"):
        put("coverage", "98.7 %", readme)
    assert readme.read_text() == text
