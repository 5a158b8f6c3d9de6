"""Video Agent: a session in chat mode; each version is one run of it."""

import hashlib
import itertools
from collections.abc import Callable, Sequence

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import NotFound
from bot.heygen.models import Listed, Session, SessionMessage, Video
from bot.jobs.kinds import conversation
from bot.jobs.kinds.bulk import Bulk, statuses_of
from bot.jobs.kinds.result import ResultFile
from bot.jobs.moment import CLOCKS_APART_SECONDS, Rules
from bot.jobs.outcomes import Done, Next, Outcome, Unknown
from bot.jobs.schedule import looks_at_session
from bot.jobs.sight import Asks, Broken, Made, Sight
from storage import jobs
from storage.database import Database
from storage.records import Effect, Job, JobState, Thread

SESSION_PAGES = 20  # of fifty, the newest first, when looking for one whose create was not answered
CREATE_SECONDS = 120.0  # a call that takes longer is given up
READS = 4
READ_SECONDS = 15.0
RARE_READ_SECONDS = 300.0
TITLE_LIMIT = 100  # HeyGen may make the whole prompt the title, more than an address with it may hold


class Agent:
    """Video Agent sessions. One thread, one session; only sessions in chat mode can be revised."""

    def __init__(self, client: HeyGenClient, database: Database, rules: Rules, clock: Callable[[], float]) -> None:
        self._client = client
        self._database = database
        self._rules = rules
        self._clock = clock
        self.bulk = Bulk(
            is_being_made=statuses_of(client, Listed.VIDEOS), id_of=_video_alone, unmoved=_unmoved,
            prefers_alone=lambda job: looks_at_session(job, rules),
        )  # fmt: skip

    async def submit(self, job: Job, thread: Thread, tried: Effect) -> Outcome:
        """Creates the session, or sends the revision to the one there is."""
        match tried.step:
            case "create":
                return await self._create(job)
            case "look":
                return await conversation.look(
                    self._client, thread.session_id or "", job.brief.prompt, now=self._clock(), rules=self._rules,
                    tried=tried, known=job.seen_video_ids,
                )  # fmt: skip
            case _:
                await self._client.send_message(
                    thread.session_id or "", job.brief.prompt, avatar_id=job.brief.avatar_id,
                    voice_id=job.brief.voice_id, files=_assets(job),
                )  # fmt: skip
                return Done({"session_id": thread.session_id})

    async def _create(self, job: Job) -> Outcome:
        brief = job.brief
        base, token = self._rules.callback_base, job.callback_token
        made = await self._client.create_session(
            brief.prompt, avatar_id=brief.avatar_id, voice_id=brief.voice_id, style_id=brief.style_id,
            orientation=brief.orientation, files=_assets(job), callback_id=job.callback_id,
            callback_url=f"{base}/{token}" if base and token else None,
        )  # fmt: skip
        return Done({"session_id": made.session_id})

    async def read_back(self, job: Job, thread: Thread, tried: Effect) -> Outcome:
        """A follow-up shows among the session's messages; a create as an unbound session whose first words are ours."""
        if tried.step == "look":
            return Next("look")
        if tried.step == "send":
            return await conversation.read_back(
                self._client, thread.session_id or "", job.brief.prompt, now=self._clock(), rules=self._rules,
                tried=tried,
            )  # fmt: skip
        seen_unbound = await self._unbound(job, tried)
        others, bound = await self._database.read(  # at once: another's session is in doubt until it is bound
            lambda tx: (jobs.other_creates(tx, job), jobs.sessions_bound(tx, seen_unbound))
        )
        found = [session_id for session_id in seen_unbound if session_id not in bound]
        is_hinted = "hint" in tried.evidence  # HeyGen named the session together with our callback id
        is_contested = conversation.folded(job.brief.prompt) in map(conversation.folded, others)
        if len(found) == 1 and (is_hinted or not is_contested):
            return Done({"session_id": found[0]})
        reads = int(tried.evidence.get("reads", 0)) + 1
        seen = {"reads": reads, "candidates": len(found)}
        settled = len(found) > 1 or reads >= READS
        wait = (RARE_READ_SECONDS if settled else READ_SECONDS) / self._rules.tempo
        return Unknown(at=self._clock() + wait, reason="unconfirmed", evidence=seen, ask=settled)

    async def _unbound(self, job: Job, tried: Effect) -> list[str]:
        hint = tried.evidence.get("hint")
        recent = await self._made_around(tried) if hint is None else [str(hint)]
        bound = await self._database.read(lambda tx: jobs.sessions_bound(tx, recent))
        matching = []
        for session_id in recent:
            if session_id in bound:
                continue
            try:
                session = await self._client.session(session_id)
            except NotFound:
                continue
            if conversation.first_words(session) == conversation.folded(job.brief.prompt):
                matching.append(session_id)
        return matching

    async def _made_around(self, tried: Effect) -> list[str]:
        """The sessions made while the call was under way; since then others may have made many."""
        attempted_at = tried.attempted_at or tried.created_at
        since, until = attempted_at - CLOCKS_APART_SECONDS, attempted_at + CREATE_SECONDS + CLOCKS_APART_SECONDS
        found: list[str] = []
        token: str | None = None
        for _ in range(SESSION_PAGES):
            page = await self._client.list_sessions(token=token)
            times = [(ref.session_id, ref.created_at or since) for ref in page.items]
            found += [session_id for session_id, made_at in times if since <= made_at <= until]
            token = page.next_token
            if token is None or any(made_at < since for _, made_at in times):
                break
        return found

    async def observe(self, job: Job) -> Sight:
        """The session until it shows a new video, then that video; now and then the session, for late questions."""
        if not looks_at_session(job, self._rules):
            return await self._observe_video(job, job.video_id or "", phase=job.phase, progress=job.progress)
        try:
            session = await self._client.session(job.session_id or "")
        except NotFound:
            return Sight(gone=True)
        return await self._read_session(job, session)

    async def _read_session(self, job: Job, session: Session) -> Sight:
        asks = asks_of(session)
        if asks is not None:
            return Sight(phase=session.status, progress=session.progress, asks=asks)
        new = session.video_id if session.video_id not in job.seen_video_ids else None
        if session.status == "failed":
            return Sight(phase=session.status, broken=await self._why(session, new))
        if new is not None and new == job.video_id and session.is_running:
            return _rendering(new, phase=session.status, progress=session.progress)  # this look was for questions
        if new is not None:
            return await self._observe_video(job, new, phase=session.status, progress=session.progress)
        if session.status == "completed":
            return await self._ended_without_video(job, session)
        return Sight(phase=session.status, progress=session.progress)

    async def _observe_video(self, job: Job, video_id: str, *, phase: str | None, progress: int | None) -> Sight:
        try:
            video = await self._client.video(video_id)
        except NotFound as error:
            return Sight(empty=Broken(code="video_not_found", message=error.message))
        if video.is_failed:
            code, message = video.failure_code or "rendering_failed", video.failure_message or ""
            return Sight(phase=phase, video_id=video_id, broken=Broken(code=code, message=message))
        if video.is_done and video.video_url:
            return Sight(phase=phase, video_id=video_id, made=_made(video))
        return _rendering(video_id, phase=phase, progress=progress)

    async def _ended_without_video(self, job: Job, session: Session) -> Sight:
        """A run that ended may show its video late, or only in the list; the engine decides how long that may last."""
        for video in await self._client.session_videos(job.session_id or ""):
            fresh = video.created_at is None or video.created_at >= (job.submitted_at or 0) - CLOCKS_APART_SECONDS
            if video.id not in job.seen_video_ids and fresh:
                return await self._observe_video(job, video.id, phase="generating", progress=session.progress)
        words = newest(session.messages, role="model", kind="text")
        return Sight(empty=Broken(code="no_video", message=words.content if words else ""))

    async def _why(self, session: Session, video_id: str | None) -> Broken:
        """The video's own code where there is a video; a session has only words."""
        said = newest(session.messages, role="model", kind="error")
        words = said.content if said is not None else ""
        if video_id is None:
            return Broken(code="session_failed", message=words)
        try:
            video = await self._client.video(video_id)
        except NotFound:
            return Broken(code="session_failed", message=words)
        return Broken(code=video.failure_code or "session_failed", message=video.failure_message or words)

    async def results(self, job: Job, submitted: Effect | None) -> list[ResultFile]:
        """The video and its captions."""
        video = await self._client.video(job.video_id or "")
        title = f"{(job.title or video.title or 'Video')[:TITLE_LIMIT]} (v{job.version})"
        files = []
        if video.video_url:
            files.append(ResultFile(name=f"video-v{job.version}.mp4", title=title, url=video.video_url))
        if video.subtitle_url:
            files.append(ResultFile(name=f"captions-v{job.version}.srt", title="Captions", url=video.subtitle_url))
        return files


def _video_alone(job: Job) -> str | None:
    """The video, where nothing says that it moved, and nobody is asked anything."""
    return None if job.look_alone or job.state is JobState.WAITING_FOR_INPUT else job.video_id


def _unmoved(job: Job) -> Sight:
    return _rendering(job.video_id, phase=job.phase, progress=job.progress)


def _rendering(video_id: str | None, *, phase: str | None, progress: int | None) -> Sight:
    phase = "generating" if phase in (None, "thinking", "completed") else phase
    return Sight(phase=phase, progress=progress, video_id=video_id)


def asks_of(session: Session) -> Asks | None:
    """What the session wants of a person, if anything."""
    if session.status not in ("waiting_for_input", "reviewing"):
        return None
    words = newest(session.messages, role="model", kind="text")
    resources = words.resource_ids if words and words.resource_ids else _shown_beside(session.messages, words)
    content = words.content if words else "HeyGen waits for your go-ahead."
    at = session.messages.index(words) if words else 0
    told = newest(session.messages[at:], role="user", kind="text")  # what the words answer: times are whole seconds
    mark = f"{session.status}|{words.created_at if words else ''}|{content}|{told.content if told else ''}"
    key = hashlib.sha256(mark.encode()).hexdigest()[:16]
    return Asks(key=key, text=content, review=session.status == "reviewing", resource_ids=resources)


def _shown_beside(messages: Sequence[SessionMessage], words: SessionMessage | None) -> tuple[str, ...]:
    """What the agent showed in the turn of these words; older pictures belong to older questions."""
    for _, turn in itertools.groupby(messages, key=lambda message: message.role == "user"):
        said = list(turn)
        if words is None or words in said:
            shown = newest(said, role="model", kind="resource")
            return shown.resource_ids if shown else ()
    return ()


def newest(messages: Sequence[SessionMessage], *, role: str, kind: str) -> SessionMessage | None:
    """The newest message of a role and type; HeyGen lists the newest first."""
    return next((message for message in messages if message.role == role and message.type == kind), None)


def _made(video: Video) -> Made:
    return Made(video_id=video.id, title=video.title, duration_seconds=video.duration, page_url=video.video_page_url)


def _assets(job: Job) -> list[str]:
    return [file.asset_id for file in job.brief.files if file.asset_id is not None]
