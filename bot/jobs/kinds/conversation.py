"""Sending words to a session that is there already: look first, send once, and read back what was sent."""

from collections.abc import Sequence

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import NotFound
from bot.heygen.models import Session
from bot.jobs.moment import Rules
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from storage.records import Effect

READ_SECONDS = 10.0
READS = 3  # after these the session's own messages have shown that ours is not among them
LOST_READS = 3
BUSY_FOR_SECONDS = 24 * 3600.0  # a session that has not listened for so long will not; the place at HeyGen is freed


async def look(
    client: HeyGenClient, session_id: str, text: str, *, now: float, rules: Rules, tried: Effect, known: Sequence[str]
) -> Outcome:
    """Goes on to sending when the session listens; remembers its videos and how often it has heard these words."""
    try:
        session = await client.session(session_id)
    except NotFound:
        lost = int(tried.evidence.get("lost", 0)) + 1
        if lost >= LOST_READS:
            return Refused("session_lost")
        return AgainAt(now + rules.poll_seconds, "session not found", evidence={"lost": lost})
    if session.is_running and now - tried.patient_from > BUSY_FOR_SECONDS:
        return Refused("stuck")
    if session.is_running:
        return AgainAt(now + rules.poll_seconds, "the session is busy")
    videos = [*known, *([session.video_id] if session.video_id and session.video_id not in known else [])]
    return Next("send", {"videos": videos, "heard": heard(session, text)})


async def read_back(
    client: HeyGenClient, session_id: str, text: str, *, now: float, rules: Rules, tried: Effect
) -> Outcome:
    """Whether the words reached the session, by its own messages; repeated only when they show that they did not."""
    try:
        session = await client.session(session_id)
    except NotFound:
        return Refused("session_lost")
    if heard(session, text) > int(tried.evidence.get("heard", 0)):
        return Done({"session_id": session_id})
    reads = int(tried.evidence.get("reads", 0)) + 1
    if reads >= READS and not session.is_running:
        return AgainAt(now, "not among the session's messages", evidence={"reads": 0})
    # Asked about a revision; the doubt about an answer, of which nobody is asked, ends with its job.
    ask = now - (tried.attempted_at or tried.created_at) > BUSY_FOR_SECONDS
    at = now + READ_SECONDS / rules.tempo
    return Unknown(at=at, reason="follow-up unconfirmed", evidence={"reads": reads}, ask=ask)


def heard(session: Session, text: str) -> int:
    """How often people have said these words in the session."""
    wanted = folded(text)
    return sum(1 for message in session.messages if message.role == "user" and folded(message.content) == wanted)


def first_words(session: Session) -> str:
    """What the session was begun with."""
    said = [message for message in session.messages if message.role == "user"]
    return folded(said[-1].content) if said else ""


def folded(text: str) -> str:
    """Text without differences of white space, which HeyGen may normalise."""
    return " ".join(text.split())
