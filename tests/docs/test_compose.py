"""compose.yaml: its form, and its commands. They run here without containers, on this machine's servers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from spapi_messaging.bulk import Ledger, State
from tests.docs.folders import warnings_in
from tests.docs.pages import Page
from tests.support import postgres, redis_server
from tests.support.ports import free_port
from tests.support.schemas import assert_follows
from tests.support.waiting import PATIENCE, until_finished, until_sent, wait_until

ROOT = Path(__file__).parents[2]
FILE = ROOT / "compose.yaml"
TEXT = FILE.read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
BUILD: dict[str, Any] = SERVICES["sandbox"]["build"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == SERVICES["sandbox"]["image"]}
#: What takes the place of 1,000 messages for 50 sellers.
FEW = "20 4"


def test_it_is_what_compose_takes() -> None:
    assert_follows("vendor.compose-spec", [FILE])


def test_it_has_what_a_trial_needs() -> None:
    names = {"postgres", "redis", "sandbox", "jobs", "worker", "beat", "metrics", "status"}
    assert set(SERVICES) == names
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    assert "replicas" not in json.dumps(SERVICES["beat"])


def test_one_service_builds_the_image_of_all_and_nobody_looks_for_it_elsewhere() -> None:
    """Docker refuses the second of two builds that export one name at once."""
    assert [name for name, service in SERVICES.items() if "build" in service] == ["sandbox"]
    assert {service["pull_policy"] for name, service in OURS.items() if name != "sandbox"} == {"never"}


def test_images_are_of_a_major_version() -> None:
    bases = re.findall(r"^FROM (\S+)$", BUILD["dockerfile_inline"], flags=re.MULTILINE)
    images = [service["image"] for name, service in SERVICES.items() if name not in OURS]

    assert len([*bases, *images]) == 3
    assert [each for each in [*bases, *images] if not re.fullmatch(r"\w+:\d+(\.\d+-slim)?", each)] == []


def test_nobody_is_root_and_nothing_is_secret() -> None:
    assert "USER nobody" in BUILD["dockerfile_inline"]
    assert not re.search(r"(?i)password:|secret:|token:|:[^/@\s]+@", TEXT)
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_whoever_waits_for_health_waits_for_one_that_tells_it() -> None:
    for service in SERVICES.values():
        for name, how in service.get("depends_on", {}).items():
            assert ("healthcheck" in SERVICES[name]) == (how["condition"] == "service_healthy")


def test_the_image_gets_every_file_that_the_package_is_built_from() -> None:
    copied = re.findall(r"^COPY (.+)$", BUILD["dockerfile_inline"], flags=re.MULTILINE)
    names = {name for line in copied for name in line.split()[:-1]}

    assert {"pyproject.toml", "README.md", "LICENSE", "wrapper", "generated", "docs/compose"} <= names
    assert all((ROOT / name).exists() for name in names)


class Machine:
    """This machine in the place of the containers.

    Args:
        folder: for what the commands write.
        ledger: the database's URL.
        redis: the Redis server's URL.
    """

    def __init__(self, folder: Path, ledger: str, redis: str) -> None:
        self._folder, self.ledger = folder, ledger
        name, port, metrics_port = name_of_this_machine(), free_port(), free_port()
        self.sandbox_port = port
        self.sandbox_options = ["--port", str(port), "--allow-host", name]
        self.inbox_url = f"http://127.0.0.1:{port}/_sandbox/inbox"
        self.metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"
        # What stands in the file, and what takes its place.
        self._names = {
            "http://sandbox:8765": f"http://{name}:{port}",
            "127.0.0.1:8765": f"127.0.0.1:{port}",
            "0.0.0.0": "127.0.0.1",
            "postgresql+psycopg://postgres@postgres/shop": ledger,
            "redis://redis:6379/": redis.removesuffix("0"),
            "9108": str(metrics_port),
            "/tmp/beat": str(folder / "beat"),
            "1000 50": FEW,
        }

    def command(self, service: str, key: str = "command") -> list[str]:
        """A service's command, or its health check."""
        words = SERVICES[service]["healthcheck"]["test"][1:] if key == "healthcheck" else SERVICES[service][key]
        return [self._here(word) for word in words]

    def run(self, service: str, key: str = "command") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(service, key), env=self._environment(service), cwd=ROOT / "docs/compose",
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip

    @contextmanager
    def running(self, service: str, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        """A service. It ends with the block, as `docker compose stop` ends it."""
        with (self._folder / f"{service}-{free_port()}.log").open("wb") as log:
            process = subprocess.Popen(
                [*self.command(service), *more], env=self._environment(service), cwd=ROOT / "docs/compose",
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(PATIENCE)
                finally:
                    process.kill()

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*.log")))

    def _environment(self, service: str) -> dict[str, str]:
        own = {name: self._here(value) for name, value in SERVICES[service].get("environment", {}).items()}
        programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        path = os.pathsep.join(sys.path)
        return {"PATH": programs, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", **own}

    def _here(self, word: str) -> str:
        for name, value in self._names.items():
            word = word.replace(name, value)
        return word


def is_taken(port: int) -> bool:
    """Whether a server listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def name_of_this_machine() -> str:
    """A name of it that is not `localhost`, so that the sandbox is on another machine as far as a client can see."""
    name = socket.gethostname()
    try:
        return name if socket.gethostbyname(name).startswith("127.") else "127.0.0.1"
    except OSError:
        return "127.0.0.1"


@pytest.fixture
def machine(tmp_path: Path, postgres_server: postgres.Server, redis_server: redis_server.Server) -> Machine:
    redis_server.flush()
    return Machine(tmp_path, postgres_server.url(postgres_server.fresh_database()), redis_server.url)


def test_its_commands_send_every_message_once(machine: Machine) -> None:
    """The workers are killed in the middle, and started again."""
    with ExitStack() as stack:
        stack.enter_context(machine.running("sandbox", *machine.sandbox_options))
        wait_until(lambda: is_taken(machine.sandbox_port), "the sandbox", machine.logs)
        wait_until(lambda: machine.run("sandbox", "healthcheck").returncode == 0, "its health", machine.logs)
        added = machine.run("jobs")
        assert added.returncode == 0, added.stderr
        stack.enter_context(machine.running("beat"))
        stack.enter_context(machine.running("metrics"))
        with machine.running("worker") as first, machine.running("worker") as second:
            until_sent(machine.ledger, 1, machine.logs)
            for worker in (first, second):
                os.killpg(worker.pid, signal.SIGKILL)  # with the processes of its pool, as a container ends
                worker.wait()
        stack.enter_context(machine.running("worker"))
        until_finished(machine.ledger, machine.logs)
        with Ledger(machine.ledger) as ledger:
            states = ledger.status().states
        inbox = httpx.get(machine.inbox_url, trust_env=False).json()
        page = httpx.get(machine.metrics_url, trust_env=False).text
        status = machine.run("status")

    assert warnings_in(machine.logs()) == []
    orders = [message["order_id"] for message in inbox]
    assert len(orders) == len(set(orders))
    assert states.get(State.SENT, 0) + states.get(State.UNKNOWN, 0) == 20
    assert states[State.SENT] <= len(orders)
    assert "spapi_messaging_ledger_up 1.0" in page
    assert "sent" in status.stdout


def test_the_page_types_the_same_commands() -> None:
    """The page has them for machines without Docker."""
    (typed,) = (block for block in Page("operating.md").blocks("sh", "Try it") if "jobs.py" in block)
    here = {"postgres@postgres": "localhost", "redis://redis": "redis://localhost"}
    for name, value in COMPOSE["x-app"]["environment"].items():
        for there, local in here.items():
            value = value.replace(there, local)
        assert name == "SP_API_ENDPOINT" or f"export {name}={value}\n" in typed
    for name in ("jobs", "worker", "beat"):
        command = SERVICES[name]["command"]
        line = command[-1] if command[0] == "sh" else " ".join(command)
        assert line in typed


@pytest.mark.skipif(shutil.which("docker") is None, reason="no Docker on this machine")
def test_docker_reads_it() -> None:
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        pytest.skip("this Docker has no `compose`")
    done = subprocess.run(["docker", "compose", "--file", str(FILE), "config"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
