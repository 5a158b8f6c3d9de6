"""`heygen-slack check`: tries everything the program needs and prints one line each, with the cure of what is wrong."""

import asyncio
import email.utils
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import packages_distributions

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.app import slack_client
from bot.config import Settings
from bot.heygen.client import HeyGenClient, open_http
from bot.heygen.errors import HeyGenError, KeyRejected
from bot.manifest import scopes
from handlers.identity import Identity, identify
from storage.database import DatabaseUnusable, open_database
from storage.schema import is_current

TIMEOUT = aiohttp.ClientTimeout(total=15)
MAX_CLOCK_SECONDS = 120.0  # Slack and HeyGen refuse signatures that are five minutes off
OURS = ("bot", "handlers", "storage")
DISTRIBUTION = "heygen-slack"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    good: bool
    words: str


async def run_checks(settings: Settings, *, say: Callable[[str], None]) -> bool:
    """Prints every finding as it comes; True when nothing is wrong."""
    good = True
    async for finding in _findings(settings):
        say(f"{'ok  ' if finding.good else 'FAIL'}  {finding.subject:<14} {finding.words}")
        good = good and finding.good
    return good


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    mode = "Socket Mode" if settings.socket_mode else "HTTP mode"
    yield Finding("configuration", True, f"{mode}, {settings.heygen_concurrency} jobs at HeyGen at a time")
    yield _packages()
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session:
        async for finding in _slack(settings, session):
            yield finding
        yield await _heygen(settings)
        yield await _database(settings)
        yield await _public_url(settings, session)
        yield await _clock(settings, session)


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
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        word = error.response.get("error") if isinstance(error, SlackApiError) else type(error).__name__
        cure = "copy the Bot User OAuth Token (xoxb-…) again from OAuth & Permissions, or check the network"
        yield Finding("slack token", False, f"{word}: {cure}")
        return
    yield Finding("slack token", True, f"{identity.bot_name} in {identity.workspace_url or identity.workspace_id}")
    yield _scopes(identity)
    if settings.slack_app_token is not None:
        yield await _socket(settings, session)


def _scopes(identity: Identity) -> Finding:
    missing = [scope for scope in scopes() if scope not in identity.scopes]
    if missing:
        cure = "update the Slack app from manifest.yaml and reinstall it"
        return Finding("slack scopes", False, f"missing {', '.join(missing)}: {cure}")
    return Finding("slack scopes", True, f"all {len(scopes())} of the manifest")


async def _socket(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    token = settings.slack_app_token.get_secret_value() if settings.slack_app_token else ""
    try:
        await slack_client(settings, session).apps_connections_open(app_token=token)
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        word = error.response.get("error") if isinstance(error, SlackApiError) else type(error).__name__
        cure = "make an app-level token (xapp-…) with the scope connections:write under Basic Information"
        return Finding("socket mode", False, f"{word}: {cure}")
    return Finding("socket mode", True, "Slack offers a connection")


async def _heygen(settings: Settings) -> Finding:
    async with open_http() as http:
        client = HeyGenClient(
            http, api_key=settings.heygen_api_key.get_secret_value(), base_url=settings.heygen_api_url, clock=time.time
        )
        try:
            account = await client.account()
        except KeyRejected:
            return Finding("heygen key", False, "rejected: copy a key again from the API page of your HeyGen settings")
        except HeyGenError as error:
            return Finding("heygen key", False, f"{error}: check HEYGEN_API_URL and the network, then try again")
    if not account.balances:
        return Finding("heygen key", True, f"{account.username}; HeyGen names no balance")
    left = ", ".join(f"{name} {amount:.2f} {unit}" for name, amount, unit in account.balances)
    if sum(amount for _, amount, _ in account.balances) <= 0 and not account.reloads:
        return Finding("heygen balance", False, f"{left}: top up the API wallet at HeyGen")
    return Finding("heygen key", True, f"{account.username}, {left}")


async def _database(settings: Settings) -> Finding:
    try:
        database = await open_database(settings.database_url, alone=False)
    except DatabaseUnusable as error:
        return Finding("database", False, str(error))
    await database.close()
    if not await asyncio.to_thread(is_current, settings.database_url):
        return Finding("database", True, "can be opened; `run` or `migrate` brings its schema up to date")
    return Finding("database", True, "can be opened, schema up to date")


async def _public_url(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    if settings.public_url is None:
        return Finding("public url", True, "none: videos are found by polling, some seconds later than with webhooks")
    try:
        async with session.get(f"{settings.public_url}/healthz") as answer:
            if answer.status == 200:
                return Finding("public url", True, f"{settings.public_url} reaches a running heygen-slack")
            words = f"{settings.public_url}/healthz answers {answer.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        words = f"{settings.public_url} cannot be reached ({type(error).__name__})"
    return Finding("public url", False, f"{words}: start `heygen-slack run` and check the proxy in front of it")


async def _clock(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    try:
        async with session.get(settings.slack_api_url + "api.test") as answer:
            said = answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError) as error:
        return Finding("clock", False, f"Slack did not say its time ({type(error).__name__}): check the network")
    if said is None:
        return Finding("clock", True, "Slack does not say its time; ours is taken as right")
    apart = abs(email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    if apart > MAX_CLOCK_SECONDS:
        return Finding("clock", False, f"{apart:.0f} s apart from Slack's: set the system clock, for example with NTP")
    return Finding("clock", True, f"within {apart:.0f} s of Slack's")
