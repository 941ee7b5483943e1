"""Tests that Windows cannot run, with the reason. They are listed in one place, because most of them need no change."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase

import pytest

FORKS = "Windows cannot fork"
LINKS = "links need rights on Windows"
RIGHTS = "the rights of files are POSIX's"
SHELL = "runs programs for a POSIX shell"
SIGNALS = "sends signals that Windows does not have"

#: A pattern for the node ids of tests, without their parameters, and why Windows skips them.
SKIPPED = {
    "tests/bulk/celery/test_sender.py::test_a_s*": SIGNALS,
    "tests/bulk/celery/test_settings.py::test_a_signal_that_became_another_one_*": SIGNALS,
    "tests/bulk/celery/test_workers.py::*": SIGNALS,
    "tests/bulk/test_adding.py::test_paths_*": LINKS,
    "tests/bulk/test_adding.py::test_the_buyer_sees_the_name_of_a_link": LINKS,
    "tests/bulk/test_adding.py::test_the_way_back_from_a_link_*": LINKS,
    "tests/bulk/test_database.py::test_locks_stand_beside_the_file_*": LINKS,
    "tests/bulk/test_database.py::test_what_may_not_be_written_is_named": RIGHTS,
    "tests/bulk/test_fork.py::*": FORKS,
    "tests/bulk/test_stopped.py::*": SIGNALS,
    "tests/cli/bulk/test_export.py::test_a_file_that_a_link_leads_to": LINKS,
    "tests/cli/bulk/test_export.py::test_another_file_is_not_replaced": LINKS,
    "tests/cli/bulk/test_metrics.py::*": SIGNALS,
    "tests/cli/bulk/test_page.py::test_a_link_stays_*": LINKS,
    "tests/cli/bulk/test_page.py::test_an_earlier_page_is_replaced_with_its_rights": RIGHTS,
    "tests/cli/bulk/test_page.py::test_what_cannot_be_the_page_*": "Windows has no such pipes",
    "tests/cli/bulk/test_work.py::test_it_stays_until_it_is_told_to_end": SIGNALS,
    "tests/cli/bulk/test_work.py::test_workers_behind_a_pooler_*": SIGNALS,
    "tests/cli/test_completion.py::test_bash_takes_the_script": SHELL,
    "tests/cli/test_curl.py::*": SHELL,
    "tests/cli/test_doctor.py::test_a_file_that_cannot_be_written_*": LINKS,
    "tests/cli/test_interruption.py::*": SIGNALS,
    "tests/cli/test_sandbox.py::test_a_shell_reads_*": SHELL,
    "tests/cli/test_sandbox.py::test_server_*": SIGNALS,
    "tests/cli/test_told_to_end.py::*": SIGNALS,
    "tests/docs/*": SHELL,
    "tests/foreign/test_curl.py::*": SHELL,
    "tests/foreign/test_nine_steps.py::*": SHELL,
    "tests/sandbox/test_environment.py::*": SHELL,
    "tests/scripts/test_propose.py::*": SHELL,
    "tests/scripts/test_rehearsal.py::*": SHELL,
    "tests/test_keep_up.py::*": SHELL,
    "tests/test_scripts.py::*": SHELL,
    "tests/upload/test_files.py::test_what_was_hashed_*": "Windows replaces no file that is open",
}


def reason(nodeid: str) -> str | None:
    """Why Windows skips a test. None: it runs there."""
    name = nodeid.partition("[")[0]
    return next((why for pattern, why in SKIPPED.items() if fnmatchcase(name, pattern)), None)


def skip_on_windows(items: list[pytest.Item]) -> None:
    """Mark the tests of a run that Windows cannot run. On other systems, it does nothing."""
    if sys.platform == "win32":
        for item in items:
            if why := reason(item.nodeid):
                item.add_marker(pytest.mark.skip(reason=why))
