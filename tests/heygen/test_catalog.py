"""Names to ids: at once, kindly, and for two thousand looks."""

import asyncio
import difflib
import sys
from types import FrameType
from typing import Any

import httpx
import pytest

from bot.heygen.catalog import COMPARED, Ambiguous, Catalog, Item, Match, Nothing, list_of, resolve
from bot.heygen.client import HeyGenClient
from bot.heygen.errors import HeyGenError

NAMES = ["Annabelle", "Annie Blue", "Annie Red", "Daniel", "Daniel", "Ōkubo  Ken", "Zoe"]
BAD_REQUEST = httpx.Response(400, json={"error": {"code": "invalid_parameter"}})
ITEMS = [Item(id=f"id{number}", name=name, detail="") for number, name in enumerate(NAMES)]


@pytest.mark.parametrize(
    ("wanted", "item_id"),
    [("id4", "id4"), ("annabelle", "id0"), (" ZOE ", "id6"), ("ōkubo ken", "id5"), ("Annab", "id0")],
)
def test_a_name_finds_its_thing(wanted: str, item_id: str) -> None:
    """By id, by exact name whatever the case and spaces, by the only beginning."""
    found = resolve(ITEMS, wanted)
    assert isinstance(found, Match)
    assert item_id == found.item.id


@pytest.mark.parametrize(("wanted", "ids"), [("Daniel", ["id3", "id4"]), ("annie", ["id1", "id2"])])
def test_a_name_of_several_things_is_ambiguous(wanted: str, ids: list[str]) -> None:
    """Nothing is guessed where money is at stake."""
    found = resolve(ITEMS, wanted)
    assert isinstance(found, Ambiguous)
    assert ids == [item.id for item in found.items]


def test_a_misspelt_name_gets_suggestions() -> None:
    """No voice called Anabel; did you mean Annabelle?"""
    found = resolve(ITEMS, "Anabel")
    assert isinstance(found, Nothing)
    assert "Annabelle" in [item.name for item in found.suggestions]


def test_an_empty_name_is_nothing() -> None:
    """It begins every name, and means none."""
    assert isinstance(resolve(ITEMS, "  "), Nothing)


def test_of_ten_thousand_looks_only_a_few_are_compared_letter_by_letter() -> None:
    """Nothing else is done meanwhile, so a name that fits nothing must not take longer the more there is to choose."""
    many = [Item(id=f"l{n}", name=f"Person {n} in outfit {n % 40}", detail="") for n in range(10_000)]
    compared = 0

    def count(frame: FrameType, event: str, _: object) -> None:
        nonlocal compared
        compared += event == "call" and frame.f_code is difflib.SequenceMatcher.real_quick_ratio.__code__

    sys.setprofile(count)
    try:
        found = resolve(many, "Persom 1999 in outfit 39")
    finally:
        sys.setprofile(None)
    assert 0 < compared <= COMPARED
    assert isinstance(found, Nothing)
    assert "l1999" in [item.id for item in found.suggestions]


class Pages:
    """A HeyGen with 120 looks on three pages, that can be broken."""

    def __init__(self) -> None:
        self.broken: httpx.Response | None = None
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.broken is not None:
            return self.broken
        if not request.url.path.endswith("/looks"):
            return httpx.Response(200, json={"data": [], "has_more": False, "next_token": None})
        start = int(request.url.params.get("token", 0))
        listed = [{"id": f"l{n}", "name": f"Look {n}", "avatar_type": "photo_avatar"} for n in range(start, start + 50)]
        more = start + 50 < 120
        body: dict[str, Any] = {"data": listed[: 120 - start], "has_more": more}
        return httpx.Response(200, json={**body, "next_token": str(start + 50) if more else None})


async def test_all_pages_are_read_once() -> None:
    """However many wait for a cold list, it is fetched once."""
    pages = Pages()
    async with httpx.AsyncClient(transport=httpx.MockTransport(pages)) as http:
        catalog = Catalog(HeyGenClient(http, api_key="k", base_url="https://h.test"), clock=lambda: 0.0)
        assert not catalog.is_warm("avatar")
        await asyncio.gather(*[catalog.ensure("avatar") for _ in range(5)])
    assert 3 == pages.asked
    assert isinstance(catalog.resolve("avatar", "Look 119"), Match)


async def test_what_was_known_stays_when_a_refresh_fails() -> None:
    """HeyGen's trouble does not empty the pickers."""
    pages = Pages()
    async with httpx.AsyncClient(transport=httpx.MockTransport(pages)) as http:
        catalog = Catalog(HeyGenClient(http, api_key="k", base_url="https://h.test"), clock=lambda: 0.0)
        assert await catalog.refresh_all()
        pages.broken = BAD_REQUEST
        assert not await catalog.refresh_all()
    assert isinstance(catalog.resolve("avatar", "Look 7"), Match)


async def test_a_cold_list_that_cannot_be_had_raises() -> None:
    """The caller decides when to try again."""
    pages = Pages()
    pages.broken = BAD_REQUEST
    async with httpx.AsyncClient(transport=httpx.MockTransport(pages)) as http:
        catalog = Catalog(HeyGenClient(http, api_key="k", base_url="https://h.test"), clock=lambda: 0.0)
        with pytest.raises(HeyGenError):
            await catalog.ensure("voice")


async def test_why_a_list_is_cold_is_known_until_it_can_be_had() -> None:
    """A refused key is nothing that a minute mends; trouble that passes is no refusal."""
    pages = Pages()
    async with httpx.AsyncClient(transport=httpx.MockTransport(pages)) as http:
        catalog = Catalog(HeyGenClient(http, api_key="k", base_url="https://h.test"), clock=lambda: 0.0)
        pages.broken = BAD_REQUEST
        assert not await catalog.refresh_all()
        assert catalog.refusal("voice") is None
        pages.broken = httpx.Response(401, json={"error": {"code": "unauthorized"}})
        assert not await catalog.refresh_all()
        refusal = catalog.refusal("voice")
        assert refusal is not None
        assert "unauthorized" == refusal.code
        pages.broken = None
        assert await catalog.refresh_all()
        assert catalog.refusal("voice") is None


async def test_a_picker_offers_what_begins_so_first() -> None:
    """Then what holds the word; never more than Slack shows."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(Pages())) as http:
        catalog = Catalog(HeyGenClient(http, api_key="k", base_url="https://h.test"), clock=lambda: 0.0)
        await catalog.ensure("avatar")
        assert 100 == len(catalog.search("avatar", ""))
        assert ["l11", "l110"] == [item.id for item in catalog.search("avatar", "look 11")][:2]


async def test_only_voices_that_can_speak_are_offered_for_speech() -> None:
    """Some voices work in videos alone; HeyGen tells which by the engine asked for."""
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        engine = request.url.params.get("engine")
        asked.append(engine)
        voices = [{"voice_id": "a", "name": "Annie"}, {"voice_id": "k", "name": "Karim"}]
        return httpx.Response(200, json={"data": voices[:1] if engine == "starfish" else voices, "has_more": False})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        catalog = Catalog(HeyGenClient(http, api_key="k", base_url="https://h.test"), clock=lambda: 0.0)
        await catalog.ensure("voice")
        await catalog.ensure(list_of("voice", speech=True))
    assert isinstance(catalog.resolve("voice", "Karim"), Match)
    assert isinstance(catalog.resolve(list_of("voice", speech=True), "Karim"), Nothing)
    assert [None, None, "starfish", "starfish"] == asked
