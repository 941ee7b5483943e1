"""A token bucket over time: the real bucket, with a clock of its own."""

from __future__ import annotations

from typing import NamedTuple

from drawing.svg import Picture
from spapi_messaging._call.usage_plan import BucketTicket, TokenBucket
from spapi_messaging.limiters import UsagePlan

PLAN = UsagePlan(1.0, 5)
#: Seconds at which calls ask for their turn: twelve at once, and four after a pause.
ASKED = [0.0] * 12 + [20.0] * 4
ANSWER_TAKES = 0.125
STEP, END = 0.125, 26.0

TITLE = "A usage plan of 1 call per second, burst 5"
TOLD = (
    "Twelve calls ask for their turn at once. Five go at once, because the bucket is full. The others go one per "
    "second, in the order in which they asked. Then nobody calls, and the bucket fills up again within five seconds. "
    "Of four calls that ask later, all go at once."
)
LEFT, RIGHT, TOP, BOTTOM = 70, 930, 60, 300


class Moment(NamedTuple):
    """The bucket at one time.

    Attributes:
        time: in seconds.
        waiting: calls that wait for their turn.
        went: how many went by then.
    """

    time: float
    waiting: int
    went: int


def run() -> tuple[list[Moment], list[float]]:
    """What happens: each moment, and when each call went."""
    bucket = TokenBucket(PLAN, 0.0)
    waiting: list[BucketTicket] = []
    in_flight: list[tuple[float, BucketTicket]] = []
    moments: list[Moment] = []
    went: list[float] = []
    to_ask = [*ASKED]
    for number in range(int(END / STEP) + 1):
        now = number * STEP
        for ticket in [ticket for over, ticket in in_flight if over <= now]:
            ticket.answered(now)
        in_flight = [(over, ticket) for over, ticket in in_flight if over > now]
        while to_ask and to_ask[0] <= now:
            booked = bucket.reserve(now)
            assert booked is not None  # nobody said how long they would wait
            waiting.append(booked)
            to_ask.pop(0)
        for ticket in [ticket for ticket in waiting if ticket.remaining(now) <= 0]:
            waiting.remove(ticket)
            in_flight.append((now + ANSWER_TAKES, ticket))
            went.append(now)
        moments.append(Moment(now, len(waiting), len(went)))
    return moments, went


def drawn() -> str:
    """The picture."""
    moments, went = run()
    picture = Picture(960, 380, TITLE, TOLD)
    picture.words(LEFT, 32, f"{TITLE}: each dot is a call that goes", "name")
    for count in range(0, len(ASKED) + 1, 4):
        picture.lines([_place(0, count), _place(END, count)], "grid")
        picture.words(LEFT - 12, _place(0, count)[1] + 5, str(count), anchor="end")
    for second in range(0, int(END) + 1, 2):
        picture.words(_place(second, 0)[0], BOTTOM + 24, str(second), anchor="middle")
    picture.words((LEFT + RIGHT) / 2, BOTTOM + 56, "seconds", anchor="middle")
    asked = [(time, sum(each <= time for each in ASKED)) for time in (moment.time for moment in moments)]
    picture.lines([_place(*each) for each in _steps(asked)], "line thin")
    picture.lines([_place(*each) for each in _steps([(moment.time, moment.went) for moment in moments])], "curve")
    for number, time in enumerate(went, 1):
        picture.dot(*_place(time, number))
    picture.words(*_above(0.4, 12), "calls that asked for a turn")
    picture.words(*_above(9.0, 10), "calls that went")
    return picture.svg()


def _steps(points: list[tuple[float, int]]) -> list[tuple[float, float]]:
    """The corners of a line that goes up in steps."""
    found: list[tuple[float, float]] = [points[0]]
    for time, count in points[1:]:
        if count != found[-1][1]:
            found += [(time, found[-1][1]), (time, count)]
    return [*found, points[-1]]


def _place(time: float, count: float) -> tuple[float, float]:
    return LEFT + time / END * (RIGHT - LEFT), BOTTOM - count / len(ASKED) * (BOTTOM - TOP)


def _above(time: float, count: float) -> tuple[float, float]:
    x, y = _place(time, count)
    return x, y - 8
