"""How the parts of a system with several machines are connected."""

from __future__ import annotations

from drawing.svg import Picture

TITLE = "How workers, PostgreSQL, Redis and Amazon are connected"
TOLD = (
    "Your programs add messages to a ledger in PostgreSQL. Workers take sellers from the ledger and send to Amazon. "
    "People look and decide by commands. Redis is optional: it shares usage plans with other programs, and may be "
    "Celery's broker. Prometheus reads the ledger's figures."
)
#: By box: the services of compose.yaml that stand for it. Files have no service: the trial sends none.
SERVICES = {
    "Your programs": {"jobs"},
    "People": {"status"},
    "Prometheus": {"metrics"},
    "PostgreSQL": {"postgres"},
    "Amazon": {"sandbox"},
    "Workers": {"worker", "beat"},
    "Redis, if you need it": {"redis"},
    "Files": set[str](),
}
#: By arrow: the boxes that it connects, and what goes along it.
CONNECTIONS = {
    ("Your programs", "PostgreSQL"): "adds messages",
    ("People", "PostgreSQL"): "look, decide",
    ("Prometheus", "PostgreSQL"): "reads",
    ("Workers", "PostgreSQL"): "claim sellers, write outcomes",
    ("Workers", "Amazon"): "send",
    ("Workers", "Redis, if you need it"): "turns, ticks",
    ("Workers", "Files"): "read",
}


def drawn() -> str:
    """The picture."""
    picture = Picture(960, 560, TITLE, TOLD)
    picture.box(24, 40, 220, "Your programs", ["ledger.add(jobs)", "bulk add jobs.csv"])
    picture.box(24, 212, 220, "People", ["bulk status, resolve,", "resume, recover, …"])
    picture.box(24, 400, 220, "Prometheus", ["reads bulk metrics, and", "workers with", "--metrics-port"])
    ledger = [
        "the ledger: the only queue",
        "",
        "what is to be sent, and the",
        "outcomes; who serves which",
        "seller; how much of each",
        "usage plan is used",
        "",
        "Back this up.",
    ]
    picture.box(356, 130, 236, "PostgreSQL", ledger, kind="main")
    picture.box(356, 440, 236, "Files", ["a shared folder, or URLs"], kind="aside")
    picture.box(708, 24, 228, "Amazon", ["SP-API, LWA, storage of files"])
    workers = [
        "any number, each with",
        "hundreds of sellers:",
        "",
        "bulk work (systemd, …),",
        "Celery workers and beat,",
    ]
    picture.box(712, 160, 224, "Workers", [*workers, "or work() from cron, …"])
    redis = ["RedisLimiter: plans that are", "shared with other programs", "Celery's broker: ticks only"]
    picture.box(708, 420, 228, "Redis, if you need it", redis, kind="aside")
    for (start, end), what in CONNECTIONS.items():
        path, both, thin, places = _PATHS[start, end]
        picture.arrow(path, both=both, thin=thin)
        for (x, y), words in zip(places, what.split(", ") if len(places) > 1 else [what], strict=True):
            picture.words(x, y, words)
    return picture.svg()


#: By arrow: its path, whether it leads both ways, whether it may be missing, and where its words stand.
_PATHS = {
    ("Your programs", "PostgreSQL"): ("M244 82 C306 82 306 186 354 186", False, False, [(268, 84)]),
    ("People", "PostgreSQL"): ("M244 254 H354", False, False, [(254, 246)]),
    ("Prometheus", "PostgreSQL"): ("M244 440 C306 440 306 312 354 312", False, True, [(254, 384)]),
    ("Workers", "PostgreSQL"): ("M710 244 H594", True, False, [(602, 212), (602, 230)]),
    ("Workers", "Amazon"): ("M822 160 V90", False, False, [(834, 130)]),
    ("Workers", "Redis, if you need it"): ("M822 326 V418", True, True, [(834, 378)]),
    ("Workers", "Files"): ("M710 308 C648 308 660 472 594 472", False, False, [(606, 400)]),
}
