"""Steps 1 and 2 of a run: the published models that it takes, and what is known of where they come from."""

import datetime
from dataclasses import dataclass
from pathlib import Path

from regeneration.documents import Document
from regeneration.fetching.fetch import fetch
from regeneration.fetching.provenance import Entries, Entry, Sources
from regeneration.fetching.source import read_source, read_sources
from regeneration.pipeline import published


@dataclass(frozen=True)
class Taken:
    """The reduced models, and their entries in `sources.toml`, by the names of their APIs."""

    models: dict[str, Document]
    entries: Entries


NOTHING = Taken({}, {})


def from_path(path: Path, sources: Sources, committed: dict[str, Document], given: Entry) -> Taken:
    """Take the models at `path`. `given` is what is said of their commit.

    If the bytes are the same as before, their entry stays. If they differ, the entry holds only what is given; if
    nothing is given and the facts are the same, the old entry stays.
    """
    taken = Taken({}, {})
    for source in read_sources(path, sources.apis):
        name, model = source.api.name, published(source)
        known = sources.entries[name]
        taken.models[name] = model
        same = known.get("sha256") == source.sha256 or (model == committed.get(name) and not given)
        taken.entries[name] = (known if same else {"sha256": source.sha256}) | given
    return taken


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
