"""Step 5, report: what changed for users between two runs, as Markdown. Pure."""

from regeneration.documents import Document


def report(old: Document | None, new: Document, unmatched: list[str]) -> str:
    return ""
