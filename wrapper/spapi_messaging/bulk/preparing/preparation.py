"""From a folder or a report to the rows of a job file, and to what people should know about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spapi_messaging.bulk.adding.collecting import Kind
from spapi_messaging.bulk.files.urls import looks_like_url
from spapi_messaging.bulk.job_files.spreadsheets import is_changed_by_spreadsheets
from spapi_messaging.bulk.preparing.attached_urls import AttachedUrls
from spapi_messaging.bulk.preparing.attaching import AttachedFiles
from spapi_messaging.bulk.preparing.candidates import Candidate, merged
from spapi_messaging.bulk.preparing.columns import Columns, require_one
from spapi_messaging.bulk.preparing.copies import without_copies
from spapi_messaging.bulk.preparing.defaults import Defaults
from spapi_messaging.bulk.preparing.findings import Findings, shown
from spapi_messaging.bulk.preparing.folders import TOO_DEEP
from spapi_messaging.bulk.preparing.from_folder import DEFAULT_PATTERNS, from_folder
from spapi_messaging.bulk.preparing.from_report import from_report
from spapi_messaging.bulk.preparing.order_list import OrderList
from spapi_messaging.bulk.preparing.patterns import Pattern
from spapi_messaging.bulk.preparing.reading import Report
from spapi_messaging.bulk.preparing.writing import Format, is_formula, writable
from spapi_messaging.errors import ConfigurationError, quoted
from spapi_messaging.messages import operation_for

__all__ = ["Preparation", "Request", "prepared"]


@dataclass(frozen=True)
class Request:
    """What is to be prepared. Errors name its parts as the options of ``bulk prepare``.

    Args:
        source: a folder of files, or an order report.
        defaults: what holds for jobs that do not say it themselves.
        patterns: how the files of a folder are named; empty: as DEFAULT_PATTERNS.
        orders: a report that says which marketplace an order of a folder belongs to.
        columns: headings of the report by our names, where they are not guessed.
        keep: headings of the report that are taken over for templates.
        attach: where the files for a line of the report are.
        together: whether several files for the same message go into one message.
        encoding: of the report; None: it is seen.
        ignored: a file of the folder that does not count: the job file itself.
    """

    source: Path
    defaults: Defaults
    patterns: tuple[str, ...] = ()
    orders: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    attach: tuple[str, ...] = ()
    together: bool = False
    encoding: str | None = None
    ignored: Path | None = None


@dataclass(frozen=True)
class Preparation:
    """What was prepared.

    Args:
        jobs: the rows of the job file.
        findings: problems, and what was left out.
        report: which column of the report was taken for what; None: there is no report.
        changeable: document numbers and keys that a spreadsheet changes if it saves the job file.
    """

    jobs: list[Candidate]
    findings: Findings
    report: Columns | None = None
    changeable: tuple[str, ...] = ()

    @property
    def kinds(self) -> Mapping[Kind, int]:
        """How many jobs there are, by account, marketplace and type."""
        cells = [job.cells for job in self.jobs]
        found = Counter(Kind(each.get("account"), each["marketplace"], each["type"]) for each in cells)
        return dict(sorted(found.items(), key=lambda item: tuple(part or "" for part in item[0])))


def prepared(request: Request, file_format: Format) -> Preparation:
    """Reads the source.

    Args:
        request: what is to be prepared.
        file_format: what the jobs will be written as.

    Raises:
        ConfigurationError: the source cannot be opened, or an option cannot be used with it.
        InvalidMessageError: the report cannot be read as a table.
    """
    findings = Findings()
    candidates, columns = (_of_folder if request.source.is_dir() else _of_report)(request, findings)
    if file_format == "csv" and columns and (wrong := next(filter(is_formula, columns.kept), None)) is not None:
        told = f"A spreadsheet would take the heading {quoted(wrong)} for a formula."
        raise ConfigurationError(f"{told} Rename that column, or write a .jsonl file.")
    single = without_copies(merged(candidates, findings, together=request.together), findings)
    jobs = list(writable(single, file_format, findings))
    if not jobs:
        told, remedy = "there is nothing to send in it.", "Nothing was written."
        if not findings.problems and TOO_DEEP in findings.left_out:
            told = "it holds folders, and the pattern goes no deeper."
            remedy = "Give one that does, such as --pattern '{marketplace}/{order}.pdf'."
        findings.wrong(shown(request.source.name) or ".", told, "empty", remedy)
    names = [job.cells.get(name, "") for job in jobs for name in ("document", "key")] if file_format == "csv" else []
    return Preparation(jobs, findings, columns, tuple(filter(is_changed_by_spreadsheets, names)))


def _of_folder(request: Request, findings: Findings) -> tuple[Iterable[Candidate], Columns | None]:
    for name, given in (("--attach", request.attach), ("--keep", request.keep)):
        if given:
            told = f"{name} is for an order report. For a folder, --pattern says how the files are named."
            raise ConfigurationError(told)
    patterns = [Pattern(each) for each in request.patterns or DEFAULT_PATTERNS]
    report = Report(request.orders, request.encoding, request.columns) if request.orders else None
    if report is None and (request.columns or request.encoding):
        raise ConfigurationError("--column and --encoding are for an order report: the source, or that of --orders.")
    says = set[str].intersection(*(pattern.names for pattern in patterns))
    _require_all(says | ({"marketplace"} if report else set()), request.defaults, "{%s} in a --pattern")
    orders = OrderList(report, findings) if report else None
    found = from_folder(request.source, patterns, request.defaults, orders, findings, ignored=request.ignored)
    return found, report.columns if report else None


def _of_report(request: Request, findings: Findings) -> tuple[Iterable[Candidate], Columns | None]:
    for name, given in (("--pattern", request.patterns), ("--orders", request.orders)):
        if given:
            told = f"{name} is for a folder. For an order report, --attach says where the files are."
            raise ConfigurationError(told)
    report = Report(request.source, request.encoding, request.columns, request.keep)
    _require_all(set(report.columns.used), request.defaults, "--column %s=HEADING")
    if not request.attach and "type" not in report.columns.used:
        _require_no_file(request.defaults.message_type)
    ours = [*report.columns.used, "type", "marketplace", "account"]
    names = [*report.headings, *ours]
    attached = [
        AttachedUrls(each, names) if looks_like_url(each) else AttachedFiles(each, names, together=request.together)
        for each in request.attach
    ]
    for name in {name for each in attached for name in each.columns}.difference(ours):
        require_one(report.name, name, [each for each in report.headings if each == name])
    return from_report(report, request.defaults, attached, findings), report.columns


def _require_all(said: set[str], defaults: Defaults, other_way: str) -> None:
    """Raises ConfigurationError if nothing names the type or the marketplace: every job would be wrong."""
    given = {"type": defaults.message_type, "marketplace": defaults.marketplace}
    options = {"type": "--type, for example invoice", "marketplace": "--marketplace, for example DE"}
    for name, value in given.items():
        if not value and name not in said:
            what = "message type" if name == "type" else name
            also = ", or --orders REPORT" if name == "marketplace" and "pattern" in other_way else ""
            raise ConfigurationError(f"No {what} is given. Use {options[name]}; or {other_way % name}{also}.")


def _require_no_file(message_type: str | None) -> None:
    """Raises ConfigurationError if messages of this type need a file: every line would lack it."""
    kinds = {field.kind for field in operation_for(message_type).fields} if message_type else set()
    if "attachments" in kinds and "text" not in kinds:
        told = f"{message_type} needs a file, and nothing says where it is."
        raise ConfigurationError(f"{told} Use --attach, for example --attach 'invoices/{{order}}.pdf'.")
