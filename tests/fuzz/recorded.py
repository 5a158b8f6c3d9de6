"""What Slack really says in a few lives of jobs, recorded from the double to be changed by the fuzzers."""

import asyncio
import json
from typing import Any

from bot.playground.local_slack.journal import Delivery
from tests.journeys.world import ANA, BEN, BOT, GENERAL, OPEN, OTHERS, World, button, elements, ours, shown

PICTURE = {"name": "logo.png", "mimetype": "image/png", "bytes": b"\x89PNG\r\n\x1a\n" + bytes(64)}
LATE = 60.0  # of HeyGen's own seconds: more than the other lives take


async def slack_deliveries(made: World) -> list[Delivery]:
    """Every kind of delivery that the app hears, none of which names Ben or his DM; the world must have webhooks."""
    made.slack.invite(OPEN)
    await _commands(made)
    asked = await _begun(made, "A first film --portrait", ask=["Which background?\n- Office\n- Beach"])
    drawn = await _begun(made, "Another film --review", review=True)
    failed = await _begun(made, "A third film", fail={"code": "rendering_failed", "message": "broke"})
    stopped = await _begun(made, "A fourth film", finish_after_stop=True, generating_seconds=LATE)
    await asyncio.gather(_answer(made, asked), _retry(made, failed), _bring_back(made, stopped), _forms(made))
    await _approve(made, drawn)
    await _events(made)
    await made.slack.wait_for(lambda slack: not any(one.is_open for one in slack.deliveries() if _is_heard(one)))
    of_ben = (BEN, made.slack.dm(BEN))
    return [one for one in made.slack.deliveries() if not any(name in json.dumps(one.payload) for name in of_ben)]


def _is_heard(entry: Delivery) -> bool:
    """Whether the app listens to it; by Socket Mode it leaves the rest unanswered."""
    return bool((entry.payload.get("event") or {}).get("type") != "file_shared")


async def _commands(made: World) -> None:
    for text in ("help", "jobs", "show", "credits", "settings dm away", "retry 12345", "vidoe", "stop 12345"):
        await made.slack.command(ANA, GENERAL, "/heygen", text)
    await made.slack.command(ANA, GENERAL, "/speak", "Hello there --voice Bruno --speed 1.2")
    await made.slack.command(ANA, GENERAL, "/speak", "Hello without a voice")
    picker = made.slack.ephemerals(ANA, GENERAL)[-1]
    [block] = [one for one in picker["blocks"] if str(one.get("block_id")).startswith("voice_for")]
    element = block.get("accessory") or block["elements"][0]
    ack = await made.slack.options(ANA, element["action_id"], value="a", channel=GENERAL, ts=picker["ts"])
    await made.slack.click(ANA, GENERAL, picker["ts"], element["action_id"], selected_option=ack.body["options"][0])
    await made.slack.command(ANA, OTHERS, "/video", "A film asked for elsewhere")
    [offer, *_] = made.slack.ephemerals(ANA, OTHERS)
    begun = made.creates()
    await made.slack.click(ANA, OTHERS, offer["ts"], "open_in_dm")
    await made.until(lambda made: made.creates() > begun)  # so that the plans below are those of the films below


async def _begun(made: World, words: str, **plan: Any) -> dict[str, Any]:
    """The card of a film whose session has begun."""
    begun, prompt = made.creates(), words.split(" --")[0]
    made.heygen.plan_next(**plan)
    await made.video(words)
    found = await made.until(lambda made: [one for one in ours(made.slack.messages(GENERAL)) if prompt in shown(one)])
    await made.until(lambda made: made.creates() > begun)
    return found[0]


async def _answer(made: World, card: dict[str, Any]) -> None:
    """A question, its answer, a change by form, and a reply that is reworded and taken back."""
    [question] = await made.replies(card, lambda text: "Which background" in text)
    await made.slack.click(ANA, GENERAL, question["ts"], elements(question)[0]["action_id"])
    [result] = await made.replies(card, lambda text: "your video is ready" in text)
    await made.slack.click(ANA, GENERAL, result["ts"], "change")
    [view] = [one for one in made.slack.views(ANA) if one["callback_id"] == "change_video"]
    await made.slack.submit_view(ANA, view["id"], {"words": "Shorter"})
    ts = made.slack.post(ANA, GENERAL, f"and <@{BOT}> brighter &amp; bolder", thread_ts=card["ts"], files=[PICTURE])
    made.slack.edit(ANA, GENERAL, ts, "and brighter")
    made.slack.delete_message(ANA, GENERAL, ts)


async def _approve(made: World, card: dict[str, Any]) -> None:
    """A storyboard, and a video that Slack would not take, for its link."""
    [asked] = await made.replies(card, lambda text: '"approve"' in text)
    made.slack.set(uploads="file_uploads_disabled")
    await made.slack.click(ANA, GENERAL, asked["ts"], "approve")
    [result] = await made.replies(card, lambda text: '"get_link"' in text)
    await made.slack.click(ANA, GENERAL, result["ts"], "get_link")
    made.slack.set(uploads="ok")


async def _retry(made: World, card: dict[str, Any]) -> None:
    [failure] = await made.replies(card, lambda text: "could not be made" in text)
    await made.slack.click(ANA, GENERAL, failure["ts"], "retry")


async def _bring_back(made: World, card: dict[str, Any]) -> None:
    """Stopped by the button; the video that comes anyway is fetched."""
    await made.card_shows(card, "Rendering")
    now = made.slack.message(GENERAL, card["ts"]) or {}
    await made.slack.click(ANA, GENERAL, card["ts"], button(now, "stop")["action_id"])
    await made.card_shows(card, "Get the video anyway")
    await made.slack.click(ANA, GENERAL, card["ts"], "bring_back")


async def _forms(made: World) -> None:
    await made.slack.command(ANA, GENERAL, "/video", "--portrait")
    [view] = [one for one in made.slack.views(ANA) if one["callback_id"] == "new_video"]
    for picker in ("avatar_picker", "voice_picker", "style_picker"):
        await made.slack.options(ANA, picker, value="a", view_id=view["id"])
    await made.slack.submit_view(ANA, view["id"], {"prompt": "A film from the form"})


async def _events(made: World) -> None:
    card = await made.card()
    made.slack.open_home(ANA, "messages")
    made.slack.post(ANA, made.slack.dm(ANA), "A film for me alone")
    made.slack.post(ANA, OPEN, f"<@{BOT}> a film with a picture", files=[PICTURE])
    made.slack.react(ANA, GENERAL, card["ts"], "octagonal_sign")
    made.slack.react(ANA, GENERAL, card["ts"], "heart")
