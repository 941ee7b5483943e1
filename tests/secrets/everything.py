"""A program that plants secrets, lets many things fail, and tells all it can of it. A test reads its output.

Sentry is set up with its integrations, so it also keeps breadcrumbs and spans. Its events are printed at the end.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import sentry_sdk
from sentry_sdk.integrations.asyncio import AsyncioIntegration

from spapi_messaging import MessagingClient, RetryPolicy
from spapi_messaging.limiters import RedisLimiter, Unlimited
from tests.secrets.amazon import ORDER, answers, refusing
from tests.secrets.capturing import Kept, sentry_options, without_frames_of_tests
from tests.secrets.planting import SECRETS
from tests.support.programs import Program
from tests.support.servers import Server

CLOSED_PORT = "127.0.0.1:9"


def report(what: Callable[[], object]) -> None:
    """Calls something that fails, and reports it."""
    try:
        what()
    except Exception as error:
        sentry_sdk.capture_exception(without_frames_of_tests(error))
        logging.getLogger("a.shop").exception("It failed.")
    else:
        raise AssertionError(f"{what} did not fail")


def call(kind: str, url: str, **given: Any) -> None:
    """Sends a text and a file, with a client that tries twice."""
    given = {
        "credentials": SECRETS.credentials,
        "token_provider": None,
        "retry": RetryPolicy(attempts=2, base=0),
        **given,
    }
    files = [("note.txt", SECRETS.file_content.encode())]
    with Program(kind, url, **given) as program:
        program.run(lambda: program.client.send(ORDER, "digitalAccessKey", text=SECRETS.buyers_text, attachments=files))


def bulk(url: str, folder: Path) -> None:
    """A ledger and a sender whose messages are refused."""
    from spapi_messaging.bulk import Job, Ledger, Sender

    options = {"limiter": Unlimited(), "endpoint": url, "lwa_endpoint": f"{url}/auth/o2/token"}
    with Ledger(f"sqlite:///{folder / 'sent.db'}") as ledger:
        ledger.add([Job(ORDER, "confirmOrderDetails", text=SECRETS.buyers_text, marketplace="DE", account="shop")])
        for outcome in Sender(ledger, {"shop": SECRETS.credentials}, **options).run():
            print(outcome, outcome.to_dict())
        print(list(ledger.export()), ledger.status())
        raise LookupError("so that this is reported too")


def everything(folder: Path) -> None:
    """All failures, one after the other."""
    password = SECRETS.password.replace("/", "%2F")
    with Server(answers) as good, Server(refusing) as bad:
        for kind in ("threads", "asyncio"):
            call(kind, good.url)
            report(partial(call, kind, bad.url))
            report(partial(call, kind, f"http://{CLOSED_PORT}"))
            report(partial(call, kind, good.url, deadline=0.001))
            proxy = f"http://shop:{password}@{CLOSED_PORT}"
            report(partial(call, kind, good.url, proxy=proxy))
            limiter = RedisLimiter(f"redis://shop:{password}@{CLOSED_PORT}/0", timeout=0.1)
            report(partial(call, kind, good.url, limiter=limiter))
        report(lambda: bulk(bad.url, folder))
    from spapi_messaging.bulk import Ledger

    report(lambda: RedisLimiter(f"redis://shop:{SECRETS.password}@host:port"))
    report(lambda: Ledger(f"postgresql://shop:{password}@{CLOSED_PORT}/shop?connect_timeout=1"))
    report(lambda: MessagingClient(credentials=SECRETS.credentials, marketplace="DE", proxy=f"htp://a:{password}@b"))
    report(lambda: MessagingClient(credentials=cast("Any", {"refresh_token": SECRETS.refresh_token}), marketplace="DE"))


def main() -> None:
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    logging.captureWarnings(True)
    warnings.simplefilter("always")
    asyncio.BaseEventLoop.slow_callback_duration = 0.0
    kept = Kept()
    sentry_sdk.init(**sentry_options(kept), integrations=[AsyncioIntegration()])
    with tempfile.TemporaryDirectory() as folder, sentry_sdk.start_transaction(name="all"):
        everything(Path(folder))
    sentry_sdk.flush()
    print(*kept.sent, sep="\n")
    print("the end")


if __name__ == "__main__":
    main()
