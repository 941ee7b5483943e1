"""CONTRIBUTING.md: its picture of the house is complete."""

from __future__ import annotations

from tests.docs.pages import ROOT


def test_picture_of_the_house_is_complete() -> None:
    picture = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("```")[1]
    house = ROOT / "wrapper" / "spapi_messaging"
    rooms = {f"{path.parent.name}/" for path in house.glob("*/__init__.py")}
    files = {path.name for folder in (house, *house.glob("_*")) for path in folder.glob("[!_]*.py")}

    assert (rooms | files) - set(picture.split()) == set()
