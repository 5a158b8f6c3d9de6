"""What the outcome of an effect means for the job it belongs to."""

from collections.abc import Callable

from bot.jobs.engine import pausing
from bot.jobs.engine.settling import heygen, slack
from bot.jobs.moment import Moment
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Unknown
from storage.database import Transaction
from storage.records import Effect

Settle = Callable[[Transaction, Moment, Effect, Outcome], None]

SPENDING = frozenset({"submit", "message"})  # what HeyGen refuses to an account without credit

TABLE: dict[str, Settle] = {
    "enter": slack.enter,
    "card": slack.card,
    "edit": slack.edit,
    "say": slack.say,
    "upload": slack.upload,
    "dm": slack.dm,
    "names": heygen.names,
    "asset": heygen.asset,
    "submit": heygen.submit,
    "message": heygen.message,
}


def settled(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    """Moves on whatever waited for this effect. Called in the transaction that commits the outcome."""
    if tried.side == "heygen":
        _account(tx, moment, tried, outcome)
    step = TABLE.get(tried.kind)
    if step is not None:
        step(tx, moment, tried, outcome)


def _account(tx: Transaction, moment: Moment, tried: Effect, outcome: Outcome) -> None:
    if isinstance(outcome, AgainAt | Unknown) and outcome.paused is not None:
        pausing.pause(tx, moment, outcome.paused)
    elif isinstance(outcome, Done | Next):
        pausing.resume(tx, moment, has_spent=isinstance(outcome, Done) and tried.kind in SPENDING)
