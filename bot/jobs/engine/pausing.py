"""Trouble an admin must mend pauses the queue, tells them once, and ends by itself."""

from bot.jobs import outbox
from bot.jobs.engine import starting
from bot.jobs.moment import Moment
from bot.jobs.outcomes import Trouble
from storage import jobs
from storage.database import Transaction

PAUSE_SECONDS = 60.0
KEY_TROUBLE = frozenset({"unauthorized", "authentication_failed"})  # any answer from HeyGen shows that these are over


def pause(tx: Transaction, moment: Moment, trouble: Trouble) -> None:
    """The HeyGen account cannot be used: nothing new is started until it is tried again."""
    is_new = jobs.account(tx).pause_code is None
    jobs.change_account(
        tx, paused_until=moment.after(PAUSE_SECONDS), pause_code=trouble.code, pause_message=trouble.message,
        told=bool(moment.rules.admins),
    )  # fmt: skip
    _refresh_queue(tx, moment)
    if not is_new:
        return
    for workspace_id, admin in moment.rules.admins:
        place = outbox.Place(workspace_id=workspace_id, channel_id=admin)
        key = f"pause:{admin}:{int(moment.now)}"
        outbox.dm(tx, moment, place, key=key, user_id=admin, what="pause", code=trouble.code)


def resume(tx: Transaction, moment: Moment, *, has_spent: bool = False) -> None:
    """A call at HeyGen worked: the pause is over, if the call shows it. Looking costs nothing, also without credit."""
    code = jobs.account(tx).pause_code
    if code is None or not (has_spent or code.casefold() in KEY_TROUBLE):
        return
    jobs.change_account(tx, paused_until=None, pause_code=None, pause_message=None, told=False)
    _refresh_queue(tx, moment)
    starting.start_queued(tx, moment)


def try_again(tx: Transaction, moment: Moment) -> None:
    """The pause has lasted long enough to start one thing and see; until it works, nobody is told anything new."""
    paused_until = jobs.account(tx).paused_until
    if paused_until is not None and paused_until <= moment.now:
        jobs.change_account(tx, paused_until=None)
        starting.start_queued(tx, moment)


def _refresh_queue(tx: Transaction, moment: Moment) -> None:
    for thread_id in jobs.unstarted_threads(tx, starting.SHOWN_PLACES):
        outbox.edit_by_id(tx, moment, thread_id)
