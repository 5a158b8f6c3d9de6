"""A call of HeyGen's that says of many jobs at once whether anything has moved."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.heygen.client import HeyGenClient
from bot.heygen.models import Listed
from bot.jobs.sight import Sight
from storage.records import Job

MOST = 100  # ids in one call

Statuses = Callable[[Sequence[str]], Awaitable[Mapping[str, bool]]]


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """How a kind takes part. What has moved, or is not named, gets a look of its own, and that is what counts."""

    is_being_made: Statuses  # by id; HeyGen may leave some out
    id_of: Callable[[Job], str | None]  # None: this look takes a call of its own
    prefers_alone: Callable[[Job], bool]  # this look should, as long as calls are not scarce
    unmoved: Callable[[Job], Sight]  # what a look would show of a job that is being made yet


def statuses_of(client: HeyGenClient, what: Listed) -> Statuses:
    """HeyGen's bulk call for videos, translations or lipsyncs."""

    async def are_being_made(ids: Sequence[str]) -> dict[str, bool]:
        return {one.video_id: one.is_being_made for one in await client.statuses(what, ids)}

    return are_being_made
