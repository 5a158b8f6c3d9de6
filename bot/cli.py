"""The command line: parse, call, print, exit code."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from slack_sdk.errors import SlackApiError

from bot.app import run
from bot.check import run_checks
from bot.config import ConfigurationError, Settings, load_settings
from bot.heygen.errors import HeyGenError
from bot.listing import list_jobs
from bot.log import configure_logging
from bot.manifest import http_manifest, socket_manifest
from bot.playground.start import play
from storage.database import DatabaseUnusable
from storage.schema import migrate

OK, TROUBLE, USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. What is wrong is said in one sentence, never as a traceback."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except (ConfigurationError, DatabaseUnusable) as error:
        return _trouble(str(error))
    except SlackApiError as error:
        word = error.response.get("error", "no answer")
        return _trouble(f"Slack refused the bot token ({word}); run `heygen-slack check` to see what to do.")
    except HeyGenError as error:
        return _trouble(f"HeyGen: {error}; run `heygen-slack check` to see what to do.")
    except OSError as error:
        return _trouble(f"The system refused: {error.strerror or error}; is the port taken, or the network down?")
    except KeyboardInterrupt:
        return OK


def _trouble(sentence: str) -> int:
    print(f"heygen-slack: {sentence}", file=sys.stderr)
    return TROUBLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="heygen-slack", description="HeyGen videos, made where your team talks.")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add(commands, "run", _run, "run the app with the settings of the environment and .env")
    playground = _add(commands, "playground", _playground, "run the app against a local Slack and a local HeyGen")
    playground.add_argument("--state", type=Path, default=Path(".playground"), help="folder for its files")
    playground.add_argument("--fresh", action="store_true", help="empty that folder first")
    playground.add_argument("--http", action="store_true", help="deliver over HTTP instead of Socket Mode")
    playground.add_argument("--speed", type=float, default=1.0, help="how much faster than life HeyGen works")
    playground.add_argument("--port", type=int, default=8700, help="first of the three ports it uses")
    _add(commands, "check", _check, "try every setting, token and service, and say what to mend")
    _add(commands, "migrate", _migrate, "bring the database's schema up to date")
    manifest = _add(commands, "manifest", _manifest, "print the Slack app's manifest")
    manifest.add_argument("--http", metavar="URL", help="for HTTP mode below this public address")
    jobs = _add(commands, "jobs", _jobs, "list the newest jobs")
    jobs.add_argument("--limit", type=int, default=20, help="how many (20)")
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Callable[[argparse.Namespace], int],
    words: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.set_defaults(command=command)
    return parser


def _run(_arguments: argparse.Namespace) -> int:
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    asyncio.run(_run_until_told(settings))
    return OK


async def _run_until_told(settings: Settings) -> None:
    """Stops in order at the first SIGTERM or SIGINT, at once at the second."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        stopping.set()
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    await run(settings, stopping)
    logging.getLogger(__name__).info("Stopped.", extra={"action": "stopped"})


def _playground(arguments: argparse.Namespace) -> int:
    return asyncio.run(
        play(
            state=arguments.state,
            fresh=arguments.fresh,
            http=arguments.http,
            speed=arguments.speed,
            first_port=arguments.port,
            say=print,
        )
    )


def _check(_arguments: argparse.Namespace) -> int:
    return OK if asyncio.run(run_checks(load_settings(), say=print)) else TROUBLE


def _migrate(_arguments: argparse.Namespace) -> int:
    changed = migrate(load_settings().database_url)
    print("The schema is now up to date." if changed else "The schema was up to date.")
    return OK


def _manifest(arguments: argparse.Namespace) -> int:
    print(http_manifest(arguments.http) if arguments.http else socket_manifest(), end="")
    return OK


def _jobs(arguments: argparse.Namespace) -> int:
    asyncio.run(list_jobs(load_settings().database_url, limit=arguments.limit, say=print))
    return OK
