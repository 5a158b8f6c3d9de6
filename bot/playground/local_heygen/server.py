"""The local HeyGen: opens its port, wires its parts, keeps time, closes them again."""

import asyncio
import json
import socket
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from bot.playground.local_heygen.account import Account
from bot.playground.local_heygen.agent import Agent
from bot.playground.local_heygen.answers import Answers
from bot.playground.local_heygen.assets import Assets
from bot.playground.local_heygen.control import add_control
from bot.playground.local_heygen.errors import CannotDo
from bot.playground.local_heygen.files import Files
from bot.playground.local_heygen.gate import Gate
from bot.playground.local_heygen.library import Library
from bot.playground.local_heygen.orders import Fault, Settings, build, plan_from
from bot.playground.local_heygen.production import Production
from bot.playground.local_heygen.public import Public
from bot.playground.local_heygen.records import Asset, Call, Delivery, Event, Session, Video
from bot.playground.local_heygen.routes import add_routes
from bot.playground.local_heygen.studio import Studio
from bot.playground.local_heygen.video_agents import VideoAgents
from bot.playground.local_heygen.webhooks import WRONG_SECRET, Webhooks
from bot.playground.local_heygen.world import World
from bot.playground.news import CLOSING
from bot.playground.own_pages import for_own_pages

API_KEY = "local-heygen-key"
WEBHOOK_SECRET = "whsec_local"
BODY_BYTES = 64 * 1024 * 1024  # of a JSON body, inline files included; uploads are streamed and not counted
CLOSING_SECONDS = 1.0  # what open connections get before they are cut
SHORTEST_WAIT, LONGEST_WAIT = 0.002, 0.25  # seconds between two looks at the clock while something moves
POLL_SECONDS = 0.01

T = TypeVar("T")


class LocalHeyGen:
    """A HeyGen with one account: `async with LocalHeyGen(speed=50) as heygen`, reached at `heygen.url`.

    `media=False` answers with blobs of a few bytes in place of films, pictures and speech. What the control API can
    do is a method here. Rendered files go to `state_dir`, or to a folder that `close` removes.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        seed: int | None = None,
        api_keys: Collection[str] = (API_KEY,),
        speed: float = 1.0,
        concurrency: int = 10,
        state_dir: Path | None = None,
        media: bool = True,
        webhook_url: str | None = None,
        webhook_secret: str = WEBHOOK_SECRET,
    ) -> None:
        settings = Settings(speed=speed, concurrency=concurrency)
        webhook = (webhook_url, webhook_secret) if webhook_url else None
        self._world = World(clock, settings=settings, seed=seed, webhook=webhook)
        self._passing_folder = None if state_dir else tempfile.TemporaryDirectory(prefix="local-heygen-")
        folder = state_dir or Path(self._passing_folder.name if self._passing_folder else "")
        folder.mkdir(parents=True, exist_ok=True)
        self._wake, self._closing = asyncio.Event(), asyncio.Event()
        self._files = Files(clock, settings)
        self._studio = Studio(self._files, folder, media=media, on_done=self._wake.set)
        self._webhooks = Webhooks(self._world)
        production = Production(self._world, self._files, self._studio, self._webhooks.announce)
        self._agent = Agent(self._world, production)
        self._gate = Gate(self._world, api_keys=api_keys, advance=self.advance, closing=self._closing)
        self._answers = Answers(self._world, self._files, self._agent)
        self._folder = folder

    @property
    def url(self) -> str:
        return self._files.base_url

    async def __aenter__(self) -> "LocalHeyGen":
        await self.start()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes a free one."""
        listener = socket.create_server((host, port))
        self._files.base_url = f"http://{host}:{listener.getsockname()[1]}"
        await self._webhooks.start()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=CLOSING_SECONDS)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        self._pulse = asyncio.create_task(self._keep_time(), name="local HeyGen's pulse")

    async def close(self) -> None:
        """Stop listening, rendering and delivering; raises what keeping time failed with."""
        self._closing.set()
        self._world.journal.tell(CLOSING)
        self._pulse.cancel()
        ended = await asyncio.gather(self._pulse, return_exceptions=True)
        await self._webhooks.close()
        await self._runner.cleanup()
        await asyncio.to_thread(self._studio.close)
        if self._passing_folder is not None:
            self._passing_folder.cleanup()
        if isinstance(ended[0], Exception):
            raise ended[0]

    def advance(self) -> None:
        """Bring every session to where the clock says it is. Calls and the pulse do so by themselves."""
        self._agent.advance()
        self._wake.set()

    async def wait_for(self, condition: Callable[["LocalHeyGen"], T], timeout: float = 10.0) -> T:
        """The condition's first true value; TimeoutError tells what was there instead."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        while True:
            self.advance()
            value = condition(self)
            if value:
                return value
            if loop.time() > until:
                raise TimeoutError(f"not so after {timeout:g} s; {self._summary()}")
            await asyncio.sleep(POLL_SECONDS)

    def set(self, **changes: Any) -> None:
        """Change settings by name; `webhooks` takes a WebhookMode or {"mode": …, "delay": …}."""
        self.settings.change(changes)
        self._world.journal.tell("settings", settings=self.settings)

    def plan_next(self, **plan: Any) -> None:
        """Lay down the course of the next session that is created; `plan` are fields of a Plan."""
        self._world.plans.append(plan_from(plan))

    def plan_next_revision(self, **plan: Any) -> None:
        """Lay down the course of the next further version, of whatever session."""
        self._world.revision_plans.append(plan_from(plan))

    def fail_next(self, on: str, do: str, **details: Any) -> None:
        """Let the next call of an operation go wrong; `details` are fields of a Fault."""
        self._world.faults.append(build(Fault, {"on": on, "do": do, **details}))
        self._world.journal.tell("orders", faults=self.faults)

    def lose(self, session_id: str) -> None:
        """HeyGen no longer knows this session."""
        session = self._known(session_id)
        session.is_lost = True
        self._world.tell_of(session)

    def ask(self, session_id: str, text: str) -> None:
        """Have the session ask this now, whatever it does."""
        self._agent.ask(self._known(session_id), text)

    async def send_webhook(
        self,
        event_type: str | None = None,
        event_data: dict[str, Any] | None = None,
        *,
        url: str | None = None,
        sign: str = "valid",
        raw: str | None = None,
        event_id: str | None = None,
        seconds_ago: float = 0.0,
    ) -> int:
        """Send an event, or these raw words, once to `url` or the first endpoint; `sign` is valid, forged or none."""
        endpoint = next(iter(self._world.endpoints.values()), None)
        target = url or (endpoint.url if endpoint else None)
        if target is None or sign not in ("valid", "forged", "none"):
            raise CannotDo("sign is valid, forged or none, and a url or a registered endpoint is needed")
        body = json.dumps({"event_type": event_type, "event_data": event_data or {}}) if raw is None else raw
        secret = endpoint.secret if endpoint and sign == "valid" else WRONG_SECRET
        at = self._world.clock() - seconds_ago
        signed = self._webhooks.headers(body.encode(), event_id or self._world.new_id(), secret, at=at)
        status, _ = await self._webhooks.send_once(target, body.encode(), {} if sign == "none" else signed)
        return status

    def forget_calls(self) -> None:
        self._world.journal.clear()

    def reset(self) -> None:
        """Begin anew: no sessions, calls or faults, and the settings of the start."""
        self._webhooks.forget()
        self._world.reset()
        self._files.clear()
        self._gate.clear()
        self._world.journal.tell("reset")

    @property
    def world(self) -> World:
        return self._world

    @property
    def files(self) -> Files:
        return self._files

    @property
    def settings(self) -> Settings:
        return self._world.settings

    @property
    def calls(self) -> list[Call]:
        return list(self._world.journal.calls)

    @property
    def downloads(self) -> list[Call]:
        """Presigned files that were asked for; they are no API calls."""
        return list(self._world.journal.downloads)

    @property
    def sessions(self) -> dict[str, Session]:
        return self._world.sessions

    @property
    def videos(self) -> dict[str, Video]:
        return self._world.videos

    @property
    def assets(self) -> dict[str, Asset]:
        return self._world.assets

    @property
    def faults(self) -> list[Fault]:
        """Those still to come."""
        return self._world.faults

    @property
    def events(self) -> list[Event]:
        """Newest first."""
        return list(self._world.events)

    @property
    def deliveries(self) -> list[Delivery]:
        return list(self._world.deliveries)

    @property
    def running(self) -> int:
        """Jobs that count against the concurrency ceiling."""
        return self._world.running

    @property
    def is_idle(self) -> bool:
        """Nothing is being made and no webhook is on its way."""
        return not self._world.running and self._webhooks.is_idle

    def _known(self, session_id: str) -> Session:
        if session_id not in self._world.sessions:
            raise CannotDo(f"there is no session {session_id}")
        return self._world.sessions[session_id]

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=BODY_BYTES, middlewares=[for_own_pages("/control/")])
        add_routes(
            app,
            self._gate,
            agents=VideoAgents(self._world, self._agent, self._answers),
            library=Library(self._world, self._files, self._studio, self._answers),
            assets=Assets(self._world, self._files, self._folder, self._answers),
            account=Account(self._world, self._answers),
            public=Public(self._world, self._files, self._studio, self.advance),
        )
        add_control(app, self, self._world.journal.news)
        return app

    async def _keep_time(self) -> None:
        """Move what is due, then wait until something else is, or until something has changed."""
        while True:
            self._wake.clear()
            self._agent.advance()
            due_at = self._agent.next_due_at()
            if due_at is None:
                await self._wake.wait()
                continue
            wait = min(LONGEST_WAIT, max(SHORTEST_WAIT, due_at - self._world.clock()))
            try:
                await asyncio.wait_for(self._wake.wait(), wait)
            except TimeoutError:
                continue

    def _summary(self) -> str:
        sessions = [f"{one.status} ({len(one.video_ids)} videos)" for one in self.sessions.values()]
        calls = [f"{call.op} {call.status}" for call in self.calls[-8:]]
        return f"sessions: {sessions[-8:]}; last calls: {calls}; faults to come: {self.faults}"
