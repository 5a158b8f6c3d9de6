"""Edits of a card: none that shows nothing new, and none left out because its answer was lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from storage import effects
from storage.records import EffectState
from tests.journeys.limits import checked
from tests.journeys.world import BEN, GENERAL, World


@asynccontextmanager
async def queued(folder: Path) -> AsyncIterator[tuple[World, dict[str, Any]]]:
    """A card that waits for a place at HeyGen: it shows no clock, and nothing happens to it by itself."""
    async with checked(folder, HEYGEN_CONCURRENCY="1") as made:
        made.heygen.plan_next(thinking_seconds=4_000)
        await made.video("A long one")
        await made.until(lambda world: world.heygen.sessions)
        await made.video("The next one")
        card: dict[str, Any] = await made.slack.wait_for(lambda slack: _second(made))
        await made.until(lambda world: edits(world, card))
        await made.settled()
        yield made, card


def _second(made: World) -> dict[str, Any] | None:
    cards = [one for one in made.slack.messages(GENERAL) if "The next one" in one["text"]]
    return cards[0] if cards else None


def edits(made: World, card: dict[str, Any]) -> list[Any]:
    """Every edit of the card that Slack was sent."""
    return [call for call in made.slack.calls("chat.update") if call.arguments["ts"] == card["ts"]]


@pytest.mark.slow
async def test_an_edit_that_shows_nothing_new_is_not_sent(tmp_path: Path) -> None:
    """Slack lets so many cards be edited a minute: none of them is spent on a card that stays as it is."""
    async with queued(tmp_path) as (made, card):
        sent = len(edits(made, card))
        [_, job] = sorted(await made.jobs(), key=lambda job: job.created_at)
        key = f"edit:{job.thread_id}"
        before = await made.database.read(lambda tx: effects.effect(tx, key))
        assert before is not None
        await made.database.write(lambda tx: effects.change_effect(tx, key, state="pending", due_at=0.0))

        async def is_done() -> bool:
            now = await made.database.read(lambda tx: effects.effect(tx, key))
            return now is not None and now.state is EffectState.DONE and now.tries > before.tries

        while not await is_done():
            await made.settled()
        assert sent == len(edits(made, card))


@pytest.mark.slow
async def test_an_edit_whose_answer_was_lost_is_sent_again(tmp_path: Path) -> None:
    """It was carried out, and what came next undid it: the card used to go on showing what is no longer so."""
    async with queued(tmp_path) as (made, card):
        made.slack.next("chat.update", "disconnect_after_commit")
        ts = made.slack.post(BEN, GENERAL, "Red", thread_ts=card["ts"])
        await made.card_shows(card, "1 reply is kept")
        made.slack.delete_message(BEN, GENERAL, ts)
        await made.until(lambda world: "1 reply is kept" not in str(world.slack.message(GENERAL, card["ts"])))
