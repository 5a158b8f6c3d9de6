"""The command line: parse, call, print, exit code."""

import argparse
import asyncio
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import aiohttp
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import DBAPIError

from bot.app import CannotListen, rest_collector, run
from bot.check import run_checks
from bot.config import ConfigurationError, Settings, load_database_url, load_settings, web_address
from bot.listing import NoSuchJob, list_jobs, show_job
from bot.log import configure_logging
from bot.manifest import http_manifest, socket_manifest
from bot.playground.keeper import CannotPlay
from bot.playground.start import play
from bot.seeing.witness import CannotTrace
from handlers.trouble import word_of
from storage.carrying import carry
from storage.database import DatabaseUnusable, held_file, is_file, open_database, parsed
from storage.fitness import refuse_unfit
from storage.schema import is_current, migrate

OK, TROUBLE = 0, 1  # and 2 for a mistyped command, which is argparse's own
INTERRUPTED = 128 + signal.SIGINT
LAST_FIRST_PORT = 65_532  # three more come after it

Command = Callable[[argparse.Namespace], int]


class CannotRun(Exception):
    """The program cannot begin. The message is one sentence with the cure."""


SAID = (CannotListen, CannotPlay, CannotRun, CannotTrace, ConfigurationError, DatabaseUnusable, NoSuchJob)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. What is wrong is said in one sentence, never as a traceback."""
    arguments = make_parser().parse_args(argv)
    command: Command = arguments.command
    try:
        code = command(arguments)
        sys.stdout.flush()
        return code
    except SAID as error:
        return _trouble(str(error))
    except DBAPIError as error:
        return _trouble(f"The database failed ({error.orig}); see that its disk is neither full nor read-only.")
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        return _trouble(f"The system refused something ({_words(error)}); docs/operate/trouble.md says what to do.")
    except KeyboardInterrupt:
        return INTERRUPTED


def _words(error: OSError) -> str:
    why = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {why}" if error.filename else why


def _trouble(sentence: str) -> int:
    print(f"heygen-slack: {sentence}", file=sys.stderr)
    return TROUBLE


def make_parser() -> argparse.ArgumentParser:
    """Every command with its flags; docs/commands.md has a line for each."""
    parser = argparse.ArgumentParser(
        prog="heygen-slack", description="HeyGen videos, made where your team talks.", allow_abbrev=False
    )
    commands = parser.add_subparsers(required=True, metavar="command")
    _add(commands, "run", _run, "run the program with the settings of the environment and .env")
    _add_playground(commands)
    _add(commands, "check", _check, "try every setting, token and service, and say what to mend")
    migrating = _add(commands, "migrate", _migrate, "bring the database's schema up to date")
    migrating.add_argument(
        "--from", dest="source", metavar="URL", help="then carry all jobs over from this SQLite file"
    )
    manifest = _add(commands, "manifest", _manifest, "print the Slack app's manifest, for Socket Mode")
    manifest.add_argument("--http", metavar="URL", type=_address, help="for HTTP mode below this public address")
    _add_jobs(commands)
    return parser


def _add_jobs(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    jobs = _add(commands, "jobs", _jobs, "list the newest jobs, without their prompts")
    jobs.add_argument("--limit", metavar="NUMBER", type=_count, default=20, help="how many (20)")
    show = _add(jobs.add_subparsers(metavar="command"), "show", _show_job, "print the receipt of one job, as JSON")
    show.add_argument("job", metavar="ID", help="the job's id, as the list shows it")
    show.add_argument("--words", action="store_true", help="with what people and HeyGen wrote, the prompt included")


def _add_playground(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    playground = _add(commands, "playground", _playground, "run the program against a local Slack and a local HeyGen")
    playground.add_argument(
        "--state", metavar="FOLDER", type=Path, default=Path(".playground"), help="where its files are (.playground)"
    )
    playground.add_argument("--fresh", action="store_true", help="forget what the program knew")
    playground.add_argument("--http", action="store_true", help="deliver over HTTP instead of Socket Mode")
    playground.add_argument(
        "--speed", metavar="NUMBER", type=_speed, default=1.0, help="how much faster than its usual pace HeyGen works"
    )
    playground.add_argument(
        "--port", metavar="PORT", type=_first_port, default=8700, help="the first of four (8700); 0 takes free ones"
    )


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, command: Command, words: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words, allow_abbrev=False)
    parser.set_defaults(command=command)
    return parser


def _address(text: str) -> str:
    try:
        return web_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.01 <= speed <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.01 to 1000")
    return speed


def _first_port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_FIRST_PORT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a port number; the first of four is at most {LAST_FIRST_PORT}"
        )
    return int(text)


def _run(_arguments: argparse.Namespace) -> int:
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    rest_collector()
    try:
        asyncio.run(_run_until_told(settings))
    except SlackApiError as error:
        raise CannotRun(_slack_refused(error)) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise CannotRun(
            f"Slack cannot be reached at {settings.slack_api_url} ({why}); check the network, then start again."
        ) from error
    return OK


def _slack_refused(error: SlackApiError) -> str:
    asked_for_socket = "apps.connections.open" in str(getattr(error.response, "api_url", ""))
    which = "SLACK_APP_TOKEN" if asked_for_socket else "SLACK_BOT_TOKEN"
    return f"Slack does not take {which} ({word_of(error)}); `heygen-slack check` says what to do."


async def _run_until_told(settings: Settings) -> None:
    """Stops in order at the first SIGTERM or SIGINT, at once at the second."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        stopping.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        # Only now, for who reads this may signal again at once.
        logging.getLogger(__name__).info("Stopping; once more ends it at once.", extra={"action": "stopping"})

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    await run(settings, stopping)
    logging.getLogger(__name__).info("Stopped.", extra={"action": "stopped"})


def _playground(arguments: argparse.Namespace) -> int:
    asyncio.run(
        play(
            state=arguments.state,
            fresh=arguments.fresh,
            http=arguments.http,
            speed=arguments.speed,
            first_port=arguments.port,
            say=_say,
        )
    )
    return OK


def _say(words: str) -> None:
    print(words, flush=True)


def _check(_arguments: argparse.Namespace) -> int:
    try:
        settings = load_settings()
    except ConfigurationError as error:
        for problem in error.problems:
            _say(f"FAIL  configuration  {problem}")
        return TROUBLE
    return OK if asyncio.run(run_checks(settings, say=_say)) else TROUBLE


def _migrate(arguments: argparse.Namespace) -> int:
    url = load_database_url()
    if arguments.source is None:
        _say_changed(asyncio.run(_bring_up_to_date(url)))
        return OK
    changed, carried = asyncio.run(_carry(arguments.source, url))
    _say_changed(changed)
    _say(f"Carried over: {', '.join(f'{count} {name}' for name, count in carried.items() if count) or 'nothing'}.")
    return OK


def _say_changed(changed: bool) -> None:
    _say("The schema is now up to date." if changed else "The schema was up to date.")


async def _carry(source: str, target: str) -> tuple[bool, dict[str, int]]:
    """Locks the source, for nothing may run on what is left behind; then alone the target is touched."""
    named = parsed(target)
    if not is_file(source):
        raise DatabaseUnusable(
            "--from takes a SQLite file alone, for example sqlite:///heygen-slack.db; what is on PostgreSQL moves with "
            "pg_dump."
        )
    with _said_of_source():
        old = parsed(source)
        is_ready = await asyncio.to_thread(is_current, source)
    if old == named:
        raise DatabaseUnusable("--from names the database of DATABASE_URL itself; set DATABASE_URL to the new one.")
    if not is_ready:
        raise DatabaseUnusable(
            "The database of --from is not there, or of an older release; check its address, or run "
            "`heygen-slack migrate` on it first."
        )
    async with AsyncExitStack() as stack:
        with _said_of_source():
            rows = stack.enter_context(held_file(old))
        changed = await _bring_up_to_date(target)
        new = await open_database(target)
        stack.push_async_callback(new.close)
        return changed, await carry(rows, new, run=secrets.token_hex(8), now=time.time())


@contextmanager
def _said_of_source() -> Iterator[None]:
    """What is wrong with the database that --from names is not to be mended in DATABASE_URL."""
    try:
        yield
    except DatabaseUnusable as error:
        raise DatabaseUnusable(str(error).replace("DATABASE_URL", "--from")) from error


async def _bring_up_to_date(url: str) -> bool:
    await asyncio.to_thread(refuse_unfit, url, alone=False)
    if await asyncio.to_thread(is_current, url):
        return False
    await asyncio.to_thread(refuse_unfit, url)
    database = await open_database(url)  # its lock: no schema is changed below a running program
    try:
        return await asyncio.to_thread(migrate, url)
    finally:
        await database.close()


def _manifest(arguments: argparse.Namespace) -> int:
    print(http_manifest(arguments.http) if arguments.http else socket_manifest(), end="")
    return OK


def _jobs(arguments: argparse.Namespace) -> int:
    asyncio.run(list_jobs(load_database_url(), limit=arguments.limit, say=_say))
    return OK


def _show_job(arguments: argparse.Namespace) -> int:
    asyncio.run(show_job(load_database_url(), arguments.job, with_words=arguments.words, say=_say))
    return OK
