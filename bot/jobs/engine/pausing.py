"""Trouble an admin must mend pauses the queue, tells them once, and ends by itself."""

from bot.jobs import outbox
from bot.jobs.moment import Moment
from storage import jobs
from storage.database import Transaction

KEY_REFUSED = frozenset({"unauthorized", "authentication_failed"})
TOLD_EVERY_SECONDS = 3600.0  # trouble that comes and goes is one message an hour to each admin


def pause(tx: Transaction, moment: Moment, code: str) -> None:
    """The HeyGen account cannot be used: nothing new is started until it is tried again."""
    is_new = jobs.account(tx).pause_code != code
    jobs.change_account(
        tx, paused_until=moment.now + moment.rules.pause_seconds, pause_code=code, told=bool(moment.rules.admins)
    )
    if not is_new:
        return
    for workspace_id, admin in moment.rules.admins:
        place = outbox.Place(workspace_id=workspace_id, channel_id=admin)
        key = f"pause:{admin}:{code}:{int(moment.now // TOLD_EVERY_SECONDS)}"
        outbox.dm(tx, moment, place, key=key, user_id=admin, what="pause", code=code)


def answered(tx: Transaction, moment: Moment) -> None:
    """HeyGen answered: a key that had been refused is good again. Of credit an answer says nothing."""
    if (jobs.account(tx).pause_code or "").casefold() in KEY_REFUSED:
        _resume(tx, moment)


def took(tx: Transaction, moment: Moment) -> None:
    """HeyGen took a call that makes something: whatever paused the queue is over."""
    if jobs.account(tx).pause_code is not None:
        _resume(tx, moment)


def _resume(tx: Transaction, moment: Moment) -> None:
    jobs.change_account(tx, paused_until=None, pause_code=None, told=False)


def is_over(tx: Transaction, now: float) -> bool:
    """Whether the pause has lasted long enough to start one thing and see."""
    paused_until = jobs.account(tx).paused_until
    return paused_until is not None and paused_until <= now


def try_again(tx: Transaction, moment: Moment) -> None:
    """After a pause one thing is started; until that works, nobody is told anything new."""
    if is_over(tx, moment.now):
        jobs.change_account(tx, paused_until=None)
