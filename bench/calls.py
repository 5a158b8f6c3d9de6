"""How often HeyGen and Slack are called for a job, and how soon a question is found; minutes pass in seconds.

HeyGen's times, our first interval and our own pauses are divided alike, so that all proportions stay.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import Row, at_most
from bench.stage import DONE, OPEN, Stage, stage
from bench.wide_slack import PEOPLE, channel_ids

SLOW, FAST = 5.0, 45.0  # how often faster; Slack and our calls are not, which a short job would show too much
QUESTION_SPEED = 10.0
CATALOGUE = frozenset({"styles", "voices", "looks", "avatars"})
UPLOAD = "upload"  # how the local Slack notes the bytes of a file
SETTLE_SECONDS = 15.0
EARLY_SECONDS = 180.0
EARLY_BOUND_SECONDS, LATE_BOUND_SECONDS = 20.0, 45.0
EARLY_ASKS = (5.0, 21.0, 37.0, 52.0, 68.0, 83.0, 99.0, 114.0, 130.0, 145.0, 161.0, 176.0)
LATE_ASKS = (200.0, 265.0, 330.0, 395.0, 460.0, 525.0)
QUESTION = "Which background would you like?\n- Office\n- Beach"
QUESTIONS = "SELECT session_id, message_ts FROM questions JOIN jobs ON jobs.id = job_id WHERE message_ts IS NOT NULL"

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Course:
    """One job without questions, and how many calls it may take."""

    minutes: int
    thinking_seconds: float
    webhooks: bool
    heygen_bound: int | None
    slack_bound: int
    speed: float

    @property
    def name(self) -> str:
        """For the table, and for a folder."""
        planning = f"{self.thinking_seconds / 60:g} of them planning"
        return f"{self.minutes} min, {planning}, {'with' if self.webhooks else 'without'} webhooks"


COURSES = (
    Course(minutes=5, thinking_seconds=60, webhooks=True, heygen_bound=20, slack_bound=15, speed=SLOW),
    Course(minutes=5, thinking_seconds=240, webhooks=True, heygen_bound=20, slack_bound=15, speed=SLOW),
    Course(minutes=5, thinking_seconds=60, webhooks=False, heygen_bound=28, slack_bound=15, speed=SLOW),
    Course(minutes=5, thinking_seconds=240, webhooks=False, heygen_bound=28, slack_bound=15, speed=SLOW),
    Course(minutes=45, thinking_seconds=300, webhooks=True, heygen_bound=None, slack_bound=60, speed=FAST),
    Course(minutes=45, thinking_seconds=300, webhooks=False, heygen_bound=None, slack_bound=60, speed=FAST),
)


async def measure(
    folder: Path,
    *,
    courses: Sequence[Course] = COURSES,
    asks: Sequence[float] = EARLY_ASKS + LATE_ASKS,
    question_speed: float = QUESTION_SPEED,
) -> list[Row]:
    """Every course in a world of its own, all at once, for they do little; the questions beside them."""
    async with asyncio.TaskGroup() as tasks:
        counted = [
            tasks.create_task(_course(folder / f"course-{number}", course)) for number, course in enumerate(courses)
        ]
        found = tasks.create_task(_questions(folder / "questions", asks, speed=question_speed))
    return [row for task in counted for row in task.result()] + found.result()


async def _course(folder: Path, course: Course) -> list[Row]:
    [place] = channel_ids(1)
    async with stage(folder, speed=course.speed, webhooks=course.webhooks, channels=1) as made:
        rendering = course.minutes * 60 - course.thinking_seconds
        plan = {"thinking_seconds": course.thinking_seconds, "generating_seconds": rendering}
        await made.heygen.post("next", on="session_plan", **plan)
        before = len(await made.slack.get("calls"))
        await made.video("A film", channel=place, person=PEOPLE[0], trigger="calls.1")
        await made.until(lambda: made.count(DONE) == 1, seconds=course.minutes * 60 / course.speed + SETTLE_SECONDS)
        await made.until(lambda: made.count(OPEN) == 0, seconds=SETTLE_SECONDS)
        heygen = await made.heygen.get("calls")
        slack = (await made.slack.get("calls"))[before:]
    catalogue = [(call["op"], call["query"]) for call in heygen if call["op"] in CATALOGUE]
    heygen_calls = [call for call in heygen if call["op"] not in CATALOGUE]
    slack_calls = [call for call in slack if call["method"] != UPLOAD]
    how = f"{course.name}; 1 s is {course.speed:g} s"
    return [
        _count("HeyGen calls for a job, catalogue not counted", how, len(heygen_calls), course.heygen_bound),
        _count("– and for the catalogue, each of its pages once", how, len(catalogue), len(set(catalogue))),
        _count("Slack calls for a job", how, len(slack_calls), course.slack_bound),
        Row(measured="– and POSTs of a file's bytes", how=how, figure=str(len(slack) - len(slack_calls))),
    ]


def _count(measured: str, how: str, count: int, bound: int | None) -> Row:
    if bound is None:
        return Row(measured=measured, how=how, figure=str(count))
    return at_most(bound, count, lambda value: f"{value:g}", measured=measured, how=how)


async def _questions(folder: Path, asks: Sequence[float], *, speed: float) -> list[Row]:
    """Jobs that ask after so many seconds of planning, each in a channel of its own."""
    places = channel_ids(len(asks))
    async with stage(folder, speed=speed, channels=len(places), concurrency=len(places)) as made:
        for number, (place, seconds) in enumerate(zip(places, asks, strict=True)):
            await made.heygen.post("next", on="session_plan", ask=[QUESTION], thinking_seconds=seconds)
            await made.video("A film", channel=place, person=PEOPLE[0], trigger=f"questions.{number}")
        patience = (max(asks) + LATE_BOUND_SECONDS) / speed + SETTLE_SECONDS
        await made.until(lambda: len(made.rows(QUESTIONS)) >= len(asks), seconds=patience)
        waits = await _waits(made, speed)
    return [
        _wait(
            "in the first three minutes",
            EARLY_BOUND_SECONDS,
            [late for at, late in waits if at <= EARLY_SECONDS],
            speed,
        ),
        _wait("later on", LATE_BOUND_SECONDS, [late for at, late in waits if at > EARLY_SECONDS], speed),
    ]


async def _waits(made: Stage, speed: float) -> list[tuple[float, float]]:
    """For each question how long after the session's beginning it appeared, and how long it took to the thread."""
    state = await made.heygen.get("state")
    sessions: dict[str, Json] = {session["id"]: session for session in state["sessions"]}
    waits = []
    for session_id, message_ts in made.rows(QUESTIONS):
        session = sessions[session_id]
        appeared = next(said["created_at"] for said in session["messages"] if said["role"] == "model")
        waits.append(((appeared - session["created_at"]) * speed, (float(message_ts) - appeared) * speed))
    return waits


def _wait(when: str, bound: float, waits: Sequence[float], speed: float) -> Row:
    how = f"the longest of {len(waits)} jobs with webhooks; 1 s is {speed:g} s"
    return at_most(
        bound, max(waits, default=0.0), lambda seconds: f"{seconds:.1f} s", how=how,
        measured=f"a question, from HeyGen to the thread, {when}",
    )  # fmt: skip
