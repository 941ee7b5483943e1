"""A sender that is killed during a slow handshake: nothing had left, so nothing is unknown."""

from __future__ import annotations

from typing import Any

import pytest

from proofs.programs import Program
from spapi_messaging.bulk import Job, Ledger, Sender, State
from tests.support.programs import ORDER, TEXT, client_for
from tests.support.senders import states_of
from tests.support.servers import PATIENCE, Certificate, Server, make_certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificates"))


def test_a_message_goes_once_although_its_first_sender_was_killed_during_the_handshake(
    ledger_url: str, certificate: Certificate
) -> None:
    def hold() -> None:
        arrived.set()
        released.wait(PATIENCE)

    with Ledger(ledger_url) as ledger:
        ledger.add([Job(ORDER, "confirmOrderDetails", text=TEXT, marketplace="DE")])
    with Server(certificate=certificate, before_handshake=hold) as server:
        arrived, released = server.event(), server.event()
        with Program("tests.bulk.handshaking", ledger_url, server.url, str(certificate.path)) as program:
            assert arrived.wait(PATIENCE), program.lines
            assert states_of(ledger_url) == [State.CLAIMED]
            program.kill()
        assert run(ledger_url, lambda name: None) == []  # it starts, and can send nothing
        assert states_of(ledger_url) == [State.PENDING]
        released.set()
        assert run(ledger_url, client_for("asyncio", server.url, verify=str(certificate.path))) == [State.SENT]
        assert len(server.sends) == 1

    assert states_of(ledger_url) == [State.SENT]


def run(url: str, accounts: Any) -> list[State]:
    with Ledger(url) as ledger:
        return [outcome.state for outcome in Sender(ledger, accounts).run()]
