"""What is open before anything is wired, and what of the settings decisions are made with."""

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
import httpx
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings
from bot.jobs.moment import Rules
from bot.seeing.witness import Witness
from handlers.client import SlackClient, Timed
from handlers.identity import Identity
from storage.database import Database

CALLBACKS = "/heygen/callbacks"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What is open before anything is wired."""

    settings: Settings
    database: Database
    slack: AsyncWebClient
    session: aiohttp.ClientSession
    http: httpx.AsyncClient
    identity: Identity
    witness: Witness
    clock: Callable[[], float]
    tempo: float


def slack_client(
    settings: Settings,
    session: aiohttp.ClientSession,
    *,
    timed: Timed = lambda _method, _outcome, _seconds: None,
) -> AsyncWebClient:
    """The one client of the program for calls as the app."""
    token = settings.slack_bot_token.get_secret_value()
    return SlackClient(token=token, base_url=settings.slack_api_url, session=session, timed=timed)


def rules_of(settings: Settings, identity: Identity, tempo: float) -> Rules:
    """The settings that decisions depend on."""
    base = f"{settings.public_url.rstrip('/')}{CALLBACKS}" if settings.public_url else None
    return Rules(
        concurrency=settings.heygen_concurrency,
        poll_seconds=settings.heygen_poll_seconds,
        webhooks=bool(settings.heygen_webhook_secret) or base is not None,
        admins=tuple((identity.workspace_id, user) for user in settings.admin_users),
        callback_base=base if settings.jobs_carry_callback_url else None,
        tempo=tempo,
    )
