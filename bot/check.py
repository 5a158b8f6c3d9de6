"""`heygen-slack check`: tries everything the program needs and prints one line each, with the cure of what is wrong."""

import asyncio
import email.utils
import secrets
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import packages_distributions

import aiohttp
from aiohttp import web
from slack_sdk.errors import SlackApiError

from bot.app import slack_client
from bot.config import Settings
from bot.heygen.client import HeyGenClient, open_http
from bot.heygen.errors import AccountTrouble, HeyGenError, KeyRejected, RateLimited
from bot.heygen.models import Account
from bot.jobs.moment import CLOCKS_APART_SECONDS
from bot.manifest import scopes
from bot.seeing.witness import CannotTrace, open_witness
from handlers.identity import Identity, identify
from handlers.trouble import word_of
from storage.database import DatabaseUnusable, open_database
from storage.fitness import refuse_unfit
from storage.schema import is_current

TIMEOUT = aiohttp.ClientTimeout(total=15)
OURS = ("bot", "handlers", "storage")
DISTRIBUTION = "heygen-slack"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    good: bool
    words: str


async def run_checks(settings: Settings, *, say: Callable[[str], None], clock: Callable[[], float] = time.time) -> bool:
    """Prints every finding as it comes; True when nothing is wrong."""
    good = True
    async for finding in _findings(settings, clock):
        say(f"{'ok  ' if finding.good else 'FAIL'}  {finding.subject:<14} {finding.words}")
        good = good and finding.good
    return good


async def _findings(settings: Settings, clock: Callable[[], float]) -> AsyncIterator[Finding]:
    mode = "Socket Mode" if settings.socket_mode else "HTTP mode"
    yield Finding("configuration", True, f"{mode}, at most {settings.heygen_concurrency} jobs at HeyGen at a time")
    yield _packages()
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        async for finding in _slack(settings, session):
            yield finding
        async for finding in _heygen(settings, clock):
            yield finding
        yield await _database(settings)
        yield await _public_url(settings, session)
        yield await _clock(settings, session, clock)
        if settings.otel_exporter_otlp_endpoint is not None:
            yield await _traces(settings.otel_exporter_otlp_endpoint, session)


def _packages() -> Finding:
    """Another distribution may overwrite our plainly named packages without a word."""
    owners = packages_distributions()
    strangers = {name: set(owners.get(name, [])) - {DISTRIBUTION} for name in OURS}
    bad = [f"{name} belongs to {', '.join(sorted(others))}" for name, others in strangers.items() if others]
    if bad:
        return Finding("packages", False, f"{'; '.join(bad)}: install heygen-slack in an environment of its own")
    return Finding("packages", True, "bot, handlers and storage are ours alone")


async def _slack(settings: Settings, session: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    client = slack_client(settings, session)
    try:
        identity = await identify(client)
    except SlackApiError as error:
        cure = "copy the Bot User OAuth Token (xoxb-…) again from OAuth & Permissions of your Slack app"
        yield Finding("slack token", False, f"Slack answers {word_of(error)}: {cure}")
        return
    except (aiohttp.ClientError, TimeoutError) as error:
        cure = "check the network and SLACK_API_URL"
        yield Finding("slack token", False, f"{settings.slack_api_url} cannot be reached ({_why(error)}): {cure}")
        return
    yield Finding("slack token", True, f"{identity.bot_name} in {identity.workspace_url or identity.workspace_id}")
    yield _scopes(identity)
    if settings.slack_app_token is not None:
        yield await _socket(settings.slack_app_token.get_secret_value(), settings, session)


def _scopes(identity: Identity) -> Finding:
    missing = [scope for scope in scopes() if scope not in identity.scopes]
    if missing:
        cure = "update the Slack app from the manifest (`heygen-slack manifest`) and install it again"
        return Finding("slack scopes", False, f"missing {', '.join(missing)}: {cure}")
    return Finding("slack scopes", True, f"all {len(scopes())} of the manifest")


async def _socket(token: str, settings: Settings, session: aiohttp.ClientSession) -> Finding:
    try:
        await slack_client(settings, session).apps_connections_open(app_token=token)
    except SlackApiError as error:
        cure = "make an app-level token (xapp-…) with the scope connections:write under Basic Information"
        return Finding("socket mode", False, f"Slack answers {word_of(error)}: {cure}")
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding("socket mode", False, f"no answer ({_why(error)}): check the network and try again")
    return Finding("socket mode", True, "Slack offers a connection")


async def _heygen(settings: Settings, clock: Callable[[], float]) -> AsyncIterator[Finding]:
    key = settings.heygen_api_key.get_secret_value()
    async with open_http() as http:
        client = HeyGenClient(http, api_key=key, base_url=settings.heygen_api_url, clock=clock)
        try:
            account = await client.account()
        except KeyRejected:
            yield Finding("heygen key", False, "rejected: copy a key again from the API page of your HeyGen settings")
            return
        except HeyGenError as error:
            yield Finding("heygen key", False, f"{settings.heygen_api_url} did not tell ({error}): {_cure(error)}")
            return
    yield Finding("heygen key", True, account.username or "accepted")
    yield _balance(account)


def _cure(error: HeyGenError) -> str:
    """Who answers that something is forbidden, or comes too often, has been reached."""
    match error:
        case AccountTrouble():
            return "see in your HeyGen settings what the account and this key may do"
        case RateLimited():
            return "wait a minute and check again"
        case _:
            return "check the network and HEYGEN_API_URL"


def _balance(account: Account) -> Finding:
    if not account.balances:
        return Finding("heygen balance", True, "HeyGen names none for this kind of account")
    left = ", ".join(f"{name} {amount:.2f} {unit}" for name, amount, unit in account.balances)
    if sum(amount for _, amount, _ in account.balances) <= 0 and not account.reloads:
        return Finding("heygen balance", False, f"{left}: add credit to the API wallet at HeyGen")
    return Finding("heygen balance", True, left)


async def _database(settings: Settings) -> Finding:
    try:
        current = await asyncio.to_thread(is_current, settings.database_url)
        if current:
            database = await open_database(settings.database_url, alone=False)
            await database.close()
        else:
            await asyncio.to_thread(refuse_unfit, settings.database_url, alone=False)
    except DatabaseUnusable as error:
        return Finding("database", False, str(error))
    if not current:
        return Finding("database", True, "can be opened; `run` brings its schema up to date")
    return Finding("database", True, "can be opened, its schema is up to date")


async def _public_url(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    """Follows the address from outside to our port. Where nothing listens yet, we do for the moment."""
    address = settings.public_url
    if address is None:
        return Finding(
            "public url", True, "none: finished videos are found by asking HeyGen, which takes a little longer"
        )
    word = secrets.token_hex(8)
    listener = await _listen(settings, word)
    try:
        async with session.get(f"{address}/healthz") as answer:
            status, said = answer.status, await answer.text()
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError) as error:
        why = f"{address} cannot be reached ({_why(error)})"
        return Finding("public url", False, f"{why}: check its name, its certificate and the proxy behind it")
    finally:
        if listener is not None:
            await listener.cleanup()
    if said == word:
        return Finding("public url", True, f"{address} leads here")
    if status == 200 and said.replace(" ", "") == '{"ok":true}':
        return Finding("public url", True, f"{address} leads to a running heygen-slack")
    cure = f"let the proxy pass its requests on to port {settings.port} of this machine"
    return Finding("public url", False, f"{address}/healthz answers {status}, and it is not heygen-slack: {cure}")


async def _listen(settings: Settings, word: str) -> web.AppRunner | None:
    """Answers /healthz with a word nobody else knows; None when the port is taken, most likely by the program."""

    async def say_it(_request: web.Request) -> web.Response:
        return web.Response(text=word)

    application = web.Application()
    application.router.add_get("/healthz", say_it)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.host, settings.port).start()
    except OSError:
        await runner.cleanup()
        return None
    return runner


async def _clock(settings: Settings, session: aiohttp.ClientSession, clock: Callable[[], float]) -> Finding:
    try:
        async with session.get(f"{settings.slack_api_url}api.test") as answer:
            said = answer.headers.get("Date", "")
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding("clock", False, f"Slack did not say its time ({_why(error)}): check the network")
    try:
        apart = abs(email.utils.parsedate_to_datetime(said).timestamp() - clock())
    except ValueError:
        return Finding("clock", True, "Slack does not say its time; ours is taken as right")
    if apart > CLOCKS_APART_SECONDS:
        return Finding(
            "clock", False, f"{apart:.0f} s apart from Slack's: set this machine's clock, for example by NTP"
        )
    return Finding("clock", True, f"within {apart:.0f} s of Slack's")


async def _traces(endpoint: str, session: aiohttp.ClientSession) -> Finding:
    """Any answer will do: what a collector says to a POST without spans is its own matter."""
    try:
        await open_witness(endpoint, clock=time.time).close()
        async with session.post(f"{endpoint}/v1/traces") as answer:
            status = answer.status
    except CannotTrace as error:
        return Finding("traces", False, str(error))
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding("traces", False, f"{endpoint} cannot be reached ({_why(error)}): start the collector there")
    return Finding("traces", True, f"{endpoint} answers ({status})")


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
