"""The course of a run, decided before it begins: from a plan, and from what the prompt itself asks for.

A person can steer by typing. A prompt or message that contains
  "ask me"         is asked a question with three options,
  "open question"  is asked one without,
  "storyboard"     is shown one to approve or change,
  "fail please"    fails while rendering,
  "slow please"    takes ten times as long.
Only sessions in chat mode ask or show a storyboard.
"""

import dataclasses
import re

from bot.playground.local_heygen.orders import Plan, Settings
from bot.playground.local_heygen.records import Step

CLOSED_QUESTION = "Which background would you like?\n- Office\n- Beach\n- Studio"
OPEN_QUESTION = "What should the people who watch this do afterwards?"
REVIEW_TEXT = "Here is the storyboard. Shall I go on, or what should be different?"
FAILURE = {"code": "rendering_failed", "message": "Avatar rendering timed out"}
SLOWER = 10.0
ANSWER_SHARE = 0.3  # of the thinking time, spent on an answer
APPROVAL = re.compile(r"\b(looks? good|approved?|generate|go ahead|go on|yes|ok|okay)\b", re.IGNORECASE)


def steered(plan: Plan, words: str) -> Plan:
    """The plan with what these words ask for."""
    said = words.casefold()
    if "ask me" in said:
        plan = dataclasses.replace(plan, ask=(*plan.ask, CLOSED_QUESTION))
    if "open question" in said:
        plan = dataclasses.replace(plan, ask=(*plan.ask, OPEN_QUESTION))
    if "storyboard" in said:
        plan = dataclasses.replace(plan, review=True)
    if "fail please" in said:
        plan = dataclasses.replace(plan, fail=FAILURE)
    if "slow please" in said:
        plan = dataclasses.replace(plan, slower=SLOWER)
    return plan


def steps_of(plan: Plan, settings: Settings, *, chat: bool, revision: bool) -> list[Step]:
    """What a run will do, in order."""
    steps = (
        [Step(kind="lag", seconds=settings.scaled(settings.lag_seconds))] if revision and settings.lag_seconds else []
    )
    steps.append(Step(kind="think", seconds=None if plan.stuck in (True, "thinking") else thinking(plan, settings)))
    if chat:
        for question in plan.ask:
            steps += [Step(kind="ask", text=question), afterthought(plan, settings)]
        if plan.review:
            steps.append(Step(kind="review", text=REVIEW_TEXT))
    if plan.no_video or (plan.fail or {}).get("at") == "thinking":
        return steps
    return steps + _generating(plan, settings, chat=chat)


def thinking(plan: Plan, settings: Settings) -> float:
    seconds = settings.thinking_seconds if plan.thinking_seconds is None else plan.thinking_seconds
    return settings.scaled(seconds * plan.slower)


def generating(plan: Plan, settings: Settings) -> float:
    seconds = settings.generating_seconds if plan.generating_seconds is None else plan.generating_seconds
    return settings.scaled(seconds * plan.slower)


def afterthought(plan: Plan, settings: Settings) -> Step:
    """The thinking that an answer or a change to the storyboard takes."""
    return Step(kind="think", seconds=thinking(plan, settings) * ANSWER_SHARE)


def approves(words: str) -> bool:
    """Whether an answer to a storyboard lets it pass; anything else asks for a change."""
    return APPROVAL.search(words) is not None


def _generating(plan: Plan, settings: Settings, *, chat: bool) -> list[Step]:
    if plan.stuck == "generating":
        return [Step(kind="generate")]
    seconds = generating(plan, settings)
    if not chat or plan.question_while_generating is None:
        return [Step(kind="generate", seconds=seconds)]
    half = Step(kind="generate", seconds=seconds / 2)
    return [half, Step(kind="ask", text=plan.question_while_generating), half]
