"""Checks a job before it is added, and makes the row of it. Reads the job's files; knows no database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache
from pathlib import PurePath
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from spapi_messaging import drafts
from spapi_messaging.attachments import CONTENT_TYPES, MAX_TOTAL_SIZE
from spapi_messaging.bulk.adding.texts import NO_TEXT_FOR_OTHERS, texts_of, wrong_texts
from spapi_messaging.bulk.files.fetching import fetch
from spapi_messaging.bulk.files.locating import Located, Root, locate
from spapi_messaging.bulk.files.missing import looked_for
from spapi_messaging.bulk.files.refusals import Refused, StorageTrouble
from spapi_messaging.bulk.jobs import Job
from spapi_messaging.bulk.storage.dates import BadDate, begin_of, end_of, zone_of
from spapi_messaging.bulk.storage.keys import content_digest, key_hash, own_key_hash
from spapi_messaging.bulk.storage.schema import NEVER
from spapi_messaging.bulk.texts import LocalizedText
from spapi_messaging.errors import ConfigurationError, InvalidMessageError, Problem, quoted
from spapi_messaging.marketplaces import Marketplace

__all__ = ["MAX_NAME_LENGTH", "NewRow", "check"]

#: An account's name, a document number and a key of the caller's own have at most this many characters.
MAX_NAME_LENGTH = 255


class NewRow(NamedTuple):
    """A job that keeps the rules. Its fields are the table's columns, except ``place`` and ``account``."""

    place: int  # among the jobs of one call
    account: str
    key_hash: str
    own_key: str | None
    region: str
    marketplace: str
    amazon_order_id: str
    message_type: str
    document: str | None
    digest: str
    text: str | None
    texts: dict[str, str] | None
    fields: dict[str, Any] | None
    attachments: list[dict[str, Any]] | None
    due_at: int
    not_before: int


def check(place: int, job: Job, root: Root) -> NewRow | list[Problem]:
    """The row of a job, or everything that is wrong with it. Files are read once, to their end.

    Args:
        place: its place among the jobs of one call, the first of which is 0.
        job: the job.
        root: the folder, or the URL of one, below which its files lie.

    Raises:
        StorageTrouble: the storage of a file is out of reach.
    """
    problems: list[Problem] = []
    marketplace = _marketplace(job, problems)
    names = {name: _name(job, name, problems) for name in ("account", "document", "key")}
    times = _times(job, zone_of(marketplace) if marketplace else None, problems)
    files = _files(job, problems)
    located = [file for each in files or () if (file := _located(each, root, problems)) is not None]
    with ExitStack() as fetched:
        contents = _contents(located, fetched, problems)
        is_whole = files is not None and len(contents) == len(files)
        draft = _draft(job, contents if is_whole else None, problems)
    if problems or draft is None or marketplace is None:
        names_and_ways = [(file.name, file.kept) for file in located]
        return [looked_for(problem, names_and_ways, root) for problem in problems]
    return _row(place, job, draft, located, marketplace, names, times)


def _row(
    place: int,
    job: Job,
    found: drafts.Draft,
    located: list[Located],
    marketplace: Marketplace,
    names: Mapping[str, str | None],
    times: tuple[int, int],
) -> NewRow:
    region, order_id, message_type = marketplace.region.value, found.amazon_order_id, found.message_type
    text, texts, content = texts_of(job.text)
    fields = _fields(job)
    attachments = [
        {"path": file.kept, "name": file.name, "size": read.size, "sha256": read.sha256}
        for file, read in zip(located, found.attachments, strict=True)
    ]
    own_key = names["key"]
    key = own_key_hash(own_key) if own_key else key_hash(region, order_id, message_type, names["document"])
    return NewRow(
        place=place,
        account=names["account"] or "",
        key_hash=key,
        own_key=own_key,
        region=region,
        marketplace=marketplace.value,
        amazon_order_id=order_id,
        message_type=message_type,
        document=names["document"],
        digest=content_digest(region, order_id, message_type, content, fields, attachments),
        text=text,
        texts=texts,
        fields=fields,
        attachments=attachments or None,
        due_at=times[0],
        not_before=times[1],
    )


def _marketplace(job: Job, problems: list[Problem]) -> Marketplace | None:
    if job.marketplace is None:
        remedy = 'Give marketplace="DE", say: the same order may not be added for two regions.'
        problems.append(Problem("marketplace", "a ledger needs it.", rule="required", remedy=remedy))
        return None
    try:
        parse = _marketplace_of if isinstance(job.marketplace, str) else Marketplace.parse
        return parse(job.marketplace)
    except ConfigurationError as error:
        problems.append(Problem("marketplace", str(error), rule="marketplace"))
        return None


# A file of 100,000 jobs names a few marketplaces again and again.
_marketplace_of = lru_cache(256)(Marketplace.parse)


def _name(job: Job, name: str, problems: list[Problem]) -> str | None:
    """An account, a document number or a key, without white space around it; an empty one counts as not given."""
    value = getattr(job, name)
    if value is None:
        return None
    told = remedy = ""
    if not isinstance(value, str):
        told, remedy = f"this is {type(value).__name__}, not a string.", "Give a string."
    elif len(stripped := value.strip()) > MAX_NAME_LENGTH:
        told, remedy = f"it has {len(stripped)} characters.", f"Give {MAX_NAME_LENGTH} at most."
    elif not stripped.isprintable():
        told, remedy = "it holds line breaks, or other characters that do not show.", "Remove them."
    else:
        return stripped or None
    problems.append(Problem(name, told, rule=name, remedy=remedy))
    return None


def _times(job: Job, zone: ZoneInfo | None, problems: list[Problem]) -> tuple[int, int]:
    """``due_at`` and ``not_before``."""
    times = {"due": NEVER, "not_before": 0}
    for name, read in (("due", end_of), ("not_before", begin_of)):
        value = getattr(job, name)
        if value is None or value == "" or zone is None:
            continue
        try:
            times[name] = read(value, zone)
        except BadDate as bad:
            problems.append(Problem(name, str(bad), rule="date", remedy=bad.remedy))
    if times["not_before"] > times["due"]:
        told = "it is after due."
        problems.append(Problem("not_before", told, rule="date-order", remedy="Give the earlier date first."))
    return times["due"], times["not_before"]


def _files(job: Job, problems: list[Problem]) -> tuple[Any, ...] | None:
    files: Any = job.attachments
    is_pair = isinstance(files, tuple) and len(files) == 2 and _is_name_with_path(files)
    if isinstance(files, tuple) and not is_pair:
        return files
    remedy = 'Give a list, even for one file: attachments=["invoice.pdf"].'
    problems.append(Problem("attachments", "this is not a list of files.", rule="type", remedy=remedy))
    return None


def _is_name_with_path(files: tuple[Any, ...]) -> bool:
    """Whether this is a name with its content, and not two paths."""
    return isinstance(files[0], str) and not isinstance(files[1], str | tuple)


def _located(source: Any, root: Root, problems: list[Problem]) -> Located | None:
    try:
        return locate(source, root)
    except Refused as refused:
        problems.append(refused.problem())
        return None


def _contents(located: Iterable[Located], fetched: ExitStack, problems: list[Problem]) -> list[tuple[str, Any]]:
    """The files by name, as a draft takes them. Those behind URLs are there until ``fetched`` is closed."""
    contents: list[tuple[str, Any]] = []
    for name, place, _ in located:
        try:
            if isinstance(place, str):
                contents.append((name, fetched.enter_context(fetch(place, _shown(name), MAX_TOTAL_SIZE))))
            else:
                contents.append((name, place))
        except Refused as refused:
            problems.append(refused.problem())
        except StorageTrouble as trouble:
            if trouble.is_outage:
                raise
            problems.append(trouble.problem())
    return contents


def _shown(name: Any) -> str:
    """A file's name as an error may show it: arguments get swapped, and then it is something else."""
    is_name = isinstance(name, str) and name.isprintable() and PurePath(name).suffix.lower() in CONTENT_TYPES
    return name if is_name else "the file"


def _draft(job: Job, contents: list[tuple[str, Any]] | None, problems: list[Problem]) -> drafts.Draft | None:
    """What a send would send. After a wrong file it has no files, and no problem says that one is missing."""
    text: Any = job.text
    if isinstance(text, LocalizedText):
        problems += wrong_texts(job, text)
        text = text.otherwise
    try:
        found = drafts.draft(
            job.order_id,
            job.message_type,
            text=text,
            attachments=contents or (),
            **job.fields,
        )
    except InvalidMessageError as error:
        problems += [each for each in error.problems if contents is not None or each.rule != "required"]
        return None
    if isinstance(job.text, LocalizedText) and text is None:  # a type that takes files instead
        problems.append(NO_TEXT_FOR_OTHERS)
    return found


def _fields(job: Job) -> dict[str, Any] | None:
    """The type's other fields as JSON gives them back, with times as a send writes them."""
    given = {name: value for name, value in job.fields.items() if value is not None}
    if not given:
        return None
    written: dict[str, Any] = json.loads(json.dumps(given, default=_time))
    return written


def _time(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"{quoted(value)} cannot be written as JSON")
