"""The one table of paths: which operation stands where, and which honours Idempotency-Key."""

from aiohttp import web

from bot.playground.local_heygen.account import Account
from bot.playground.local_heygen.assets import Assets
from bot.playground.local_heygen.errors import not_found
from bot.playground.local_heygen.gate import Gate, Json
from bot.playground.local_heygen.library import Library
from bot.playground.local_heygen.public import Public
from bot.playground.local_heygen.video_agents import VideoAgents

# the operations that HeyGen declares it for, among those that are here
KEYED_PATHS = frozenset(
    {
        ("POST", "/v3/assets"),
        ("POST", "/v3/assets/direct-uploads"),
        ("POST", "/v3/webhooks/endpoints"),
        ("POST", "/v3/webhooks/endpoints/{endpoint_id}/rotate-secret"),
    }
)


def add_routes(
    app: web.Application,
    gate: Gate,
    *,
    agents: VideoAgents,
    library: Library,
    assets: Assets,
    account: Account,
    public: Public,
) -> None:
    """Mount the API behind the gate, and beside it what needs no key."""
    session, video, endpoint = "/v3/video-agents/{session_id}", "/v3/videos/{video_id}", "/v3/webhooks/endpoints"
    table = (
        ("POST", "/v3/video-agents", "create", agents.create),
        ("GET", "/v3/video-agents", "list", agents.listed),
        ("GET", "/v3/video-agents/styles", "styles", library.styles),
        ("GET", session, "session", agents.one),
        ("POST", session, "message", agents.message),
        ("POST", f"{session}/stop", "stop", agents.stop),
        ("GET", f"{session}/videos", "videos", agents.videos),
        ("GET", f"{session}/resources/{{resource_id}}", "resource", agents.resource),
        ("GET", "/v3/videos/statuses", "statuses", agents.statuses),
        ("GET", video, "video", agents.video),
        ("DELETE", video, "video_delete", agents.delete_video),
        ("GET", "/v3/voices", "voices", library.voices),
        ("POST", "/v3/voices/speech", "speech", library.speech),
        ("GET", "/v3/voices/{voice_id}", "voice", library.voice),
        ("GET", "/v3/avatars", "avatars", library.avatars),
        ("GET", "/v3/avatars/looks", "looks", library.looks),
        ("GET", "/v3/avatars/looks/{look_id}", "look", library.look),
        ("POST", "/v3/assets/{asset_id}/complete", "asset_complete", assets.complete),
        ("GET", "/v3/assets/{asset_id}", "asset_get", assets.one),
        ("GET", "/v3/users/me", "account", account.me),
        ("GET", endpoint, "webhooks", account.endpoints),
        ("PATCH", f"{endpoint}/{{endpoint_id}}", "webhooks", account.update_endpoint),
        ("DELETE", f"{endpoint}/{{endpoint_id}}", "webhooks", account.delete_endpoint),
        ("GET", "/v3/webhooks/event-types", "webhooks", account.event_types),
        ("GET", "/v3/webhooks/events", "webhooks", account.events),
        ("POST", "/v3/assets", "asset", assets.upload),
        ("POST", "/v3/assets/direct-uploads", "asset", assets.begin),
        ("POST", endpoint, "webhooks", account.create_endpoint),
        ("POST", f"{endpoint}/{{endpoint_id}}/rotate-secret", "webhooks", account.rotate_secret),
    )
    for method, path, op, answer in table:
        keyed = (method, path) in KEYED_PATHS
        app.router.add_route(method, path, gate.guard(op, answer, keyed=keyed))
    app.router.add_route("*", "/v3/{tail:.*}", gate.guard("unknown", _nothing))
    app.router.add_get("/files/{token}/{name}", public.file)
    app.router.add_get("/assets/{asset_id}", public.asset)
    app.router.add_get("/videos/{video_id}", public.page)
    app.router.add_get("/previews/{kind}/{one_id}", public.preview)
    app.router.add_put("/uploads/{asset_id}", assets.put)


async def _nothing(request: web.Request) -> Json:
    raise not_found(f"{request.method} {request.path}")
