"""Makes the files: really, in threads, or as blobs of a few bytes where nobody looks at them."""

import asyncio
import base64
import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType

from bot.playground.local_heygen.files import Files, MadeUp, StoredFile
from bot.playground.local_heygen.scene import Scene
from bot.playground.local_heygen.speech import Spoken, captions

THREADS = 2
# what each kind of file begins with, so that a receiver who sniffs is content
BLOB_FILM = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(232))
BLOB_VOICE = b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(range(246))
BLOB_STILL = base64.b64decode(  # one pixel
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGPQCFgAAAG8ARlfd8kpAAAAAElFTkSuQmCC"
)


class Studio:
    """Adds finished or coming files to `files`; `on_done` is called in the loop whenever one of them has come."""

    def __init__(self, files: Files, folder: Path, *, media: bool, on_done: Callable[[], None]) -> None:
        self._files = files
        self._folder = folder
        self._media = media
        if media:
            _render()
        self._on_done = on_done
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="studio")

    def close(self) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)

    def film(self, file_id: str, scene: Scene, *, render: str | None, video_bytes: int | None) -> StoredFile:
        """The video of a scene. Rendering begins now; a made-up size needs none."""
        name = f"video-v{scene.version}.mp4"
        if video_bytes is not None:
            return self._files.add(file_id, name, "video/mp4", MadeUp(video_bytes))
        real = self._media if render is None else render == "real"
        if not real:
            return self._files.add(file_id, name, "video/mp4", BLOB_FILM)
        return self._add(file_id, name, "video/mp4", partial(_render().film, scene, self._folder / f"{file_id}.mp4"))

    def subtitles(self, file_id: str, scene: Scene) -> StoredFile:
        text = captions(scene.words)
        return self._files.add(file_id, "captions.srt", "application/x-subrip", text.encode())

    def voice(self, file_id: str, words: list[Spoken], seconds: float) -> StoredFile:
        if not self._media:
            return self._files.add(file_id, "speech.mp3", "audio/mpeg", BLOB_VOICE)
        path = self._folder / f"{file_id}.mp3"
        return self._add(file_id, "speech.mp3", "audio/mpeg", partial(_render().voice, words, seconds, path))

    def still(self, file_id: str, title: str, text: str, *, portrait: bool = False, shade: int = 0) -> StoredFile:
        if not self._media:
            return self._files.add(file_id, "image.png", "image/png", BLOB_STILL)
        path = self._folder / f"{file_id}.png"
        return self._add(
            file_id, "image.png", "image/png", partial(_write_still, path, title, text, portrait=portrait, shade=shade)
        )

    def _add(self, file_id: str, name: str, media_type: str, make: Callable[[], Path]) -> StoredFile:
        coming = asyncio.get_running_loop().run_in_executor(self._threads, make)
        coming.add_done_callback(lambda done: self._on_done())
        return self._files.add(file_id, name, media_type, coming)


def _write_still(path: Path, title: str, text: str, *, portrait: bool, shade: int) -> Path:
    path.write_bytes(_render().still(title, text, portrait=portrait, shade=shade))
    return path


def _render() -> ModuleType:
    """The module that needs PyAV and Pillow, which only the playground extra brings."""
    try:
        return importlib.import_module("bot.playground.local_heygen.render")
    except ModuleNotFoundError as error:
        raise RuntimeError(f"no {error.name}: install the playground extra, or do without media") from error
