"""What people do: each story is played undisturbed once, then again with a death at every point of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from tests.crash.life import PATIENCE_SECONDS, Life
from tests.journeys.world import ANA, BEN, BOT, GENERAL, PRIVATE

NOT_YET = "operation_timeout"  # Slack gave it to somebody, and had no answer in time; otherwise there was nobody
BACKGROUND = "Which background?\n- Office\n- Beach"
PICTURE = {"name": "logo.png", "mimetype": "image/png", "bytes": b"\x89PNG\r\n\x1a\n" + bytes(100)}


@dataclass(frozen=True)
class Story:
    """`play` returns once people have nothing more to do; False when their command was refused and nothing kept."""

    name: str
    play: Callable[[Life], Awaitable[bool]]
    http: bool = False
    webhooks: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


async def whole_video(made: Life) -> bool:
    """A mention with a file, a question, its answer, the video, the DM."""
    made.heygen.plan_next(ask=[BACKGROUND])
    made.slack.invite(GENERAL)
    made.slack.post(ANA, GENERAL, f"<@{BOT}> An intro", files=[PICTURE])
    await made.press("Beach")
    await made.until_said("video-v1.mp4")
    return True


async def somebodys_thread(made: Life) -> bool:
    """A mention in a thread that was somebody's before."""
    made.slack.invite(GENERAL)
    root = made.slack.post(BEN, GENERAL, "We need a film")
    made.slack.post(ANA, GENERAL, f"<@{BOT}> An intro", thread_ts=root)
    await made.until_said("video-v1.mp4")
    return True


async def revision(made: Life) -> bool:
    """A command, and a reply to its result."""
    if not await asked(made, "/video", "An intro"):
        return False
    result = await made.until_said("video-v1.mp4")
    made.slack.post(ANA, GENERAL, "Shorter", thread_ts=result.thread_ts)
    await made.until_said("video-v2.mp4")
    return True


async def speech(made: Life) -> bool:
    """/speak, and the audio."""
    return await asked(made, "/speak", "Hello --voice Annabelle")


async def stopped(made: Life) -> bool:
    """Stop, while it renders."""
    made.heygen.plan_next(generating_seconds=4000)
    if not await asked(made, "/video", "An intro"):
        return False
    await made.heygen.wait_for(lambda heygen: heygen.videos, timeout=PATIENCE_SECONDS)
    await made.press("Stop")
    await made.until_said("Stopped by")
    return True


async def tried_again(made: Life) -> bool:
    """A failure, and Retry."""
    made.heygen.plan_next(fail={"code": "rendering_failed", "message": "Avatar rendering timed out"})
    if not await asked(made, "/video", "An intro"):
        return False
    await made.press("Retry")
    await made.until_said("video-v1.mp4")
    return True


async def storyboard(made: Life) -> bool:
    """Pictures to approve, and the approval."""
    made.heygen.plan_next(review=True)
    if not await asked(made, "/video", "An intro --review"):
        return False
    await made.press("Approve")
    await made.until_said("video-v1.mp4")
    return True


async def said_while_it_renders(made: Life) -> bool:
    """A reply that is kept for the version after the one that is being made."""
    made.slack.invite(GENERAL)
    made.heygen.plan_next(generating_seconds=160)
    root = made.slack.post(ANA, GENERAL, f"<@{BOT}> An intro")
    await made.heygen.wait_for(lambda heygen: heygen.videos, timeout=PATIENCE_SECONDS)
    made.slack.post(ANA, GENERAL, "Shorter", thread_ts=root)
    await made.until_said("video-v2.mp4")
    return True


async def brought_back(made: Life) -> bool:
    """Stopped; the video comes anyway, and is wanted after all."""
    made.heygen.plan_next(generating_seconds=240, finish_after_stop=True)
    if not await asked(made, "/video", "An intro"):
        return False
    await made.heygen.wait_for(lambda heygen: heygen.videos, timeout=PATIENCE_SECONDS)
    await made.press("Stop")
    await made.press("Get the video anyway")
    await made.until_said("video-v1.mp4")
    return True


async def queued(made: Life) -> bool:
    """Two wishes and one place at HeyGen."""
    made.slack.invite(GENERAL)
    made.slack.post(ANA, GENERAL, f"<@{BOT}> An intro")
    await made.heygen.wait_for(lambda heygen: heygen.sessions, timeout=PATIENCE_SECONDS)
    made.slack.post(BEN, GENERAL, f"<@{BOT}> An outro")
    await made.until_said("An outro")
    await made.at_rest()
    return True


async def out_of_credit(made: Life) -> bool:
    """HeyGen's account is empty, an admin is told and fills it."""
    made.slack.invite(GENERAL)
    made.heygen.set(wallet=0)
    made.slack.post(ANA, GENERAL, f"<@{BOT}> An intro")
    await made.until_said("out of credit")
    made.heygen.set(wallet=100)
    await made.until_said("video-v1.mp4")
    return True


async def invited(made: Life) -> bool:
    """A private channel: kept until the invitation."""
    if not await asked(made, "/video", "An intro", channel=PRIVATE):
        return False
    made.slack.invite(PRIVATE)
    await made.until_said("video-v1.mp4")
    return True


async def by_form(made: Life) -> bool:
    """The form, filled in; where Slack showed an error it is still open, and sent again."""
    while not made.slack.views(ANA):
        await made.slack.command(ANA, GENERAL, "/video")
        await made.ready()
    view = made.slack.views(ANA)[-1]
    while not (await made.slack.submit_view(ANA, view["id"], {"prompt": "An intro"})).ok:
        await made.ready()
    assert await made.jobs(), "acknowledged, and not kept"
    await made.until_said("video-v1.mp4")
    return True


async def asked(made: Life, command: str, text: str, *, channel: str = GENERAL) -> bool:
    """Types a command, once. Not acknowledged, it may be kept all the same: then as a whole."""
    died = made.died
    ack = await made.slack.command(ANA, channel, command, text)
    if ack.ok:
        assert await made.jobs(), "acknowledged, and not kept"
        return True
    await made.ready()
    if ack.error == NOT_YET:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await made.jobs() and made.died == died:  # merely slow: it is at it still
                await asyncio.sleep(0.05)
    return bool(await made.jobs())


STORIES = (
    Story("whole video", whole_video),
    Story("whole video over HTTP", whole_video, http=True, webhooks=True),
    Story("in somebody's thread", somebodys_thread),
    Story("revision", revision),
    Story("by the form", by_form),
    Story("speech", speech, http=True),
    Story("stopped", stopped),
    Story("tried again", tried_again),
    Story("storyboard", storyboard, http=True),
    Story("said while it renders", said_while_it_renders),
    Story("brought back", brought_back, webhooks=True),
    Story("queued behind another", queued, settings={"HEYGEN_CONCURRENCY": "1"}),
    Story("out of credit", out_of_credit),
    Story("held until invited", invited, http=True),
)
