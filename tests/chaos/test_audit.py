"""The oracle of the chaos finds what it is there for."""

from collections import Counter
from pathlib import Path

import pytest

from storage.records import JobState
from tests.chaos.audit import Row, bound, has_end, untrue_cards
from tests.journeys.once import delivered
from tests.journeys.world import GENERAL, world

VIDEO = Row("j", "t", "agent", "A wish", JobState.COMPLETED, "video-v1.mp4 in C1 1.1")
SPEECH = Row("j", "t", "speech", "A wish", JobState.COMPLETED, "speech.mp3 in C1 A wish")
ENDS = [
    (VIDEO, {"result:j": 1}, {VIDEO.file: 1}, True),
    (VIDEO, {"result:j": 1}, {}, False),  # words about a file that is nowhere
    (VIDEO, {}, {VIDEO.file: 1}, False),
    (VIDEO, {"result:j": 1}, {"video-v2.mp4 in C1 1.1": 1}, False),
    (SPEECH, {}, {SPEECH.file: 1}, True),
    (SPEECH, {"undelivered:j": 1}, {}, False),
]


@pytest.mark.parametrize(("job", "posts", "shared", "is_there"), ENDS)
def test_what_was_made_must_be_there_itself(
    job: Row, posts: dict[str, int], shared: dict[str, int], is_there: bool
) -> None:
    """A result is words and file; speech is its file."""
    assert is_there is has_end(job, Counter(posts), Counter(shared))


@pytest.mark.parametrize(
    ("state", "said", "is_there"),
    [
        (JobState.CANCELLED, "closing:j", True),
        (JobState.FAILED, "failure:j", True),
        (JobState.FAILED, "dm_instead:j", True),
        (JobState.FAILED, "card:j", False),
        (JobState.GENERATING, "failure:j", False),
    ],
)
def test_any_other_end_must_be_said(state: JobState, said: str, is_there: bool) -> None:
    """And must be the end."""
    job = Row("j", "t", "agent", "A wish", state, VIDEO.file)
    assert is_there is has_end(job, Counter({said: 1}), Counter())


async def test_a_card_that_says_what_is_no_longer_so_is_found(tmp_path: Path) -> None:
    """As after an older edit that overwrote a newer one."""
    async with world(tmp_path) as made:
        await made.video("A wish")
        card = await made.card()
        await delivered(made, card)
        assert [] == await untrue_cards(made.database, made.slack)
        made.slack.world.channels[GENERAL].messages[card["ts"]].text = "Video v1: Rendering – A wish"
        [found] = await untrue_cards(made.database, made.slack)
        assert found.startswith("Video v1: Rendering – A wish instead of Video v1: Done")


def test_the_bound_is_that_of_clopper_and_pearson() -> None:
    """Of none in n cases: by the rule of three some three in n."""
    assert 0.0295 / 100 < bound(10_134) < 0.0296 / 100
    assert bound(1) == pytest.approx(0.95)
