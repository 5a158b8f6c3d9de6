"""A post whose answer was lost: Slack may show it late, or not let us look; neither makes it come twice."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.jobs.outcomes import AgainAt, Done, Outcome, Refused, Unknown
from handlers.read_back import MAX_TROUBLE, READ_SECONDS, ReadBack
from storage.records import EffectState
from tests.slack.nouns import an_effect

NOW = 1_700_000_000.0
IN_DOUBT = an_effect("card", "post", state=EffectState.UNKNOWN, attempted_at=NOW)


def message(ts: str, key: str) -> dict[str, Any]:
    return {"ts": ts, "metadata": {"event_type": "heygen_slack", "event_payload": {"effect": key}}}


POSTED = message("1700000000.000100", IN_DOUBT.key)


@dataclass
class Shows:
    """A Slack that shows one list of messages after the other, in a channel as in a thread."""

    lists: list[list[dict[str, Any]]]

    async def conversations_history(self, **_: Any) -> dict[str, Any]:
        return {"messages": self.lists.pop(0)}

    conversations_replies = conversations_history


async def looked(*lists: list[dict[str, Any]], root_ts: str | None = None) -> list[Outcome]:
    """What comes of one look after the other, each of which remembers what the ones before it showed."""
    reading, tried, found = ReadBack(Shows([*lists]), clock=lambda: NOW, tempo=1.0), IN_DOUBT, list[Outcome]()  # type: ignore[arg-type]
    for _ in lists:
        outcome = await reading.find(tried, channel_id="C1", root_ts=root_ts)
        tried = replace(tried, evidence={**tried.evidence, **outcome.evidence})
        found.append(outcome)
    return found


@pytest.mark.parametrize("root_ts", [None, "1699999999.000100"])
async def test_what_slack_shows_late_is_found_at_the_second_look(root_ts: str | None) -> None:
    """Some seconds after the first; it is not posted again meanwhile."""
    first, second = await looked([], [POSTED], root_ts=root_ts)
    assert isinstance(first, Unknown)
    assert NOW + READ_SECONDS == first.at
    assert Done({"ts": POSTED["ts"]}) == second


async def test_another_message_of_ours_is_not_taken_for_it() -> None:
    """The key in the metadata decides."""
    other = message("1700000000.000200", "card:another")
    first, second = await looked([other], [other, POSTED])
    assert isinstance(first, Unknown)
    assert Done({"ts": POSTED["ts"]}) == second


def test_what_slack_does_not_let_us_look_for_is_never_posted_again() -> None:
    """It is looked for some times more, and then given up with words: it may be there."""
    reading, tried, outcomes = ReadBack(Shows([]), clock=lambda: NOW, tempo=1.0), IN_DOUBT, list[Outcome]()  # type: ignore[arg-type]
    for _ in range(MAX_TROUBLE):
        outcomes.append(reading.blind(tried, Refused("missing_scope")))
        tried = replace(tried, evidence={**tried.evidence, **outcomes[-1].evidence})
    assert [Unknown] * (MAX_TROUBLE - 1) == [type(outcome) for outcome in outcomes[:-1]]
    assert Refused("unconfirmed_post", "missing_scope") == outcomes[-1]


def test_what_cannot_be_looked_for_now_is_looked_for_later() -> None:
    """Slack is busy: the doubt remains."""
    reading = ReadBack(Shows([]), clock=lambda: NOW, tempo=1.0)  # type: ignore[arg-type]
    assert Unknown(at=NOW + 9, reason="ratelimited") == reading.blind(IN_DOUBT, AgainAt(NOW + 9, "ratelimited"))
