"""The Video Agent: how a session moves with time, with people's words, and with a stop."""

from typing import Any

from bot.playground.local_heygen import script
from bot.playground.local_heygen.errors import ApiError, invalid
from bot.playground.local_heygen.orders import Plan
from bot.playground.local_heygen.production import Production
from bot.playground.local_heygen.records import Session, Step, Video
from bot.playground.local_heygen.world import World

PENDING_SHARE = 0.15  # of the rendering, before a video counts as processing
MOST_PROGRESS = 0.99  # of what is not finished
LOOK_AGAIN_SECONDS = 0.02  # when the time is over and the film is not yet there
TITLE_WORDS = 7


class Agent:
    """Moves sessions; what comes of their runs is up to `production`."""

    def __init__(self, world: World, production: Production) -> None:
        self._world = world
        self._production = production

    def create(self, asked: dict[str, Any], asset_ids: tuple[str, ...]) -> Session:
        """Begin a session by the next plan, or as prompts without a plan go."""
        world, now = self._world, self._world.clock()
        plan = world.plans.popleft() if world.plans else Plan()
        session = Session(
            id=world.new_id(),
            mode=asked["mode"] or "generate",
            prompt=asked["prompt"],
            title=_title(asked["prompt"]),
            orientation=self._orientation(asked),
            plan=plan,
            created_at=now,
            avatar_id=asked["avatar_id"],
            voice_id=asked["voice_id"],
            style_id=asked["style_id"],
            callback_url=asked["callback_url"],
            callback_id=asked["callback_id"],
            incognito_mode=bool(asked["incognito_mode"]),
            asset_ids=asset_ids,
        )
        world.sessions[session.id] = session
        session.say("user", session.prompt, now)
        self._begin(session, session.prompt, plan, now)
        return session

    def message(self, session: Session, asked: dict[str, Any], asset_ids: tuple[str, ...]) -> None:
        """An answer, a word on the storyboard, or the beginning of the next version."""
        words: str = asked["message"]
        if session.mode != "chat":
            raise invalid("Follow-up messages need a session in chat mode")
        if session.is_working:
            raise ApiError(409, "conflict", f"The session is {session.status}; wait until it has finished")
        self._world.admit_job()
        now = self._world.clock()
        session.avatar_id = asked["avatar_id"] or session.avatar_id
        session.voice_id = asked["voice_id"] or session.voice_id
        session.asset_ids += asset_ids
        session.say("user", words, now)
        if session.step is None:
            plan = self._world.revision_plans.popleft() if self._world.revision_plans else session.plan.for_revision()
            self._begin(session, words, plan, now)
            return
        if session.step.kind == "review" and not script.approves(words):
            session.steps[:0] = [script.afterthought(session.plan, self._world.settings), session.step]
        self._leave(session, now)

    def stop(self, session: Session) -> None:
        """Halt at the next checkpoint, or not at all where the plan has the video finish anyway."""
        if session.step is None or session.step.kind == "stopping":
            return
        now, settings = self._world.clock(), self._world.settings
        if session.plan.finish_after_stop:
            session.steps = [step for step in session.steps if step.kind not in ("ask", "review")]
            if session.waits_for_person:
                self._leave(session, now)
            return
        self._advance_rendering(session, now)
        session.steps = []
        self._enter(session, Step(kind="stopping", seconds=settings.scaled(settings.checkpoint_seconds)), now)

    def ask(self, session: Session, text: str) -> None:
        """Interrupt whatever the session does with a question; an answer lets it go on, or begins the next version."""
        now = self._world.clock()
        if session.step is None:
            self._prepare(session, session.plan.for_revision())
        elif session.is_working:
            self._advance_rendering(session, now)
            left = None if session.due_at is None else max(0.0, session.due_at - now)
            session.steps.insert(0, Step(kind=session.step.kind, seconds=left))
        self._enter(session, Step(kind="ask", text=text), now)

    def advance(self) -> None:
        """Bring every session to where it is by now."""
        now = self._world.clock()
        for session in list(self._world.open.values()):
            while session.due_at is not None and session.due_at <= now:
                if not self._is_filmed(session):
                    session.due_at = now + LOOK_AGAIN_SECONDS
                    break
                self._leave(session, session.due_at)

    def next_due_at(self) -> float | None:
        """When something will move next."""
        return min((one.due_at for one in self._world.open.values() if one.due_at is not None), default=None)

    def progress(self, session: Session) -> int:
        if session.status == "completed":
            return 100
        return int(100 * self._share(session, self._world.clock()))

    def video_status(self, video: Video) -> str:
        if video.status == "pending":
            session = self._world.sessions[video.session_id]
            if session.rendering is video and self._share(session, self._world.clock()) >= PENDING_SHARE:
                video.status = "processing"
                self._world.journal.tell("video", video=video)
        return video.status

    def _begin(self, session: Session, words: str, plan: Plan, now: float) -> None:
        session.wish = words
        self._prepare(session, script.steered(plan, words))
        self._enter(session, session.steps.pop(0), now)

    def _prepare(self, session: Session, plan: Plan) -> None:
        chat, revision = session.mode == "chat", session.runs > 0
        session.plan = plan
        session.runs += 1
        session.steps = script.steps_of(plan, self._world.settings, chat=chat, revision=revision)
        self._world.open[session.id] = session

    def _enter(self, session: Session, step: Step, at: float) -> None:
        session.step, session.entered_at = step, at
        session.due_at = None if step.seconds is None else at + step.seconds
        match step.kind:
            case "lag" | "stopping":
                pass  # what people see stays as it was
            case "think":
                session.status = "thinking"
            case "ask":
                session.status = "waiting_for_input"
                session.say("model", step.text, at)
            case "review":
                session.status = "reviewing"
                self._production.show_storyboard(session, step.text, at)
            case "generate":
                session.status = "generating"
                if session.rendering is None:
                    self._production.begin_video(session, at)
        self._world.tell_of(session)

    def _leave(self, session: Session, at: float) -> None:
        self._advance_rendering(session, at)
        if session.steps:
            self._enter(session, session.steps.pop(0), at)
        else:
            self._finish(session, at)

    def _finish(self, session: Session, at: float) -> None:
        stopped = session.step is not None and session.step.kind == "stopping"
        video = session.rendering
        session.step, session.due_at, session.rendering, session.rendered = None, None, None, 0.0
        self._world.open.pop(session.id, None)
        if stopped:
            self._production.halt(session, video, at)
        elif session.plan.fail is not None or self._production.broken(video):
            self._production.fail(session, video, at)
        else:
            self._production.complete(session, video, at)
        session.is_lost = session.is_lost or session.plan.lose_after == "completed"
        self._world.tell_of(session, video)

    def _is_filmed(self, session: Session) -> bool:
        """Whether the run may end as far as the film is concerned."""
        ends = not session.steps and session.step is not None and session.step.kind == "generate"
        return not ends or session.rendering is None or self._production.is_ready(session.rendering)

    def _advance_rendering(self, session: Session, at: float) -> None:
        session.rendered = self._share(session, at)

    def _share(self, session: Session, now: float) -> float:
        """How much of the rendering is done."""
        if session.step is None or session.step.kind != "generate":
            return session.rendered
        whole = script.generating(session.plan, self._world.settings)
        since = (now - session.entered_at) / whole if whole else 1.0
        return min(MOST_PROGRESS, session.rendered + since)

    def _orientation(self, asked: dict[str, Any]) -> str:
        """As asked, else as the style wants it; a style bound to another one is refused."""
        bound = self._world.style(asked["style_id"]).orientation if asked["style_id"] else None
        wanted: str | None = asked["orientation"]
        if bound and wanted and bound != wanted:
            raise invalid(f"This style is {bound} only", "orientation")
        return wanted or bound or "landscape"


def _title(prompt: str) -> str:
    words = prompt.split()
    return " ".join(words[:TITLE_WORDS]) + ("…" if len(words) > TITLE_WORDS else "")
