"""What the app said and what HeyGen was made to do, counted: once is right, twice is the fault looked for."""

from collections import Counter
from typing import Any

from bot.playground.local_slack.server import LocalSlack
from tests.journeys.world import ANA, GENERAL, World, elements, shown

ONE_VIDEO = {"card": 1, "video-v1.mp4": 1, "result": 1, "dm": 1}  # what a whole job says, and nothing besides


def said(slack: LocalSlack) -> dict[str, int]:
    """How often the app said what, by the effect behind each message and by the name of each video or audio file."""
    counted: Counter[str] = Counter()
    for channel in slack.world.channels.values():
        for message in channel.messages.values():
            if not message.from_app:
                continue
            counted.update([key.split(":")[0]] if (key := _effect(message.metadata)) else [])
            names = [slack.files[file_id].name for file_id in message.files]
            counted.update(name for name in names if not name.endswith(".srt"))
    return dict(counted)


def _effect(metadata: dict[str, Any] | None) -> str | None:
    return metadata["event_payload"]["effect"] if metadata else None


def told(made: World) -> list[str]:
    """What people have said to HeyGen's sessions, in order; the first words of each are its prompt."""
    return [
        message.content
        for session in made.heygen.sessions.values()
        for message in session.messages
        if message.role == "user"
    ]


def calls(made: World, operation: str) -> int:
    """How often HeyGen got a call of this operation, whatever became of it."""
    return sum(call.op == operation for call in made.heygen.calls)


def early_claims(made: World, card: dict[str, Any]) -> list[str]:
    """Edits of the card that said *Done* while the video was not yet in the thread: none is right."""
    arrived = [float(one["ts"]) for one in made.slack.thread(card["channel"], card["ts"]) if one.get("files")]
    edits = [call for call in made.slack.calls("chat.update") if call.arguments.get("ts") == card["ts"]]
    done = [call for call in edits if "*Done*" in shown(call.arguments)]
    return [shown(call.arguments) for call in done if not any(at <= call.at for at in arrived)]


async def delivered(made: World, card: dict[str, Any], version: int = 1) -> None:
    """Waits until a version is in the thread, its card says so, and nothing moves any more."""
    await made.replies(card, lambda text: f"video-v{version}.mp4" in text)
    await made.card_shows(card, "*Done*")
    await made.slack.wait_for(lambda slack: said(slack).get("dm", 0) >= version)
    await made.settled()
    assert early_claims(made, card) == []


async def asked(made: World, card: dict[str, Any], words: str) -> dict[str, Any]:
    """The question with these words, once it is in the thread."""
    [question] = await made.replies(card, lambda text: words in text)
    return question


async def choose(made: World, question: dict[str, Any], label: str) -> None:
    """Clicks the button with this label; the click is acknowledged."""
    action = next(item["action_id"] for item in elements(question) if item["text"]["text"] == label)
    assert (await made.slack.click(ANA, GENERAL, question["ts"], action)).ok
