"""Sessions of the local HeyGen: their states, questions, revisions, stops and losses."""

from collections.abc import AsyncIterator

import pytest

from bot.playground.local_heygen.errors import CannotDo
from bot.playground.local_heygen.server import LocalHeyGen
from tests.doubles.local_heygen_caller import Caller, calling

SPEED = 100.0


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with LocalHeyGen(speed=SPEED, media=False) as heygen, calling(heygen) as caller:
        yield caller


async def test_a_prompt_becomes_a_video(caller: Caller) -> None:
    """A session thinks, renders with a video id and moving progress, and completes with a video that has its links."""
    session_id = await caller.create("Welcome to the team", callback_id="job-1")
    assert (await caller.session(session_id))["status"] == "thinking"
    shown = await caller.until(session_id, "generating")
    assert shown["video_id"] is not None
    await caller.heygen.wait_for(lambda heygen: heygen.settings.wallet < 100)
    done = await caller.session(session_id)
    video = (await caller.get(f"/v3/videos/{done['video_id']}")).data
    assert (done["status"], done["progress"], video["status"]) == ("completed", 100, "completed")
    assert all(video[name] for name in ("video_url", "subtitle_url", "thumbnail_url", "video_page_url", "duration"))


async def test_progress_and_the_video_move_while_rendering(caller: Caller) -> None:
    """A video is pending, then processing, and the session's progress only grows."""
    caller.heygen.plan_next(thinking_seconds=0, generating_seconds=60)
    session_id = await caller.create()
    video_id = (await caller.until(session_id, "generating"))["video_id"]
    seen, statuses = [0], []
    while (shown := await caller.session(session_id))["status"] == "generating":
        seen.append(shown["progress"])
        statuses.append((await caller.get(f"/v3/videos/{video_id}")).data["status"])
    assert seen == sorted(seen)
    assert max(seen) > 20
    assert [one for number, one in enumerate(statuses) if one not in statuses[:number]][:2] == ["pending", "processing"]


async def test_the_prompt_is_the_oldest_message(caller: Caller) -> None:
    """Messages come newest first and begin with what the person asked."""
    session_id = await caller.create("Say hello")
    messages = (await caller.until(session_id, "completed"))["messages"]
    assert (messages[-1]["role"], messages[-1]["content"]) == ("user", "Say hello")
    assert messages[0]["role"] == "model"


async def test_a_question_waits_for_its_answer(caller: Caller) -> None:
    """A session that asks waits for input without a place among the running ones, and goes on once answered."""
    caller.heygen.plan_next(ask=[{"text": "Formal or casual?"}])
    session_id = await caller.create()
    waiting = await caller.until(session_id, "waiting_for_input")
    assert waiting["messages"][0]["content"] == "Formal or casual?"
    assert caller.heygen.running == 0
    assert (await caller.say(session_id, "Casual")).data["run_id"]
    assert (await caller.finished_video(session_id))["status"] == "completed"


async def test_a_storyboard_is_approved_or_changed(caller: Caller) -> None:
    """A review shows three images; a wish brings the next storyboard, an approval lets it render."""
    caller.heygen.plan_next(review=True)
    session_id = await caller.create()
    first = await caller.until(session_id, "reviewing")
    resource_ids = first["messages"][0]["resource_ids"]
    assert len(resource_ids) == 3
    resource = (await caller.get(f"/v3/video-agents/{session_id}/resources/{resource_ids[0]}")).data
    assert (await caller.get(resource["url"])).raw.startswith(b"\x89PNG")
    await caller.say(session_id, "Make the second scene brighter")
    await caller.heygen.wait_for(lambda heygen: len(heygen.sessions[session_id].resources) == 6)
    await caller.until(session_id, "reviewing")
    await caller.say(session_id, "Looks good, generate")
    assert (await caller.finished_video(session_id))["status"] == "completed"


@pytest.mark.parametrize(
    ("words", "status"),
    [("ask me first", "waiting_for_input"), ("open question", "waiting_for_input"), ("a storyboard", "reviewing")],
)
async def test_a_prompt_can_steer(caller: Caller, words: str, status: str) -> None:
    """A person can provoke a question or a review by typing."""
    session_id = await caller.create(f"A film about tea, {words}")
    assert (await caller.until(session_id, status))["status"] == status


async def test_a_prompt_can_fail_and_be_slow(caller: Caller) -> None:
    """A person can provoke a failure and slowness by typing."""
    broken, slow = await caller.create("fail please"), await caller.create("slow please")
    await caller.until(broken, "failed")
    assert (await caller.session(slow))["status"] == "thinking"


async def test_a_revision_shows_the_old_video_until_the_new_one_renders(caller: Caller) -> None:
    """After a follow-up the session lags, thinks with the old video id, and only then shows a new one."""
    session_id = await caller.create()
    first = (await caller.finished_video(session_id))["id"]
    caller.heygen.set(lag_seconds=10)
    await caller.say(session_id, "Shorter, please")
    lagging = await caller.session(session_id)
    assert (lagging["status"], lagging["video_id"]) == ("completed", first)
    thinking = await caller.until(session_id, "thinking")
    assert thinking["video_id"] == first
    await caller.heygen.wait_for(lambda heygen: len(heygen.sessions[session_id].video_ids) == 2)
    await caller.until(session_id, "completed")
    videos = (await caller.get(f"/v3/video-agents/{session_id}/videos")).data
    assert [one["id"] for one in videos][1] == first
    assert (await caller.session(session_id))["video_id"] == videos[0]["id"] != first


async def test_a_busy_session_takes_no_message(caller: Caller) -> None:
    """A message while the session works is a conflict and leaves no trace."""
    session_id = await caller.create("slow please")
    assert (await caller.say(session_id, "And faster")).error == (409, "conflict")
    assert len((await caller.session(session_id))["messages"]) == 1


async def test_only_chat_sessions_take_follow_ups_and_ask(caller: Caller) -> None:
    """A session in generate mode asks nothing and refuses a follow-up."""
    caller.heygen.plan_next(ask=["Which one?"], review=True)
    session_id = await caller.create(mode="generate")
    await caller.until(session_id, "completed")
    assert (await caller.say(session_id, "Again")).error == (400, "invalid_parameter")


@pytest.mark.parametrize("at", ["thinking", "generating"])
async def test_a_failure_carries_its_code(caller: Caller, at: str) -> None:
    """A planned failure shows as an error message and, once a video was begun, as the video's code and words."""
    caller.heygen.plan_next(fail={"code": "content_policy_violation", "message": "Not this", "at": at})
    session_id = await caller.create()
    shown = await caller.until(session_id, "failed")
    assert (shown["messages"][0]["type"], shown["messages"][0]["content"]) == ("error", "Not this")
    assert (shown["video_id"] is None) == (at == "thinking")
    if shown["video_id"] is not None:
        video = (await caller.get(f"/v3/videos/{shown['video_id']}")).data
        assert (video["status"], video["failure_code"]) == ("failed", "content_policy_violation")
    assert caller.heygen.settings.wallet == 100


async def test_a_stop_halts_without_a_video(caller: Caller) -> None:
    """A stopped session reads completed, shows no video, and charges nothing."""
    caller.heygen.plan_next(thinking_seconds=0, generating_seconds=3600)
    session_id = await caller.create()
    video_id = (await caller.until(session_id, "generating"))["video_id"]
    assert (await caller.post(f"/v3/video-agents/{session_id}/stop", {})).data == {"session_id": session_id}
    stopped = await caller.until(session_id, "completed")
    assert stopped["video_id"] is None
    assert (await caller.get(f"/v3/videos/{video_id}")).data["failure_code"] == "cancelled"
    assert (caller.heygen.settings.wallet, caller.heygen.running) == (100, 0)


async def test_a_stopped_video_may_finish_anyway(caller: Caller) -> None:
    """By order, a stop is too late and the video comes."""
    caller.heygen.plan_next(finish_after_stop=True, review=True)
    session_id = await caller.create()
    await caller.until(session_id, "reviewing")
    await caller.post(f"/v3/video-agents/{session_id}/stop", {})
    assert (await caller.finished_video(session_id))["status"] == "completed"


async def test_a_stop_needs_a_body(caller: Caller) -> None:
    """HeyGen wants an empty object; nothing at all is refused."""
    session_id = await caller.create()
    assert (await caller.post(f"/v3/video-agents/{session_id}/stop")).error == (400, "invalid_parameter")


@pytest.mark.parametrize("lose_after", ["completed", 0.0])
async def test_a_session_can_be_lost(caller: Caller, lose_after: str | float) -> None:
    """A lost session is not found and not listed, while its video stays."""
    caller.heygen.plan_next(lose_after=lose_after)
    session_id = await caller.create()
    await caller.heygen.wait_for(lambda heygen: heygen.sessions[session_id].status == "completed")
    assert (await caller.get(f"/v3/video-agents/{session_id}")).error == (404, "not_found")
    assert (await caller.say(session_id, "Again")).error == (404, "not_found")
    assert (await caller.get("/v3/video-agents")).data == []
    assert (await caller.get(f"/v3/videos/{next(iter(caller.heygen.videos))}")).status == 200


async def test_a_stuck_session_never_ends(caller: Caller) -> None:
    """A stuck session stays where it is, and holds its place."""
    caller.heygen.plan_next(stuck="generating")
    session_id = await caller.create()
    await caller.until(session_id, "generating")
    assert caller.heygen.sessions[session_id].due_at is None
    assert caller.heygen.running == 1


async def test_a_run_may_end_without_a_video(caller: Caller) -> None:
    """A completed session need not have a video."""
    caller.heygen.plan_next(no_video=True)
    session_id = await caller.create()
    assert (await caller.until(session_id, "completed"))["video_id"] is None
    assert (await caller.get(f"/v3/video-agents/{session_id}/videos")).data == []


async def test_a_question_can_come_while_rendering(caller: Caller) -> None:
    """A late question finds the video begun; the answer lets the same video go on."""
    caller.heygen.plan_next(question_while_generating="Keep the logo?")
    session_id = await caller.create()
    asked = await caller.until(session_id, "waiting_for_input")
    await caller.say(session_id, "Yes")
    assert (await caller.finished_video(session_id))["id"] == asked["video_id"]


async def test_a_session_can_be_made_to_ask_at_any_time(caller: Caller) -> None:
    """A question by order interrupts the work, or reopens a finished session for the next version."""
    caller.heygen.plan_next(thinking_seconds=60)
    session_id = await caller.create()
    caller.heygen.ask(session_id, "Still there?")
    assert (await caller.session(session_id))["status"] == "waiting_for_input"
    await caller.say(session_id, "Yes")
    await caller.until(session_id, "completed")
    caller.heygen.ask(session_id, "Another one?")
    await caller.say(session_id, "Please")
    await caller.heygen.wait_for(lambda heygen: len(heygen.sessions[session_id].video_ids) == 2)


async def test_revisions_have_plans_of_their_own(caller: Caller) -> None:
    """A plan for the next revision holds for that version alone."""
    caller.heygen.plan_next_revision(fail={"code": "rendering_failed", "message": "No"})
    session_id = await caller.create()
    await caller.until(session_id, "completed")
    await caller.say(session_id, "Again")
    await caller.until(session_id, "failed")
    await caller.say(session_id, "Once more")
    assert (await caller.finished_video(session_id))["status"] == "completed"


async def test_sessions_are_listed_newest_first(caller: Caller) -> None:
    """The list pages through sessions from the newest on, with titles and times."""
    made = [await caller.create(f"Film {number}") for number in range(3)]
    first = await caller.get("/v3/video-agents?limit=2")
    rest = await caller.get(f"/v3/video-agents?limit=2&token={first.body['next_token']}")
    assert [one["session_id"] for one in first.data + rest.data] == made[::-1]
    assert (first.body["has_more"], rest.body["has_more"], rest.body["next_token"]) == (True, False, None)


async def test_at_most_forty_messages_are_shown(caller: Caller) -> None:
    """Older messages fall off the end."""
    session_id = await caller.create()
    session = caller.heygen.sessions[session_id]
    for number in range(60):
        session.say("model", f"Word {number}", 0.0)
    messages = (await caller.session(session_id))["messages"]
    assert (len(messages), messages[0]["content"]) == (40, "Word 59")


async def test_a_style_bound_to_portrait_refuses_landscape(caller: Caller) -> None:
    """A portrait-only style decides the orientation, and refuses the other one."""
    styles = (await caller.get("/v3/video-agents/styles")).data
    style_id = next(one["style_id"] for one in styles if one["aspect_ratio"] == "9:16")
    refused = await caller.post("/v3/video-agents", {"prompt": "x", "style_id": style_id, "orientation": "landscape"})
    assert (refused.error, refused.body["error"]["param"]) == ((400, "invalid_parameter"), "orientation")
    session_id = await caller.create(style_id=style_id)
    assert caller.heygen.sessions[session_id].orientation == "portrait"


async def test_a_deleted_video_is_gone(caller: Caller) -> None:
    """A video is deleted for good."""
    video_id = (await caller.finished_video(await caller.create()))["id"]
    assert (await caller.call("DELETE", f"/v3/videos/{video_id}")).data == {"id": video_id, "deleted": True}
    assert (await caller.get(f"/v3/videos/{video_id}")).error == (404, "video_not_found")


async def test_statuses_come_together(caller: Caller) -> None:
    """Many videos are asked about at once; unknown ones are named so."""
    video_id = (await caller.finished_video(await caller.create()))["id"]
    rows = (await caller.get(f"/v3/videos/statuses?video_ids={video_id},nobody")).data
    assert [(one["video_id"], one["status"]) for one in rows] == [(video_id, "completed"), ("nobody", "not_found")]
    assert (await caller.get("/v3/videos/statuses")).error == (400, "invalid_parameter")


async def test_an_unknown_order_is_refused(caller: Caller) -> None:
    """A misspelt plan, fault or setting is an error of whoever ordered it, never silently nothing."""
    with pytest.raises(CannotDo, match="knows no reveiw"):
        caller.heygen.plan_next(reveiw=True)
    with pytest.raises(CannotDo, match="one of"):
        caller.heygen.fail_next("everything", "status")
    with pytest.raises(CannotDo, match="speed"):
        caller.heygen.set(speed="fast")
