"""How what this server knows looks in answers."""

from datetime import UTC, datetime
from typing import Any

from bot.playground.local_heygen.agent import Agent
from bot.playground.local_heygen.catalogue import BARE_PREVIEW, WITHOUT_PREVIEW, Group, Look, Style, Voice
from bot.playground.local_heygen.files import Files
from bot.playground.local_heygen.records import Asset, Endpoint, Event, Message, Resource, Session, Video
from bot.playground.local_heygen.world import World

Json = dict[str, Any]

MOST_MESSAGES = 40
CATALOGUE_BORN_AT = 1_735_689_600  # 2025-01-01
LOOK_PIXELS = {"landscape": (1920, 1080), "portrait": (1080, 1920)}
ENGINES = {"studio_avatar": ["avatar_iii", "avatar_iv"], "digital_twin": ["avatar_iv", "avatar_v"]}


class Answers:
    """Builds answers; every link in them is fresh."""

    def __init__(self, world: World, files: Files, agent: Agent) -> None:
        self._world = world
        self._files = files
        self._agent = agent

    def session(self, session: Session) -> Json:
        newest_first = session.messages[: -MOST_MESSAGES - 1 : -1]
        return {
            "session_id": session.id,
            "status": session.status,
            "progress": self._agent.progress(session),
            "title": session.title,
            "video_id": session.video_id,
            "created_at": int(session.created_at),
            "messages": [_message(one) for one in newest_first],
        }

    def video(self, video: Video) -> Json:
        status = self._agent.video_status(video)
        done = status == "completed"
        return {
            "id": video.id,
            "status": status,
            "title": video.title,
            "created_at": int(video.created_at),
            "completed_at": None if video.completed_at is None else int(video.completed_at),
            "duration": video.seconds if done else None,
            "video_url": self._files.link(video.file_id) if done else None,
            "captioned_video_url": None,
            "subtitle_url": self._files.link(video.subtitle_id) if done else None,
            "thumbnail_url": self._files.link(video.thumbnail_id) if done else None,
            "gif_url": None,
            "video_page_url": f"{self._files.base_url}/videos/{video.id}",
            "failure_code": video.failure_code,
            "failure_message": video.failure_message,
            "folder_id": None,
            "output_language": None,
        }

    def resource(self, resource: Resource) -> Json:
        link = self._files.link(resource.file_id)
        return {
            "resource_id": resource.resource_id,
            "resource_type": resource.resource_type,
            "source_type": "generated",
            "url": link,
            "thumbnail_url": link,
            "preview_url": link,
            "created_at": int(resource.created_at),
            "metadata": {"caption": resource.caption},
        }

    def voice(self, voice: Voice) -> Json:
        return {
            "voice_id": voice.voice_id,
            "name": voice.name,
            "language": voice.language,
            "gender": voice.gender,
            "type": voice.type,
            "preview_audio_url": self._voice_preview(voice),
            "support_pause": voice.language == "English",
            "support_locale": voice.language in ("English", "Spanish", "Portuguese"),
        }

    def voice_detail(self, voice: Voice) -> Json:
        return {
            "voice_id": voice.voice_id,
            "name": voice.name,
            "language": voice.language,
            "gender": voice.gender,
            "preview_audio_url": self._voice_preview(voice),
            "support_pause": voice.language == "English",
            "support_interactive_avatar": False,
            "status": "complete" if voice.type == "private" else None,
            "failure_message": None,
            "created_at": CATALOGUE_BORN_AT,
        }

    def look(self, look: Look) -> Json:
        width, height = LOOK_PIXELS[look.orientation]
        return {
            "id": look.id,
            "name": look.name,
            "group_id": look.group_id,
            "avatar_type": look.avatar_type,
            "gender": look.gender,
            "default_voice_id": look.default_voice_id,
            "preferred_orientation": look.orientation,
            "image_width": width,
            "image_height": height,
            "preview_image_url": self._preview("looks", look.id),
            "preview_video_url": None,
            "status": "completed" if look.ownership == "private" else None,
            "supported_api_engines": ENGINES.get(look.avatar_type, ["avatar_iv"]),
            "tags": [],
            "error": None,
        }

    def group(self, group: Group) -> Json:
        private = group.ownership == "private"
        return {
            "id": group.id,
            "name": group.name,
            "created_at": CATALOGUE_BORN_AT,
            "looks_count": group.looks_count,
            "gender": group.gender,
            "default_voice_id": group.default_voice_id,
            "preview_image_url": self._preview("groups", group.id),
            "preview_video_url": None,
            "consent_status": "approved" if private else None,
            "status": "completed" if private else None,
            "error": None,
        }

    def style(self, style: Style) -> Json:
        return {
            "style_id": style.style_id,
            "name": style.name,
            "thumbnail_url": self._preview("styles", style.style_id),
            "preview_video_url": None,
            "tags": [style.tag],
            "aspect_ratio": style.aspect_ratio,
        }

    def asset(self, asset: Asset) -> Json:
        return {
            "id": asset.id,
            "name": asset.name,
            "type": asset.mime_type.partition("/")[0],
            "owner": "local",
            "space_id": "local-space",
            "folder_id": None,
            "uploaded_at": int(asset.uploaded_at),
            "url": self.asset_url(asset),
        }

    def asset_url(self, asset: Asset) -> str:
        """Open to anyone who has it."""
        return f"{self._files.base_url}/assets/{asset.id}"

    def account(self) -> Json:
        wallet = {
            "currency": "usd",
            "remaining_balance": self._world.settings.wallet,
            "auto_reload": {"enabled": False, "threshold_usd": None, "amount_usd": None},
        }
        return {
            "username": "local",
            "email": "local@example.com",
            "first_name": "Local",
            "last_name": "Account",
            "billing_type": "wallet",
            "wallet": wallet,
            "subscription": None,
            "usage_based": None,
        }

    def endpoint(self, endpoint: Endpoint, *, secret: str | None = None) -> Json:
        return {
            "endpoint_id": endpoint.id,
            "url": endpoint.url,
            "events": None if endpoint.events is None else list(endpoint.events),
            "status": "enabled",
            "created_at": _moment(endpoint.created_at),
            "secret": secret,
        }

    def event(self, event: Event) -> Json:
        return {
            "event_id": event.id,
            "event_type": event.type,
            "event_data": event.data,
            "created_at": _moment(event.created_at),
        }

    def _voice_preview(self, voice: Voice) -> str | None:
        if voice.name in WITHOUT_PREVIEW:
            return None
        if voice.name in BARE_PREVIEW:
            return f"s3://voices/{voice.voice_id}.mp3"
        return f"{self._files.base_url}/previews/voices/{voice.voice_id}"

    def _preview(self, kind: str, one_id: str) -> str:
        return f"{self._files.base_url}/previews/{kind}/{one_id}"


def _message(message: Message) -> Json:
    return {
        "role": message.role,
        "type": message.type,
        "content": message.content,
        "created_at": int(message.created_at),
        "resource_ids": list(message.resource_ids) or None,
    }


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
