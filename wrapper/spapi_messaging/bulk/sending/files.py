"""The files of a message that is about to be sent. Those behind URLs are fetched first."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from spapi_messaging.attachments import MAX_TOTAL_SIZE, ExpectedFile
from spapi_messaging.bulk.files.fetching import MAX_FETCH_SECONDS, Fetched, fetch, took_too_long
from spapi_messaging.bulk.files.locating import Root, place_of
from spapi_messaging.bulk.files.refusals import Refused, StorageTrouble
from spapi_messaging.bulk.sending.attempts import Attempt
from spapi_messaging.bulk.sending.threads import Threads
from spapi_messaging.errors import InvalidMessageError, NetworkError

__all__ = ["files_of"]


async def files_of(attempt: Attempt, root: Root, threads: Threads, fetched: ExitStack) -> list[ExpectedFile]:
    """The files of a message, each of which must be what it was when it was added.

    Args:
        attempt: the message.
        root: where relative paths begin.
        threads: where files are fetched.
        fetched: takes the copies of fetched files, and removes them when it is closed.

    Raises:
        InvalidMessageError: there is no such file.
        NetworkError: its storage does not give it now.
    """
    files = []
    for kept in attempt.message.attachments or ():
        try:
            place = place_of(kept["path"], root)
            if isinstance(place, Path):
                files.append(ExpectedFile(str(place), kept["sha256"], kept["name"]))
                continue
            most = kept.get("size", MAX_TOTAL_SIZE)  # of a larger one, more need not be fetched: it changed
            with attempt.asking():
                copy = await _copy(partial(fetch, place, kept["name"], most), kept["name"], threads)
        except Refused as refused:
            problem = refused.problem()
            raise InvalidMessageError(f"Nothing was sent: {problem}", problems=[problem]) from None
        except StorageTrouble as trouble:
            raise NetworkError(f"{trouble.told} Nothing was sent. {trouble.remedy}") from None
        files.append(ExpectedFile((kept["name"], fetched.enter_context(copy)), kept["sha256"]))
    return files


async def _copy(work: partial[Fetched], name: str, threads: Threads) -> Fetched:
    try:
        async with asyncio.timeout(MAX_FETCH_SECONDS):
            return await threads.run(work)
    except TimeoutError:
        raise took_too_long(name) from None
