"""Step 2, first half: Swagger 2.0 to OpenAPI 3, by swagger2openapi at the versions of `package-lock.json`.

The only step that needs Node.
"""

import contextlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from regeneration.documents import Document
from regeneration.problem import Problem

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
STAMP = ".installed-from.json"
# Started without npx: npx takes longer than the conversion.
CONVERTER = MODULES / "swagger2openapi" / "swagger2openapi.js"


def to_openapi3(document: Document) -> Document:
    """The same API as an OpenAPI 3 document, with its prose."""
    node = _tool("node")
    _install()
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "swagger.json"), Path(folder, "openapi.json")
        source.write_text(json.dumps(document), encoding="utf-8")
        _run([node, str(CONVERTER), str(source), "-o", str(target)])
        converted: Document = json.loads(target.read_text(encoding="utf-8"))
    return converted


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Problem(f"{name} is not on PATH: taking a published model needs Node.js")
    return path


def _install() -> None:
    """Install what the lock file says, once. Several runs may do so at the same time."""
    lock = (HERE / "package-lock.json").read_bytes()
    if _installed() == lock:
        return
    with tempfile.TemporaryDirectory(dir=HERE, prefix=".npm-") as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        _run([_tool("npm"), "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund"])
        fresh = Path(folder, MODULES.name)
        shutil.copy(HERE / "package-lock.json", fresh / STAMP)
        if MODULES.exists():
            MODULES.rename(Path(folder, "outdated"))
        # If another run was faster, its folder is there, and has the same content.
        with contextlib.suppress(OSError):
            fresh.rename(MODULES)


def _installed() -> bytes | None:
    stamp = MODULES / STAMP
    return stamp.read_bytes() if stamp.is_file() else None


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line and not line.startswith("npm warn")]
        raise Problem(f"{Path(command[0]).name} failed: {' '.join(lines)[:500]}")
