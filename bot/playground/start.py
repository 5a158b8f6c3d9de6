"""Starts the local Slack, the local HeyGen and the real program as three processes, and prints how to drive them.

The program's environment is made from nothing: no .env and no real token can reach it, and it differs from
production by its base URLs only.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import aiohttp

LOCAL = "127.0.0.1"
READY_SECONDS = 30.0
STOP_SECONDS = 25.0
WEBHOOK_SECRET = "whsec_local"  # both ends of it are on this machine
SIGNING_SECRET = "local-signing-secret"

Say = Callable[[str], None]


async def play(*, state: Path, fresh: bool, http: bool, speed: float, first_port: int, say: Say) -> int:
    """Runs until interrupted; returns the exit code. All state is below `state`."""
    if fresh and state.exists():
        shutil.rmtree(state)
    state.mkdir(parents=True, exist_ok=True)
    slack_port, heygen_port, app_port = first_port, first_port + 1, first_port + 2
    slack, heygen, app = (f"http://{LOCAL}:{port}" for port in (slack_port, heygen_port, app_port))
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with contextlib.AsyncExitStack() as processes:
        request = ["--request-url", f"{app}/slack/events", "--signing-secret", SIGNING_SECRET] if http else []
        await _begin(processes, ["-m", "bot.playground.local_slack", "--port", str(slack_port), *request], {})
        await _begin(
            processes,
            ["-m", "bot.playground.local_heygen", "--port", str(heygen_port), "--speed", str(speed),
             "--webhook-url", f"{app}/heygen/webhooks", "--webhook-secret", WEBHOOK_SECRET],
            {},
        )  # fmt: skip
        await _wait_for(f"{slack}/control/state")
        await _wait_for(f"{heygen}/control/state")
        await _begin(processes, ["-m", "bot", "run"], _environment(state, slack, heygen, app_port, http=http))
        await _wait_for(f"{app}/readyz")
        say(_how_to_drive(slack, heygen, app))
        await stopping.wait()
    return 0


def _environment(state: Path, slack: str, heygen: str, port: int, *, http: bool) -> dict[str, str]:
    tokens = {"SLACK_SIGNING_SECRET": SIGNING_SECRET} if http else {"SLACK_APP_TOKEN": "xapp-local"}
    return {
        **tokens,
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_API_URL": f"{slack}/api/",
        "HEYGEN_API_KEY": "local-heygen-key",
        "HEYGEN_API_URL": heygen,
        "HEYGEN_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "HEYGEN_POLL_SECONDS": "2",
        "ADMIN_USERS": "U0ADMIN",
        "DATABASE_URL": f"sqlite:///{state.resolve()}/heygen-slack.db",
        "HOST": LOCAL,
        "PORT": str(port),
    }


async def _begin(processes: contextlib.AsyncExitStack, arguments: list[str], environment: dict[str, str]) -> None:
    """Starts one process in an environment made from nothing, and ends it by its id when the playground ends."""
    environment = {"PATH": os.defpath, "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8", **environment}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=environment, cwd=_nowhere(), start_new_session=True
    )
    processes.push_async_callback(_end, process)


def _nowhere() -> Path:
    """A folder without a .env: this package's own."""
    return Path(__file__).parent


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _wait_for(url: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(READY_SECONDS):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


def _how_to_drive(slack: str, heygen: str, app: str) -> str:
    return f"""
The playground runs: the real program ({app}) between a local Slack ({slack}) and a local HeyGen ({heygen}).

  type a command     curl -s {slack}/control/command -d '{{"user": "U0ANA", "channel": "C0GENERAL", "command": "/video", "text": "a 30 s intro"}}'
  read the channel   curl -s '{slack}/control/messages?channel=C0GENERAL'
  look at HeyGen     curl -s {heygen}/control/state

Prompts that say "ask me", "open question", "storyboard", "fail please" or "slow please" make HeyGen do that.
Ctrl-C ends it.
"""
