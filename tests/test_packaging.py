"""What a user installs: one wheel, two typed packages, small core, extras by name."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import spapi_messaging
from tests.support.wheel import build_wheel

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HOME = PROJECT["urls"]["Repository"]
EXTRAS = {
    "cli", "sandbox", "preflight", "language", "aws", "bulk", "postgres", "redis", "celery", "metrics", "all",
}  # fmt: skip
CORE = {"httpx", "attrs", "python-dateutil"}
IMPORTED_AS = {"pyyaml": "yaml", "linkify-it-py": "linkify_it", "prometheus-client": "prometheus_client"}
# SQLAlchemy imports the one for a URL, httpcore the other one for each request.
USED_BY_OTHERS = {"psycopg", "sniffio"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(build_wheel(tmp_path_factory.mktemp("wheel")))


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def required(metadata: Message, extra: str | None) -> set[str]:
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    asked = {"extra": extra or ""}
    return {each.name for each in requirements if bool(each.marker) == bool(extra) and _applies(each, asked)}


def _applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def test_both_packages_are_in_the_wheel_and_typed(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())

    assert {"spapi_messaging/py.typed", "spapi_messaging_client/py.typed"} <= names
    assert {"spapi_messaging/client.py", "spapi_messaging_client/operations.py"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {
        "spapi_messaging",
        "spapi_messaging_client",
    }


def test_everything_that_is_needed_at_run_time_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    for source in (ROOT / "wrapper", ROOT / "generated"):
        there = {
            path.relative_to(source).as_posix()
            for path in source.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
        }
        assert there <= names


def test_core_needs_three_libraries(metadata: Message) -> None:
    assert required(metadata, None) == CORE
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"


def test_extras_are_those_that_the_readme_may_name(metadata: Message) -> None:
    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS


@pytest.fixture(scope="module")
def imports() -> set[str]:
    """The lines of the package that import something, each once."""
    begin = re.compile(r"\s*(?:import|from) |.*\bload\(")  # `load` is preflight's own import
    paths = (ROOT / "wrapper").rglob("*.py")
    return {line for path in paths for line in path.read_text(encoding="utf-8").splitlines() if begin.match(line)}


@pytest.mark.parametrize("extra", sorted(EXTRAS - {"all"}))
def test_extras_install_what_is_used_and_nothing_else(metadata: Message, imports: set[str], extra: str) -> None:
    names = {IMPORTED_AS.get(name, name) for name in required(metadata, extra)}

    assert names
    used, sources = r"^ *(?:import|from) {0}\b|\bload\(\"{0}\b", "\n".join(imports)
    unused = [name for name in names if not re.search(used.format(name), sources, re.MULTILINE)]
    assert set(unused) <= USED_BY_OTHERS


def test_all_holds_every_extra(metadata: Message) -> None:
    each = [required(metadata, extra) for extra in EXTRAS - {"all"}]

    assert required(metadata, "all") == set[str]().union(*each)


def test_every_extra_that_a_text_names_exists(wheel: zipfile.ZipFile, metadata: Message) -> None:
    texts = [metadata.get_payload(), *(wheel.read(name).decode() for name in wheel.namelist() if name.endswith(".py"))]
    found = [name for text in texts for name in re.findall(r"spapi-messaging\[([a-z,]+)\]", str(text))]
    named = {extra for extras in found for extra in extras.split(",")}

    assert {"cli", "sandbox", "aws"} <= named <= EXTRAS


def test_addresses_are_known_and_all_of_one_home(metadata: Message) -> None:
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL", []))

    assert set(urls) == {"Homepage", "Documentation", "Repository", "Changelog", "Issues"}
    assert [name for name, url in urls.items() if url != HOME and not url.startswith(f"{HOME}/")] == []


def test_readme_reads_right_without_the_repository(metadata: Message) -> None:
    readme = str(metadata.get_payload())
    links = re.findall(r"\]\(([^)]+)\)", readme) + re.findall(r"<(https?://[^>]+)>", readme)
    inside = [link for link in [*links, *PROJECT["urls"].values()] if link.startswith(f"{HOME}/blob/main/")]

    assert metadata["Description-Content-Type"] == "text/markdown"
    assert [link for link in links if not link.startswith(("http://", "https://"))] == []
    assert [link for link in links if "spapi-messaging" in link and link not in inside] == []
    assert len(inside) > 3
    files = [link.removeprefix(f"{HOME}/blob/main/").partition("#")[0] for link in inside]
    assert [file for file in files if not (ROOT / file).is_file()] == []


def test_all_places_name_one_version(metadata: Message) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    released = re.findall(r"^## \[(\d[^]]*)\]", changelog, flags=re.MULTILINE)

    assert metadata["Version"] == spapi_messaging.__version__
    assert "## [Unreleased]" in changelog
    assert released[:1] in ([], [spapi_messaging.__version__])


def without(*modules: str) -> str:
    """Python code that makes modules look as if they were not installed."""
    return f"import sys; sys.modules.update(dict.fromkeys({modules!r}));"


OPTIONAL = (
    "boto3",
    "botocore",
    "celery",
    "click",
    "filetype",
    "jinja2",
    "jsonschema",
    "prometheus_client",
    "pypdf",
    "redis",
    "starlette",
    "uvicorn",
    "yaml",
)


def test_clients_work_with_the_core_alone() -> None:
    use = """
import spapi_messaging
for name in spapi_messaging.__all__:
    getattr(spapi_messaging, name)
credentials = spapi_messaging.Credentials(client_id="i", client_secret="s", refresh_token="r")
spapi_messaging.MessagingClient(credentials=credentials, marketplace="DE").close()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", without(*OPTIONAL) + use], check=True)


def test_import_loads_no_extra() -> None:
    code = f"import spapi_messaging, sys; print(*sorted(set(sys.modules) & set({OPTIONAL!r})))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.split() == []


def test_command_says_what_to_install() -> None:
    code = without("click") + "from spapi_messaging.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr == "The command line needs click: pip install 'spapi-messaging[cli]'\n"


def test_demo_says_what_to_install() -> None:
    code = without("uvicorn") + "from spapi_messaging.cli import main; sys.argv[1:] = ['demo']; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 2
    assert "pip install 'spapi-messaging[sandbox]'" in done.stderr
    assert "Traceback" not in done.stderr
