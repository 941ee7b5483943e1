"""A reader who does what a page says, block by block, in a folder of their own, against a sandbox.

- A block with a title is a file in the reader's folder.
- `python` without a title is a program. It runs as a whole. Tests in it are run by pytest.
- `py` is a program of somebody else's, which only has to be Python.
- `console` has commands. What serves something goes on until the end of the page.
- `text` is what the block before it printed; `...` stands for anything.
- `sh` is a script that a shell has to understand. It is not run.
- Data (`json`, `yaml`, `toml`) has to be well-formed.
- `<!-- not run: why -->` above a block says that it cannot be run here.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pytest
import yaml
from packaging.requirements import Requirement

from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import invoke
from tests.docs.pages import ROOT, Block, Page
from tests.support.waiting import PATIENCE

LOCAL = "http://127.0.0.1:8765"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = set(PYPROJECT["project"]["optional-dependencies"])

SERVE_RETIRED = """
import pytest

@pytest.fixture
def spapi_sandbox_options():
    return {"retired": True}
"""


class Reader:
    """One reader of one page.

    Args:
        folder: where the reader works. It has an ``invoice.pdf``.
        sandbox: where messages go; the addresses of the local sandbox in the page mean this one.
        monkeypatch: puts the environment and the working directory back at the end.
    """

    def __init__(self, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.sandbox = folder, sandbox
        #: What stands in the page, and what takes its place here.
        self.replaced = {
            LOCAL: sandbox.url,
            # Any message of an example may be of a type that Amazon has retired since.
            "Sandbox()": "Sandbox(retired=True)",
            '[{"plans"': '[{"retired": True, "plans"',
        }
        self.printed = ""
        self._monkeypatch = monkeypatch
        self._running: list[subprocess.Popen[bytes]] = []
        self._modules = {*sys.modules}
        monkeypatch.chdir(folder)
        monkeypatch.syspath_prepend(str(folder))
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("SP_API_SANDBOX")  # a page may show clients of production; the endpoint is the sandbox's
        monkeypatch.setenv("HOME", str(folder))
        monkeypatch.setenv("SPAPI_MESSAGING_LEDGER", f"sqlite:///{folder / 'ledger.db'}")
        monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)

    def read(self, page: Page) -> None:
        """Does everything that a page says."""
        for block in page.all_blocks():
            if not block.not_run:
                self.do(block)

    def do(self, block: Block) -> None:
        """Does what one block says."""
        text = self._here(block.text)
        if block.title:
            self.write(block.title, text)
            return
        assert block.language in _WAYS, f"tests/docs/reader.py does not know {block.language!r} ({block.section})"
        _WAYS[block.language](self, text)

    def write(self, name: str, content: str | bytes) -> None:
        """Puts a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def set(self, name: str, value: str) -> None:
        """Sets a variable of the environment."""
        self._monkeypatch.setenv(name, value)

    def replace(self, name: str, value: object) -> None:
        """Replaces a value of a module, by its dotted name."""
        self._monkeypatch.setattr(name, value)

    def close(self) -> None:
        """Ends what still runs, and forgets the modules that came from the folder."""
        for process in self._running:
            process.send_signal(signal.SIGINT)
        for process in self._running:
            process.wait(PATIENCE)
        for name in {*sys.modules} - self._modules:
            if str(getattr(sys.modules[name], "__file__", "")).startswith(str(self.folder)):
                del sys.modules[name]

    def run_program(self, text: str) -> None:
        """Runs a program, and keeps what it printed."""
        if re.search(r"^(async )?def test_", text, re.M):
            return self._run_tests(text)
        printed = io.StringIO()
        code = compile(text, "example.py", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        with contextlib.redirect_stdout(printed):
            _execute(code)
        self.printed = printed.getvalue()
        return None

    def type_in(self, line: str) -> None:
        """Types a command, and keeps what it printed."""
        program, *words = shlex.split(line)
        if program == "export":
            name, _, value = words[0].partition("=")
            self._monkeypatch.setenv(name, os.path.expandvars(value))
        elif program == "pip":
            self._check_requirements(words)
        elif program == "source" or words[:2] == ["-m", "venv"]:
            assert words[-1].startswith("venv")  # this reader has an environment already
        elif program.startswith("scripts/"):
            assert os.access(ROOT / program, os.X_OK), f"{program} is not a script"
        elif program == "spapi-messaging" and words[:2] != ["sandbox", "serve"]:  # the sandbox runs already
            self._invoke(words)
        elif program == "python" and len(words) == 1:
            self.run_program((self.folder / words[0]).read_text(encoding="utf-8"))
        elif program != "spapi-messaging":
            self._run_outside([program, *words])

    def start(self, words: list[str]) -> None:
        """Starts a program that goes on."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), *sys.path])}
        self._running.append(subprocess.Popen(words, cwd=self.folder, env=environment))

    def type_all(self, text: str) -> None:
        """Types commands, and keeps what all of them printed."""
        printed = []
        for line in text.replace("\\\n", "").splitlines():
            if line.strip() and not line.startswith("#"):
                self.printed = ""
                self.type_in(line.partition("  # ")[0])
                printed.append(self.printed)
        self.printed = "".join(printed)

    def _invoke(self, words: list[str]) -> None:
        done = invoke(*words)
        assert done.exit_code in (0, 1, 3, 4, 6), (words, done.stderr)  # those of messages, not of wrong usage
        assert "Error:" not in done.stderr, (words, done.stderr)
        self.printed = done.stdout

    def _run_outside(self, words: list[str]) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(self.folder), *sys.path])}
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        self.printed = done.stdout

    def _run_tests(self, text: str) -> None:
        self.write("test_example.py", text)
        self.write("conftest.py", SERVE_RETIRED)
        self._run_outside([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_example.py"])

    def _check_requirements(self, words: list[str]) -> None:
        assert words[0] == "install"
        for requirement in (Requirement(word) for word in words[1:] if not word.startswith("-")):
            assert requirement.name != "spapi-messaging" or requirement.extras <= EXTRAS, requirement

    def compare(self, expected: str) -> None:
        """Compares what the page shows with what was printed last."""
        pattern = r".*?".join(re.escape(part) for part in expected.strip().split("..."))
        printed = "\n".join(line.rstrip() for line in self.printed.strip().splitlines())
        assert re.fullmatch(pattern, printed, re.S), f"printed:\n{printed}\n\nthe page says:\n{expected}"

    def _here(self, text: str) -> str:
        for shown, real in self.replaced.items():
            text = text.replace(shown, real)
        return text


def _execute(code: CodeType) -> None:
    names = {"__name__": "__main__"}
    result = eval(code, names)
    if inspect.iscoroutine(result):  # a notebook's cell, which awaits
        asyncio.run(result)


def _check_script(text: str) -> None:
    """A script of a shell: it is not run, but a shell has to read it."""
    done = subprocess.run(["sh", "-n"], input=text, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


_WAYS: dict[str, Callable[[Reader, str], object]] = {
    "python": Reader.run_program,
    "py": lambda reader, text: ast.parse(text),
    "console": Reader.type_all,
    "text": Reader.compare,
    "json": lambda reader, text: json.loads(text),
    "yaml": lambda reader, text: yaml.safe_load(text),
    "toml": lambda reader, text: tomllib.loads(text),
    "sh": lambda reader, text: _check_script(text),
}
