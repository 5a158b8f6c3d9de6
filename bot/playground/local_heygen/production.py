"""What comes of a run: storyboards, videos, failures, and the events that tell of them."""

from collections.abc import Callable, Mapping
from typing import Any

from bot.playground.local_heygen import script
from bot.playground.local_heygen.catalogue import Look, Style, Voice
from bot.playground.local_heygen.files import Files
from bot.playground.local_heygen.records import Resource, Session, Video
from bot.playground.local_heygen.scene import Scene
from bot.playground.local_heygen.studio import Studio
from bot.playground.local_heygen.world import VIDEO_USD_PER_SECOND, World

STORYBOARD_IMAGES = 3
UNCHOSEN = "automatic"  # what HeyGen is left to choose

Announce = Callable[[str, dict[str, Any], Session], None]


class Production:
    """Makes what sessions show. `announce` is told of each event: its type, its data, its session."""

    def __init__(self, world: World, files: Files, studio: Studio, announce: Announce) -> None:
        self._world = world
        self._files = files
        self._studio = studio
        self._announce = announce

    def is_ready(self, video: Video) -> bool:
        return self._files.get(video.file_id).is_ready

    def broken(self, video: Video | None) -> BaseException | None:
        """Why the film could not be rendered, if so."""
        return None if video is None else self._files.get(video.file_id).error

    def begin_video(self, session: Session, at: float) -> None:
        """The session shows a new video from now on; its film is being rendered."""
        scene = self._scene(session)
        new_id = self._world.new_id
        video = Video(
            id=new_id(),
            session_id=session.id,
            title=session.title,
            version=scene.version,
            created_at=at,
            seconds=scene.seconds,
            file_id=new_id(),
            thumbnail_id=new_id(),
            subtitle_id=new_id(),
        )
        plan = session.plan
        self._studio.film(video.file_id, scene, render=plan.render, video_bytes=plan.video_bytes)
        self._studio.subtitles(video.subtitle_id, scene)
        self._studio.still(video.thumbnail_id, f"Version {scene.version}", scene.prompt, portrait=scene.portrait)
        self._world.videos[video.id] = session.rendering = video
        session.video_ids.append(video.id)
        session.video_id = video.id

    def show_storyboard(self, session: Session, words: str, at: float) -> None:
        """Three images, first as a message of their own, then named by the words that ask."""
        shown = tuple(self._storyboard_image(session, number, at) for number in range(STORYBOARD_IMAGES))
        session.say("model", "Storyboard", at, kind="resource", resource_ids=shown)
        session.say("model", words, at, resource_ids=shown)

    def halt(self, session: Session, video: Video | None, at: float) -> None:
        """A stop: the run is over, and a video that was being rendered comes to nothing."""
        session.status = "completed"
        if video is None:
            return
        video.status, video.completed_at = "failed", at
        video.failure_code, video.failure_message = "cancelled", "The session was stopped"
        session.video_ids.remove(video.id)
        session.video_id = session.video_ids[-1] if session.video_ids else None

    def fail(self, session: Session, video: Video | None, at: float) -> None:
        code, message = self._reason(session, video)
        session.status = "failed"
        session.say("model", message, at, kind="error")
        if video is not None:
            video.status, video.completed_at, video.failure_code, video.failure_message = "failed", at, code, message
            told = {"video_id": video.id, "msg": message, "callback_id": session.callback_id}
            self._announce("avatar_video.fail", told, session)
        told = {"session_id": session.id, "video_id": video.id if video else None, "msg": message}
        self._announce("video_agent.fail", told | {"callback_id": session.callback_id}, session)

    def complete(self, session: Session, video: Video | None, at: float) -> None:
        """The end of a run, with its video or, where the plan wants none, without."""
        session.status = "completed"
        told: dict[str, Any] = {"session_id": session.id, "video_id": None, "video_url": None}
        if video is None:
            session.say("model", "That is all I have; there is no video to show.", at)
        else:
            video.status, video.completed_at = "completed", at
            self._world.charge(video.seconds * VIDEO_USD_PER_SECOND)
            session.say("model", "Your video is ready.", at)
            self._announce("avatar_video.success", self._video_told(session, video), session)
            told |= {"video_id": video.id, "video_url": self._files.link(video.file_id)}
        self._announce("video_agent.success", told | {"callback_id": session.callback_id}, session)

    def _reason(self, session: Session, video: Video | None) -> tuple[str, str]:
        broken = self.broken(video)
        if broken is not None:
            return script.FAILURE["code"], f"The film could not be rendered: {broken}"
        reason = script.FAILURE | dict(session.plan.fail or {})
        return reason["code"], reason["message"]

    def _video_told(self, session: Session, video: Video) -> dict[str, Any]:
        page = f"{self._files.base_url}/videos/{video.id}"
        return {
            "video_id": video.id,
            "url": self._files.link(video.file_id),
            "gif_download_url": None,
            "video_page_url": page,
            "video_share_page_url": page,
            "folder_id": None,
            "callback_id": session.callback_id,
        }

    def _scene(self, session: Session) -> Scene:
        world = self._world
        return Scene(
            prompt=session.wish,
            version=len(session.video_ids) + 1,
            avatar=_name(world.looks, session.avatar_id),
            voice=_name(world.voices, session.voice_id),
            style=_name(world.styles, session.style_id),
            portrait=session.orientation == "portrait",
        )

    def _storyboard_image(self, session: Session, number: int, at: float) -> str:
        caption = f"Scene {number + 1}"
        resource = Resource(
            resource_id=self._world.new_id(),
            resource_type="image",
            file_id=self._world.new_id(),
            caption=caption,
            created_at=at,
        )
        portrait = session.orientation == "portrait"
        self._studio.still(resource.file_id, caption, session.wish, portrait=portrait, shade=number)
        session.resources[resource.resource_id] = resource
        return resource.resource_id


def _name(known: Mapping[str, Look | Voice | Style], wanted: str | None) -> str:
    one = known.get(wanted) if wanted else None
    return one.name if one else UNCHOSEN
