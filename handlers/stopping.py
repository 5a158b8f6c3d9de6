"""Stopping a job, by command or by button, for somebody who may."""

from handlers.blocks import messages
from handlers.collaborators import Collaborators
from storage.records import Job


async def stop(with_: Collaborators, job: Job, *, by: str, channel_id: str) -> messages.Message | None:
    """Stops it. Returns a word for that person alone; None where the card in their channel shows it."""
    if not await with_.engine.stop(job.id, by=by):
        return messages.stopped_already(state=await with_.standings.state(job.id))
    if await with_.standings.card_link(job) is None:
        return messages.stopped_unseen()
    return messages.stopped() if job.channel_id != channel_id else None
