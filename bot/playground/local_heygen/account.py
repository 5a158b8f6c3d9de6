"""The endpoints of the account: who it is, its wallet, its webhooks and their history."""

from aiohttp import web

from bot.playground.local_heygen.answers import Answers, Json
from bot.playground.local_heygen.body import Field, Fields, read_body, refuse_private, several_of, text
from bot.playground.local_heygen.errors import ApiError, not_found
from bot.playground.local_heygen.paging import choice, page_of
from bot.playground.local_heygen.records import Endpoint
from bot.playground.local_heygen.webhooks import EVENT_TYPES
from bot.playground.local_heygen.world import World

CREATE_ENDPOINT: Fields = {
    "url": Field(verdict=text(1), required=True),
    "events": Field(verdict=several_of(*EVENT_TYPES)),
    "entity_id": Field(verdict=text()),
}
UPDATE_ENDPOINT: Fields = {"url": Field(verdict=text(1)), "events": Field(verdict=several_of(*EVENT_TYPES))}


class Account:
    def __init__(self, world: World, answers: Answers) -> None:
        self._world = world
        self._answers = answers

    async def me(self, request: web.Request) -> Json:
        return {"data": self._answers.account()}

    async def create_endpoint(self, request: web.Request) -> Json:
        """The only answer that shows the secret, apart from that of a rotation."""
        asked = await read_body(request, CREATE_ENDPOINT)
        self._check_url(asked["url"])
        events = None if asked["events"] is None else tuple(asked["events"])
        endpoint = self._world.add_endpoint(asked["url"], self._new_secret(), events)
        return {"data": self._answers.endpoint(endpoint, secret=endpoint.secret)}

    async def endpoints(self, request: web.Request) -> Json:
        page, cursor = page_of(request, list(self._world.endpoints.values()), default=10, most=100)
        return {"data": [self._answers.endpoint(one) for one in page], **cursor}

    async def update_endpoint(self, request: web.Request) -> Json:
        asked = await read_body(request, UPDATE_ENDPOINT)
        endpoint = self._endpoint(request)
        if asked["url"] not in (None, endpoint.url):
            self._check_url(asked["url"])
            endpoint.url = asked["url"]
        if asked["events"] is not None:
            endpoint.events = tuple(asked["events"])
        return {"data": self._answers.endpoint(endpoint)}

    async def delete_endpoint(self, request: web.Request) -> Json:
        del self._world.endpoints[self._endpoint(request).id]
        return {"data": None, "error": None}

    async def rotate_secret(self, request: web.Request) -> Json:
        """The old secret signs nothing from here on."""
        endpoint = self._endpoint(request)
        endpoint.secret = self._new_secret()
        return {"data": {"endpoint_id": endpoint.id, "secret": endpoint.secret}}

    async def event_types(self, request: web.Request) -> Json:
        rows = [{"event_type": name, "description": f"Sent at {name}"} for name in EVENT_TYPES]
        return {"data": rows, "has_more": False, "next_token": None}

    async def events(self, request: web.Request) -> Json:
        """What happened, newest first, whether its delivery succeeded or not."""
        event_type = choice(request, "event_type", EVENT_TYPES)
        entity_id = request.query.get("entity_id")
        found = [
            event
            for event in self._world.events
            if event_type in (None, event.type)
            and (entity_id is None or entity_id in (event.data.get("session_id"), event.data.get("video_id")))
        ]
        page, cursor = page_of(request, found, default=10, most=100)
        return {"data": [self._answers.event(event) for event in page], **cursor}

    def _endpoint(self, request: web.Request) -> Endpoint:
        endpoint = self._world.endpoints.get(request.match_info["endpoint_id"])
        if endpoint is None:
            raise not_found("Webhook endpoint", "webhook_not_found")
        return endpoint

    def _check_url(self, url: str) -> None:
        refuse_private(url, "url")
        if any(one.url == url for one in self._world.endpoints.values()):
            raise ApiError(409, "conflict", "This URL is registered already")

    def _new_secret(self) -> str:
        return f"whsec_{self._world.new_id()}"
