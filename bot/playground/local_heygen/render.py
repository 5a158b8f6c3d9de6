"""Real pictures, films and sound. The only module that needs PyAV and Pillow; everything here blocks."""

import io
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image, ImageDraw, ImageFont

from bot.playground.local_heygen.scene import LONG_SIDE, SHORT_SIDE, Scene
from bot.playground.local_heygen.speech import SAMPLE_RATE, Spoken, samples

FRAMES_PER_SECOND = 8
SOUND_BIT_RATE = 64_000
LINES = 6  # of the prompt that find room
INK, FAINT = (255, 255, 255), (190, 200, 215)
PLAIN = str.maketrans({"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."})
SHADES = ((24, 40, 84), (84, 28, 60), (20, 72, 64), (88, 56, 16), (56, 32, 96))


def film(scene: Scene, path: Path) -> Path:
    """Write the scene as MP4: H.264, or MPEG-4 where that encoder is missing, and AAC."""
    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as target:
        pictures = target.add_stream(codec, rate=FRAMES_PER_SECOND)
        assert isinstance(pictures, VideoStream)
        pictures.width, pictures.height = scene.size
        pictures.pix_fmt = "yuv420p"
        if codec == "libx264":
            pictures.options = {"preset": "ultrafast", "crf": "28"}
        sound = _sound_stream(target, "aac")
        for number, picture in enumerate(_pictures(scene)):
            frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
            frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
            target.mux(pictures.encode(frame))
        target.mux(pictures.encode())
        _encode(target, sound, samples(scene.words, scene.seconds))
    return path


def voice(words: Sequence[Spoken], seconds: float, path: Path) -> Path:
    """Write the words as MP3."""
    with av.open(str(path), "w", format="mp3") as target:
        _encode(target, _sound_stream(target, "libmp3lame"), samples(words, seconds))
    return path


def still(title: str, text: str, *, portrait: bool = False, shade: int = 0) -> bytes:
    """A PNG with a heading and some words."""
    size = (SHORT_SIDE, LONG_SIDE) if portrait else (LONG_SIDE, SHORT_SIDE)
    canvas = _canvas(size, title, text, "", SHADES[shade % len(SHADES)])
    out = io.BytesIO()
    canvas.save(out, format="PNG", optimize=False)
    return out.getvalue()


def _pictures(scene: Scene) -> Iterator[Image.Image]:
    """Frame by frame: the words stand still, a bar grows below and changes colour."""
    names = f"avatar: {scene.avatar}\nvoice: {scene.voice}\nstyle: {scene.style}"
    shade = SHADES[(scene.version - 1) % len(SHADES)]
    backdrop = _canvas(scene.size, f"Version {scene.version}", scene.prompt, names, shade)
    width, height = scene.size
    frames = round(scene.seconds * FRAMES_PER_SECOND)
    for number in range(frames):
        share = (number + 1) / frames
        picture = backdrop.copy()
        colour = (int(255 * share), 140, int(255 * (1 - share)))
        ImageDraw.Draw(picture).rectangle((0, height - 24, int(width * share), height), fill=colour)
        yield picture


def _canvas(size: tuple[int, int], title: str, text: str, footer: str, shade: tuple[int, int, int]) -> Image.Image:
    canvas = Image.new("RGB", size, shade)
    draw = ImageDraw.Draw(canvas)
    columns = size[0] // 12
    lines = [line for part in _printable(text).splitlines() for line in textwrap.wrap(part, columns)]
    shown = lines[:LINES] + (["..."] if len(lines) > LINES else [])
    draw.text((24, 20), _printable(title), font=ImageFont.load_default(34), fill=INK)
    draw.multiline_text((24, 78), "\n".join(shown), font=ImageFont.load_default(20), fill=INK, spacing=6)
    draw.multiline_text((24, size[1] - 100), _printable(footer), font=ImageFont.load_default(16), fill=FAINT, spacing=4)
    return canvas


def _printable(text: str) -> str:
    """What the built-in font can show: letters without accents, plain dashes and quotes."""
    plain = unicodedata.normalize("NFKD", text.translate(PLAIN))
    return "".join(one for one in plain if not unicodedata.combining(one)).encode("ascii", "replace").decode()


def _sound_stream(target: OutputContainer, codec: str) -> AudioStream:
    stream = target.add_stream(codec, rate=SAMPLE_RATE)
    assert isinstance(stream, AudioStream)
    stream.layout = "mono"
    stream.bit_rate = SOUND_BIT_RATE
    return stream


def _encode(target: OutputContainer, stream: AudioStream, pcm: bytes) -> None:
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // 2)
    frame.sample_rate, frame.pts = SAMPLE_RATE, 0
    frame.time_base = Fraction(1, SAMPLE_RATE)
    frame.planes[0].update(pcm)
    target.mux(stream.encode(frame))
    target.mux(stream.encode())
