"""Finds a message whose post was not answered, by the effect's key in its metadata."""

from collections.abc import Callable
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.jobs.moment import CLOCKS_APART_SECONDS
from bot.jobs.outcomes import AgainAt, Done, Outcome, Refused, Unknown
from storage.records import Effect, Job

EVENT_TYPE = "heygen_slack"
UNDER_WAY_SECONDS = 300.0  # a post that is not there so long after its attempt will not come
PAGE = 100
READS = 2  # a post is believed not to have happened after it was missing this often
READ_SECONDS = 5.0
MAX_TROUBLE = 5


def metadata(tried: Effect, job: Job | None) -> dict[str, Any]:
    """What marks a message as the one this effect made: no words, for every app of the workspace can read it."""
    marks: dict[str, Any] = {"effect": tried.key, "kind": tried.payload.get("what") or tried.kind}
    if job is not None:
        marks |= {"job": job.id, "version": job.version}
    return {"event_type": EVENT_TYPE, "event_payload": marks}


class ReadBack:
    """Looks in the channel, the thread or the DM that the post was meant for. Pauses are divided by `tempo`."""

    def __init__(self, client: AsyncWebClient, *, clock: Callable[[], float], tempo: float) -> None:
        self._client = client
        self._clock = clock
        self._tempo = tempo

    async def find(self, tried: Effect, *, channel_id: str, root_ts: str | None) -> Outcome:
        """Reads one page. Done with the message's ts when it is there; again when all pages have shown that it is not.

        A page at a time, for each is a call that Slack counts, and some apps may make one a minute.
        """
        page = await self._page(tried, channel_id=channel_id, root_ts=root_ts)
        for message in page.get("messages") or []:
            if _is_ours(message, tried.key):
                return Done({"ts": str(message["ts"])})
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or None
        if cursor is not None:
            return self._later(0.0, "more to read", cursor=cursor)
        reads = int(tried.evidence.get("reads", 0)) + 1
        if reads < READS:
            return self._later(READ_SECONDS, "not seen yet", reads=reads, cursor=None)
        return AgainAt(self._clock(), "proven not posted", evidence={"reads": 0, "cursor": None})

    def blind(self, tried: Effect, failed: Outcome) -> Outcome:
        """The reading `failed`: what may be there is not done a second time, only looked for again."""
        match failed:
            case Refused(code=code):  # Slack does not let us read, and hardly will
                troubles = int(tried.evidence.get("troubles", 0)) + 1
                if troubles >= MAX_TROUBLE:
                    return Refused("unconfirmed_post", code)
                return self._later(READ_SECONDS * troubles, code, troubles=troubles, cursor=None)
            case AgainAt(at=at, reason=reason, rests_lane=rests):
                return Unknown(at=at, reason=reason, rests_lane=rests)
            case Unknown(at=at, reason=reason):
                return Unknown(at=at, reason=reason)
            case _:
                raise ValueError(f"A failed reading cannot show {failed}")

    def _later(self, seconds: float, reason: str, **evidence: int | str | None) -> Unknown:
        return Unknown(at=self._clock() + seconds / self._tempo, reason=reason, evidence=evidence)

    async def _page(self, tried: Effect, *, channel_id: str, root_ts: str | None) -> AsyncSlackResponse:
        attempted_at = tried.attempted_at or tried.created_at
        oldest = f"{attempted_at - CLOCKS_APART_SECONDS:.6f}"
        latest = f"{attempted_at + UNDER_WAY_SECONDS:.6f}"  # after a long sleep there may be much to read
        cursor = tried.evidence.get("cursor")
        if root_ts is None:
            return await self._client.conversations_history(
                channel=channel_id, oldest=oldest, latest=latest, limit=PAGE, cursor=cursor, include_all_metadata=True
            )
        return await self._client.conversations_replies(
            channel=channel_id, ts=root_ts, oldest=oldest, latest=latest, limit=PAGE, cursor=cursor,
            include_all_metadata=True,
        )  # fmt: skip


def _is_ours(message: dict[str, Any], key: str) -> bool:
    found = message.get("metadata") or {}
    return bool((found.get("event_payload") or {}).get("effect") == key)
