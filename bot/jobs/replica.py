"""This instance of the program among the others that run on the same database."""

from collections.abc import Callable

from bot.jobs.heartbeat import Heartbeat
from bot.jobs.loop import Loop
from bot.jobs.storing import stored_at_the_end
from storage.database.notices import Notices

NOTICE_SECONDS = 0.1  # between two notices to the others
LONGEST_SECONDS = 60.0


class Replica:
    """Joins, says that it is there, tells of work, and leaves. `notices` is None where nobody else may be."""

    def __init__(self, heartbeat: Heartbeat, notices: Notices | None, *, clock: Callable[[], float]) -> None:
        self._heartbeat = heartbeat
        self._notices = notices
        self.loops = [Loop("heartbeat", run_once=heartbeat.run_once, clock=clock)]
        if notices is not None:
            telling = Loop(
                "notices", run_once=notices.run_once, clock=clock, least_seconds=NOTICE_SECONDS,
                longest_seconds=LONGEST_SECONDS,
            )  # fmt: skip
            self.loops.append(telling)
            self._wake_notices = telling.wake

    async def join(self) -> float | None:
        """Enters this instance; returns when one was last there, None when never."""
        return await self._heartbeat.join()

    def tell(self) -> None:
        """There may be work for the others."""
        if self._notices is not None:
            self._notices.tell()
            self._wake_notices()

    async def leave(self) -> None:
        """What was cut off is free for the others at once. Without the database they find out by our silence."""
        if self._notices is not None:
            await self._notices.close()
        await stored_at_the_end(self._heartbeat.leave, what="The claims were not freed")
