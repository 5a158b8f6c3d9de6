"""What the surfaces work with, handed to each by its constructor."""

from collections.abc import Callable
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.heygen.catalog import Catalog
from bot.jobs.engine import Engine
from handlers.identity import Identity
from handlers.membership import Membership
from handlers.people import People
from handlers.response_urls import ResponseUrls
from handlers.standing import Standings
from storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Collaborators:
    """Everything a surface may touch. Apart from the catalogue, nothing here calls HeyGen."""

    engine: Engine
    database: Database
    catalog: Catalog
    people: People
    client: AsyncWebClient
    membership: Membership
    identity: Identity
    standings: Standings
    response_urls: ResponseUrls
    clock: Callable[[], float]
