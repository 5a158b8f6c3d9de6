"""Starts the local Slack, the local HeyGen and the real program as three processes, and serves the page to use them.

The program's environment is made from nothing: no .env and no real token can reach it, and it differs from
production by its base URLs only. The doubles forget when they end; the program remembers, as it does everywhere.
"""

import asyncio
import fcntl
import importlib.util
import os
import shutil
import signal
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import aiohttp

from bot.playground.child import Child
from bot.playground.front.server import Front
from bot.playground.guide import how_to_drive
from bot.playground.keeper import CannotPlay, Keeper, Mode, Say, first_of

LOCAL = "127.0.0.1"
READY_SECONDS = 30.0
LOOK_SECONDS = 0.1
ANSWER = aiohttp.ClientTimeout(total=5)
WEBHOOK_SECRET = "whsec_local"  # both ends of it are on this machine
SIGNING_SECRET = "local-signing-secret"
POLL_SECONDS = 2
RETRY_PACE = 10  # Slack repeats an event for six minutes; here for as long as a deploy may take
PORTS = 4
APP_LOG = "app.log"
DATABASE = "heygen-slack.db"
OURS = (DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}.lock", APP_LOG, "slack.log", "heygen.log")
LOCK = "playground.lock"
PASSING = "passing"  # what the doubles put on disk; they forget it when they end
NEEDED = ("av", "PIL")


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the page and the three listen."""

    page: int
    slack: int
    heygen: int
    app: int

    def of(self, port: int) -> str:
        return f"http://{LOCAL}:{port}"


async def play(*, state: Path, fresh: bool, http: bool, speed: float, first_port: int, say: Say) -> None:
    """Runs until it is told to stop. All files are below `state`. Raises CannotPlay."""
    _check_packages()
    with _hold(state):
        _furnish(state, fresh=fresh)
        ports = _free_ports(first_port)
        mode = Mode.HTTP if http else Mode.SOCKET
        say("Starting a local Slack, a local HeyGen and the program …")
        doubles = _doubles(state, ports, speed=speed)
        keeper = Keeper(
            mode=mode,
            make_app=partial(_app, state, ports),
            deliver=partial(_deliver, ports),
            ready=lambda app: _until_ready(app, f"{ports.of(ports.app)}/readyz"),
            say=say,
        )
        stopping = _stop_signals([keeper, *doubles])
        try:
            await first_of(stopping.wait(), _play_on(keeper, doubles, ports, mode, state, say))
        finally:
            await keeper.close()  # first, while those it speaks to are there
            await asyncio.gather(*(double.stop() for double in doubles))


async def _play_on(keeper: Keeper, doubles: list[Child], ports: Addresses, mode: Mode, state: Path, say: Say) -> None:
    """The doubles, then the page, then the program, which is kept running from then on."""
    slack, heygen = ports.of(ports.slack), ports.of(ports.heygen)
    for double, address in zip(doubles, (slack, heygen), strict=True):
        await double.start()
        await _until_ready(double, f"{address}/control/state")
    await _deliver(ports, mode)
    front = Front(slack=slack, heygen=heygen, app=keeper, log=state / APP_LOG, port=ports.page)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(front)
        except OSError as error:
            raise CannotPlay(f"Port {ports.page} was taken meanwhile ({_why(error)}); start it again.") from error
        await keeper.begin()
        say(how_to_drive(front.url, slack, heygen, state=state, app_id=keeper.pid))
        await first_of(keeper.keep(), *(_gone(double) for double in doubles))


async def _gone(double: Child) -> None:
    """Without a double there is nothing to play with."""
    how = await double.end()
    raise CannotPlay(f"{double.name} {how}; its last words: {double.last_words()}")


def _check_packages() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise CannotPlay(
            "The playground makes real videos with PyAV and Pillow, the extra called playground; install it with "
            "`make setup`, or with `pip install '.[playground]'` in the checkout."
        )


def _hold(state: Path) -> IO[bytes]:
    """Makes the folder and holds it until the file is closed, or this process ends. Raises CannotPlay."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        lock = (state / LOCK).open("ab")
    except OSError as error:
        raise _cannot_use(state, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        if not isinstance(error, BlockingIOError):
            raise _cannot_use(state, error) from error
        raise CannotPlay(
            f"Another playground runs in {state}; end it first, or choose another folder with --state."
        ) from error
    return lock


def _furnish(state: Path, *, fresh: bool) -> None:
    """Takes out of the folder what is ours alone, for it may be somebody's own."""
    try:
        if fresh:
            for name in OURS:
                (state / name).unlink(missing_ok=True)
        shutil.rmtree(state / PASSING, ignore_errors=True)
        (state / PASSING).mkdir()
    except OSError as error:
        raise _cannot_use(state, error) from error


def _cannot_use(state: Path, error: OSError) -> CannotPlay:
    return CannotPlay(f"The folder {state} cannot be used ({_why(error)}); choose another with --state.")


def _free_ports(first: int) -> Addresses:
    """Ports nobody uses: `first` and those after it, or any for 0."""
    listeners = []
    try:
        for number in range(first, first + PORTS) if first else [0] * PORTS:
            listeners.append(socket.create_server((LOCAL, number)))
        page, slack, heygen, app = (listener.getsockname()[1] for listener in listeners)
    except OSError as error:
        taken = f"Port {number} of this machine cannot be used ({_why(error)})"
        raise CannotPlay(f"{taken}; end what uses it, or choose others with --port.") from error
    finally:
        for listener in listeners:
            listener.close()
    return Addresses(page=page, slack=slack, heygen=heygen, app=app)


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


def _app(state: Path, ports: Addresses, mode: Mode) -> Child:
    return Child("The program", ["bot", "run"], _environment(state, ports, mode), log=state / APP_LOG)


def _environment(state: Path, ports: Addresses, mode: Mode) -> dict[str, str]:
    """All that the program gets."""
    by_http = mode is Mode.HTTP
    tokens = {"SLACK_SIGNING_SECRET": SIGNING_SECRET} if by_http else {"SLACK_APP_TOKEN": "xapp-local"}
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


def _doubles(state: Path, ports: Addresses, *, speed: float) -> list[Child]:
    """The local Slack, then the local HeyGen."""
    app, passing = ports.of(ports.app), {"TMPDIR": str(state.resolve() / PASSING)}
    slack = ["bot.playground.local_slack", "--port", str(ports.slack), "--signing-secret", SIGNING_SECRET]
    slack += ["--retry-pace", str(RETRY_PACE)]
    webhook = ["--webhook-url", f"{app}/heygen/webhooks", "--webhook-secret", WEBHOOK_SECRET]
    heygen = ["bot.playground.local_heygen", "--port", str(ports.heygen), "--speed", str(speed), *webhook]
    return [
        Child("The local Slack", slack, passing, log=state / "slack.log"),
        Child("The local HeyGen", heygen, passing, log=state / "heygen.log"),
    ]


async def _deliver(ports: Addresses, mode: Mode) -> None:
    """Tell the local Slack how to reach the program."""
    where = f"{ports.of(ports.app)}/slack/events" if mode is Mode.HTTP else None
    order = f"{ports.of(ports.slack)}/control/deliver"
    try:
        async with (
            aiohttp.ClientSession(timeout=ANSWER, raise_for_status=True) as session,
            session.post(order, json={"request_url": where}),
        ):
            return
    except (aiohttp.ClientError, TimeoutError) as error:
        raise CannotPlay(f"The local Slack does not take how to deliver ({error}).") from error


def _stop_signals(children: list[Keeper | Child]) -> asyncio.Event:
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


async def _until_ready(child: Child, url: str) -> None:
    """Returns once the address answers 200."""
    try:
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession(timeout=ANSWER) as session:
            while not await _answers(session, url):
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
