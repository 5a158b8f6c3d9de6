"""What the local HeyGen hands out: films and speech that play, captions, pictures, links that expire."""

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest
from av.container import InputContainer
from PIL import Image

from bot.playground.local_heygen.scene import Scene
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_heygen.speech import spoken_words
from tests.doubles.local_heygen_caller import Caller, calling

CUE = re.compile(r"(\d+)\n(\d\d):(\d\d):(\d\d),(\d{3}) --> (\d\d):(\d\d):(\d\d),(\d{3})\n(.+)")


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with LocalHeyGen(speed=100) as heygen, calling(heygen) as caller:
        yield caller


@pytest.fixture
async def blobs() -> AsyncIterator[Caller]:
    async with LocalHeyGen(speed=100, media=False) as heygen, calling(heygen) as caller:
        yield caller


def opened(raw: bytes) -> InputContainer:
    film = av.open(io.BytesIO(raw))
    assert isinstance(film, InputContainer)
    return film


async def finished(caller: Caller, prompt: str = "Tea keeps you warm. And awake!", **asked: Any) -> dict[str, Any]:
    return await caller.finished_video(await caller.create(prompt, **asked))


@pytest.mark.parametrize(("orientation", "size"), [("landscape", (640, 360)), ("portrait", (360, 640))])
async def test_the_film_plays(caller: Caller, orientation: str, size: tuple[int, int]) -> None:
    """The video is an MP4 with moving pictures of the wanted shape, and sound that is not silence."""
    video = await finished(caller, orientation=orientation)
    with opened((await caller.get(video["video_url"])).raw) as film:
        pictures = list(film.decode(video=0))
        assert (pictures[0].width, pictures[0].height) == size
        assert film.streams.video[0].codec_context.name in ("h264", "mpeg4")
        assert bytes(pictures[0].planes[0]) != bytes(pictures[-1].planes[0])
        assert (film.duration or 0) / av.time_base == pytest.approx(video["duration"], abs=0.4)
    with opened((await caller.get(video["video_url"])).raw) as film:
        assert any(any(bytes(frame.planes[0])) for frame in film.decode(audio=0))
    assert 3 <= video["duration"] <= 6


async def test_captions_tell_the_prompt(caller: Caller) -> None:
    """Captions are SubRip: numbered cues in order, within the film, with the words of the prompt."""
    video = await finished(caller, "Tea keeps you warm. And it keeps you awake, all day long!")
    cues = CUE.findall((await caller.get(video["subtitle_url"])).raw.decode())
    times = [
        (int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000) for cue in cues for h, m, s, ms in (cue[1:5], cue[5:9])
    ]
    assert [int(cue[0]) for cue in cues] == list(range(1, len(cues) + 1))
    assert times == sorted(times)
    assert times[-1] <= video["duration"] + 0.01
    assert " ".join(cue[9] for cue in cues) == "Tea keeps you warm. And it keeps you awake, all day long!"


async def test_pictures_are_png(caller: Caller) -> None:
    """Thumbnails, storyboards and previews are PNG images."""
    session_id = await caller.create("a storyboard")
    resource_ids = (await caller.until(session_id, "reviewing"))["messages"][0]["resource_ids"]
    resource = (await caller.get(f"/v3/video-agents/{session_id}/resources/{resource_ids[0]}")).data
    await caller.say(session_id, "yes")
    video = await caller.finished_video(session_id)
    look = (await caller.get("/v3/avatars/looks")).data[0]
    for url in (resource["url"], video["thumbnail_url"], look["preview_image_url"]):
        image = Image.open(io.BytesIO((await caller.get(url)).raw))
        assert (image.format, image.size) == ("PNG", (640, 360))


async def test_speech_plays_and_its_words_are_timed(caller: Caller) -> None:
    """Speech is audio as long as it says, its words are timed in order, and faster speech is shorter."""
    voice_id = (await caller.get("/v3/voices")).data[0]["voice_id"]
    asked = {"text": "Good morning everyone, and welcome.", "voice_id": voice_id}
    speech = (await caller.post("/v3/voices/speech", asked)).data
    with opened((await caller.get(speech["audio_url"])).raw) as audio:
        heard = sum((frame.samples / frame.sample_rate for frame in audio.decode(audio=0)), 0.0)
    assert heard == pytest.approx(speech["duration"], abs=0.2)
    assert [one["word"] for one in speech["word_timestamps"]] == asked["text"].split()
    assert speech["word_timestamps"][-1]["end"] == speech["duration"]
    fast = (await caller.post("/v3/voices/speech", {**asked, "speed": 2.0})).data
    assert fast["duration"] == pytest.approx(speech["duration"] / 2, abs=0.05)
    assert caller.heygen.settings.wallet < 100


async def test_markup_and_silence(caller: Caller) -> None:
    """SSML is not read out; a text with nothing to say is refused."""
    assert [one.word for one in spoken_words('Hello <break time="0.35s"/> you')] == ["Hello", "you"]
    voice_id = (await caller.get("/v3/voices")).data[0]["voice_id"]
    refused = await caller.post("/v3/voices/speech", {"text": "  ", "voice_id": voice_id})
    assert refused.error == (400, "tts_text_invalid")


async def test_a_long_prompt_makes_a_short_film() -> None:
    """However long the prompt, the film lasts at most six seconds."""
    scene = Scene(prompt="word " * 2_000, version=1, avatar="a", voice="v", style="s", portrait=False)
    assert scene.seconds == 6
    assert scene.words[-1].end <= 6


async def test_links_expire_and_cannot_be_stretched() -> None:
    """A link answers 403 once it has expired or was changed; asking again gives another one that is good."""
    clock = Clock()
    async with LocalHeyGen(media=False, clock=clock) as heygen, calling(heygen) as caller:
        session_id = await caller.create()
        clock.now += 60
        video = (await caller.get(f"/v3/videos/{(await caller.session(session_id))['video_id']}")).data
        assert (await caller.get(video["video_url"])).status == 200
        clock.now += 3601
        assert (await caller.get(video["video_url"])).status == 403
        stretched = re.sub(r"expires=.*", f"expires={clock.now + 9999:.3f}", video["video_url"])
        assert (await caller.get(stretched)).status == 403
        fresh = (await caller.get(f"/v3/videos/{video['id']}")).data["video_url"]
        assert fresh != video["video_url"]
        assert (await caller.get(fresh)).status == 200


@pytest.mark.parametrize("render", ["real", "blob"])
async def test_files_are_served_by_range(caller: Caller, render: str) -> None:
    """A file tells its length, answers HEAD, and gives the range asked for or says that there is none."""
    caller.heygen.plan_next(render=render)
    link = (await finished(caller))["video_url"]
    whole = await caller.get(link)
    assert int(whole.headers["Content-Length"]) == len(whole.raw)
    head = await caller.call("HEAD", link)
    assert (head.raw, head.headers["Content-Length"]) == (b"", str(len(whole.raw)))
    part = await caller.get(link, headers={"Range": "bytes=10-19"})
    assert (part.status, part.raw) == (206, whole.raw[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.raw)}"
    assert (await caller.get(link, headers={"Range": "bytes=99999999-"})).status == 416


async def test_a_huge_video_is_made_up(blobs: Caller) -> None:
    """A body of any size is streamed without being stored, the same at every place."""
    blobs.heygen.plan_next(video_bytes=3_000_001)
    link = (await finished(blobs))["video_url"]
    whole = (await blobs.get(link)).raw
    assert whole == (bytes(range(256)) * 12_000)[:3_000_001]
    part = await blobs.get(link, headers={"Range": "bytes=1000000-1000300"})
    assert part.raw == whole[1_000_000:1_000_301]


async def test_downloads_fail_by_order(blobs: Caller) -> None:
    """A download can be refused, or cut in half; it is noted apart from the calls."""
    link = (await finished(blobs))["video_url"]
    blobs.heygen.fail_next("download", "status", status=503)
    assert (await blobs.get(link)).status == 503
    blobs.heygen.fail_next("download", "cut")
    with pytest.raises(aiohttp.ClientPayloadError):
        await blobs.get(link)
    assert (await blobs.get(link)).status == 200
    assert [one.status for one in blobs.heygen.downloads] == [503, 200, 200]
    assert "download" not in {one.op for one in blobs.heygen.calls}


async def test_every_video_has_a_page(blobs: Caller) -> None:
    """The page plays the finished video, and escapes its title."""
    video = await finished(blobs, "<script>alert(1)</script>")
    page = (await blobs.get(video["video_page_url"])).raw.decode()
    assert "<video" in page
    assert "<script>" not in page


async def test_rendered_files_can_be_kept(tmp_path: Path) -> None:
    """With a state folder the films stay after closing."""
    async with LocalHeyGen(speed=100, state_dir=tmp_path / "state") as heygen, calling(heygen) as caller:
        await finished(caller)
    assert [path.suffix for path in (tmp_path / "state").glob("*.mp4")] == [".mp4"]


async def test_a_film_that_cannot_be_written_is_a_failed_video(tmp_path: Path) -> None:
    """Trouble in rendering shows as HeyGen's own failure, with its words."""
    folder = tmp_path / "state"
    async with LocalHeyGen(speed=100, state_dir=folder) as heygen, calling(heygen) as caller:
        folder.rmdir()
        session_id = await caller.create()
        shown = await caller.until(session_id, "failed")
        assert "could not be rendered" in shown["messages"][0]["content"]
