"""Everything this server knows: its own truth, apart from how it is asked and how it is shown."""

import math
import random
from collections import deque
from collections.abc import Callable
from copy import deepcopy

from bot.playground.local_heygen import catalogue
from bot.playground.local_heygen.catalogue import Group, Look, Style, Voice
from bot.playground.local_heygen.errors import ApiError, not_found
from bot.playground.local_heygen.journal import Journal
from bot.playground.local_heygen.orders import Fault, Plan, Settings
from bot.playground.local_heygen.records import Asset, Delivery, Endpoint, Event, Session, Video

MOST_EVENTS = 10_000
VIDEO_USD_PER_SECOND = 0.0333
SPEECH_USD_PER_SECOND = 0.000667


class World:
    """State and the plain questions about it. `webhook` is an endpoint that was there before we began."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        settings: Settings,
        seed: int | None = None,
        webhook: tuple[str, str] | None = None,
    ) -> None:
        self.clock = clock
        self.settings = settings
        self.journal = Journal(clock)
        self._first_settings = deepcopy(settings)
        self._random = random.Random(seed)
        self._webhook = webhook
        self._empty()

    def _empty(self) -> None:
        self.sessions: dict[str, Session] = {}
        self.open: dict[str, Session] = {}  # those with a run that has not ended
        self.videos: dict[str, Video] = {}
        self.assets: dict[str, Asset] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.events: deque[Event] = deque(maxlen=MOST_EVENTS)
        self.deliveries: deque[Delivery] = deque(maxlen=MOST_EVENTS)
        self.plans: deque[Plan] = deque()
        self.revision_plans: deque[Plan] = deque()
        self.faults: list[Fault] = []
        self.voices: dict[str, Voice] = catalogue.make_voices()
        self.styles: dict[str, Style] = catalogue.make_styles()
        self._looks: dict[str, Look] = {}
        if self._webhook is not None:
            self.add_endpoint(*self._webhook)

    def reset(self) -> None:
        """Begin anew, with the settings of the start."""
        self.settings.__dict__.update(deepcopy(self._first_settings).__dict__)
        self.journal.clear()
        self._empty()

    def new_id(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    def add_endpoint(self, url: str, secret: str, events: tuple[str, ...] | None = None) -> Endpoint:
        endpoint = Endpoint(id=self.new_id(), url=url, secret=secret, created_at=self.clock(), events=events)
        self.endpoints[endpoint.id] = endpoint
        return endpoint

    @property
    def looks(self) -> dict[str, Look]:
        if len(self._looks) != self.settings.looks:
            self._looks = catalogue.make_looks(self.settings.looks)
        return self._looks

    @property
    def groups(self) -> list[Group]:
        return catalogue.make_groups(self.looks)

    @property
    def running(self) -> int:
        """Jobs that count against the concurrency ceiling; one that waits for a person does not."""
        return sum(1 for session in self.open.values() if session.is_working)

    def take_fault(self, op: str) -> Fault | None:
        """The next fault ordered for this operation, counted down."""
        for fault in self.faults:
            if fault.on == op or (fault.on == "any" and op != "download"):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                self.journal.tell("orders", faults=self.faults)
                return fault
        return None

    def session(self, session_id: str) -> Session:
        session = self.sessions.get(session_id)
        if session is None or self.has_lost(session):
            raise not_found("Session")
        return session

    def has_lost(self, session: Session) -> bool:
        """Whether the session is lost, by order or by the time its plan gave it."""
        lose_after = session.plan.lose_after
        if lose_after is None or isinstance(lose_after, str):
            return session.is_lost
        return session.is_lost or self.clock() >= session.created_at + self.settings.scaled(lose_after)

    def video(self, video_id: str) -> Video:
        if video_id not in self.videos:
            raise not_found("Video", "video_not_found")
        return self.videos[video_id]

    def voice(self, voice_id: str) -> Voice:
        if voice_id not in self.voices:
            raise not_found("Voice", "voice_not_found")
        return self.voices[voice_id]

    def look(self, look_id: str) -> Look:
        if look_id not in self.looks:
            raise not_found("Avatar look", "avatar_not_found")
        return self.looks[look_id]

    def style(self, style_id: str) -> Style:
        if style_id not in self.styles:
            raise not_found("Style", "resource_not_found")
        return self.styles[style_id]

    def asset(self, asset_id: str) -> Asset:
        asset = self.assets.get(asset_id)
        if asset is None:
            raise not_found("Asset", "asset_not_found")
        if asset.status == "processing" and self.clock() >= asset.ready_at:
            asset.status = "completed"
        return asset

    def usable_asset(self, asset_id: str) -> Asset:
        asset = self.asset(asset_id)
        if asset.status != "completed":
            raise ApiError(409, "resource_not_ready", "The asset is still being processed")
        return asset

    def admit_job(self) -> None:
        """Refuse one job more than the wallet or the ceiling allows."""
        if self.settings.wallet <= 0:
            raise ApiError(402, "insufficient_credit", "The wallet is empty; top it up to go on")
        if self.running >= self.settings.concurrency:
            message = f"All {self.settings.concurrency} concurrent jobs are in use"
            raise ApiError(429, "rate_limit_exceeded", message, retry_after=self._free_in())

    def charge(self, usd: float) -> None:
        self.settings.wallet = max(0.0, round(self.settings.wallet - usd, 6))
        self.journal.tell("settings", settings=self.settings)

    def tell_of(self, session: Session, video: Video | None = None) -> None:
        """News of a session as it is now, and of this video, or else the one it shows."""
        self.journal.tell("session", session=session, running=self.running)
        video = video or self.videos.get(session.video_id or "")
        if video is not None:
            self.journal.tell("video", video=video)

    def _free_in(self) -> int:
        """Whole seconds until something changes; HeyGen's Retry-After is never less than one."""
        dues = [session.due_at for session in self.open.values() if session.due_at is not None]
        return max(1, math.ceil(min(dues) - self.clock())) if dues else 1
