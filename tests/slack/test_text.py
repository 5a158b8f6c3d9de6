"""Slack's way of writing text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.text import escape, link, mentioned_users, plain, seen, shortened, shown, unescape, without_mention
from tests.slack.nouns import WEAPONS

NAMES = {"U1": "Ana"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("&amp;lt;", "&lt;"),
        ("ask <@U1|ana.b>", "ask @Ana"),
        ("ask <@U1>", "ask @Ana"),
        ("ask <@U2|bea>", "ask @bea"),
        ("ask <@U2>", "ask @U2"),
        ("in <#C1|general>", "in #general"),
        ("in <#C1>", "in #C1"),
        ("<!channel> <!here|here> <!everyone>", "@channel @here @everyone"),
        ("<!subteam^S1|@team>", "@team"),
        ("<!subteam^S1>", "@S1"),
        ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
        ("<https://x.example/a?b=1&amp;c=2>", "https://x.example/a?b=1&c=2"),
        ("<https://x.example|our page>", "our page (https://x.example)"),
        ("<https://x.example|https://x.example>", "https://x.example"),
        ("<http://x.example|x.example>", "http://x.example"),
        ("<mailto:a@x.example|a@x.example>", "a@x.example"),
        ("<tel:+491234|+49 1234>", "+49 1234 (+491234)"),
        ("no markup, *bold*", "no markup, *bold*"),
        ("<>", ""),
    ],
)
def test_a_prompt_reaches_heygen_as_meant(written: str, meant: str) -> None:
    """Entities are decoded once, mentions become names, links become readable."""
    assert plain(written, NAMES) == meant


@given(st.text())
def test_text_without_markup_survives_the_way_through_slack(text: str) -> None:
    """What Slack escapes, we decode: nothing is lost and nothing decoded twice."""
    assert plain(escape(text), {}) == text == unescape(escape(text))


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_shortened_text_fits_once_escaped(text: str, limit: int) -> None:
    """The limit counts what Slack counts; a short text stays as it is."""
    cut = shortened(text, limit)
    assert len(escape(cut)) <= limit
    assert cut == text or cut.endswith("…")


def test_shortening_uses_the_room_there_is() -> None:
    """Ten ampersands are fifty characters to Slack."""
    assert shortened("&" * 10, 50) == "&" * 10
    assert shortened("&" * 11, 50) == "&" * 9 + "…"


def test_weapons_are_shown_as_text() -> None:
    """Nothing of a prompt that looks like a mention or link keeps its brackets."""
    assert not set("<>") & set(shown(WEAPONS, 500))


def test_a_link_cannot_be_broken_out_of() -> None:
    """Brackets, bars and ampersands in an address or label stay inside the link."""
    assert link("https://x.example/?a=1&b=|<>", "a|b <!here>") == (
        "<https://x.example/?a=1&amp;b=%7C%3C%3E|a¦b &lt;!here&gt;>"
    )


def test_the_mention_of_the_app_is_no_part_of_the_prompt() -> None:
    """It goes wherever it stands; line breaks and other mentions stay."""
    assert without_mention("<@U9> make it\nred <@U9|heygen> for <@U1>", "U9") == "make it\nred for <@U1>"


def test_mentioned_users_are_found() -> None:
    """With and without a label; channels and links are no users."""
    assert mentioned_users("<@U1|ana> <@W2> <#C1|x> <https://u3.example>") == {"U1", "W2"}


@pytest.mark.parametrize(
    ("text", "left"),
    [("\u200b\ufe0f \u2060", ""), ("\n\u00ad", ""), (" a film\u200b ", "a film\u200b"), ("🎬", "🎬"), ("…", "…")],
)
def test_what_nobody_can_see_is_nothing(text: str, left: str) -> None:
    """A wish of invisible characters is no wish, and costs nothing; what is seen stays as it is."""
    assert left == seen(text)
