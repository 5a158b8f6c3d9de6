"""What people type wrongly, and words that look like markup: said, shown as text, and nothing is spent."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.config import load_settings
from bot.playground.local_heygen.server import LocalHeyGen
from tests.journeys.world import (
    ADMIN,
    ANA,
    BEN,
    BOT,
    GENERAL,
    GUEST,
    OUTSIDER,
    World,
    doubles,
    elements,
    in_process,
    ours,
    settings_for,
    shown,
    world,
)
from tests.ports import free_port

MARKUP = (
    "Greet <!channel> and <@U0BEN|ben>, see <https://example.com/a?b=1&amp;c=2|our site> &lt;soon&gt; &amp; *boldly*"
)
MEANT = "Greet @channel and @ben, see our site (https://example.com/a?b=1&c=2) <soon> & *boldly*"
LOOKS_SECONDS = 0.6  # that the list of looks takes at first, in the worlds with a cold catalogue


@asynccontextmanager
async def cold_world(folder: Path) -> AsyncIterator[World]:
    """A program whose catalogue of looks is not there yet, for HeyGen takes its time to list them."""
    port = free_port()
    async with doubles(folder, port, http=False, webhooks=False, media=False) as (slack, heygen):
        heygen.fail_next("looks", "timeout_before_commit", hold_seconds=LOOKS_SECONDS)
        environment = settings_for(folder, slack, heygen, port, http=False, webhooks=False)
        made = World(slack, heygen, load_settings(None, environment))
        async with in_process(made):
            yield made


async def warm(made: World) -> None:
    """Waits until avatars and voices are known: the styles are asked for after them."""
    await made.heygen.wait_for(lambda heygen: _asked(heygen, "styles"))


def _asked(heygen: LocalHeyGen, op: str) -> bool:
    return any(call.op == op for call in heygen.calls)


async def told(made: World, *, by: str = ANA, channel: str = GENERAL) -> str:
    """The newest message that only this person sees, once there is one."""
    found = await made.slack.wait_for(lambda slack: slack.ephemerals(by, channel))
    return shown(found[-1])


def prompts(made: World) -> list[str]:
    """What HeyGen was asked to make."""
    return [call.body["prompt"] for call in made.heygen.calls if call.op == "create"]


def live_words(made: World, channel: str = GENERAL) -> str:
    """All of our words there in which Slack would look for mentions and links."""
    found: list[str] = []
    for message in ours(made.slack.messages(channel)):
        for one in made.slack.thread(channel, message["ts"]):
            if one.get("bot_id"):
                found += [str(one.get("text") or ""), *_mrkdwn(one.get("blocks") or [])]
    return "\n".join(found)


def _mrkdwn(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "mrkdwn":
            yield str(node["text"])
        for inner in node.values():
            yield from _mrkdwn(inner)
    if isinstance(node, list):
        for inner in node:
            yield from _mrkdwn(inner)


async def nothing_began(made: World) -> None:
    """No job, no card, and nothing at HeyGen that costs."""
    await made.settled(quiet=0.15)
    assert await made.jobs() == []
    assert ours(made.slack.messages(GENERAL)) == []
    assert not {"create", "message", "speech", "asset"} & {call.op for call in made.heygen.calls}


WRONG = (
    ("/video", "x" * 10_001, "10,001 characters"),
    ("/video", "A film --avatr Annie", "Did you mean --avatar?"),
    ("/video", "A film --speed 1.2", "belongs to /speak"),
    ("/video", "A film --portrait --landscape", "either --portrait or --landscape"),
    ("/video", "A film --voice", "--voice needs a value"),
    ("/video", 'A film --voice "Anna', "never closed"),
    ("/speak", "", "What shall I say?"),
    ("/speak", "x" * 5_001, "5,001 characters"),
    ("/speak", "Hello --speed 9", "--speed is a number from 0.5 to 2.0"),
    ("/heygen", "vidoe A film", "Did you mean /heygen video?"),
    ("/heygen", "jabberwocky <!channel>", "does not know"),
    ("/heygen", "retry 12345", "nothing here with the id"),
    ("/heygen", "stop 12345", "nothing here with the id"),
    ("/heygen", "settings dm sometimes", "always, away or never"),
)


async def test_what_is_typed_wrongly_is_told_and_costs_nothing(tmp_path: Path) -> None:
    """The person alone is told what was wrong and the nearest thing that exists."""
    async with world(tmp_path) as made:
        for command, text, words in WRONG:
            seen = len(made.slack.ephemerals(ANA))
            ack = await made.slack.command(ANA, GENERAL, command, text)
            assert ack.ok, (command, text, ack)
            [said] = made.slack.ephemerals(ANA)[seen:]
            assert words in shown(said), (command, text)
        assert made.slack.ephemerals(BEN) == []
        await nothing_began(made)


async def test_a_command_without_a_prompt_opens_the_form(tmp_path: Path) -> None:
    """/video with no words, or flags alone, opens the modal, and spends nothing until it is submitted."""
    async with world(tmp_path) as made:
        for text in ("", "   ", "--portrait"):
            assert (await made.slack.command(ANA, GENERAL, "/video", text)).ok
            [view] = made.slack.views(ANA)
            assert view["callback_id"] == "new_video"
            await made.slack.close_view(ANA, view["id"])
        await nothing_began(made)


async def test_the_longest_prompt_is_taken_whole(tmp_path: Path) -> None:
    """10,000 characters reach HeyGen as they are, and the card still fits Slack."""
    async with world(tmp_path) as made:
        prompt = "<&>" * 3_333 + "!"
        escaped = prompt.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        await made.video(escaped)
        await made.card_shows(await made.card(), "done")
        assert prompts(made) == [prompt]


async def test_a_mention_that_is_too_long_is_told(tmp_path: Path) -> None:
    """10,001 characters behind @app are refused with words, for the one who wrote them."""
    async with world(tmp_path) as made:
        made.slack.post(ANA, GENERAL, f"<@{BOT}> {'x' * 10_001}")
        assert "10,001 characters" in await told(made)
        await nothing_began(made)


async def test_a_reply_that_is_too_long_is_told(tmp_path: Path) -> None:
    """10,001 characters in a thread used to be cut and charged; their writer is told, and no version begins."""
    async with world(tmp_path) as made:
        await made.video("An intro")
        card = await made.card()
        await made.replies(card, lambda text: "your video is ready" in text)
        made.slack.post(BEN, GENERAL, "x" * 10_001, thread_ts=card["ts"])
        assert "The reply has 10,001 characters" in await told(made, by=BEN)
        await made.settled()
        assert 1 == len(await made.jobs())
        assert "message" not in {call.op for call in made.heygen.calls}


async def test_a_mention_without_a_wish_is_welcomed(tmp_path: Path) -> None:
    """@app alone is answered with examples for the one who wrote it, and makes nothing."""
    async with world(tmp_path) as made:
        made.slack.post(ANA, GENERAL, f"<@{BOT}>")
        assert "I make HeyGen videos" in await told(made)
        await nothing_began(made)


@pytest.mark.parametrize("way", ["command", "mention", "dm"])
async def test_markup_in_a_prompt_is_text(tmp_path: Path, way: str) -> None:
    """HeyGen gets what the person meant; in Slack nobody is called, however the wish came in."""
    async with world(tmp_path) as made:
        channel = made.slack.dm(ANA) if way == "dm" else GENERAL
        if way == "command":
            await made.video(MARKUP)
            card = await made.card()
        else:
            ts = made.slack.post(ANA, channel, MARKUP if way == "dm" else f"<@{BOT}> {MARKUP}")
            card = (await made.replies({"ts": ts}, lambda _: True, channel=channel))[0]
        await made.card_shows(card, "done", channel=channel)
        assert prompts(made) == [MEANT]
        words = "\n".join(
            text
            for one in made.slack.thread(channel, card.get("thread_ts") or card["ts"])
            if one.get("bot_id")
            for text in [str(one.get("text")), *_mrkdwn(one.get("blocks"))]
        )
        assert "&lt;soon&gt; &amp;" in words, "the prompt is nowhere shown"
        assert "<!" not in words
        assert f"<@{BEN}" not in words
        assert "<https://example.com" not in words


async def test_many_mentions_do_not_hold_up_the_acknowledgement(tmp_path: Path) -> None:
    """Slack waits three seconds. Asked for one by one, five names used to take longer, and the wish seemed lost."""
    async with world(tmp_path) as made:
        made.slack.set(latency=0.6)
        await made.video(f"<@{ANA}> <@{BEN}> <@{ADMIN}> <@{GUEST}> <@{OUTSIDER}> wave")
        await made.card()
        await made.until(lambda world: "@ana @ben" in "".join(prompts(world)))


async def test_markup_in_the_agents_words_is_text(tmp_path: Path) -> None:
    """A question, its answers and a title with control sequences call nobody and link nowhere."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(
            ask=["<!channel> which one, <@U0BEN>? See <https://evil.test|here>\n- <!here> Office\n- <@U0BEN> Beach"]
        )
        await made.video("A film")
        card = await made.card()
        [question] = await made.replies(card, lambda text: "which one" in text)
        assert "&lt;!channel&gt; which one, &lt;@U0BEN&gt;?" in question["text"]
        assert "<!" not in live_words(made)
        labels = [item["text"] for item in elements(question)]
        assert [label["type"] for label in labels] == ["plain_text", "plain_text"]
        assert (await made.slack.click(ANA, GENERAL, question["ts"], elements(question)[0]["action_id"])).ok
        await made.card_shows(card, "done")
        answers = [call.body["message"] for call in made.heygen.calls if call.op == "message"]
        assert answers == ["<!here> Office"]
        words = live_words(made)
        assert "&lt;!here&gt; Office" in words
        assert "<!" not in words
        assert f"<@{BEN}" not in words
        assert "<https://evil.test" not in words


async def test_markup_in_the_words_of_a_failure_is_text(tmp_path: Path) -> None:
    """HeyGen's own reason is escaped, and its links are left out."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(fail={"code": "strange_new_code", "message": "<!channel> see https://evil.test/?sig=1"})
        await made.video("A film")
        card = await made.card()
        [failure] = await made.replies(card, lambda text: "could not be made" in text)
        assert "&lt;!channel&gt;" in shown(failure)
        assert "evil.test" not in live_words(made)
        assert "<!" not in live_words(made)


async def test_markup_in_a_reply_is_text(tmp_path: Path) -> None:
    """A revision reaches HeyGen as it was meant, and calls nobody on the card."""
    async with world(tmp_path) as made:
        await made.video("A film")
        card = await made.card()
        await made.card_shows(card, "done")
        made.slack.post(ANA, GENERAL, MARKUP, thread_ts=card["ts"])
        await made.replies(card, lambda text: "video-v2.mp4" in text)
        assert [call.body["message"] for call in made.heygen.calls if call.op == "message"] == [MEANT]
        await made.settled()
        assert "<!" not in live_words(made)
        assert f"<@{BEN}" not in live_words(made)


async def test_a_name_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    """With a warm catalogue a wrong or ambiguous name is told with what comes near, and nothing is spent."""
    names = (
        ("/video", "--voice Anabel", "no voice called *Anabel*. Did you mean *Annabelle*"),
        ("/video", "--voice Daniel", "Several voices are called *Daniel*"),
        ("/video", "--avatar Zzyzx", "no avatar called *Zzyzx*"),
        ("/video", "--avatar <!channel>", "no avatar called *@channel*"),
        ("/speak", "--voice Zzyzx", "no voice called *Zzyzx* that can read a text aloud. `/speak` without `--voice`"),
    )
    async with world(tmp_path) as made:
        await warm(made)
        for command, flag, words in names:
            assert (await made.slack.command(ANA, GENERAL, command, f"A film {flag}")).ok
            assert words in shown(made.slack.ephemerals(ANA)[-1])
        await nothing_began(made)


async def test_a_setting_whose_names_heygen_refuses_says_why(tmp_path: Path) -> None:
    """With a key that HeyGen does not take it used to promise the names in a minute, for ever."""
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=False, media=False) as (slack, heygen):
        heygen.fail_next("voices", "status", status=401, times=100)
        environment = settings_for(tmp_path, slack, heygen, port, http=False, webhooks=False)
        made = World(slack, heygen, load_settings(None, environment))
        async with in_process(made):
            await warm(made)
            ack = await slack.command(ANA, GENERAL, "/heygen", "settings voice Annabelle")
    assert "HeyGen does not accept this app's key. Please tell the admins" in shown(ack.body)


async def test_a_voice_of_a_double_name_can_be_given_by_its_id(tmp_path: Path) -> None:
    """The answer to an ambiguous name lists the ids that tell them apart, and an id is taken."""
    async with world(tmp_path) as made:
        await warm(made)
        await made.slack.command(ANA, GENERAL, "/video", "A film --voice Daniel")
        said = await told(made)
        voice_id = said.split("`")[1]
        await made.video(f"A film --voice {voice_id}")
        await made.card_shows(await made.card(), "Daniel")
        await made.until(lambda made: made.creates() == 1)
        assert [call.body["voice_id"] for call in made.heygen.calls if call.op == "create"] == [voice_id]


async def test_a_name_is_resolved_as_the_first_step_from_a_cold_catalogue(tmp_path: Path) -> None:
    """While the looks are still being listed the card is there already; the id reaches HeyGen once it is known."""
    async with cold_world(tmp_path) as made:
        await made.video("A film --avatar Bruno")
        card = await made.card()
        assert made.creates() == 0
        await made.card_shows(card, "done")
        [call] = [call for call in made.heygen.calls if call.op == "create"]
        assert call.body["avatar_id"]


@pytest.mark.parametrize("chosen", ["Annabelle", "Let HeyGen choose"])
async def test_a_cold_catalogue_asks_with_buttons(tmp_path: Path, chosen: str) -> None:
    """A name that fits nothing becomes a question with the nearest names; nothing is spent before the answer."""
    async with cold_world(tmp_path) as made:
        await made.video("A film --avatar Anabel")
        card = await made.card()
        [question] = await made.replies(card, lambda text: "no avatar called" in text)
        assert made.creates() == 0
        option = next(item for item in elements(question) if item["text"]["text"].startswith(chosen))
        assert (await made.slack.click(ANA, GENERAL, question["ts"], option["action_id"])).ok
        await made.card_shows(card, "done")
        [call] = [call for call in made.heygen.calls if call.op == "create"]
        assert ("avatar_id" in call.body) is (chosen == "Annabelle")


@pytest.mark.slow
async def test_a_cold_question_is_answered_in_words(tmp_path: Path) -> None:
    """A reply with another name is tried as such, and asked about again when it fits nothing either."""
    async with cold_world(tmp_path) as made:
        await made.video("A film --avatar Zzyzx")
        card = await made.card()
        await made.replies(card, lambda text: "no avatar called *Zzyzx*" in text)
        made.slack.post(ANA, GENERAL, "Qqqqq", thread_ts=card["ts"])
        await made.replies(card, lambda text: "no avatar called *Qqqqq*" in text)
        made.slack.post(ANA, GENERAL, "bruno", thread_ts=card["ts"])
        await made.card_shows(card, "done")
        assert made.creates() == 1


async def test_bots_and_edits_are_ignored(tmp_path: Path) -> None:
    """Our own messages, other bots', and edits never become wishes or revisions."""
    async with world(tmp_path) as made:
        await made.video("A film")
        card = await made.card()
        await made.card_shows(card, "done")
        own = made.slack.post(ANA, GENERAL, "no wish of mine")
        made.slack.edit(ANA, GENERAL, own, f"<@{BOT}> make a film")
        made.slack.post(ANA, GENERAL, "nobody asked", thread_ts=own)
        made.slack.post(BOT, GENERAL, "I am another bot with words for you", thread_ts=card["ts"])
        await made.slack.idle()
        await made.settled()
        assert len(await made.jobs()) == 1
        assert made.creates() == 1


@pytest.mark.slow
async def test_a_reply_to_a_card_that_is_not_confirmed_is_not_lost(tmp_path: Path) -> None:
    """Slack's answer to the card's post was lost: a reply to the card that comes before we find it is kept."""
    async with world(tmp_path) as made:
        made.slack.next("chat.postMessage", "disconnect_after_commit")
        await made.video("A film")
        card = await made.card()
        made.slack.post(ANA, GENERAL, "make it shorter", thread_ts=card["ts"])
        await made.until(lambda made: any(call.op == "message" for call in made.heygen.calls), timeout=20)
        await made.replies(card, lambda text: "video-v2.mp4" in text)
        assert made.creates() == 1


async def test_a_thread_of_somebody_elses_is_none_of_ours(tmp_path: Path) -> None:
    """A reply in a thread that is not ours is ignored; a mention in it makes that thread the video's."""
    async with world(tmp_path) as made:
        root = made.slack.post(BEN, GENERAL, "The bot of another app says hello")
        made.slack.post(ANA, GENERAL, "make it shorter", thread_ts=root)
        await made.slack.idle()
        await nothing_began(made)
        made.slack.post(ANA, GENERAL, f"<@{BOT}> A film about this", thread_ts=root)
        await made.replies({"ts": root}, lambda text: "video-v1.mp4" in text)
        assert ours(made.slack.messages(GENERAL)) == []
        assert made.creates() == 1


async def test_wishes_are_marked_by_ids_alone(tmp_path: Path) -> None:
    """What other apps can read in a message's metadata holds neither the prompt nor names."""
    async with world(tmp_path) as made:
        await made.video("A very secret film")
        card = await made.card()
        await made.card_shows(card, "done")
        for message in made.slack.thread(GENERAL, card["ts"]):
            assert "secret" not in json.dumps(message.get("metadata") or {})
