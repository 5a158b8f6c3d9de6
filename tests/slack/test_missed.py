"""Which messages of a thread or channel count as missed, told from a real Web API by their times."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from sqlalchemy import insert, update

from bot.playground.local_slack.server import LocalSlack
from handlers.events import Body, Event, Events
from handlers.identity import Identity
from handlers.missed import Missed, What
from storage import threads
from storage.database import Database, Transaction, open_database
from storage.records import Reply, ReplyState
from storage.schema import migrate
from storage.tables import jobs, requests
from storage.tables import threads as thread_table
from tests.doubles.local_slack_apps import ANA, BEN, GENERAL, client_of

DAY = 86_400.0
START = 1_000_000_000.0
US = Identity(
    enterprise_id=None, workspace_id="T0LOCAL", workspace_url="", bot_id="B0BOT", bot_user_id="U0BOT",
    bot_name="heygen", scopes=frozenset(),
)  # fmt: skip


class Noted(Events):
    """Notes what it is handed."""

    def __init__(self) -> None:
        self.missed_texts: list[str] = []
        self.refusals: list[str] = []
        self.reworded: list[tuple[str, str]] = []

    async def missed(self, event: Event, body: Body) -> bool:
        if self.refusals:
            answer = {"error": self.refusals.pop(0), "status_code": 200, "headers": {}}
            raise SlackApiError("no", answer)  # type: ignore[no-untyped-call]
        self.missed_texts.append(event["text"])
        return True

    async def message(self, event: Event, body: Body) -> None:
        said = event.get("previous_message") or event["message"]
        self.reworded.append((event["subtype"], said["text"]))


class Clock:
    """A time of the test's."""

    now = START


class Stage:
    """A thread of ours with its root."""

    def __init__(self, slack: LocalSlack, database: Database, clock: Clock) -> None:
        self.slack = slack
        self.clock = clock
        self.database = database
        self.events = Noted()
        self.it = Missed(database, client_of(slack), self.events, identity=US)
        self.root = ""

    async def begin(self) -> None:
        self.root = self.slack.post(ANA, GENERAL, "The root")
        place: dict[str, Any] = {"workspace_id": US.workspace_id, "channel_id": GENERAL, "created_at": START}

        def fill(tx: Transaction) -> None:
            tx.execute(insert(thread_table).values(id="t", is_im=False, root_ts=self.root, **place))
            tx.execute(
                insert(requests).values(
                    id="r", key="r", thread_id="t", requester_id=ANA, kind="agent", created_at=START
                )
            )
            tx.execute(
                insert(jobs).values(
                    id="j", request_id="r", thread_id="t", requester_id=ANA, kind="agent", version=1,
                    state="generating", brief={"prompt": "p"}, seen_video_ids=[], asked_words=[], looks=0, nudges=0,
                    lost_looks=0, empty_looks=0, failed_looks=0, slow_told=False, **place,
                )
            )  # fmt: skip

        await self.database.write(fill)

    def say(self, text: str, *, at: float, user: str = BEN) -> str:
        self.clock.now = at
        return self.slack.post(user, GENERAL, text, thread_ts=self.root)

    async def waits(self, ts: str, text: str) -> None:
        """A reply of which we know, and which waits for its turn."""
        reply = Reply(
            id=ts, key=f"message:{ts}", thread_id="t", user_id=BEN, ts=ts, text=text, files=(),
            state=ReplyState.WAITING, job_id=None, created_at=self.clock.now,
        )  # fmt: skip
        await self.database.write(lambda tx: threads.add_reply(tx, reply))

    async def read(self, what: What, *, since: float) -> None:
        for place in await self.it.places(since):
            rest = place if place.what is what else None
            while rest is not None:
                rest = await self.it.page(rest, since)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    url = f"sqlite:///{tmp_path}/jobs.db"
    migrate(url)
    database = await open_database(url)
    clock = Clock()
    async with LocalSlack(clock=lambda: clock.now) as slack:
        made = Stage(slack, database, clock)
        slack.set(drop_next=1000)
        await made.begin()
        yield made
    await database.close()


async def test_a_thread_is_read_from_the_gap_on(stage: Stage) -> None:
    """Page by page, without its root, which is on every page."""
    stage.say("Before", at=START + DAY)
    for number in range(5):
        stage.say(f"Word {number}", at=START + 2 * DAY + number)
    stage.slack.set(messages_at_once=2)
    await stage.read(What.THREAD, since=START + 2 * DAY)
    assert stage.events.missed_texts == [f"Word {number}" for number in range(5)]
    assert len(stage.slack.calls("conversations.replies")) == 3


async def test_what_is_older_than_the_gap_is_never_heard(stage: Stage) -> None:
    """A reply that waits for a week is compared with the thread; what was said beside it is known no more, and old."""
    waiting = stage.say("Red", at=START + 1)
    stage.say("Said and forgotten", at=START + 2)
    await stage.waits(waiting, "Red")
    stage.say("Meanwhile", at=START + 8 * DAY)
    await stage.read(What.THREAD, since=START + 7.9 * DAY)
    assert stage.events.missed_texts == ["Meanwhile"]
    assert stage.events.reworded == []


async def test_what_was_said_before_the_thread_was_ours_is_not_heard(stage: Stage) -> None:
    """In somebody's thread a mention makes it ours; the talk before it used to become a second version."""
    stage.say("We could do with a video", at=START + DAY)
    mention = stage.say("@HeyGen please", at=START + DAY + 1)
    stage.say("Shorter", at=START + DAY + 2)
    key = f"message:{US.workspace_id}:{GENERAL}:{mention}"
    await stage.database.write(lambda tx: tx.execute(update(requests).values(key=key)))
    await stage.read(What.THREAD, since=START + DAY - 60)
    assert stage.events.missed_texts == ["@HeyGen please", "Shorter"]


async def test_what_waits_is_compared_with_the_thread(stage: Stage) -> None:
    """Edited or deleted, however long ago it was said."""
    kept, edited, deleted = (stage.say(text, at=START + number) for number, text in enumerate(("Red", "Big", "No"), 1))
    for ts, text in ((kept, "Red"), (edited, "Big"), (deleted, "No")):
        await stage.waits(ts, text)
    stage.clock.now = START + 5 * DAY
    stage.slack.edit(BEN, GENERAL, edited, "Small")
    stage.slack.delete_message(BEN, GENERAL, deleted)
    await stage.read(What.THREAD, since=START + 4 * DAY)
    assert stage.events.reworded == [("message_changed", "Small"), ("message_deleted", "No")]


async def test_a_thread_that_is_not_read_to_its_end_takes_nothing_back(stage: Stage) -> None:
    """What was not met on the first page may stand on the next."""
    first, last = stage.say("One", at=START + 1), stage.say("Two", at=START + 2)
    for ts, text in ((first, "One"), (last, "Two")):
        await stage.waits(ts, text)
    stage.slack.set(messages_at_once=1)
    [place] = [place for place in await stage.it.places(START + DAY) if place.what is What.THREAD]
    rest = await stage.it.page(place, START + DAY)
    assert rest is not None
    assert [reply.ts for reply in rest.kept] == [last]
    assert await stage.it.page(rest, START + DAY) is None
    assert stage.events.reworded == []


async def test_a_channel_is_read_beside_its_threads(stage: Stage) -> None:
    """In the order it was said; a root that got replies is a root all the same."""
    stage.clock.now = START + DAY
    first = stage.slack.post(ANA, GENERAL, "First")
    stage.slack.post(BEN, GENERAL, "A reply", thread_ts=first)
    stage.slack.post(ANA, GENERAL, "Second")
    await stage.read(What.CHANNEL, since=START + DAY)
    assert stage.events.missed_texts == ["First", "Second"]


async def test_one_word_that_cannot_be_heard_keeps_no_other_back(stage: Stage) -> None:
    """Somebody of whom Slack knows nothing is passed over; a Slack that is overloaded is waited for."""
    stage.say("One", at=START + 1)
    stage.say("Two", at=START + 2)
    stage.events.refusals = ["user_not_found"]
    await stage.read(What.THREAD, since=START)
    assert stage.events.missed_texts == ["Two"]
    stage.events.refusals = ["ratelimited"]
    with pytest.raises(SlackApiError):
        await stage.read(What.THREAD, since=START)
