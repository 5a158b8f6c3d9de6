"""The Video Agent's endpoints and those of the videos it makes."""

from typing import Any

from aiohttp import web

from bot.playground.local_heygen.agent import Agent
from bot.playground.local_heygen.answers import Answers, Json
from bot.playground.local_heygen.body import (
    CREATE_SESSION,
    SEND_MESSAGE,
    STOP_SESSION,
    read_body,
    refuse_private,
    refuse_unreachable,
)
from bot.playground.local_heygen.errors import invalid, not_found
from bot.playground.local_heygen.paging import page_of
from bot.playground.local_heygen.world import World

MOST_STATUSES = 100


class VideoAgents:
    def __init__(self, world: World, agent: Agent, answers: Answers) -> None:
        self._world = world
        self._agent = agent
        self._answers = answers

    async def create(self, request: web.Request) -> Json:
        asked = await read_body(request, CREATE_SESSION)
        self._check_names(asked)
        if asked["style_id"]:
            self._world.style(asked["style_id"])
        if asked["callback_url"]:
            refuse_private(asked["callback_url"], "callback_url")
        asset_ids = self._assets(asked["files"] or [])
        self._world.admit_job()
        session = self._agent.create(asked, asset_ids)
        return {
            "data": {
                "session_id": session.id,
                "status": session.status,
                "video_id": session.video_id,
                "created_at": int(session.created_at),
            }
        }

    async def listed(self, request: web.Request) -> Json:
        world = self._world
        known = [session for session in reversed(world.sessions.values()) if not world.has_lost(session)]
        page, cursor = page_of(request, known, most=100)
        rows = [{"session_id": one.id, "title": one.title, "created_at": int(one.created_at)} for one in page]
        return {"data": rows, **cursor}

    async def one(self, request: web.Request) -> Json:
        return {"data": self._answers.session(self._world.session(request.match_info["session_id"]))}

    async def message(self, request: web.Request) -> Json:
        asked = await read_body(request, SEND_MESSAGE)
        session = self._world.session(request.match_info["session_id"])
        self._check_names(asked)
        self._agent.message(session, asked, self._assets(asked["files"] or []))
        return {"data": {"session_id": session.id, "run_id": self._world.new_id(), "title": session.title}}

    async def stop(self, request: web.Request) -> Json:
        await read_body(request, STOP_SESSION)
        session = self._world.session(request.match_info["session_id"])
        self._agent.stop(session)
        return {"data": {"session_id": session.id}}

    async def videos(self, request: web.Request) -> Json:
        session = self._world.session(request.match_info["session_id"])
        rows = [self._answers.video(self._world.videos[one]) for one in reversed(session.video_ids)]
        return {"data": rows, "has_more": False, "next_token": None}

    async def resource(self, request: web.Request) -> Json:
        session = self._world.session(request.match_info["session_id"])
        resource = session.resources.get(request.match_info["resource_id"])
        if resource is None:
            raise not_found("Resource", "resource_not_found")
        return {"data": self._answers.resource(resource)}

    async def video(self, request: web.Request) -> Json:
        return {"data": self._answers.video(self._world.video(request.match_info["video_id"]))}

    async def delete_video(self, request: web.Request) -> Json:
        video = self._world.video(request.match_info["video_id"])
        if video.is_open:
            raise invalid("A video that is being rendered cannot be deleted")
        del self._world.videos[video.id]
        session = self._world.sessions[video.session_id]
        session.video_ids = [one for one in session.video_ids if one != video.id]
        return {"data": {"id": video.id, "deleted": True}}

    async def statuses(self, request: web.Request) -> Json:
        wanted = [one for one in request.query.get("video_ids", "").split(",") if one]
        if not 1 <= len(wanted) <= MOST_STATUSES:
            raise invalid(f"video_ids must name 1 to {MOST_STATUSES} videos", "video_ids")
        rows = [{"video_id": one, "status": self._status(one)} for one in wanted]
        return {"data": rows, "has_more": False, "next_token": None}

    def _status(self, video_id: str) -> str:
        video = self._world.videos.get(video_id)
        return self._agent.video_status(video) if video else "not_found"

    def _check_names(self, asked: dict[str, Any]) -> None:
        if asked["avatar_id"]:
            self._world.look(asked["avatar_id"])
        if asked["voice_id"]:
            self._world.voice(asked["voice_id"])

    def _assets(self, sent: list[dict[str, Any]]) -> tuple[str, ...]:
        refuse_unreachable(sent)
        return tuple(self._world.usable_asset(one["asset_id"]).id for one in sent if one["type"] == "asset_id")
