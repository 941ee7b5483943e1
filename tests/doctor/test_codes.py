"""Each code is seen once, and no scenario sends a message."""

from __future__ import annotations

import json

import pytest

from spapi_messaging import MessagingClient
from spapi_messaging.doctor import CODES, STEPS
from tests.doctor.conftest import World
from tests.doctor.scenarios import SCENARIOS


@pytest.mark.parametrize("code", CODES)
def test_code_is_seen(code: str, world: World) -> None:
    sent: list[object] = []
    for name in ("_send", "_send_by_type"):  # where no sandbox is asked, no log of requests tells
        world.patch.setattr(MessagingClient, name, lambda *given: sent.append(given))
    found = SCENARIOS[code](world)
    finding = next((each for each in found if each.code == code), None)

    assert sent == []
    assert finding is not None, [each.code for each in found]
    assert finding.found
    assert finding.remedy or finding.verdict == "ok" or finding.step == "authorization"
    # Each step has its say, in order, whatever was wrong before.
    assert list(dict.fromkeys(each.step for each in found)) == list(STEPS)
    assert "Atz" not in json.dumps([each.to_dict() for each in found]).replace("Atzr|, as", "").replace("Atzr|.", "")


def test_every_step_has_codes() -> None:
    assert {code.step for code in CODES.values()} == set(STEPS)
