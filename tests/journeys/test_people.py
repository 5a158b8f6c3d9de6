"""Who may do what, the ways in, and what each person is told alone."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from storage.records import JobState
from tests.journeys.limits import checked
from tests.journeys.world import ADMIN, ANA, BEN, BOT, GENERAL, GUEST, OUTSIDER, PRIVATE, World, elements, ours, shown

Message = dict[str, Any]


def said_alone(made: World, user: str) -> str:
    """Everything that only this person was told."""
    return "\n".join(shown(message) for message in made.slack.ephemerals(user))


async def told_alone(made: World, user: str, words: str) -> None:
    """Waits until this person alone was told these words, and sees that nobody else was."""
    await made.until(lambda world: words in said_alone(world, user))
    others = {ANA, BEN, ADMIN, GUEST, OUTSIDER} - {user}
    assert not any(words in said_alone(made, other) for other in others)


async def reply_in(made: World, channel: str, ts: str, words: str) -> Message:
    """The app's message below another one that has these words."""

    def look(_: object) -> Message | None:
        below = [one for one in ours(made.slack.thread(channel, ts)) if one["ts"] != ts]
        return next((one for one in below if words in shown(one)), None)

    found: Message = await made.slack.wait_for(look, timeout=15)
    return found


async def card_of(made: World, prompt: str, *, channel: str = GENERAL) -> Message:
    """The root message that shows this prompt."""

    def look(_: object) -> Message | None:
        return next((card for card in ours(made.slack.messages(channel)) if prompt in shown(card)), None)

    found: Message = await made.slack.wait_for(look, timeout=15)
    return found


async def dms(made: World, user: str) -> list[Message]:
    """The app's messages to this person, once there are any."""
    return await made.until(lambda world: ours(world.slack.messages(world.slack.dm(user))))


async def names_are_known(made: World) -> None:
    """Waits until the app has read HeyGen's catalogue."""
    async with asyncio.timeout(15):
        while "still loading" in await heygen_says(made, ADMIN, "settings voice Annabelle"):
            pass
        while "still loading" in await heygen_says(made, ADMIN, "settings avatar Nobody"):
            pass


async def heygen_says(made: World, user: str, text: str) -> str:
    """What `/heygen …` answers this person."""
    ack = await made.slack.command(user, GENERAL, "/heygen", text)
    assert ack.ok, ack
    return shown(ack.body) if ack.body else ""


async def test_heygen_answers_its_words(tmp_path: Path) -> None:
    """help, jobs, show, settings, credits: each tells the one who asks, and only them."""
    async with checked(tmp_path) as made:
        assert "Start with `/video`" in await heygen_says(made, ANA, "jobs")
        assert "not asked for anything in this channel" in await heygen_says(made, ANA, "show")
        for nothing in ("", "help"):
            assert "`/speak" in await heygen_says(made, ANA, nothing)
        await made.video("An intro &lt;for&gt; us --portrait")
        card = await made.card()
        await made.card_shows(card, "done")
        [job] = await made.jobs()
        listed = await heygen_says(made, BEN, "jobs")
        for words in ("An intro &lt;for&gt; us", "Done", f"<@{ANA}>", job.id):
            assert words in listed
        assert job.id in await heygen_says(made, ANA, "show")
        full = await heygen_says(made, BEN, f"show {job.id}")
        assert "portrait" in full
        assert "nothing here with the id *nonsense*" in await heygen_says(made, BEN, "show nonsense")
        assert "Did you mean /heygen stop" in await heygen_says(made, ANA, "stopp")
        assert not await heygen_says(made, BEN, "credits")
        await told_alone(made, BEN, "about 50 finished minutes")


async def test_what_was_asked_elsewhere_is_not_shown_to_others(tmp_path: Path) -> None:
    """An id opens no door into a channel or DM: only the one who asked, and admins, see it from elsewhere."""
    async with checked(tmp_path) as made:
        await made.video("A secret", channel=made.slack.dm(ANA))
        await made.card_shows(await made.card(made.slack.dm(ANA)), "done", channel=made.slack.dm(ANA))
        [job] = await made.jobs()
        for word in ("show", "stop", "retry"):
            assert f"nothing here with the id *{job.id}*" in await heygen_says(made, BEN, f"{word} {job.id}")
        assert "A secret" in await heygen_says(made, ANA, f"show {job.id}")
        assert "A secret" in await heygen_says(made, ADMIN, f"show {job.id}")


async def test_the_longer_names_do_the_same(tmp_path: Path) -> None:
    """Another app may have taken /video; `/heygen video …` is still there."""
    async with checked(tmp_path) as made:
        assert not await heygen_says(made, ANA, "video An intro --landscape")
        await made.card_shows(await made.card(), "done")
        [session] = made.heygen.sessions.values()
        assert ("An intro", "landscape") == (session.prompt, session.orientation)
        assert not await heygen_says(made, ANA, "video")
        assert 1 == len(made.slack.views(ANA))


async def test_settings_are_each_persons_own(tmp_path: Path) -> None:
    """A default voice goes into one's own videos alone; a wrong name is told with the nearest one."""
    async with checked(tmp_path) as made:
        await names_are_known(made)
        assert "did you mean" in (await heygen_says(made, ANA, "settings voice Anabelle")).casefold()
        assert "*Annabelle*" in await heygen_says(made, ANA, "settings voice Annabelle")
        assert "*Annabelle*" in await heygen_says(made, ANA, "settings")
        assert "Annabelle" not in await heygen_says(made, BEN, "settings")
        assert "always, away or never" in await heygen_says(made, ANA, "settings dm sometimes")
        assert "There is no setting" in await heygen_says(made, ANA, "settings colour blue")
        await made.video("By Ana")
        await card_of(made, "By Ana")
        await made.video("By Ben", by=BEN)
        await made.heygen.wait_for(lambda heygen: len(heygen.sessions) == 2)
        by_prompt = {session.prompt: session for session in made.heygen.sessions.values()}
        assert by_prompt["By Ana"].voice_id is not None
        assert by_prompt["By Ben"].voice_id is None
        assert "none of your own" in await heygen_says(made, ANA, "settings voice none")


@pytest.mark.slow
async def test_the_dm_comes_as_each_person_set_it(tmp_path: Path) -> None:
    """Always is the default; away means away from the thread; never is never."""
    async with checked(tmp_path) as made:
        assert "when you are away" in await heygen_says(made, ANA, "settings dm away")
        assert "never" in await heygen_says(made, BEN, "settings dm never")
        made.heygen.plan_next(ask="Which one?\n- A\n- B")
        await made.video("Ana will answer")
        present = await card_of(made, "Ana will answer")
        question = await reply_in(made, GENERAL, present["ts"], "Which one?")
        assert (await made.slack.click(ANA, GENERAL, question["ts"], "answer:0")).ok
        await made.card_shows(present, "done")
        await made.video("By Ben", by=BEN)
        await made.card_shows(await card_of(made, "By Ben"), "done")
        await made.video("Ana has gone")
        await made.card_shows(await card_of(made, "Ana has gone"), "done")
        await made.video("By the admin", by=ADMIN)
        for user, prompt in ((ANA, "Ana has gone"), (ADMIN, "By the admin")):
            [dm] = await dms(made, user)
            assert "Your video is ready" in shown(dm)
            assert prompt in shown(dm)
            assert f"<#{GENERAL}>" in shown(dm)
        await made.settled()
        assert [1, 0, 1] == [len(ours(made.slack.messages(made.slack.dm(user)))) for user in (ANA, BEN, ADMIN)]


async def test_who_wrote_in_the_thread_just_now_is_not_away(tmp_path: Path) -> None:
    """A mention is a message in its thread: with `away`, a video that is ready at once needs no DM."""
    async with checked(tmp_path) as made:
        await heygen_says(made, ANA, "settings dm away")
        root = made.slack.post(ANA, GENERAL, f"<@{BOT}> An intro")
        await reply_in(made, GENERAL, root, "your video is ready")
        await made.settled()
        assert not ours(made.slack.messages(made.slack.dm(ANA)))


@pytest.mark.slow
async def test_a_wish_in_the_dm_is_answered_there_and_told_nowhere_else(tmp_path: Path) -> None:
    """Card, question, result and revision below the person's own message; no DM about a DM."""
    async with checked(tmp_path) as made:
        dm = made.slack.dm(ANA)
        made.heygen.plan_next(ask="Which one?\n- A\n- B")
        root = made.slack.post(ANA, dm, "An intro --portrait")
        question = await reply_in(made, dm, root, "Which one?")
        assert (await made.slack.click(ANA, dm, question["ts"], "answer:1")).ok
        await reply_in(made, dm, root, "video-v1.mp4")
        made.slack.post(ANA, dm, "Shorter", thread_ts=root)
        await reply_in(made, dm, root, "video-v2.mp4")
        await made.settled()
        assert [] == ours(made.slack.messages(dm)), "everything stands in the thread"
        assert 1 == made.creates()
        made.slack.post(ANA, dm, "Another one")
        await made.heygen.wait_for(lambda heygen: len(heygen.sessions) == 2)


async def test_a_mention_makes_the_video_in_its_own_thread(tmp_path: Path) -> None:
    """In a channel below the message; in somebody's thread the card is our first reply; a second mention revises."""
    async with checked(tmp_path) as made:
        root = made.slack.post(BEN, GENERAL, "What shall we show at the fair?")
        made.slack.post(ADMIN, GENERAL, "A video", thread_ts=root)
        made.slack.post(ANA, GENERAL, f"<@{BOT}> A video for the fair with <@{BEN}>", thread_ts=root)
        await reply_in(made, GENERAL, root, "video-v1.mp4")
        first, *_ = ours(made.slack.thread(GENERAL, root))
        assert "Video v1* for <@U0ANA>" in shown(first)
        made.slack.post(BEN, GENERAL, f"<@{BOT}> shorter", thread_ts=root)
        await reply_in(made, GENERAL, root, "video-v2.mp4")
        assert [] == ours(made.slack.messages(GENERAL)), "nothing outside the thread"
        [session] = made.heygen.sessions.values()
        said = [message.content for message in session.messages if message.role == "user"]
        assert ["A video for the fair with @ben", "shorter"] == [words.replace("@Ben", "@ben") for words in said]


async def test_the_form_makes_what_was_filled_in(tmp_path: Path) -> None:
    """Its pickers find names, Slack's and our own checks hold, and a submission is one request."""
    async with checked(tmp_path) as made:
        await names_are_known(made)
        ack = await made.slack.command(ANA, GENERAL, "/video", '--style "Paper Cut"')
        assert ack.ok, ack
        assert not ack.body
        [view] = made.slack.views(ANA)
        found = await made.slack.options(ANA, "voice_picker", value="annab", view_id=view["id"])
        [voice] = [one for one in found.body["options"] if one["text"]["text"].startswith("Annabelle")]
        made.slack.type_in(ANA, view["id"], {"voice": voice, "orientation": "landscape", "review": ["review"]})
        refused = await made.slack.submit_view(ANA, view["id"], {"prompt": " \n "})
        assert "Say in a sentence" in refused.body["errors"]["prompt"]
        made.slack.set(duplicate_deliveries=1)
        assert (await made.slack.submit_view(ANA, view["id"], {"prompt": "An intro with <b>"})).ok
        await made.heygen.wait_for(lambda heygen: heygen.sessions)
        await made.slack.idle()
        await made.settled()
        assert 1 == made.creates()
        [session] = made.heygen.sessions.values()
        assert ("An intro with <b>", "landscape") == (session.prompt, session.orientation)
        assert voice["value"] == session.voice_id
        assert session.style_id is not None
        assert not made.slack.views(ANA)
        assert "review first" in shown(await made.card())


@pytest.mark.parametrize("who", [GUEST, OUTSIDER])
async def test_guests_and_outsiders_are_refused_before_anything_is_spent(tmp_path: Path, who: str) -> None:
    """By command, mention, DM, reply and click: words to them alone, and nothing at HeyGen."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(ask="Which one?\n- A\n- B")
        await made.video("An intro")
        card = await made.card()
        question = await reply_in(made, GENERAL, card["ts"], "Which one?")
        spent = len(made.heygen.calls)
        for command in ("/video", "/speak"):
            ack = await made.slack.command(who, GENERAL, command, "Mine")
            assert "guests and people from other organizations" in ack.body["text"]
        assert not made.slack.views(who)
        for text, root in ((f"<@{BOT}> Mine", None), ("A", card["ts"]), (f"<@{BOT}> B", card["ts"])):
            made.slack.post(who, GENERAL, text, thread_ts=root)
        assert (await made.slack.click(who, GENERAL, question["ts"], "answer:0")).ok
        await made.until(lambda world: refusals(world, who) == 4)
        dm = made.slack.dm(who)
        made.slack.post(who, dm, "Mine")
        await made.until(lambda world: "guests" in "".join(map(shown, ours(world.slack.messages(dm)))))
        await made.settled()
        assert 4 == refusals(made, who), "once for each try, also where a mention arrives as two events"
        [job] = await made.jobs()
        assert JobState.WAITING_FOR_INPUT is job.state
        assert {"session", "account"} >= {call.op for call in made.heygen.calls[spent:]} - {"voices", "looks", "styles"}


def refusals(made: World, user: str) -> int:
    """How often this person was refused, answers to commands left out."""
    whispers = [call for call in made.slack.calls("chat.postEphemeral") if call.arguments["user"] == user]
    return sum("Sorry, guests" in call.arguments["text"] for call in whispers)


async def test_others_may_answer_and_revise_but_not_end(tmp_path: Path) -> None:
    """The thread is everybody's; stop and retry belong to the requester and the admins."""
    async with checked(tmp_path) as made:
        made.heygen.plan_next(generating_seconds=400)
        await made.video("An intro")
        card = await made.card()
        await made.card_shows(card, "Rendering")
        [job] = await made.jobs()
        assert (await made.slack.click(BEN, GENERAL, card["ts"], "stop")).ok
        await told_alone(made, BEN, f"asked for by <@{ANA}>. Only they and admins can stop it")
        assert f"asked for by <@{ANA}>" in await heygen_says(made, BEN, f"stop {job.id}")
        assert JobState.GENERATING is (await made.jobs())[0].state
        assert not await heygen_says(made, ADMIN, f"stop {job.id}")
        await reply_in(made, GENERAL, card["ts"], f"Stopped by <@{ADMIN}>")
        made.heygen.plan_next_revision(fail={"code": "rendering_failed"})
        made.slack.post(BEN, GENERAL, "Mine now", thread_ts=card["ts"])
        failure = await reply_in(made, GENERAL, card["ts"], "could not be made")
        assert f"<@{BEN}>" in failure["text"], "whoever asked for a version is its requester"
        assert (await made.slack.click(ANA, GENERAL, failure["ts"], "retry")).ok
        await told_alone(made, ANA, f"asked for by <@{BEN}>. Only they and admins can try it again")
        assert (await made.slack.click(BEN, GENERAL, failure["ts"], "retry")).ok
        await reply_in(made, GENERAL, card["ts"], "video-v2.mp4")  # v1 was stopped, and may still come
        *_, again = made.heygen.sessions.values()
        assert "An intro\n\nWith these changes:\n- Mine now" == again.prompt, "nothing asked for is dropped"


@pytest.mark.slow
async def test_what_arrives_twice_is_one_request(tmp_path: Path) -> None:
    """Slack delivers at least once: command, mention, DM, reply, answer and stop have one effect each."""
    async with checked(tmp_path) as made:
        made.slack.set(duplicate_deliveries=2)
        made.heygen.plan_next(ask="Which one?\n- A\n- B")
        await made.video("By command")
        card = await card_of(made, "By command")
        question = await reply_in(made, GENERAL, card["ts"], "Which one?")
        assert (await made.slack.click(ANA, GENERAL, question["ts"], "answer:0")).ok
        await reply_in(made, GENERAL, card["ts"], "video-v1.mp4")
        made.slack.post(BEN, GENERAL, "Shorter", thread_ts=card["ts"])
        mention = made.slack.post(ANA, GENERAL, f"<@{BOT}> By mention")
        wish = made.slack.post(BEN, made.slack.dm(BEN), "By DM")
        await reply_in(made, GENERAL, card["ts"], "video-v2.mp4")
        await reply_in(made, GENERAL, mention, "video-v1.mp4")
        await reply_in(made, made.slack.dm(BEN), wish, "video-v1.mp4")
        await made.settled()
        assert 4 == len(await made.jobs())
        assert 3 == made.creates()
        said = {
            session.prompt: [m.content for m in session.messages if m.role == "user"] for session in _sessions(made)
        }
        assert {"By command": ["By command", "A", "Shorter"], "By mention": ["By mention"], "By DM": ["By DM"]} == said
        for root, channel in ((card["ts"], GENERAL), (mention, GENERAL), (wish, made.slack.dm(BEN))):
            thread = [message["text"] for message in ours(made.slack.thread(channel, root))]
            assert len(thread) == len(set(thread)), "nothing was posted twice"


def _sessions(made: World) -> list[Any]:
    return list(made.heygen.sessions.values())


@pytest.mark.slow
async def test_the_card_shows_the_place_in_the_queue(tmp_path: Path) -> None:
    """With one place at HeyGen the others wait in line, move up, and are all made."""
    async with checked(tmp_path, HEYGEN_CONCURRENCY="1") as made:
        made.heygen.plan_next(generating_seconds=60)
        await made.video("The first")
        await made.card_shows(await card_of(made, "The first"), "Rendering")
        await made.video("The second", by=BEN)
        second = await card_of(made, "The second")
        await made.video("The third", by=ADMIN)
        third = await card_of(made, "The third")
        await made.card_shows(second, "next in line")
        await made.card_shows(third, "2nd in line")
        assert 1 == made.creates()
        made.heygen.plan_next(generating_seconds=60)
        await made.card_shows(second, "Rendering")
        await made.card_shows(third, "next in line")
        await made.card_shows(third, "done")
        assert 3 == made.creates()


async def test_what_waits_for_a_person_is_not_in_line(tmp_path: Path) -> None:
    """A wish that waits for an invitation, for days perhaps, used to be counted before everybody who asked later."""
    async with checked(tmp_path, HEYGEN_CONCURRENCY="1") as made:
        for prompt in ("Held", "Held as well"):
            assert (await made.slack.command(BEN, PRIVATE, "/video", prompt)).ok
        made.heygen.plan_next(generating_seconds=60)
        await made.video("The first")
        await made.card_shows(await card_of(made, "The first"), "Rendering")
        await made.video("The second", by=BEN)
        await made.card_shows(await card_of(made, "The second"), "next in line")


async def test_waiting_for_a_person_holds_no_place(tmp_path: Path) -> None:
    """While one video waits for an answer, the next one is made."""
    async with checked(tmp_path, HEYGEN_CONCURRENCY="1") as made:
        made.heygen.plan_next(ask="Which one?")
        await made.video("The first")
        first = await card_of(made, "The first")
        await reply_in(made, GENERAL, first["ts"], "Which one?")
        await made.video("The second", by=BEN)
        await made.card_shows(await card_of(made, "The second"), "done")
        made.slack.post(ANA, GENERAL, "That one", thread_ts=first["ts"])
        await made.card_shows(first, "done")


async def test_a_result_has_its_buttons_and_change_makes_the_next_version(tmp_path: Path) -> None:
    """Change… on the result is a revision; a double click on a finished card starts nothing."""
    async with checked(tmp_path) as made:
        await made.video("An intro")
        card = await made.card()
        result = await reply_in(made, GENERAL, card["ts"], "your video is ready")
        assert ["change"] == [item["action_id"] for item in elements(result)]
        clicks = await asyncio.gather(*(made.slack.click(BEN, GENERAL, result["ts"], "change") for _ in range(2)))
        assert all(click.ok for click in clicks)
        [view] = made.slack.views(BEN)
        assert "An intro" in str(view["blocks"])
        assert (await made.slack.submit_view(BEN, view["id"], {"words": "Shorter"})).ok
        await reply_in(made, GENERAL, card["ts"], "video-v2.mp4")
        assert 2 == len(await made.jobs())
