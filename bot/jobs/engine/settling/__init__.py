"""What the outcome of an effect means for the job it belongs to."""

from collections.abc import Callable

from bot.jobs.engine import pausing
from bot.jobs.engine.settling import heygen, slack
from bot.jobs.moment import Moment
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Unknown
from storage.database import Transaction
from storage.records import Effect

Settle = Callable[[Transaction, Moment, Effect, Outcome], None]

MAKING = frozenset({"submit", "message"})
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
    """Names say nothing of the account: they are mostly known without a call."""
    match outcome:
        case AgainAt(paused=str(code)) | Unknown(paused=str(code)):
            pausing.pause(tx, moment, code)
        case Done() if tried.kind in MAKING:
            pausing.took(tx, moment)
        case Done() | Next() if tried.kind != "names":
            pausing.answered(tx, moment)
