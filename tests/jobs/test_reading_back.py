"""Many posts in doubt at once, in a time of their own: messages are read at the pace that Slack gives to reading."""

from pathlib import Path

from bot.jobs.effects import Effects
from bot.jobs.outcomes import Done, Outcome, Unknown
from bot.playground.local_slack.rates import TIER_3, Rates
from bot.playground.local_slack.temper import Temper
from storage import effects
from storage.database import Transaction
from storage.records import Effect, EffectState
from tests.jobs.desk import Desk
from tests.jobs.played.outbox import row

POSTS = 40
HANG_SECONDS = 3600.0


def _next_due(tx: Transaction) -> float | None:
    return effects.next_due(tx, side="slack")


async def test_many_posts_in_doubt_start_no_storm(tmp_path: Path) -> None:
    """They used to be read back as fast as posts may go, four a second, where Slack lets fifty a minute be read."""
    desk = await Desk.open(tmp_path)
    rates = Rates(lambda: desk.now, Temper(rate_factor=1.0))
    answers: list[bool] = []

    async def slack(tried: Effect) -> Outcome:
        """Hangs at each post, though it shows it, and lets messages be read as often as it lets anybody."""
        if tried.state is EffectState.PENDING:
            return Unknown(at=began_at + HANG_SECONDS, reason="TimeoutError")
        wait = rates.wait("conversations.history", TIER_3)
        answers.append(not wait)
        return Unknown(at=desk.now + wait, reason="ratelimited", rests_lane=True) if wait else Done({"ts": "1.1"})

    def settled(tx: Transaction, tried: Effect, outcome: Outcome) -> None:
        """Nothing follows."""

    began_at = desk.now
    outbox = Effects(
        desk.database, side="slack", instance="desk", clock=lambda: desk.now, perform=slack, settled=settled,
        woken=lambda: None,
    )  # fmt: skip
    for number in range(POSTS):
        post = row(f"say:{number}", now=desk.now, order_key=None, priority=10, lane=f"chat.postMessage|T1|C{number}")
        await desk.database.write(lambda tx, post=post: effects.record(tx, post))  # type: ignore[misc]
    while (due_at := await desk.database.read(_next_due)) is not None and all(answers):
        desk.now = max(desk.now, due_at)
        await outbox.run_once()
        await outbox.loop.drain(5.0)
    assert [True] * POSTS == answers
    assert desk.now <= began_at + HANG_SECONDS + POSTS * 60.0 / TIER_3
    await desk.database.close()
