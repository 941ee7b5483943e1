"""`spec/sources.toml` says what is true of the committed facts, and keeps what people wrote into it."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
import tomllib
from pathlib import Path

import pytest

from regeneration.command import main
from regeneration.documents import Document
from regeneration.fetching.provenance import read, to_toml
from tests.scripts.amazon_repository import AmazonRepository
from tests.scripts.fixture_repository import MESSAGING, tables
from tests.scripts.published import ROOT

TODAY = datetime.date(2027, 1, 9)
OTHER = "0123456789abcdef0123456789abcdef01234567"


def entry(folder: Path) -> dict[str, str]:
    return tables(folder)["messaging"]


def set_entry(folder: Path, **values: str | None) -> None:
    """Write these values into the table of the Messaging API. None: the key goes."""
    path = folder / "spec" / "sources.toml"
    kept = {key: value for key, value in (entry(folder) | values).items() if value is not None}
    path.write_text(to_toml(path.read_text(), {"messaging": kept}))


def digest(content: Document) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def fetch(folder: Path) -> None:
    assert main(["--fetch"], TODAY, folder) == 0


def test_the_committed_digests_are_those_of_the_commits_that_they_name(shared: Path) -> None:
    rows = [line.split("|") for line in (shared / "README.md").read_text().splitlines() if line.count("|") == 6]
    known = {
        (path.strip(), sha256.strip()): (commit.strip(), date.strip()) for _, _, path, commit, date, sha256, _ in rows
    }
    for name, table in tomllib.loads((ROOT / "spec" / "sources.toml").read_text()).items():
        # Of a model that is newer than the list, nothing is known.
        if name != "tools" and (table["path"], table["sha256"]) in known:
            assert known[table["path"], table["sha256"]] == (table["commit"], table["date"])


def test_a_change_is_recorded_with_its_commit_its_date_and_the_day_of_the_look(
    amazon: AmazonRepository, follower: Path, swagger: Document
) -> None:
    swagger["definitions"]["SendGreetingRequest"]["properties"]["text"]["maxLength"] += 1
    commit = amazon.commit("2027-01-02", {MESSAGING: swagger})

    fetch(follower)

    found = entry(follower)
    assert (found["commit"], found["date"], found["sha256"]) == (commit, "2027-01-02", digest(swagger))
    assert found["looked_up"] == "2027-01-09"


def test_a_commit_that_was_not_known_is_filled_in_when_the_bytes_are_the_same(
    amazon: AmazonRepository, follower: Path, swagger: Document
) -> None:
    set_entry(follower, commit=None, date=None, sha256=digest(swagger))

    fetch(follower)

    assert entry(follower)["commit"] == amazon.git("rev-parse", "HEAD")
    assert (entry(follower)["date"], entry(follower)["looked_up"]) == ("2027-01-01", "2027-01-09")


def test_prose_leaves_the_entry_with_the_commit_that_has_its_bytes(
    amazon: AmazonRepository, follower: Path, swagger: Document
) -> None:
    set_entry(follower, commit=OTHER, sha256=digest(swagger))
    before = (follower / "spec" / "sources.toml").read_bytes()
    swagger["info"]["description"] = "Other prose."
    amazon.commit("2027-01-02", {MESSAGING: swagger})

    fetch(follower)

    assert (follower / "spec" / "sources.toml").read_bytes() == before


def test_the_same_file_again_erases_nothing(repository: Path, swagger: Document, tmp_path: Path) -> None:
    set_entry(repository, sha256=digest(swagger))
    before = entry(repository)
    model = tmp_path / "model.json"
    model.write_text(json.dumps(swagger))

    assert main(["--from", str(model)], root=repository) == 0
    assert entry(repository) == before


def test_of_another_file_only_what_is_given_is_known(repository: Path, swagger: Document, tmp_path: Path) -> None:
    swagger["info"]["description"] = "Other prose."
    model = tmp_path / "model.json"
    model.write_text(json.dumps(swagger))
    hand_written = {
        key: value for key, value in entry(repository).items() if key not in {"commit", "date", "looked_up"}
    }

    assert main(["--from", str(model), "--commit", OTHER], root=repository) == 0
    assert entry(repository) == hand_written | {"commit": OTHER, "sha256": digest(swagger)}


def test_comments_and_order_stay() -> None:
    text = (ROOT / "spec" / "sources.toml").read_text()
    commented = text.replace("[messaging]\n", "[messaging] # ours\n# A remark.\n").replace(
        'tag = "messaging"', 'tag = "messaging" # short'
    )
    entries = read(ROOT / "spec" / "sources.toml").entries

    assert to_toml(commented, entries) == commented
    without = to_toml(commented, {"messaging": {"sha256": "0" * 64}})
    assert "commit" not in tomllib.loads(without)["messaging"]
    # What goes and comes back stands in the same table, before the blank line.
    again = to_toml(without, entries)
    assert tomllib.loads(again) == tomllib.loads(commented)
    assert "# A remark." in again
    assert again.count("\n\n[") == commented.count("\n\n[")
    assert "\n\n\n" not in again


@pytest.mark.usefixtures("todays")
def test_the_committed_file_is_what_a_run_writes(tmp_path: Path, todays: Path) -> None:
    shutil.copytree(ROOT / "spec", tmp_path / "spec")

    assert main(["--from", str(todays), "--into", str(tmp_path)]) == 0
    assert (tmp_path / "spec" / "sources.toml").read_bytes() == (ROOT / "spec" / "sources.toml").read_bytes()
