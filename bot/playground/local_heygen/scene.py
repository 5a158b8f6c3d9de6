"""What a film shows, and how it sounds."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.playground.local_heygen.speech import Spoken, fitted, length, spoken_words

LONG_SIDE, SHORT_SIDE = 640, 360
SHORTEST_SECONDS, LONGEST_SECONDS = 3.0, 6.0
MOST_WORDS = 20  # more could not be told in that time


@dataclass(frozen=True, kw_only=True)
class Scene:
    prompt: str
    version: int
    avatar: str
    voice: str
    style: str
    portrait: bool

    @property
    def size(self) -> tuple[int, int]:
        return (SHORT_SIDE, LONG_SIDE) if self.portrait else (LONG_SIDE, SHORT_SIDE)

    @property
    def seconds(self) -> float:
        return round(min(LONGEST_SECONDS, max(SHORTEST_SECONDS, length(self._heard()))), 2)

    @property
    def words(self) -> Sequence[Spoken]:
        """The beginning of the prompt, spoken over the whole film."""
        return fitted(self._heard(), self.seconds)

    def _heard(self) -> list[Spoken]:
        return spoken_words(self.prompt)[:MOST_WORDS]
