"""A sender that is stopped just before the first step of the task that sends a message.

python -m tests.bulk.ending SETTINGS, as JSON. It prints a line for each outcome, and "done".
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from proofs.workload import accounts
from spapi_messaging.bulk import AsyncSender, Ledger


async def main(settings: dict[str, Any]) -> None:
    with Ledger(settings["ledger"]) as ledger:
        sender = AsyncSender(ledger, accounts(settings["url"], settings["sellers"], settings["plan"]))

        def task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
            if coroutine.__qualname__ == "Serving._send":
                loop.call_soon(sender.stop)
            return asyncio.Task(coroutine, loop=loop, **options)

        asyncio.get_running_loop().set_task_factory(task)
        async for outcome in sender.run():
            print(str(outcome.state), flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
