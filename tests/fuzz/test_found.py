"""What the fuzzers found: each of these used to end in an answer of the five hundreds or a traceback in the log."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from sqlalchemy import String, select

from bot.jobs.outbox import Place
from storage.tables import effects
from tests.fuzz.throwing import FORM, JSON, faults
from tests.jobs.desk import Desk
from tests.journeys.once import calls
from tests.journeys.world import ANA, BOT, GENERAL, World, button, shown, world

TEAM = {"id": "T0LOCAL", "domain": "local"}


async def status_of(made: World, body: bytes, kind: str) -> int:
    """What the app answers to this, rightly signed."""
    assert made.slack.http is not None
    headers = {"Content-Type": kind, **made.slack.http.signature(body)}
    url = f"http://127.0.0.1:{made.port}/slack/events"
    async with aiohttp.ClientSession() as http, http.post(url, data=body, headers=headers) as answer:
        return answer.status


def form(**payload: Any) -> bytes:
    return urlencode({"payload": json.dumps(payload)}).encode()


def event(**inner: Any) -> bytes:
    return json.dumps({"type": "event_callback", "team_id": TEAM["id"], "event_id": "Ev1", "event": inner}).encode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (form(type="block_actions", team=TEAM, user={"id": ANA}, trigger_id="1", actions=[]), FORM),
        (form(type="block_actions", team=TEAM, user={"id": ANA}, trigger_id="1", actions=5), FORM),
        (form(type="block_actions", response_url=7), FORM),
        (form(type="view_submission", view={"callback_id": "new_video"}), FORM),
        (json.dumps({"type": "event_callback", "event": {}}).encode(), JSON),
        (json.dumps({"type": "other", "event": ["message"]}).encode(), JSON),
        (event(type="message", channel=GENERAL, ts={"at": 1}), JSON),
        (event(type="reaction_added", user=ANA, reaction=["heart"], item={}), JSON),
    ],
)
async def test_what_bolt_cannot_take_apart_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, body: bytes, kind: str
) -> None:
    """Some of it fell over in Bolt's own error handling, where nothing caught it."""
    async with world(tmp_path, http=True) as made:
        assert await status_of(made, body, kind) == 400
    assert faults(caplog.records) == []


async def test_an_interaction_that_we_do_not_hear_may_name_people_in_any_way(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Its response URL was kept for whoever used it, who stood where nobody had looked yet."""
    async with world(tmp_path, http=True) as made:
        body = form(type="dialog_of_old", team="T0LOCAL", user=ANA, response_url="https://hooks.slack.com/1")
        assert await status_of(made, body, FORM) == 404
    assert faults(caplog.records) == []


async def test_characters_that_no_database_keeps_are_replaced(tmp_path: Path) -> None:
    """A lone surrogate or a NUL in a wish was a failed commit."""
    async with world(tmp_path, http=True) as made:
        made.slack.post(ANA, made.slack.dm(ANA), "A film \ud800 of \x00 me")
        await made.until(lambda made: made.creates() == 1)
        [job] = await made.jobs()
        assert job.brief.prompt == "A film \ufffd of \ufffd me"


async def test_somebody_whom_slack_does_not_show_is_an_outsider(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack repeated the event three times, for users.info was refused each time."""
    async with world(tmp_path, http=True) as made:
        event_of = {
            "type": "app_mention",
            "channel": GENERAL,
            "user": "U0NOBODY",
            "text": f"<@{BOT}> a film",
            "ts": "1.1",
        }
        assert await status_of(made, event(**event_of), JSON) == 200
        await made.settled()
        assert await made.jobs() == []
    assert faults(caplog.records) == []


async def test_a_form_that_slack_does_not_open_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A click whose trigger had expired was told only where the response URL worked, and logged as a fault of ours."""
    async with world(tmp_path, http=True) as made:
        await made.video("A film")
        card = await made.card()
        [result] = await made.replies(card, lambda text: "your video is ready" in text)
        made.slack.next("views.open", "error", error="expired_trigger_id")
        assert (await made.slack.click(ANA, GENERAL, result["ts"], button(result, "change")["action_id"])).ok
        [said] = await made.slack.wait_for(lambda slack: slack.ephemerals(ANA, GENERAL))
        assert "could not be opened in time" in shown(said)
    assert faults(caplog.records) == []


async def test_an_answer_of_another_shape_is_told_to_be_unknown(tmp_path: Path) -> None:
    """A button whose value holds no number, or a negative one, answers nothing."""
    async with world(tmp_path, http=True) as made:
        made.heygen.plan_next(ask=["Which background?\n- Office\n- Beach"])
        await made.video("A film")
        [question] = await made.replies(await made.card(), lambda text: "Which background" in text)
        real = next(one for block in question["blocks"] for one in block.get("elements", []) if "value" in one)
        asked, _, _ = real["value"].rpartition(":")
        for number, value in enumerate((f"{asked}:-1", f"{asked}:x", f"{asked}:99999", asked, "")):
            taken = {"action_id": "answer:0", "block_id": "b", "value": value}
            body = form(
                type="block_actions", team=TEAM, user={"id": ANA}, trigger_id=f"T{number}", channel={"id": GENERAL},
                actions=[taken],
            )  # fmt: skip
            assert await status_of(made, body, FORM) == 200
        await made.slack.wait_for(lambda slack: len(slack.ephemerals(ANA, GENERAL)) == 5)
        assert calls(made, "message") == 0


async def test_a_reply_that_is_too_early_is_sent_again_without_a_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was a 500 with a traceback; Slack repeats on any status that is not of the two hundreds."""
    async with world(tmp_path, http=True) as made:
        made.slack.next("chat.postMessage", "timeout_after_commit", hold_seconds=1.0)
        await made.video("A film")
        card = await made.card()
        reply = {
            "type": "message", "channel": GENERAL, "user": ANA, "text": "shorter", "ts": "1.1",
            "thread_ts": card["ts"], "parent_user_id": BOT,
        }  # fmt: skip
        assert await status_of(made, event(**reply), JSON) == 425
        assert faults(caplog.records) == []


async def test_callbacks_of_strangers_fill_no_database(tmp_path: Path) -> None:
    """Each made a row that was kept for a week, at an address that anybody can call."""
    async with world(tmp_path, webhooks=True) as made, aiohttp.ClientSession() as http:
        await made.settled()
        count = "SELECT count(*) FROM arrivals"
        before = await made.database.read(lambda tx: tx.exec_driver_sql(count).scalar_one())
        for token in ("guess", "%ED%A0%80", "a" * 500):
            async with http.post(f"http://127.0.0.1:{made.port}/heygen/callbacks/{token}", data=b"{}") as answer:
                assert answer.status == 200
        assert before == await made.database.read(lambda tx: tx.exec_driver_sql(count).scalar_one())


async def test_a_frame_that_bolt_cannot_take_apart_is_no_fault(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In Socket Mode it was a traceback of Slack's library for each."""
    async with world(tmp_path) as made:
        strange: list[dict[str, Any]] = [{"authorizations": 5}, {"event": [3]}, {"type": "block_actions", "team": 1}]
        for number, payload in enumerate(strange):
            envelope = {"type": "events_api", "envelope_id": f"e{number}", "payload": payload}
            await made.slack.say(json.dumps(envelope))
        await made.video("A film")
        assert (await made.jobs())[0].brief.prompt == "A film"
    assert faults(caplog.records) == []


async def test_the_longest_trigger_fits_every_column(tmp_path: Path) -> None:
    """SQLite keeps what is too long for a column, PostgreSQL refuses it: a DM's order key was longer than its own."""
    desk = await Desk.open(tmp_path)
    place = Place(workspace_id="T" * 40, channel_id="D" + "0" * 39)
    await desk.engine.tell(place, key=f"trigger:{'9' * 120}", user_id="U" * 40, text="words", blocks=[])
    [row] = await desk.database.read(lambda tx: tx.execute(select(effects)).mappings().all())
    limits = {column.name: column.type.length for column in effects.c if isinstance(column.type, String)}
    too_long = [name for name, limit in limits.items() if limit and len(row[name] or "") > limit]
    await desk.database.close()
    assert too_long == []
