"""Performs one step of one HeyGen effect, and turns HeyGen's errors into outcomes."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from bot.heygen.catalog import Ambiguous, Catalog, Item, Match, list_of
from bot.heygen.client import HeyGenClient
from bot.heygen.errors import (
    HeyGenError,
    ServerTrouble,
)
from bot.jobs.engine.asking import unresolved
from bot.jobs.engine.talking import APPROVAL
from bot.jobs.kinds import Kind, conversation, kind_of
from bot.jobs.moment import Rules
from bot.jobs.outcomes import AgainAt, Done, NotKnown, Outcome, Refused
from bot.jobs.storing import stored
from bot.jobs.trouble import outcome_of
from storage import jobs, threads
from storage.database import Database, Transaction
from storage.records import Attachment, Effect, EffectState, Job, Thread

SLOT_SECONDS = 2.0
SMALL_ASSET_BYTES = 32 * 1024 * 1024
SUGGESTIONS = 4


class FileUnread(Exception):
    """A Slack file could not be read; `outcome` is what that means for the call that needs it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True)
class OpenedFile:
    """A Slack file being read."""

    size_bytes: int
    mimetype: str
    chunks: AsyncIterator[bytes]


OpenFile = Callable[[Attachment, Effect], AbstractAsyncContextManager[OpenedFile]]


class HeyGenCalls:
    """What the HeyGen side of the outbox does. `open_file` reads a Slack file without this layer knowing Slack."""

    def __init__(
        self,
        database: Database,
        client: HeyGenClient,
        catalog: Catalog,
        kinds: Mapping[str, Kind],
        *,
        rules: Rules,
        clock: Callable[[], float],
        open_file: OpenFile,
    ) -> None:
        self._database = database
        self._client = client
        self._catalog = catalog
        self._kinds = kinds
        self._rules = rules
        self._clock = clock
        self._open_file = open_file

    async def perform(self, tried: Effect) -> Outcome:
        """Tries the effect's step, or reads back what became of it."""
        job, thread = await stored(lambda: self._database.read(lambda tx: _subject(tx, tried)))
        if job is None:
            return Refused("internal", "The job of this call is missing")
        try:
            if tried.state is EffectState.UNKNOWN:
                return await self._read_back(tried, job, thread)
            return await self._try(tried, job, thread)
        except HeyGenError as error:
            return outcome_of(error, tried, self._clock(), self._rules)

    async def _try(self, tried: Effect, job: Job, thread: Thread) -> Outcome:
        match tried.kind:
            case "names":
                return await self._names(job)
            case "asset":
                return await self._asset(tried, job)
            case "submit":
                return await kind_of(self._kinds, job).submit(job, thread, tried)
            case "message":
                return await self._message(tried, job, thread)
            case "stop":
                await self._client.stop(job.session_id or "")
                return Done()
            case _:
                raise NotKnown(f"No HeyGen call is called {tried.kind}")

    async def _read_back(self, tried: Effect, job: Job, thread: Thread) -> Outcome:
        match tried.kind:
            case "submit":
                return await kind_of(self._kinds, job).read_back(job, thread, tried)
            case "message" if tried.step == "send":
                return await conversation.read_back(
                    self._client, thread.session_id or "", _words(tried), now=self._clock(), rules=self._rules,
                    tried=tried,
                )  # fmt: skip
            case _:  # names change nothing, assets carry a key, a stop may be repeated
                return await self._try(tried, job, thread)

    async def _names(self, job: Job) -> Outcome:
        found: dict[str, Any] = {}
        for subject in unresolved(job.brief):
            listed = list_of(subject, speech=job.kind == "speech")
            await self._catalog.ensure(listed)
            wanted = getattr(job.brief, subject)
            match self._catalog.resolve(listed, wanted):
                case Match(item=item):
                    found |= {subject: item.name, f"{subject}_id": item.id}
                case missed:
                    near = missed.items if isinstance(missed, Ambiguous) else missed.suggestions
                    return Done({"found": found, "ask": _name_question(job.kind, subject, wanted, near)})
        return Done({"found": found})

    async def _asset(self, tried: Effect, job: Job) -> Outcome:
        file = next((item for item in job.brief.files if item.file_id == tried.payload["file"]), None)
        if file is None:
            return Refused("file_gone")
        slots = int(tried.evidence.get("slots", 0))
        try:
            async with self._open_file(file, tried) as opened:
                small = opened.size_bytes <= SMALL_ASSET_BYTES
                send = self._client.upload_asset if small else self._client.upload_large
                key = f"{tried.key}:{slots}"
                asset = await send(file.name, opened.mimetype, opened.size_bytes, opened.chunks, idempotency_key=key)
        except FileUnread as unread:
            return unread.outcome
        except ServerTrouble as error:
            if error.code != "upload_refused":
                raise
            again_at = self._clock() + SLOT_SECONDS  # the slot is dead, and so is the key that would return it
            return AgainAt(again_at, error.code, evidence={"slots": slots + 1})
        return Done({"asset_id": asset.asset_id})

    async def _message(self, tried: Effect, job: Job, thread: Thread) -> Outcome:
        session_id = thread.session_id or ""
        if tried.step == "look":
            return await conversation.look(
                self._client, session_id, _words(tried), now=self._clock(), rules=self._rules, tried=tried,
                known=job.seen_video_ids,
            )  # fmt: skip
        named = tried.payload.get("files", [])
        assets = [file.asset_id for file in job.brief.files if file.file_id in named and file.asset_id]
        await self._client.send_message(session_id, _words(tried), files=assets)
        return Done()


def _subject(tx: Transaction, tried: Effect) -> tuple[Job | None, Thread]:
    return jobs.job(tx, tried.job_id or ""), threads.thread(tx, tried.thread_id or "")


def _words(tried: Effect) -> str:
    return APPROVAL if tried.payload.get("approve") else str(tried.payload["text"])


def _name_question(kind: str, subject: str, wanted: str, near: Sequence[Item]) -> dict[str, Any]:
    options = [{"label": _told_apart(item), "value": item.id} for item in near[:SUGGESTIONS]]
    if kind != "speech":
        options.append({"label": f"Let HeyGen choose the {subject}", "value": ""})
    return {"subject": subject, "text": wanted, "options": options}


def _told_apart(item: Item) -> str:
    """Names are shared: two voices called Daniel differ by their language."""
    return f"{item.name} ({item.detail})" if item.detail else item.name
