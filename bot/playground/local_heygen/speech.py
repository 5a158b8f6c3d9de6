"""What a voice would say, as times, captions and tones: one tone per word, silence between words."""

import array
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

SAMPLE_RATE = 22_050
WORD_SECONDS = 0.34
LETTER_SECONDS = 0.012  # each letter above the fourth
PAUSE_SECONDS = 0.08
SENTENCE_PAUSE_SECONDS = 0.35
SHORTEST_SECONDS = 0.6
LOUDNESS = 6_000  # of 32,767
TONES_HERTZ = (196.0, 220.0, 247.0, 262.0, 294.0, 330.0, 392.0, 440.0)
RISE_SAMPLES = 300  # a tone that begins at once would click
WORDS_PER_CAPTION = 7


@dataclass(frozen=True)
class Spoken:
    """A word and when it is heard."""

    word: str
    start: float
    end: float


def spoken_words(text: str, *, speed: float = 1.0) -> list[Spoken]:
    """When each word is heard at about 150 words a minute; markup is not read out."""
    heard, now = [], 0.0
    for word in re.sub(r"<[^>]*>", " ", text).split():
        lasts = (WORD_SECONDS + LETTER_SECONDS * max(0, len(word) - 4)) / speed
        heard.append(Spoken(word, round(now, 3), round(now + lasts, 3)))
        now += lasts + (SENTENCE_PAUSE_SECONDS if word[-1] in ".!?:;" else PAUSE_SECONDS) / speed
    return heard


def length(words: Sequence[Spoken]) -> float:
    return max(SHORTEST_SECONDS, words[-1].end if words else 0.0)


def fitted(words: Sequence[Spoken], seconds: float) -> list[Spoken]:
    """The same words told in so many seconds."""
    factor = seconds / length(words)
    return [Spoken(one.word, round(one.start * factor, 3), round(one.end * factor, 3)) for one in words]


def captions(words: Sequence[Spoken]) -> str:
    """The words as SubRip captions."""
    lines = [words[at : at + WORDS_PER_CAPTION] for at in range(0, len(words), WORDS_PER_CAPTION)]
    cues = [
        f"{number}\n{_clock(line[0].start)} --> {_clock(line[-1].end)}\n{' '.join(one.word for one in line)}\n"
        for number, line in enumerate(lines, 1)
    ]
    return "\n".join(cues)


def samples(words: Sequence[Spoken], seconds: float) -> bytes:
    """The words as tones: 16-bit mono at SAMPLE_RATE, exactly so long."""
    total = round(seconds * SAMPLE_RATE)
    return b"".join(itertools.chain(_sounds(words), [bytes(2 * total)]))[: 2 * total]


def _sounds(words: Sequence[Spoken]) -> Iterator[bytes]:
    at = 0
    for one in words:
        start, end = round(one.start * SAMPLE_RATE), round(one.end * SAMPLE_RATE)
        yield bytes(2 * (start - at))
        yield _tone(TONES_HERTZ[sum(map(ord, one.word)) % len(TONES_HERTZ)], end - start)
        at = end


@lru_cache(maxsize=256)
def _tone(hertz: float, count: int) -> bytes:
    rise = max(1, min(RISE_SAMPLES, count // 2))
    turn = 2 * math.pi * hertz / SAMPLE_RATE
    return array.array(
        "h",
        (int(LOUDNESS * min(1.0, at / rise, (count - at) / rise) * math.sin(turn * at)) for at in range(count)),
    ).tobytes()


def _clock(seconds: float) -> str:
    millis = round(seconds * 1000)
    return f"{millis // 3_600_000:02}:{millis // 60_000 % 60:02}:{millis // 1000 % 60:02},{millis % 1000:03}"
