"""Steps 1 and 2 of a run: the published models that it takes, and what is known of where they come from."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from regeneration.documents import Document
from regeneration.fetch import fetch
from regeneration.pipeline import published
from regeneration.provenance import Entries, Entry, Sources
from regeneration.source import Source, read_source, read_sources


@dataclass(frozen=True)
class Taken:
    """The reduced models, and their entries in `sources.toml`, by the names of their APIs."""

    models: dict[str, Document]
    entries: Entries


NOTHING = Taken({}, {})


def from_path(path: Path, sources: Sources, commit: str | None, date: str | None) -> Taken:
    """Take the models at `path`. What is known of the same bytes stays; of other bytes, only what is given is known."""
    given = {key: value for key, value in (("commit", commit), ("date", date)) if value}
    found = read_sources(path, sources.apis)
    return Taken(
        models={source.api.name: published(source) for source in found},
        entries={source.api.name: _known(sources, source) | given for source in found},
    )


def _known(sources: Sources, source: Source) -> Entry:
    known = sources.entries[source.api.name]
    return known if known.get("sha256") == source.sha256 else {"sha256": source.sha256}


def from_amazon(revision: str, sources: Sources, committed: dict[str, Document], today: datetime.date) -> Taken:
    """Take the models from Amazon's repository, as they are at `revision`.

    Where only prose changed, nothing is taken: the entry stays that of the commit that the facts come from, and a daily
    run has nothing to write.
    """
    taken = Taken({}, {})
    for file in fetch(sources.apis, revision):
        name = file.api.name
        source = read_source(file.content, f"{file.api.path} of {file.commit[:7]}", [file.api])
        model = published(source)
        known = sources.entries[name]
        missing = "commit" not in known and known.get("sha256") == source.sha256
        if model != committed.get(name) or missing:
            taken.models[name] = model
            taken.entries[name] = {
                "commit": file.commit,
                "date": file.date,
                "sha256": source.sha256,
                "looked_up": today.isoformat(),
            }
    return taken
