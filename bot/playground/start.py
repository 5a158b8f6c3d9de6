"""Starts the local Slack, the local HeyGen and the real program as three processes, and prints how to drive them.

The program's environment is made from nothing: no .env and no real token can reach it, and it differs from
production by its base URLs only. The doubles forget when they end; the program remembers, as it does everywhere.
"""

import asyncio
import importlib.util
import os
import shutil
import signal
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.playground.child import Child
from bot.playground.guide import how_to_drive

LOCAL = "127.0.0.1"
READY_SECONDS = 30.0
LOOK_SECONDS = 0.1
ANSWER = aiohttp.ClientTimeout(total=5)
WEBHOOK_SECRET = "whsec_local"  # both ends of it are on this machine
SIGNING_SECRET = "local-signing-secret"
POLL_SECONDS = 2
DATABASE = "heygen-slack.db"
OURS = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}.lock", "app.log", "slack.log", "heygen.log")
PASSING = "passing"  # what the doubles put on disk; they forget it when they end
NEEDED = ("av", "PIL")

Say = Callable[[str], None]


class CannotPlay(Exception):
    """The playground cannot begin or go on. The message is one sentence with the cure."""


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the three listen."""

    slack: int
    heygen: int
    app: int

    def of(self, port: int) -> str:
        return f"http://{LOCAL}:{port}"


async def play(*, state: Path, fresh: bool, http: bool, speed: float, first_port: int, say: Say) -> None:
    """Runs until it is told to stop. All files are below `state`. Raises CannotPlay."""
    _check_packages()
    _furnish(state, fresh=fresh)
    ports = _free_ports(first_port)
    say("Starting a local Slack, a local HeyGen and the program …")
    app = Child("The program", ["bot", "run"], _environment(state, ports, http=http), log=state / "app.log")
    doubles = _doubles(state, ports, http=http, speed=speed)
    stopping = _stop_signals([app, *doubles])
    try:
        for double, port in zip(doubles, (ports.slack, ports.heygen), strict=True):
            await double.start()
            await _until_ready(double, f"{ports.of(port)}/control/state", stopping)
        await _start_app(app, ports, stopping)
        if not stopping.is_set():
            say(how_to_drive(ports.of(ports.slack), ports.of(ports.heygen), state=state, app_id=app.id))
        await _keep_running(app, doubles, ports, stopping, say)
    finally:
        await app.stop()  # first, while those it speaks to are there
        await asyncio.gather(*(double.stop() for double in doubles))


def _check_packages() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CannotPlay(
            "The playground makes real videos with PyAV and Pillow, the extra called playground; install it with "
            "`make setup`, or with `pip install '.[playground]'` in the checkout."
        )


def _furnish(state: Path, *, fresh: bool) -> None:
    """Makes the folder; takes out of it what is ours alone, for it may be somebody's own folder."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        if fresh:
            for name in OURS:
                (state / name).unlink(missing_ok=True)
        shutil.rmtree(state / PASSING, ignore_errors=True)
        (state / PASSING).mkdir()
    except OSError as error:
        raise CannotPlay(f"The folder {state} cannot be used ({_why(error)}); choose another with --state.") from error


def _free_ports(first: int) -> Addresses:
    """Three ports nobody uses: `first` and the two after it, or any for 0."""
    listeners = []
    try:
        for number in range(first, first + 3) if first else (0, 0, 0):
            listeners.append(socket.create_server((LOCAL, number)))
        slack, heygen, app = (listener.getsockname()[1] for listener in listeners)
    except OSError as error:
        taken = f"Port {number} of this machine cannot be used ({_why(error)})"
        raise CannotPlay(f"{taken}; end what uses it, or choose others with --port.") from error
    finally:
        for listener in listeners:
            listener.close()
    return Addresses(slack=slack, heygen=heygen, app=app)


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


def _environment(state: Path, ports: Addresses, *, http: bool) -> dict[str, str]:
    """All that the program gets."""
    tokens = {"SLACK_SIGNING_SECRET": SIGNING_SECRET} if http else {"SLACK_APP_TOKEN": "xapp-local"}
    return {
        **tokens,
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_API_URL": f"{ports.of(ports.slack)}/api/",
        "HEYGEN_API_KEY": "local-heygen-key",
        "HEYGEN_API_URL": ports.of(ports.heygen),
        "HEYGEN_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "HEYGEN_POLL_SECONDS": str(POLL_SECONDS),
        "ADMIN_USERS": "U0ADMIN",
        "DATABASE_URL": f"sqlite:///{state.resolve() / DATABASE}",
        "HOST": LOCAL,
        "PORT": str(ports.app),
    }


def _doubles(state: Path, ports: Addresses, *, http: bool, speed: float) -> list[Child]:
    """The local Slack, then the local HeyGen."""
    app, passing = ports.of(ports.app), {"TMPDIR": str(state.resolve() / PASSING)}
    request = ["--request-url", f"{app}/slack/events", "--signing-secret", SIGNING_SECRET] if http else []
    slack = ["bot.playground.local_slack", "--port", str(ports.slack), *request]
    webhook = ["--webhook-url", f"{app}/heygen/webhooks", "--webhook-secret", WEBHOOK_SECRET]
    heygen = ["bot.playground.local_heygen", "--port", str(ports.heygen), "--speed", str(speed), *webhook]
    return [
        Child("The local Slack", slack, passing, log=state / "slack.log"),
        Child("The local HeyGen", heygen, passing, log=state / "heygen.log"),
    ]


def _stop_signals(children: list[Child]) -> asyncio.Event:
    """Set by the first signal to end; the second one ends the processes at once."""
    stopping = asyncio.Event()

    def stop() -> None:
        if stopping.is_set():
            for child in children:
                child.kill()
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    return stopping


async def _start_app(app: Child, ports: Addresses, stopping: asyncio.Event) -> None:
    if not stopping.is_set():
        await app.start()
        await _until_ready(app, f"{ports.of(ports.app)}/readyz", stopping)


async def _until_ready(child: Child, url: str, stopping: asyncio.Event) -> None:
    """Returns once the address answers 200, or when all is to stop."""
    try:
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession(timeout=ANSWER) as session:
            while not stopping.is_set() and not await _answers(session, url):
                if child.has_ended:
                    raise CannotPlay(f"{child.name} {await child.end()}: {child.last_words()}")
                await asyncio.sleep(LOOK_SECONDS)
    except TimeoutError as error:
        sentence = f"{child.name} was not ready within {READY_SECONDS:.0f} s; its last words in {child.log}"
        raise CannotPlay(f"{sentence}: {child.last_words()}") from error


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _keep_running(app: Child, doubles: list[Child], ports: Addresses, stopping: asyncio.Event, say: Say) -> None:
    """Starts the program again however it ends; without a double there is nothing to play with."""
    while not stopping.is_set():
        await _first_of(stopping.wait(), *(child.end() for child in (app, *doubles)))
        if stopping.is_set():
            return
        for double in doubles:
            if double.has_ended:
                raise CannotPlay(f"{double.name} {await double.end()}; its last words: {double.last_words()}")
        say(f"The program {await app.end()}; it is started again and goes on.")
        await _start_app(app, ports, stopping)
        say(f"The program runs again, as process {app.id}.")


async def _first_of(*waits: Coroutine[Any, Any, Any]) -> None:
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
