"""What is published: two real builds give the same bytes, and hold what belongs there."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from releasing.building import build
from releasing.problem import Problem
from tests.support.wheel import build_wheel

ROOT = Path(__file__).parents[2]
PUBLISHED = ("wrapper", "generated", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", ".gitignore")
MAX_FILE = 300_000


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the files of the tree as they are now, and with a file that is not committed."""
    folder = tmp_path_factory.mktemp("clone")
    for name in PUBLISHED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    someone = ("git", "-c", "user.name=S", "-c", "user.email=s@example.com", "-c", "commit.gpgsign=false")
    for command in (("init", "-q"), ("add", "--all"), ("commit", "-q", "-m", "All of it")):
        subprocess.run([*someone, *command], cwd=folder, check=True, capture_output=True)
    (folder / "wrapper" / "spapi_messaging" / "credentials.yml").write_text("a secret of this machine")
    return folder


@pytest.fixture(scope="module")
def built(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both files. They are there only when two builds gave the same bytes."""
    return build(clone, tmp_path_factory.mktemp("dist"))


def test_two_builds_give_the_same_wheel_and_source_distribution(built: list[Path]) -> None:
    assert [path.name.partition("-")[2].partition("-")[2] or path.suffix for path in built] == [
        "py3-none-any.whl",
        ".gz",
    ]


def test_the_wheel_from_the_source_distribution_is_that_of_the_tree(built: list[Path], tmp_path: Path) -> None:
    """The published one comes from the source distribution."""
    published, tree = zipfile.ZipFile(built[0]), zipfile.ZipFile(build_wheel(tmp_path))

    assert {name: published.read(name) for name in published.namelist()} == {
        name: tree.read(name) for name in tree.namelist()
    }


def test_the_source_distribution_has_what_the_wheel_needs_and_no_more(built: list[Path]) -> None:
    with tarfile.open(built[1]) as archive:
        files = {member.name.partition("/")[2]: member for member in archive.getmembers()}

    assert {name.partition("/")[0] for name in files} == {*PUBLISHED, "PKG-INFO"}
    assert [name for name in files if "__pycache__" in name or name.endswith((".yml", ".pem", ".key", ".env"))] == []
    assert [name for name, member in files.items() if member.size > MAX_FILE] == []
    assert {(member.uid, member.gid, member.uname, member.gname) for member in files.values()} == {(0, 0, "", "")}


def test_files_that_are_not_committed_stay_out(built: list[Path]) -> None:
    assert [name for name in zipfile.ZipFile(built[0]).namelist() if name.endswith("credentials.yml")] == []


def test_a_folder_with_an_older_build_is_refused(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "spapi_messaging-0.0.1.tar.gz").touch()

    with pytest.raises(Problem, match="is not empty: remove what is in it"):
        build(clone, tmp_path)


def test_a_build_that_fails_says_why(clone: Path, tmp_path: Path) -> None:
    """A folder without a commit is the simplest one."""
    with pytest.raises(Problem, match="`git archive HEAD …` fails"):
        build(tmp_path, tmp_path / "dist")
