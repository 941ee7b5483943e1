"""docs/operating.md: its commands are typed, its statements are run, and what it says of files and names holds."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import click
import psycopg
import pytest
import yaml
from prometheus_client import CollectorRegistry

from spapi_messaging import ConfigurationError, LedgerError
from spapi_messaging.bulk import Job, Ledger, Sender, State
from spapi_messaging.bulk.metrics import LedgerCollector
from spapi_messaging.cli.app import application
from spapi_messaging.limiters import BucketKey, RedisLimiter, UsagePlan
from spapi_messaging.sandbox import Sandbox
from tests.cli.conftest import invoke
from tests.docs.pages import DOCS, ROOT, Page
from tests.support import postgres
from tests.support.ledgers import park, set_columns
from tests.support.redis_server import Server as RedisServer
from tests.support.runs import TEXT_TYPE
from tests.support.sandboxes import complete_sandbox

PAGE = Page("operating.md")
SERVER = "db.example/shop"
ROLES = ("shop_owner", "shop_adds", "shop_sends", "shop_people", "shop_watches")
JOB_FILE = "order,type,text,account,marketplace\n"


def type_in(line: str, environment: dict[str, str], folder: Path) -> str:
    """Types a line of a page, and answers "yes" to what it asks. Gives what it printed."""
    program, *words = shlex.split(line)
    if program == "export":
        name, _, value = words[0].partition("=")
        environment[name] = value
        return ""
    if program == "spapi-messaging":
        done = invoke(*words, *(["--yes"] if _asks(words) else []))
        assert done.exit_code in (0, 1, 3, 4, 6), (line, done.stderr)  # those of messages, not of wrong usage
        assert "Error:" not in done.stderr, (line, done.stderr)
        return done.stdout
    programs = postgres.find_programs()
    assert programs is not None
    where = sys.executable if program == "python" else programs / program
    done_outside = subprocess.run(
        [where, *words], cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done_outside.returncode == 0, done_outside.stderr
    return done_outside.stdout


def _asks(words: list[str]) -> bool:
    group = application.commands[words[0]]
    assert isinstance(group, click.Group)
    return any(parameter.name == "yes" for parameter in group.commands[words[1]].params)


def order(number: int) -> str:
    return f"303-{number:07d}-{number:07d}"


def a_job(number: int, account: str = "shop-de") -> Job:
    return Job(order(number), TEXT_TYPE, text="Dear Jane", account=account, marketplace="DE")


class Shop:
    """A ledger in a database with the roles of the page."""

    def __init__(self, server: postgres.Server, database: str, folder: Path) -> None:
        self.server, self.database, self.folder = server, database, folder
        self.environment: dict[str, str] = {}

    def prepare(self) -> None:
        """Does what the page says under "Roles"."""
        once, grants = PAGE.blocks("sql", "Roles")
        self.execute(once, "postgres")
        (make_tables,) = PAGE.blocks("console", "Roles")
        self.type_in(make_tables)
        self.execute(grants, "shop_owner")

    def execute(self, statements: str, role: str) -> None:
        with self.server.connect(self.database) as connection:
            connection.execute(f"SET ROLE {role}")
            connection.execute(statements)

    def url(self, role: str) -> str:
        return self.server.url(self.database).replace("postgres@", f"{role}@")

    def open(self, role: str) -> Ledger:
        return Ledger(self.url(role), create=role == "shop_owner")

    def type_in(self, line: str) -> str:
        """Types a line of the page, with this server in the place of that of the page."""
        return type_in(
            line.replace(SERVER, f"127.0.0.1:{self.server.port}/{self.database}"), self.environment, self.folder
        )

    def remove(self) -> None:
        self.server.cut_connections()
        self.server.execute(f"DROP DATABASE {self.database}")


@pytest.fixture(scope="module")
def prepared(postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop as the page makes it. Each test gets a copy, which takes a tenth of the time."""
    made = Shop(postgres_server, postgres_server.fresh_database(), tmp_path_factory.mktemp("prepared"))
    made.prepare()
    try:
        yield made
    finally:
        made.remove()
        for role in ROLES:
            postgres_server.execute(f"DROP ROLE {role}")


@pytest.fixture
def shop(prepared: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.chdir(tmp_path)
    made = Shop(prepared.server, f"{prepared.database}_copy", tmp_path)
    prepared.server.execute(f"CREATE DATABASE {made.database} TEMPLATE {prepared.database}")
    monkeypatch.setenv("SPAPI_MESSAGING_LEDGER", made.url("shop_people"))
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with complete_sandbox(plans={"*": (1000.0, 1000)}) as running:
        yield running


def send(ledger: Ledger, sandbox: Sandbox, *accounts: str) -> None:
    known = {name: sandbox.credentials_for(name) for name in accounts or ("shop-de", "shop-fr")}
    options = {"endpoint": sandbox.url, "lwa_endpoint": sandbox.lwa_endpoint}
    list(Sender(ledger, known, **options).run())


# What it says of names and files


def test_every_block_is_run_or_parsed() -> None:
    """`sh` is the trial, whose commands tests/docs/test_compose.py runs. All others are used below."""
    assert {block.language for block in PAGE.all_blocks()} == {
        *("console", "ini", "python", "redis", "sh", "sql", "text", "yaml")
    }
    assert len(PAGE.blocks("sh")) == 2
    units, (url,), (config,) = PAGE.blocks("ini"), PAGE.blocks("text"), PAGE.blocks("yaml")
    assert len(units) == 2
    assert url and config


def test_its_links_lead_somewhere() -> None:
    assert PAGE.broken_links() == []


def test_its_table_has_every_metric() -> None:
    told = set(re.findall(r"^\| `(spapi_messaging_\w+)`", PAGE.text, flags=re.MULTILINE))
    assert told == metric_names()


def metric_names() -> set[str]:
    """As they are written in a query."""
    from spapi_messaging.bulk.metrics import WorkerMetrics

    registry = CollectorRegistry()
    WorkerMetrics(registry)
    worker = {f"{each.name}_total" if each.type == "counter" else each.name for each in registry.collect()}
    return worker | LEDGER_METRICS


LEDGER_METRICS = {
    f"spapi_messaging_{name}"
    for name in (
        "messages", "oldest_pending_seconds", "longest_unserved_seconds", "late_messages", "parked_accounts", "senders",
        "senders_started_total", "ledger_up", "ledger_read_seconds",
    )
}  # fmt: skip


def test_a_ledger_has_these_metrics(postgres_server: postgres.Server) -> None:
    with Ledger(postgres_server.fresh_url()) as ledger:
        told = {
            f"{each.name}_total" if each.type == "counter" else each.name for each in LedgerCollector(ledger).collect()
        }
    assert told == LEDGER_METRICS


@pytest.mark.parametrize(("number", "name"), [(0, "work"), (1, "metrics")])
def test_the_units_of_systemd_start_commands_that_exist(number: int, name: str) -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(PAGE.blocks("ini")[number])
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    group = application.commands["bulk"]
    assert isinstance(group, click.Group)

    assert unit["Service"]["Environment"].startswith("SPAPI_MESSAGING_LEDGER=postgresql+psycopg://")
    assert (program.rpartition("/")[2], words[:2]) == ("spapi-messaging", ["bulk", name])
    assert {word for word in words if word.startswith("--")} <= options_of(group, name) | {"--json"}


def test_its_settings_are_options_of_work() -> None:
    (table,) = re.findall(r"^## Settings$(.*?)^## ", PAGE.text, flags=re.MULTILINE | re.DOTALL)
    group = application.commands["bulk"]
    assert isinstance(group, click.Group)
    named = set(re.findall(r"^\| `(--[a-z-]+)", table, flags=re.MULTILINE))

    assert len(named) == 9
    assert named <= options_of(group, "work")


def options_of(group: click.Group, name: str) -> set[str]:
    """The options of a word of `bulk`."""
    return {option for parameter in group.commands[name].params for option in parameter.opts}


def test_the_configuration_of_prometheus_names_the_ports_of_the_page() -> None:
    config = yaml.safe_load(PAGE.blocks("yaml")[0])
    (job,) = config["scrape_configs"]
    ports = {target.partition(":")[2] for target in job["static_configs"][0]["targets"]}

    assert ports == {"9108", "9109"}
    assert all(f"port {port}" in PAGE.text for port in ports)
    assert all((DOCS / name).is_file() for name in config["rule_files"])


def test_the_picture_says_in_words_what_it_shows() -> None:
    root = ElementTree.parse(DOCS / "pictures/topology.svg").getroot()
    svg = "{http://www.w3.org/2000/svg}"
    texts = {"".join(each.itertext()) for each in root.iter(f"{svg}text")}

    assert root.find(f"{svg}title") is not None
    assert root.find(f"{svg}desc") is not None
    assert {"PostgreSQL", "Workers", "Amazon", "Prometheus"} <= texts
    assert "prefers-color-scheme: dark" in (DOCS / "pictures/topology.svg").read_text()


# Its roles


def test_roles_have_the_rights_that_they_need(shop: Shop, sandbox: Sandbox) -> None:
    with shop.open("shop_adds") as adding, shop.open("shop_sends") as sending, shop.open("shop_watches") as watching:
        adding.add([a_job(1), a_job(2, "shop-fr")])
        adding.add([a_job(1)])
        send(sending, sandbox)
        told = {each.name: each for each in LedgerCollector(watching).collect()}
        counts = [(sample.labels["state"], sample.value) for sample in told["spapi_messaging_messages"].samples]

        assert sorted(message.order_id for message in sandbox.inbox) == [order(1), order(2)]
        assert counts == [("sent", 2)]


def test_roles_have_no_other_rights(shop: Shop) -> None:
    refused = "the database's user lacks a right on spapi_(messages|sellers|senders)[.] Grant it"
    with shop.open("shop_adds") as adding, shop.open("shop_sends") as sending, shop.open("shop_watches") as watching:
        adding.add([a_job(1)])
        with pytest.raises(ConfigurationError, match=refused):
            sending.add([a_job(2)])
        with pytest.raises(ConfigurationError, match=refused):
            list(watching.outcomes())  # with texts
        with pytest.raises(ConfigurationError, match=refused):
            watching.cancel(order_id=order(1))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shop.execute("CREATE TABLE another (id integer)", "shop_sends")


def test_only_the_owner_makes_the_tables(postgres_server: postgres.Server) -> None:
    name = postgres_server.fresh_database()
    with postgres_server.connect(name) as connection:
        connection.execute(f"REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE poor_{name} LOGIN")
    poor = postgres_server.url(name).replace("postgres@", f"poor_{name}@")
    with pytest.raises(ConfigurationError, match=r"tables are missing.* may not make .*owner open the ledger once"):
        Ledger(poor)
    with Ledger(postgres_server.url(name)), postgres_server.connect(name) as connection:
        connection.execute(f"GRANT SELECT ON spapi_meta TO poor_{name}; UPDATE spapi_meta SET version = 2")
    with pytest.raises(ConfigurationError, match=r"earlier release.* may not make .*owner open the ledger once"):
        Ledger(poor)


# Its commands


def lines_of(section: str) -> list[str]:
    return [line for block in PAGE.blocks("console", section) for line in block.splitlines()]


def test_unknown_messages(shop: Shop) -> None:
    with shop.open("shop_owner") as ledger:
        ledger.add([a_job(1), a_job(2), a_job(3)])
        set_columns(ledger, state="unknown", sending_at=0)
    lines = lines_of("When a message is unknown")
    printed = [shop.type_in(line) for line in lines]

    assert len(lines) == 5
    assert shop.environment["SPAPI_MESSAGING_LEDGER"].startswith("postgresql+psycopg://shop_people@127.0.0.1")
    assert all(order(number) in printed[1] for number in (1, 2, 3))
    with shop.open("shop_people") as ledger:
        found = {outcome.job.order_id: outcome.state for outcome in ledger.outcomes()}
    assert found == {order(1): State.SENT, order(2): State.PENDING, order(3): State.UNKNOWN}
    assert order(3) in (shop.folder / "unknown.csv").read_text()


def test_parked_accounts(shop: Shop) -> None:
    with shop.open("shop_owner") as ledger:
        ledger.add([a_job(1)])
        park(ledger, "shop-de")
        status, resume = map(shop.type_in, lines_of("When an account is parked"))

        assert "The token was revoked." in status
        assert "Not parked any more" in resume
        assert ledger.status().states == {State.PENDING: 1}


def test_late_and_refused_messages(shop: Shop) -> None:
    with shop.open("shop_owner") as ledger:
        ledger.add([a_job(1), a_job(2), a_job(3)])
        set_columns(ledger, order(2), state="rejected")
        set_columns(ledger, order(3), state="waiting")
        for line in [*lines_of("When messages are late"), *lines_of("When messages are rejected or given up")]:
            shop.type_in(line)
        states = ledger.status().states

    assert order(1) in (shop.folder / "open.csv").read_text()
    assert order(2) in (shop.folder / "refused.csv").read_text()
    assert states == {State.PENDING: 2, State.WAITING: 1}


def test_backup_and_restore(shop: Shop, sandbox: Sandbox) -> None:
    """What was sent after the backup is not sent again, nor what was added since then."""
    dump, restore, recover, logs, *decisions = lines_of("Backup and restore")
    assert {"event", "account", "amazon_order_id", "message_type", "state"} <= set(re.findall(r"[.](\w+)", logs))
    with shop.open("shop_owner") as ledger:
        ledger.add([a_job(1), a_job(2, "shop-fr")])
        since = datetime.now(UTC).isoformat()
        shop.type_in(dump)
        ledger.add([a_job(3)])
        send(ledger, sandbox, "shop-de")  # 1 and 3
    (shop.folder / "jobs.csv").write_text(f"{JOB_FILE}{order(3)},{TEXT_TYPE},Dear Jane,shop-de,DE\n")
    shop.type_in(restore)
    shop.type_in(recover.replace("2026-11-22T03:00:00+01:00", since))
    with shop.open("shop_sends") as ledger:
        send(ledger, sandbox)
        assert ledger.status().states == {State.UNKNOWN: 3}

    assert recover.endswith("jobs.csv")
    with shop.open("shop_owner") as ledger:
        set_columns(ledger, sending_at=0)  # the 15 minutes are over
    (shop.folder / "sent.txt").write_text(f"{order(1)}\n")
    assert "Noted as sent: 1 message." in shop.type_in(decisions[0])
    for line in decisions[1:]:
        shop.type_in(line)
    with shop.open("shop_sends") as ledger:
        send(ledger, sandbox)
        assert ledger.status().states == {State.SENT: 3}
    assert sorted(message.order_id for message in sandbox.inbox) == [order(1), order(2), order(3)]


def test_upgrade(shop: Shop) -> None:
    (line,) = lines_of("Upgrades")
    assert "This ledger has no messages" in shop.type_in(line)


def test_data_protection(shop: Shop) -> None:
    with shop.open("shop_owner") as ledger:
        ledger.add([a_job(1), a_job(2)])
        set_columns(ledger, order(2), state="sent", finished_at=1)
        for line in lines_of("Data protection"):
            shop.type_in(line)
        (left,) = ledger.export()
        assert (left["amazon_order_id"], left["state"]) == (None, "cancelled")
        assert ledger.add([a_job(1), a_job(2)]).added == 0


def test_the_program_that_tells_metrics(shop: Shop, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**sandbox.environment(), "SP_API_SANDBOX": "local", "SP_API_ENDPOINT": sandbox.url}.items():
        monkeypatch.setenv(name, value)
    with shop.open("shop_adds") as ledger:
        ledger.add([a_job(1)])
    (program,) = PAGE.blocks("python")
    here = shop.url("shop_sends").partition("@")[2]
    exec(program.replace(SERVER, here).replace("9109", "0"), {})

    assert [message.order_id for message in sandbox.inbox] == [order(1)]


def test_the_exporters_command_is_taken() -> None:
    """tests/cli/bulk/test_metrics.py runs one."""
    (line,) = lines_of("What to watch")
    group = application.commands["bulk"]
    assert isinstance(group, click.Group)
    with group.commands["metrics"].make_context("metrics", shlex.split(line)[3:]) as context:
        assert context.params["port"] == 9108


# Passwords and TLS


def test_a_password_in_a_file_of_its_own(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = shop.folder / "pgpass"
    passwords.write_text("127.0.0.1:*:*:shop_secret:correct horse\n")
    passwords.chmod(0o600)
    with shop.server.asking_for_passwords("shop_secret", "correct horse"):
        try:
            shop.execute("GRANT SELECT ON spapi_meta TO shop_secret", "shop_owner")
            with pytest.raises(ConfigurationError, match="refused the user or the password"):
                Ledger(shop.url("shop_secret"), create=False)
            monkeypatch.setenv("PGPASSFILE", str(passwords))
            Ledger(shop.url("shop_secret"), create=False).close()
        finally:
            shop.execute("DROP OWNED BY shop_secret; DROP ROLE shop_secret", "postgres")


@pytest.mark.parametrize("query", [PAGE.blocks("text")[0].strip().partition("?")[2], "sslmode=require"])
def test_tls_that_was_asked_for_is_not_left_out(shop: Shop, query: str) -> None:
    """The tests' server does not have it."""
    with pytest.raises((ConfigurationError, LedgerError)) as caught:
        Ledger(f"{shop.url('shop_sends')}?{query}", create=False)
    assert "db-ca.pem" not in str(caught.value)


def test_a_user_of_redis_has_the_rights_that_a_limiter_needs(redis_server: RedisServer) -> None:
    (line,) = PAGE.blocks("redis")
    with redis_server.connect() as connection:
        connection.execute_command(*line.split())
        try:
            url = redis_server.url.replace("//", "//shop_paces:a-password@")
            with RedisLimiter(url) as limiter:
                key, plan = BucketKey("https://api.example", "application", "seller", "sendInvoice"), UsagePlan(1.0, 1)
                first, second, third = (limiter.reserve(key, plan, 0.0) for _ in range(3))
                second.cancel(0.0)
                first.answered(0.0, announced_rate=2.0, pause=0.0)
                limiter.reserve(key, plan, 0.0, push_back=0.0).answered(0.0)
                assert limiter.refresh()
                third.cancel(0.0)
            assert connection.acl_log() == []
        finally:
            connection.acl_deluser("shop_paces")


def test_a_worker_uses_one_connection(shop: Shop, sandbox: Sandbox) -> None:
    used = []
    with shop.open("shop_adds") as ledger:
        ledger.add(a_job(number, f"shop-{number}") for number in range(20))

    def count(_: object) -> None:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'shop_sends'"
        used.append(shop.server.execute(asked)[0][0])

    with shop.open("shop_sends") as ledger:
        known = {f"shop-{number}": sandbox.credentials_for(f"shop-{number}") for number in range(20)}
        options = {"endpoint": sandbox.url, "lwa_endpoint": sandbox.lwa_endpoint}
        list(Sender(ledger, known, on_progress=count, **options).run())

    assert (len(used), max(used)) == (20, 1)


def test_it_names_no_place_of_this_machine() -> None:
    assert str(ROOT) not in PAGE.text
