"""Opening a pull request: with a local repository in GitHub's place, and a gh that writes down what it is asked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.scripts.published import ROOT

GH = """#!{python}
import json, pathlib, sys
state = pathlib.Path({state!r})
known = json.loads(state.read_text())
command, options = sys.argv[1:3], sys.argv[3:]
known["calls"].append(sys.argv[1:])
def value(name):
    return options[options.index(name) + 1] if name in options else None
if known["refuses"] == " ".join(command):
    sys.exit("GitHub Actions is not permitted to create pull requests")
if command == ["pr", "create"]:
    number = len(known["pulls"]) + 1
    known["pulls"].append(dict(number=number, url=f"https://github.test/pull/{{number}}", headRefName=value("--head"),
                               isCrossRepository=False, open=True, draft="--draft" in options, title=value("--title"),
                               base=value("--base"), body=pathlib.Path(value("--body-file")).read_text()))
    print(known["pulls"][-1]["url"])
if command == ["pr", "list"]:
    print(json.dumps([pull for pull in known["pulls"]
                      if value("--head") in (None, pull["headRefName"])
                      and (value("--state") == "all" or pull["open"])]))
state.write_text(json.dumps(known))
"""
OLD, NEW, NEWER = "1" * 40, "2" * 40, "3" * 40
Files = dict[str, str | None]


def sources(messaging: str, uploads: str = OLD) -> str:
    return f'[messaging]\ncommit = "{messaging}"\n\n["uploads_2020-11-01"]\ncommit = "{uploads}"\n'


class GitHub:
    """A bare repository, a clone of it for the workflow, and what gh knows."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clone, self.state = folder, folder / "clone", folder / "state.json"

    def start(self) -> None:
        """Make the repository, with one commit."""
        self.git("init", "-q", "--bare", "--initial-branch", "main", str(self.folder / "origin.git"))
        self.git("clone", "-q", str(self.folder / "origin.git"), str(self.clone))
        self.clone_git("remote", "set-url", "origin", "../origin.git")
        self.write({"spec/sources.toml": sources(OLD), "generated/x.py": "x = 1\n", "README.md": "one\n"})
        self.clone_git("add", ".")
        self.clone_git("commit", "-q", "-m", "First")
        self.clone_git("push", "-q", "origin", "HEAD:main")

    def put_gh(self) -> None:
        """Put a gh on the PATH of the command."""
        self.state.write_text(json.dumps({"calls": [], "pulls": [], "refuses": ""}))
        (self.folder / "bin").mkdir()
        gh = self.folder / "bin" / "gh"
        gh.write_text(GH.format(python=sys.executable, state=str(self.state)))
        gh.chmod(0o755)

    def git(self, *arguments: str) -> str:
        who = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com", "-c", "init.defaultBranch=main")
        return subprocess.run(["git", *who, *arguments], capture_output=True, text=True, check=True).stdout.strip()

    def clone_git(self, *arguments: str) -> str:
        return self.git("-C", str(self.clone), *arguments)

    def write(self, files: Files) -> None:
        for name, text in files.items():
            path = self.clone / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink() if text is None else path.write_text(text)

    def change(self, files: Files, *, passed: bool = True, report: str = "A report.\n") -> Path:
        """The folder that the first job uploads. The clone is as before."""
        self.write(files)
        self.clone_git("add", "--all")
        patch = self.clone_git("diff", "--cached", "--binary")
        self.clone_git("reset", "-q", "--hard")
        return self.folder_of(patch + "\n" if patch else "", passed=passed, report=report)

    def folder_of(self, patch: str, *, passed: bool = True, report: str = "A report.\n") -> Path:
        folder = self.folder / "change"
        folder.mkdir(exist_ok=True)
        (folder / "change.patch").write_text(patch)
        (folder / "report.md").write_text(report)
        (folder / "passed").write_text(f"{passed}\n".lower())
        return folder

    def propose(self, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        environment["GITHUB_STEP_SUMMARY"] = str(self.folder / "summary.md")
        command = [sys.executable, str(ROOT / "scripts" / "propose.py"), str(folder), "--base", "main", *options]
        return subprocess.run(command, cwd=self.clone, env=environment, capture_output=True, text=True)

    def proposed(self, files: Files, *options: str, passed: bool = True, report: str = "A report.\n") -> str:
        """Propose a change. Returns the summary, which is what the command prints too."""
        (self.folder / "summary.md").write_text("")
        done = self.propose(self.change(files, passed=passed, report=report), *options)
        assert done.returncode == 0, done.stderr
        assert (self.folder / "summary.md").read_text() == done.stdout
        return done.stdout

    def refused(self, folder: Path, *options: str) -> str:
        """Propose a change that is refused. Nothing reaches GitHub. Returns what the command says."""
        before = self.branches, len(self.pulls)
        done = self.propose(folder, *options)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert (self.branches, len(self.pulls)) == before
        return done.stderr

    def person_commits(self, branch: str) -> str:
        """Somebody adds a commit to a branch. Returns its hash."""
        self.clone_git("fetch", "-q", "origin", branch)
        self.clone_git("checkout", "-q", "-b", "theirs", "FETCH_HEAD")
        self.write({"wrapper/fix.py": "fixed = True\n"})
        self.clone_git("add", ".")
        self.clone_git("commit", "-q", "-m", "Fix it by hand")
        self.clone_git("push", "-q", "origin", f"HEAD:{branch}")
        self.clone_git("checkout", "-q", "main")
        return self.branches[branch]

    def knows(self, **known: Any) -> None:
        self.state.write_text(json.dumps(json.loads(self.state.read_text()) | known))

    @property
    def branches(self) -> dict[str, str]:
        lines = self.git("ls-remote", "--heads", str(self.folder / "origin.git")).splitlines()
        return {ref.removeprefix("refs/heads/"): commit for commit, ref in (line.split() for line in lines)}

    @property
    def pulls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.state.read_text())["pulls"]
        return found

    @property
    def calls(self) -> list[list[str]]:
        found: list[list[str]] = json.loads(self.state.read_text())["calls"]
        return found


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository to copy, because git takes long to make one."""
    folder = tmp_path_factory.mktemp("github")
    GitHub(folder).start()
    return folder


@pytest.fixture
def github(tmp_path: Path, started: Path) -> GitHub:
    shutil.copytree(started, tmp_path, dirs_exist_ok=True)
    made = GitHub(tmp_path)
    made.put_gh()
    return made


def test_a_change_becomes_a_commit_on_a_branch_of_its_own_and_a_pull_request(github: GitHub) -> None:
    main = github.branches["main"]
    told = github.proposed({"spec/sources.toml": sources(NEW), "generated/y.py": "y = 1\n", "generated/x.py": None})
    (pull,) = github.pulls

    assert told == "Opened https://github.test/pull/1\n"
    assert (pull["headRefName"], pull["base"], pull["draft"]) == ("amazon/2222222", "main", False)
    assert (pull["title"], pull["body"]) == ("Follow Amazon's published models (2222222)", "A report.\n")
    assert github.branches == {"main": main, "amazon/2222222": github.branches["amazon/2222222"]}
    github.clone_git("fetch", "-q", "origin", "amazon/2222222")
    assert github.clone_git("log", "--format=%P %s %an", "main..FETCH_HEAD") == (
        f"{main} Follow Amazon's published models (2222222) github-actions[bot]"
    )
    assert github.clone_git("diff", "--name-status", "main", "FETCH_HEAD").split("\n") == [
        "D\tgenerated/x.py",
        "A\tgenerated/y.py",
        "M\tspec/sources.toml",
    ]


def test_the_checkout_stays_as_it_was_so_that_nothing_of_the_change_can_run(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW), "generated/x.py": "x = 2\n"})

    assert github.clone_git("status", "--porcelain") == ""
    assert (github.clone / "generated" / "x.py").read_text() == "x = 1\n"


def test_ci_is_started_on_the_branch_where_that_is_asked_for(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW)}, "--start-ci")

    [started] = [call for call in github.calls if call[0] == "workflow"]
    assert started == ["workflow", "run", "ci.yml", "--ref", "amazon/2222222"]


def test_ci_that_cannot_be_started_is_started_the_next_time(github: GitHub) -> None:
    github.knows(refuses="workflow run")
    done = github.propose(github.change({"spec/sources.toml": sources(NEW)}), "--start-ci")
    assert (done.returncode, github.pulls) == (1, [])

    github.knows(refuses="")
    github.proposed({"spec/sources.toml": sources(NEW)}, "--start-ci")
    assert len(github.pulls) == 1
    assert github.calls[-1][:2] == ["pr", "create"]
    assert ["workflow", "run", "ci.yml", "--ref", "amazon/2222222"] in github.calls


def test_an_apps_token_needs_no_start_of_ci(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW)})

    assert not [call for call in github.calls if call[0] == "workflow"]


def test_the_same_change_again_changes_nothing(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW)}, "--start-ci")
    before, calls = github.branches, len(github.calls)
    told = github.proposed({"spec/sources.toml": sources(NEW)}, "--start-ci")

    assert told == "The branch amazon/2222222 is there already, so it was left alone: https://github.test/pull/1\n"
    assert (github.branches, len(github.pulls)) == (before, 1)
    assert [call[:2] for call in github.calls[calls:]] == [["pr", "list"]]


def test_a_persons_commit_on_the_branch_stays(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW)})
    theirs = github.person_commits("amazon/2222222")
    told = github.proposed({"spec/sources.toml": sources(NEW), "generated/x.py": "x = 2\n"})

    assert "left alone" in told
    assert github.branches["amazon/2222222"] == theirs


def test_a_closed_pull_request_is_not_opened_again_while_its_branch_is_there(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW)})
    github.knows(pulls=[pull | {"open": False} for pull in github.pulls])
    told = github.proposed({"spec/sources.toml": sources(NEW)})

    assert "left alone" in told
    assert len(github.pulls) == 1


def test_a_branch_without_a_pull_request_gets_one(github: GitHub) -> None:
    """The first run pushed, and then GitHub refused to open the pull request."""
    github.knows(refuses="pr create")
    done = github.propose(github.change({"spec/sources.toml": sources(NEW)}))
    assert (done.returncode, done.stderr) == (
        1,
        "propose: gh pr create: GitHub Actions is not permitted to create pull requests\n",
    )
    theirs = github.person_commits("amazon/2222222")
    github.knows(refuses="")

    assert "Opened" in github.proposed({"spec/sources.toml": sources(NEW)})
    assert github.branches["amazon/2222222"] == theirs


def test_a_newer_commit_gets_another_branch_and_its_pull_request_names_the_older_one(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW)})
    theirs = github.person_commits("amazon/2222222")
    github.proposed({"spec/sources.toml": sources(NEWER)})
    older, newer = github.pulls

    assert newer["headRefName"] == "amazon/3333333"
    assert newer["body"] == ("A report.\n\nThis takes the place of #1. What people committed there is not in it.\n")
    assert github.branches["amazon/2222222"] == theirs
    assert older["open"]


def test_two_models_that_changed_are_both_in_the_name(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW, NEWER)})
    assert github.pulls[0]["headRefName"] == "amazon/2222222-3333333"
    assert github.pulls[0]["title"] == "Follow Amazon's published models (2222222, 3333333)"


def test_two_models_of_one_commit_name_it_once(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW, NEW)})
    assert github.pulls[0]["headRefName"] == "amazon/2222222"


def test_the_other_model_alone(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(OLD, NEWER)})
    assert github.pulls[0]["headRefName"] == "amazon/3333333"


def test_a_fork_with_the_same_branch_name_hides_nothing(github: GitHub) -> None:
    fork = {"number": 7, "url": "u", "headRefName": "amazon/2222222", "isCrossRepository": True, "open": True}
    github.knows(pulls=[fork], refuses="pr create")
    github.propose(github.change({"spec/sources.toml": sources(NEW)}))
    github.knows(refuses="")

    assert "Opened" in github.proposed({"spec/sources.toml": sources(NEW)})
    assert "#7" not in github.pulls[-1]["body"]


def test_failing_tests_make_a_draft(github: GitHub) -> None:
    told = github.proposed({"spec/sources.toml": sources(NEW)}, passed=False)

    assert told == "Opened a draft, because the tests fail: https://github.test/pull/1\n"
    assert github.pulls[0]["draft"]


def test_a_long_report_is_shortened_to_what_a_description_may_be(github: GitHub) -> None:
    github.proposed({"spec/sources.toml": sources(NEW)}, report="- a line of the report\n" * 5000)
    body = github.pulls[0]["body"]

    assert len(body) < 65_536
    assert body.endswith("All of it is in the summary of the run.\n")


def test_an_empty_change_is_not_proposed(github: GitHub) -> None:
    assert github.proposed({}) == "The change is empty, so nothing was proposed.\n"
    assert list(github.branches) == ["main"]
    assert github.calls == []


@pytest.mark.parametrize(
    "name",
    [
        ".github/workflows/ci.yml",
        "scripts/propose.py",
        "README.md",
        "wrapper/x.py",
        "pyproject.toml",
        "special/x",
        "spec/templates/x.jinja",
        "spec/generator.yaml",
    ],
)
def test_a_file_that_regeneration_does_not_write_is_refused(github: GitHub, name: str) -> None:
    folder = github.change({"spec/sources.toml": sources(NEW), name: "other\n"})
    told = github.refused(folder)

    assert f"it changes '{name}'; only spec/published/, spec/overlays/, " in told


def test_a_file_that_moves_out_of_a_foreign_place_is_refused(github: GitHub) -> None:
    folder = github.change({"spec/sources.toml": sources(NEW), "README.md": None, "generated/README.md": "one\n"})
    assert "it changes 'README.md'" in github.refused(folder)


def _link(github: GitHub) -> None:
    (github.clone / "generated" / "link").symlink_to("../../secret")


def _program(github: GitHub) -> None:
    (github.clone / "generated" / "x.py").chmod(0o755)


@pytest.mark.parametrize(("make", "mode"), [(_link, "120000"), (_program, "100755")])
def test_links_and_programs_are_refused(github: GitHub, make: Callable[[GitHub], None], mode: str) -> None:
    make(github)
    told = github.refused(github.change({"spec/sources.toml": sources(NEW)}))

    assert f"has the mode {mode}; only plain files may be in it" in told


@pytest.mark.parametrize("path", ["../outside", ".git/hooks/pre-push", "spec/../.github/x", "/tmp/x"])
def test_a_path_that_leaves_the_repository_is_refused(github: GitHub, path: str) -> None:
    patch = f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+x\n"
    told = github.refused(github.folder_of(patch))

    assert told.startswith("propose: git apply")


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ("no patch at all\n", "git apply"),
        ("diff --git a/spec/x b/spec/x\n--- a/spec/x\n+++ b/spec/x\n@@ -1 +1 @@\n-old\n+new\n", "git apply"),
    ],
)
def test_a_patch_that_does_not_fit(github: GitHub, patch: str, reason: str) -> None:
    assert reason in github.refused(github.folder_of(patch))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (sources("main; rm -rf ."), "the commit 'main; rm -rf .' is not a hash"),
        (sources("--force"), "the commit '--force' is not a hash"),
        ("[messaging]\ncommit = 7\n", "the commit 7 is not a hash"),
        ("[messaging]\nsha256 = 'x'\n", "it names no commit of Amazon's"),
        ("[messaging\n", "not TOML"),
    ],
)
def test_sources_that_name_no_commit(github: GitHub, text: str, reason: str) -> None:
    assert reason in github.refused(github.change({"spec/sources.toml": text}))


def test_a_folder_without_the_change(github: GitHub) -> None:
    assert "there is no such file" in github.refused(github.folder / "elsewhere")
