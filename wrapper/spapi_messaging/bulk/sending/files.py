"""The files of a message that is about to be sent. Those behind URLs are fetched first."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from spapi_messaging.attachments import MAX_TOTAL_SIZE, ExpectedFile
from spapi_messaging.bulk.files.fetching import MAX_FETCH_SECONDS, Fetched, fetch, took_too_long
from spapi_messaging.bulk.files.locating import Root, place_of
from spapi_messaging.bulk.files.missing import is_below_a_root, looked_for
from spapi_messaging.bulk.files.refusals import Refused, StorageTrouble
from spapi_messaging.bulk.sending.attempts import Attempt
from spapi_messaging.bulk.sending.threads import Threads
from spapi_messaging.errors import InvalidMessageError, NetworkError

__all__ = ["Files"]

log = logging.getLogger("spapi_messaging.bulk")

_NO_ROOT = (
    "The files of this message were added with attachments_root, and this sender does not have it. Nothing was sent. "
    "Start it with --attachments-root, or Ledger(url, attachments_root=…), or let another sender do it."
)


class Files:
    """The files of one seller's messages.

    Args:
        root: where relative paths begin.
        threads: where files are fetched.
    """

    def __init__(self, root: Root, threads: Threads) -> None:
        self._root, self._threads = root, threads
        self._has_warned = False

    async def of(self, attempt: Attempt, fetched: ExitStack) -> list[ExpectedFile]:
        """The files of a message, each of which must be what it was when it was added.

        Args:
            attempt: the message.
            fetched: takes the copies of fetched files, and removes them when it is closed.

        Raises:
            InvalidMessageError: there is no such file.
            NetworkError: its storage does not give it now, or this sender does not know where it is.
        """
        files = []
        for kept in attempt.message.attachments or ():
            if self._root is None and is_below_a_root(kept["path"]):
                raise self._no_root()
            try:
                place = place_of(kept["path"], self._root)
                if isinstance(place, Path):
                    files.append(ExpectedFile(str(place), kept["sha256"], kept["name"]))
                    continue
                most = kept.get("size", MAX_TOTAL_SIZE)  # a larger file has changed, so no more of it is needed
                with attempt.asking():
                    copy = await _copy(partial(fetch, place, kept["name"], most), kept["name"], self._threads)
            except Refused as refused:
                problem = refused.problem()
                raise InvalidMessageError(f"Nothing was sent: {problem}", problems=[problem]) from None
            except StorageTrouble as trouble:
                raise NetworkError(f"{trouble.told} Nothing was sent. {trouble.remedy}") from None
            files.append(ExpectedFile((kept["name"], fetched.enter_context(copy)), kept["sha256"]))
        return files

    def explained(self, error: Exception, attempt: Attempt) -> Exception:
        """The same error. If a file is not there, it says where it was looked for."""
        if not isinstance(error, InvalidMessageError):
            return error
        files = [(kept["name"], kept["path"]) for kept in attempt.message.attachments or ()]
        problems = {problem: looked_for(problem, files, self._root) for problem in error.problems}
        told = str(error)
        for before, after in problems.items():
            told = told.replace(str(before), str(after))
        if told == str(error):
            return error
        return InvalidMessageError(told, problems=[problems[each] for each in error.problems])

    def _no_root(self) -> NetworkError:
        if not self._has_warned:
            self._has_warned = True
            log.warning("%s", _NO_ROOT)
        return NetworkError(_NO_ROOT)


async def _copy(work: partial[Fetched], name: str, threads: Threads) -> Fetched:
    try:
        async with asyncio.timeout(MAX_FETCH_SECONDS):
            return await threads.run(work)
    except TimeoutError:
        raise took_too_long(name) from None
