"""What can be chosen: avatars (looks), voices and styles, kept in memory so that names and pickers answer at once."""

import asyncio
import difflib
import functools
import heapq
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bot.heygen.client import HeyGenClient
from bot.heygen.errors import AccountTrouble, HeyGenError
from bot.heygen.models import Page, Voice

logger = logging.getLogger(__name__)

SUBJECTS = ("avatar", "voice", "speaker", "style")  # a speaker is a voice that can read a text aloud by itself
SPEECH_ENGINE = "starfish"
SUGGESTIONS = 5
LIKENESS = 0.6  # of two spellings, from 0 to 1, as difflib counts it
COMPARED = 100  # spellings for one name: some ten milliseconds, in which nothing else is done
OFFERED = 100  # Slack shows no more in a select
MAX_PAGES = 200


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing to choose. `detail` tells things of the same name apart."""

    id: str
    name: str
    detail: str


@dataclass(frozen=True)
class Match:
    """The name means this."""

    item: Item


@dataclass(frozen=True)
class Ambiguous:
    """The name means several things."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Nothing:
    """The name means nothing; these come near."""

    suggestions: tuple[Item, ...]


Found = Match | Ambiguous | Nothing


T = TypeVar("T")


def folded(name: str) -> str:
    """A name without differences of case and white space."""
    return " ".join(name.casefold().split())


def resolve(items: Sequence[Item], wanted: str) -> Found:
    """By id, by exact name, by the only name that begins so, else what comes near."""
    by_id = next((item for item in items if item.id == wanted.strip()), None)
    if by_id is not None:
        return Match(by_id)
    name = folded(wanted)
    names = [(folded(item.name), item) for item in items]
    exact = [item for other, item in names if other == name]
    begun = [item for other, item in names if name and other.startswith(name)]
    for found in (exact, begun):
        if len(found) == 1:
            return Match(found[0])
        if found:
            return Ambiguous(tuple(found[:SUGGESTIONS]))
    return Nothing(_near(name, names))


def _near(name: str, names: Sequence[tuple[str, Item]]) -> tuple[Item, ...]:
    """Names that hold the word, then those spelt alike (whole, or their first word)."""
    holding = [item for other, item in names if name and name in other]
    first: dict[str, Item] = {}
    for other, item in names:
        first.setdefault(other, item)
        first.setdefault(other.partition(" ")[0], item)
    close = difflib.get_close_matches(name, _likely(name, first), n=SUGGESTIONS, cutoff=LIKENESS)
    alike = [first[other] for other in close]
    unique = {item.id: item for item in [*holding, *alike]}
    return tuple(unique.values())[:SUGGESTIONS]


def _likely(name: str, others: Iterable[str]) -> list[str]:
    """The few that are worth comparing letter by letter: about as long, and of the same letters."""
    letters, length = set(name), len(name)
    short = LIKENESS / (2 - LIKENESS)  # nothing shorter or longer can be alike
    about = [other for other in others if length * short <= len(other) <= length / short]
    return heapq.nsmallest(
        COMPARED, about, key=lambda other: len(letters.symmetric_difference(other)) + abs(length - len(other))
    )


class Catalog:
    """Names and ids of everything there is to choose. Old entries stay when a refresh fails."""

    def __init__(self, client: HeyGenClient, *, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._items: dict[str, tuple[Item, ...]] = {}
        self._refusals: dict[str, AccountTrouble] = {}
        self._locks = {subject: asyncio.Lock() for subject in SUBJECTS}

    def is_warm(self, subject: str) -> bool:
        """Whether names of this subject can be resolved without asking HeyGen."""
        return subject in self._items

    def refusal(self, subject: str) -> AccountTrouble | None:
        """Why a cold list is not given until an admin acts; None while it merely takes its time."""
        return None if self.is_warm(subject) else self._refusals.get(subject)

    def resolve(self, subject: str, wanted: str) -> Found:
        """What a name means; `ensure` or `is_warm` first."""
        return resolve(self._items.get(subject, ()), wanted)

    def search(self, subject: str, text: str) -> list[Item]:
        """What a picker offers while somebody types: names that begin so, then names that hold it."""
        name = folded(text)
        items = self._items.get(subject, ())
        names = [(folded(item.name), item) for item in items]
        begin = [item for other, item in names if other.startswith(name)]
        holding = [item for other, item in names if name in other and not other.startswith(name)]
        return [*begin, *holding][:OFFERED]

    def named(self, subject: str, item_id: str) -> str | None:
        """The name behind an id."""
        return next((item.name for item in self._items.get(subject, ()) if item.id == item_id), None)

    async def ensure(self, subject: str) -> None:
        """Fetches a cold subject, once however many wait for it. Raises HeyGen's errors."""
        if self.is_warm(subject):
            return
        async with self._locks[subject]:
            if not self.is_warm(subject):
                await self._load(subject)

    async def refresh_all(self) -> bool:
        """Fetches everything anew; False when something could not be had, and what was known stays."""
        complete = True
        for subject in SUBJECTS:
            try:
                async with self._locks[subject]:
                    await self._load(subject)
            except HeyGenError as error:
                logger.warning("The %s list could not be had: %s", subject, error.code, extra={"action": "catalog"})
                complete = False
        return complete

    async def _load(self, subject: str) -> None:
        try:
            self._items[subject] = await self._fetch(subject)
        except AccountTrouble as error:
            self._refusals[subject] = error
            raise

    async def _fetch(self, subject: str) -> tuple[Item, ...]:
        match subject:
            case "avatar":
                looks = [look async for look in _pages(lambda token: self._client.looks(token=token))]
                return _items((look.id, look.name, look.avatar_type.replace("_", " ")) for look in looks)
            case "voice":
                return await self._voices(engine=None)
            case "speaker":
                return await self._voices(engine=SPEECH_ENGINE)
            case "style":
                styles = [style async for style in _pages(lambda token: self._client.styles(token=token))]
                return _items((style.style_id, style.name, style.aspect_ratio or "") for style in styles)
            case _:
                raise ValueError(f"There is no list of {subject}")

    async def _voices(self, *, engine: str | None) -> tuple[Item, ...]:
        found: list[Voice] = []
        for kind in ("private", "public"):
            fetch = functools.partial(self._client.voices, kind, engine)
            found += [voice async for voice in _pages(fetch)]
        return _items((v.voice_id, v.name, ", ".join(x for x in (v.language, v.gender) if x)) for v in found)


def list_of(subject: str, *, speech: bool) -> str:
    """Where names are looked up: not every voice of videos can speak a text."""
    return "speaker" if speech and subject == "voice" else subject


async def _pages(fetch: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    token: str | None = None
    for _ in range(MAX_PAGES):
        page = await fetch(token)
        for item in page.items:
            yield item
        token = page.next_token
        if token is None:
            return


def _items(found: Iterable[tuple[str, str, str]]) -> tuple[Item, ...]:
    unique = {item_id: Item(id=item_id, name=name or item_id, detail=detail) for item_id, name, detail in found}
    return tuple(unique.values())
