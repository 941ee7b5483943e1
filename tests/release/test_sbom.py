"""The bill of materials: what is in it, that its bytes can be made again, and that it tells nothing of the machine."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import pytest

import spapi_messaging
from releasing.problem import Problem
from tests.support.wheel import build_wheel

sbom: Any = pytest.importorskip("releasing.sbom", reason="the group `release` is not installed")

CORE = {"httpx", "attrs", "python-dateutil"}
BELOW_CORE = {"httpcore", "anyio", "certifi", "idna", "h11", "six", "typing_extensions"}
EPOCH = "1700000000"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and its core. What is installed is told by the metadata, so these are enough."""
    return environment(tmp_path_factory.mktemp("environment"), wheel)


def environment(folder: Path, wheel: Path) -> Path:
    venv.create(folder, with_pip=False)
    python = next(path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists())
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    libraries = Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())
    for name in sorted(CORE | BELOW_CORE):
        metadata = Path(str(distribution(name).locate_file("."))).glob(f"{name.replace('-', '_')}-*.dist-info")
        for path in metadata:
            shutil.copytree(path, libraries / path.name)
    zipfile.ZipFile(wheel).extractall(libraries)
    return python


def test_what_is_in_it(wheel: Path, python: Path) -> None:
    text = sbom.describe(wheel, python, EPOCH)
    bill = json.loads(text)
    root = bill["metadata"]["component"]
    depends = {each["ref"]: each.get("dependsOn", []) for each in bill["dependencies"]}

    sbom.check(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert (root["name"], root["version"]) == ("spapi-messaging", spapi_messaging.__version__)
    assert root["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(wheel.read_bytes()).hexdigest()}]
    assert root["licenses"][0]["license"]["id"] == "Apache-2.0"
    assert {each["name"] for each in bill["components"]} == CORE | BELOW_CORE
    assert {each.partition("==")[0] for each in depends[root["bom-ref"]]} == CORE
    assert [each for each in bill["components"] if not each["version"] or not each["licenses"]] == []


def test_the_same_wheel_gives_the_same_bytes_and_no_path_of_the_machine(
    wheel: Path, python: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / wheel.name
    shutil.copy(wheel, elsewhere)
    text = sbom.describe(wheel, python, EPOCH)

    assert sbom.describe(elsewhere, environment(tmp_path / "environment", elsewhere), EPOCH) == text
    assert [part for part in (str(tmp_path), str(python.parents[1]), str(Path.home()) + "/") if part in text] == []


def test_an_environment_that_is_not_there(wheel: Path, tmp_path: Path) -> None:
    with pytest.raises(Problem, match="cyclonedx-py fails"):
        sbom.describe(wheel, tmp_path / sys.executable.rpartition("/")[2], EPOCH)
