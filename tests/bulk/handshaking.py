"""A sender whose client talks TLS: python -m tests.bulk.handshaking LEDGER URL CERTIFICATE."""

from __future__ import annotations

import sys

from spapi_messaging.bulk import Ledger, Sender
from tests.support.programs import client_for


def main(ledger_url: str, url: str, certificate: str) -> None:
    client = client_for("asyncio", url, verify=certificate)
    with Ledger(ledger_url) as ledger:
        for outcome in Sender(ledger, client).run():
            print(str(outcome.state), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
