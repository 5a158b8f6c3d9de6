"""Brings HeyGen's files into a thread in three steps: bytes to Slack, share, verify that the share happened."""

import logging
from collections.abc import Callable
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.heygen.client import HeyGenClient
from bot.heygen.downloads import Downloads
from bot.heygen.errors import HeyGenError, NotFound
from bot.jobs.kinds import Kind, ResultFile, kind_of
from bot.jobs.outcomes import AgainAt, Done, Next, Outcome, Refused, Unknown
from handlers.files import SlackFiles
from handlers.render import Renderer
from handlers.trouble import word_of
from storage import effects, jobs, threads
from storage.database import Database
from storage.records import Effect, Job

logger = logging.getLogger(__name__)

SHARE_READS = 4
SHARE_READ_SECONDS = 4.0
FIRST_VERIFY_SECONDS = 0.25  # Slack shares a file a moment after it said so
VERIFY_SECONDS = (0.25, 0.5, 1.0, 2.0, 5.0)  # each as long as all before it: few looks, and none much too late
VERIFY_FOR_SECONDS = 300.0
HEYGEN_AGAIN_SECONDS = 5.0
HEYGEN_FOR_SECONDS = 600.0
CAPTIONS = ".srt"
CAPTIONS_TRIES = 3  # after which the film goes without them


class NoSize(Exception):
    """HeyGen did not say how large the file is, and Slack must be told first."""


class Uploads:
    """Streams results and storyboards from HeyGen to Slack; nothing is held in memory.

    `tempo` divides our own pauses; when a file is looked for that Slack is to show goes by Slack's time.
    """

    def __init__(
        self,
        database: Database,
        client: AsyncWebClient,
        heygen: HeyGenClient,
        downloads: Downloads,
        kinds: dict[str, Kind],
        files: SlackFiles,
        renderer: Renderer,
        *,
        clock: Callable[[], float],
        tempo: float,
    ) -> None:
        self._database = database
        self._client = client
        self._heygen = heygen
        self._downloads = downloads
        self._kinds = kinds
        self._files = files
        self._renderer = renderer
        self._clock = clock
        self._tempo = tempo

    async def perform(self, tried: Effect) -> Outcome:
        """Tries one step. Slack's errors are raised; HeyGen's become outcomes."""
        match tried.step:
            case "upload":
                return await self._upload(tried)
            case "share":
                return await self._share(tried)
            case _:
                return await self._verify(tried)

    async def look_up(self, tried: Effect) -> Outcome:
        """A share that was not answered shows in the file's own record, if only after a while."""
        if await self._shared(tried) is not None:
            return Next("verify")
        reads = int(tried.evidence.get("reads", 0)) + 1
        if reads < SHARE_READS:
            at = self._clock() + SHARE_READ_SECONDS / self._tempo
            return Unknown(at=at, reason="not shared yet", evidence={"reads": reads})
        return AgainAt(self._clock(), "not shared", evidence={"reads": 0, "doubted": True})

    async def _upload(self, tried: Effect) -> Outcome:
        try:
            sources = await self._sources(tried)
        except HeyGenError as error:
            return self._heygen_trouble(tried, error)
        if not sources:
            return Refused("expired_audio" if tried.payload["what"] == "audio" else "no_file")
        sent: list[dict[str, str]] = []
        for source in reversed(sources):  # captions first: when they are tried again, the film has not been brought yet
            try:
                sent.insert(0, await self._relay(source))
            except NoSize:
                return Refused("unknown_size")
            except HeyGenError as error:
                is_wanted_still = not isinstance(error, NotFound) and tried.attempts < CAPTIONS_TRIES
                if not source.name.endswith(CAPTIONS) or is_wanted_still:
                    return self._heygen_trouble(tried, error)
                logger.warning("Captions could not be fetched: %s", error.code, extra={"action": "captions"})
        return Next("share", {"files": sent})

    def _heygen_trouble(self, tried: Effect, error: HeyGenError) -> Outcome:
        """Patience begins with the first trouble: until its turn came, behind many others, nothing was tried."""
        now = self._clock()
        since = max(min(float(tried.evidence.get("troubled_at", now)), now), tried.patient_from)
        if isinstance(error, NotFound) or now - since > HEYGEN_FOR_SECONDS:
            return Refused("download_failed", error.message)
        wait = max(error.retry_after or 0.0, HEYGEN_AGAIN_SECONDS / self._tempo)
        return AgainAt(now + wait, error.code, evidence={"troubled_at": since})

    async def _sources(self, tried: Effect) -> list[ResultFile]:
        job, asked, done = await self._database.read(
            lambda tx: (
                jobs.job(tx, tried.job_id or ""),
                threads.question(tx, tried.payload.get("question", "")),
                effects.effects_of_job(tx, tried.job_id or ""),
            )
        )
        if job is None:
            return []
        if asked is not None:
            return [await self._storyboard(job, rid, number) for number, rid in enumerate(asked.resource_ids, 1)]
        submitted = next((item for item in reversed(done) if item.kind == "submit"), None)
        return await kind_of(self._kinds, job).results(job, submitted)

    async def _storyboard(self, job: Job, resource_id: str, number: int) -> ResultFile:
        resource = await self._heygen.resource(job.session_id or "", resource_id)
        url = resource.url or resource.preview_url or resource.thumbnail_url or ""
        return ResultFile(name=f"storyboard-{number}.png", title=f"Scene {number}", url=url)

    async def _relay(self, source: ResultFile) -> dict[str, str]:
        async with self._downloads.open(source.url) as download:
            size = download.size_bytes
            if size is None:
                raise NoSize
            slot = await self._client.files_getUploadURLExternal(filename=source.name, length=size)
            await self._files.send(str(slot["upload_url"]), download.chunks, size_bytes=size)
        return {"id": str(slot["file_id"]), "title": source.title}

    async def _share(self, tried: Effect) -> Outcome:
        thread = await self._database.read(lambda tx: threads.thread(tx, tried.thread_id or ""))
        in_channel = tried.payload["what"] == "audio"
        comment = await self._renderer.comment(tried)
        try:
            await self._client.files_completeUploadExternal(
                files=tried.evidence["files"], channel_id=thread.channel_id,
                thread_ts=None if in_channel else thread.root_ts, initial_comment=comment,
            )  # fmt: skip
        except SlackApiError as error:
            if word_of(error) != "file_not_found" or not tried.evidence.get("doubted"):
                raise  # an upload completes once: the call whose answer was lost had completed it
        return Next("verify", after=FIRST_VERIFY_SECONDS)

    async def _verify(self, tried: Effect) -> Outcome:
        file = await self._shared(tried)
        now = self._clock()
        looked = int(tried.evidence.get("looked", 0))
        since = min(float(tried.evidence.get("since", now)), now)  # the clock may have been set back
        if file is None and now - since < VERIFY_FOR_SECONDS:
            wait = VERIFY_SECONDS[min(looked, len(VERIFY_SECONDS) - 1)]
            return AgainAt(now + wait, "not shared yet", evidence={"looked": looked + 1, "since": since})
        if file is None:
            return Refused("not_shared")
        return Done({"file_id": str(file["id"]), "permalink": file.get("permalink")})

    async def _shared(self, tried: Effect) -> dict[str, Any] | None:
        answer = await self._client.files_info(file=tried.evidence["files"][0]["id"])
        file: dict[str, Any] = answer["file"]
        places = (file.get("shares") or {}).values()
        return file if any(tried.channel_id in place for place in places) else None
