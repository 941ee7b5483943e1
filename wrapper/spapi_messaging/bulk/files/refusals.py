"""Why a file of a job cannot be taken."""

from __future__ import annotations

from spapi_messaging.errors import Problem

__all__ = ["Refused", "StorageTrouble"]


class Refused(ValueError):
    """A file that cannot be sent like this, with a rule, a sentence and what to do."""

    def __init__(self, rule: str, told: str, remedy: str) -> None:
        super().__init__(told)
        self.rule, self.told, self.remedy = rule, told, remedy

    def problem(self) -> Problem:
        """As a problem of the job."""
        return Problem("attachments", self.told, rule=self.rule, remedy=self.remedy)


class StorageTrouble(Exception):
    """A storage does not give a file now, and may give it later or to another machine.

    Args:
        told: what happened. It repeats nothing that the storage said, which may hold anything.
        remedy: what to do.
        is_outage: whether other files of the storage are probably out of reach as well.
    """

    def __init__(self, told: str, remedy: str, *, is_outage: bool = False) -> None:
        super().__init__(told)
        self.told, self.remedy, self.is_outage = told, remedy, is_outage

    def problem(self) -> Problem:
        """As a problem of the job."""
        return Problem("attachments", self.told, rule="file-unreadable", remedy=self.remedy)
