"""Takes jobs one by one, checks each, and keeps its row until all are checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple

from spapi_messaging.bulk.adding.checking import NewRow, check
from spapi_messaging.bulk.adding.entries import Entry
from spapi_messaging.bulk.adding.problems import JOBS, LINES, Problems
from spapi_messaging.bulk.adding.side_by_side import in_order
from spapi_messaging.bulk.adding.spool import Spool
from spapi_messaging.bulk.files.fetching import took_too_long
from spapi_messaging.bulk.files.locating import Root
from spapi_messaging.bulk.files.refusals import StorageTrouble
from spapi_messaging.bulk.files.urls import looks_like_url
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.errors import ConfigurationError, NetworkError, Problem
from spapi_messaging.marketplaces import Marketplace

__all__ = ["CheckedJobs", "Kind", "check_jobs"]

# Where a job stands, the job, and what is wrong with its row already.
_Placed = tuple[int, Any, tuple[Problem, ...]]


class Kind(NamedTuple):
    """What jobs are counted by.

    Args:
        account: the account; None without one.
        marketplace: the country code.
        message_type: the type's wire name.
    """

    account: str | None
    marketplace: str
    message_type: str


class CheckedJobs:
    """Jobs that were checked, ready for ``Ledger.add``. Close them, or use them as a context manager.

    Attributes:
        count: how many jobs keep the rules.
        problems: everything that is wrong with the others. In a condition, it is true if there is any problem.
        spool: the rows of those that keep the rules.
    """

    def __init__(self, problems: Problems) -> None:
        self.count = 0
        self.problems = problems
        self.spool = Spool()
        self._kinds: Counter[tuple[str, str, str]] = Counter()
        self._digests: list[bytes] = []

    def __enter__(self) -> CheckedJobs:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forgets the rows."""
        self.spool.close()

    @property
    def digest(self) -> str:
        """32 hex digits that stand for all that would be sent: orders, types, texts, the content of files, accounts and
        times. The order of the jobs does not matter."""
        return sha256(b"".join(sorted(self._digests))).hexdigest()[:32]

    @property
    def kinds(self) -> Mapping[Kind, int]:
        """How many jobs there are, by account, marketplace and type."""
        named = (
            (account, Marketplace(place).name, name, count) for (account, place, name), count in self._kinds.items()
        )
        return {Kind(account or None, place, name): count for account, place, name, count in sorted(named)}

    def append(self, row: NewRow) -> None:
        """One more job that keeps the rules."""
        self.spool.append(row)
        self.count += 1
        self._kinds[row.account, row.marketplace, row.message_type] += 1
        # Two digests, a marketplace's id and two numbers have no spaces, so nothing can be taken for something else.
        told = f"{row.key_hash} {row.digest} {row.marketplace} {row.due_at} {row.not_before} {row.account}"
        self._digests.append(sha256(told.encode()).digest())


def check_jobs(jobs: Iterable[Job | Entry] | Job, root: Root = None) -> CheckedJobs:
    """Checks jobs: everything that is wrong with them, and the rows of those that keep the rules.

    Args:
        jobs: the jobs, or the entries of a job file.
        root: the folder, or the URL of one, below which all files lie; None: they may lie anywhere.

    Raises:
        ConfigurationError: these are not jobs.
        NetworkError: the storage of a file is out of reach.
    """
    given = [jobs] if isinstance(jobs, Job) else jobs
    if not isinstance(given, Iterable) or isinstance(given, str | bytes):
        raise ConfigurationError(f"Jobs are a list or another iterable of Job, not {type(given).__name__}.")
    found = CheckedJobs(Problems(LINES if getattr(given, "has_lines", False) else JOBS))
    work, is_slow = partial(_checked, root=root), partial(_is_fetched, root=root)
    try:
        for (place, _, _), outcome in in_order(work, _placed(given), is_slow):
            try:
                checked = outcome()
            except (StorageTrouble, TimeoutError) as error:
                raise _out_of_reach(found.problems.name(place), error) from None
            if isinstance(checked, list):
                found.problems.extend(place, checked)
            else:
                found.append(checked)
    except BaseException:
        found.close()
        raise
    return found


def _placed(given: Iterable[Any]) -> Iterator[_Placed]:
    for place, each in enumerate(given):
        yield each if isinstance(each, Entry) else (place, each, ())


def _is_fetched(placed: _Placed, root: Root) -> bool:
    """Whether a job has files that come over the network."""
    files = getattr(placed[1], "attachments", None)
    if not files or not isinstance(files, tuple):
        return False
    return isinstance(root, str) or any(map(_is_url, files))


def _is_url(file: Any) -> bool:
    place = file[-1] if isinstance(file, tuple) and file else file
    return isinstance(place, str) and looks_like_url(place)


def _out_of_reach(place: str, error: Exception) -> NetworkError:
    trouble = error if isinstance(error, StorageTrouble) else took_too_long("a file")
    return NetworkError(f"{place}: {trouble.told} Nothing was added or sent. {trouble.remedy}")


def _checked(placed: _Placed, root: Root) -> NewRow | list[Problem]:
    place, job, wrong = placed
    if job is None and wrong:
        return list(wrong)
    if not isinstance(job, Job):
        told = f"this is {type(job).__name__}, not a Job."
        return [Problem("", told, rule="type", remedy="Give Job(order_id, message_type, …).")]
    found = check(place, job, root)
    if not wrong:
        return found
    named = {each.field for each in wrong}
    more = found if isinstance(found, list) else []
    return [*wrong, *(each for each in more if each.field not in named)]
