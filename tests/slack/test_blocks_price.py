"""Lengths and money in words."""

import pytest

from handlers.blocks.price import days, elapsed, length, money, speech_cost, stated_seconds, video_cost


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("make a 30 s intro", 30),
        ("make a 30s intro", 30),
        ("a 90-second clip", 90),
        ("a 1 minute video", 60),
        ("a 2-min teaser", 120),
        ("1.5 minutes about us", 90),
        ("1,5 min about us", 90),
        ("a video of 1 minute 30 seconds", 90),
        ("1 min and 30 s", 90),
        ("30 seconds, I mean 30 s", 30),
        ("A 45 sec. ad", 45),
        ("a 30 s intro, then the logo in the first 5 s", 30),
        ("a red barn", None),
        ("either 30 s or 60 s", None),
        ("show the logo in the first 5 seconds", None),
        ("an 80s look", None),
        ("a 90s video", 90),
        ("music of the 1990s", None),
        ("route 66 minutes", 66 * 60 if 66 * 60 <= 1800 else None),
        ("0 seconds", None),
        ("at 10:30 s", None),
        ("version 1.30 s", 1),
    ],
)
def test_a_stated_length_is_found(prompt: str, seconds: int | None) -> None:
    """Only a length of the whole, stated once; decades and parts of the video are none."""
    assert stated_seconds(prompt) == seconds


def test_the_cost_says_what_it_is_for() -> None:
    """Of the stated length, else of a minute."""
    assert video_cost("a 30 s intro") == "about $1.00 for 30 s"
    assert video_cost("1 min 30 s") == "about $3.00 for 1 min 30 s"
    assert video_cost("a red barn") == "about $2.00 per finished minute"
    assert speech_cost("hello") == "less than $0.01"
    assert speech_cost("word " * 800) == "about $0.22"


def test_amounts_are_rounded_up() -> None:
    """An estimate is never too low for want of a cent."""
    assert [money(0.999), money(1.0), money(1.001), money(1234.5)] == ["$1.00", "$1.00", "$1.01", "$1,234.50"]


def test_times_are_as_precise_as_anybody_wants_to_know() -> None:
    """Seconds for lengths, minutes for waiting, days for deadlines."""
    assert [length(0.2), length(59.6), length(61)] == ["1 s", "1 min", "1 min 1 s"]
    assert [elapsed(-5), elapsed(59), elapsed(150), elapsed(3_900)] == [
        "less than a minute", "less than a minute", "2 min", "1 h 5 min",
    ]  # fmt: skip
    assert [elapsed(48 * 3_600 - 1), elapsed(48 * 3_600), elapsed(400 * 86_400)] == [
        "47 h 59 min",
        "2 days",
        "400 days",
    ]
    assert [days(3_000), days(36_000), days(6 * 86_400)] == ["an hour", "10 hours", "6 days"]
