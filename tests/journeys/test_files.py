"""Files on their way: from a person's message to HeyGen, and from HeyGen into the thread."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.jobs.outbox import METHODS
from bot.playground.local_slack.server import LocalSlack
from handlers.uploads import HEYGEN_FOR_SECONDS
from storage import effects, keys
from storage.tables import lanes
from tests.journeys.world import ANA, BEN, BOT, GENERAL, World, button, elements, ours, shown, world

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200
PDF = b"%PDF-1.7\n" + b"0" * 200
PRESIGNED = "expires="  # what every link of the local HeyGen's that runs out has in it


def picture(name: str = "logo.png", size: int | None = None) -> dict[str, Any]:
    return {"name": name, "mimetype": "image/png", "bytes": PNG if size is None else PNG.ljust(size, b"\x00")}


async def told(made: World, *, by: str = ANA) -> str:
    """The newest message that only this person sees, once there is one."""
    return shown((await made.slack.wait_for(lambda slack: slack.ephemerals(by)))[-1])


def created(made: World) -> dict[str, Any]:
    [call] = [call for call in made.heygen.calls if call.op == "create"]
    body: dict[str, Any] = call.body
    return body


def with_files(made: World, card: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of the thread that bring files."""
    return [message for message in made.slack.thread(GENERAL, card["ts"]) if message.get("files")]


def no_link_that_runs_out(made: World) -> None:
    """Neither posts nor edits, nor what goes with them, hold a link that expires."""
    assert made.heygen.downloads or made.heygen.videos, "nothing was made that could leak"
    for call in made.slack.calls():
        if call.method != "chat.postEphemeral":
            assert PRESIGNED not in json.dumps(call.arguments), call.method
    for channel in made.slack.world.channels.values():
        for message in channel.messages.values():
            everything = json.dumps([message.text, message.blocks, message.metadata])
            assert PRESIGNED not in everything


# From Slack to HeyGen


async def test_files_of_a_mention_become_assets(tmp_path: Path) -> None:
    """What is attached to a mention reaches HeyGen byte by byte and is part of the wish."""
    async with world(tmp_path) as made:
        files = [picture(), {"name": "brief.pdf", "mimetype": "application/pdf", "bytes": PDF}]
        ts = made.slack.post(ANA, GENERAL, f"<@{BOT}> A film about these", files=files)
        await made.replies({"ts": ts}, lambda text: "video-v1.mp4" in text)
        kept = {asset.id: asset for asset in made.heygen.assets.values()}
        assert [one["type"] for one in created(made)["files"]] == ["asset_id", "asset_id"]
        assert {one["asset_id"] for one in created(made)["files"]} == set(kept)
        assert {(asset.name, asset.size_bytes) for asset in kept.values()} == {
            ("logo.png", len(PNG)), ("brief.pdf", len(PDF)),
        }  # fmt: skip


async def test_a_file_alone_is_a_wish_in_the_dm(tmp_path: Path) -> None:
    """A DM with words and a file makes a video with it."""
    async with world(tmp_path) as made:
        dm = made.slack.dm(ANA)
        ts = made.slack.post(ANA, dm, "A film about this", files=[picture()])
        await made.replies({"ts": ts}, lambda text: "video-v1.mp4" in text, channel=dm)
        assert len(created(made)["files"]) == 1


async def test_a_large_file_goes_the_direct_way(tmp_path: Path) -> None:
    """Above 32 MB the bytes go straight to storage, and arrive."""
    async with world(tmp_path) as made:
        size = 33 * 1024 * 1024
        ts = made.slack.post(ANA, GENERAL, f"<@{BOT}> A film", files=[picture(size=size)])
        await made.replies({"ts": ts}, lambda text: "video-v1.mp4" in text)
        [asset] = made.heygen.assets.values()
        assert (asset.size_bytes, asset.received) == (size, size)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([{"name": "notes.docx", "mimetype": "application/msword", "bytes": b"x"}], "only PNG, JPEG"),
        ([{"name": "<!channel>.exe", "mimetype": "", "bytes": b"x"}], "&lt;!channel&gt;.exe"),
        ([picture(f"{number}.png") for number in range(21)], "at most 20 files"),
        ([picture(), {"name": "notes.txt", "mimetype": "text/plain", "bytes": b"x"}], "*notes.txt*"),
    ],
    ids=["type", "markup", "count", "one of two"],
)
async def test_files_that_will_not_do_are_told_first(tmp_path: Path, files: list[dict[str, Any]], words: str) -> None:
    """Type and count are checked before anything is spent; the person alone is told which file and why."""
    async with world(tmp_path) as made:
        made.slack.post(ANA, GENERAL, f"<@{BOT}> A film", files=files)
        assert words in await told(made)
        await made.settled(quiet=0.15)
        assert await made.jobs() == []
        assert not {"create", "asset"} & {call.op for call in made.heygen.calls}
        assert ours(made.slack.messages(GENERAL)) == []


async def test_a_file_that_is_too_large_is_told_first(tmp_path: Path) -> None:
    """The size is read from Slack's own record, before a byte is moved."""
    async with world(tmp_path) as made:
        made.slack.post(ANA, GENERAL, f"<@{BOT}> A film", files=[picture("huge.png", 51 * 1024 * 1024)])
        assert "huge.png" in await told(made)
        await made.settled(quiet=0.15)
        assert await made.jobs() == []


async def test_files_of_a_reply_go_with_the_revision(tmp_path: Path) -> None:
    """A reply with words and a file makes v2 with that file."""
    async with world(tmp_path) as made:
        await made.video("A film")
        card = await made.card()
        await made.card_shows(card, "done")
        made.slack.post(ANA, GENERAL, "use our logo", thread_ts=card["ts"], files=[picture()])
        await made.replies(card, lambda text: "video-v2.mp4" in text)
        [sent] = [call.body for call in made.heygen.calls if call.op == "message"]
        assert sent["message"] == "use our logo"
        assert [one["asset_id"] for one in sent["files"]] == list(made.heygen.assets)


async def test_files_of_an_answer_go_with_it(tmp_path: Path) -> None:
    """A question answered by a reply with a file takes the file along."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(ask=["Do you have a logo?"])
        await made.video("A film")
        card = await made.card()
        await made.replies(card, lambda text: "have a logo" in text)
        made.slack.post(ANA, GENERAL, "here it is", thread_ts=card["ts"], files=[picture()])
        await made.card_shows(card, "done")
        [sent] = [call.body for call in made.heygen.calls if call.op == "message"]
        assert (sent["message"], len(sent["files"])) == ("here it is", 1)


async def test_a_wrong_file_in_a_reply_is_told(tmp_path: Path) -> None:
    """The reply makes no version, and the person is told in the thread, alone."""
    async with world(tmp_path) as made:
        await made.video("A film")
        card = await made.card()
        await made.card_shows(card, "done")
        wrong = {"name": "song.ogg", "mimetype": "audio/ogg", "bytes": b"x"}
        made.slack.post(BEN, GENERAL, "use this", thread_ts=card["ts"], files=[wrong])
        assert "song.ogg" in await told(made, by=BEN)
        [said] = made.slack.ephemerals(BEN)
        assert said["thread_ts"] == card["ts"]
        await made.settled()
        assert len(await made.jobs()) == 1


async def test_a_file_that_is_no_longer_there_fails_the_job_with_words(tmp_path: Path) -> None:
    """Deleted in Slack before it could be fetched: nothing is spent and the reason is said."""
    async with world(tmp_path) as made:
        made.slack.next("files.info", "error", error="file_deleted")
        ts = made.slack.post(ANA, GENERAL, f"<@{BOT}> A film", files=[picture()])
        await made.replies({"ts": ts}, lambda text: "could not be read from Slack" in text)
        await made.settled()
        assert made.creates() == 0


async def test_a_busy_slack_does_not_lose_a_file(tmp_path: Path) -> None:
    """A rate limit while a file is looked up is waited out; the file was not deleted."""
    async with world(tmp_path) as made:
        made.slack.next("files.info", "429", retry_after=1)
        ts = made.slack.post(ANA, GENERAL, f"<@{BOT}> A film", files=[picture()])
        await made.replies({"ts": ts}, lambda text: "video-v1.mp4" in text)
        assert len(created(made)["files"]) == 1


async def test_an_asset_call_that_failed_is_repeated_under_its_key(tmp_path: Path) -> None:
    """A lost answer to an upload makes no second asset: HeyGen knows the key."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("asset", "disconnect_after_commit")
        ts = made.slack.post(ANA, GENERAL, f"<@{BOT}> A film", files=[picture()])
        await made.replies({"ts": ts}, lambda text: "video-v1.mp4" in text)
        keys = {call.idempotency_key for call in made.heygen.calls if call.op == "asset"}
        assert len(keys) == 1
        assert None not in keys
        assert len(made.heygen.assets) == 1


async def test_a_missing_scope_for_files_is_said(tmp_path: Path) -> None:
    """Without files:read no file can be had: the requester learns which scope is missing, and nothing is spent."""
    async with world(tmp_path) as made:
        made.slack.set(scopes=[scope for scope in made.slack.temper.granted if scope != "files:read"])
        ts = made.slack.post(ANA, GENERAL, f"<@{BOT}> A film", files=[picture()])
        await made.replies({"ts": ts}, lambda text: "lacks the scope files:read" in text)
        await made.settled()
        assert made.creates() == 0


# From HeyGen into the thread


async def test_the_video_is_a_file_with_captions(tmp_path: Path) -> None:
    """Video and captions are shared in the thread as one message, byte by byte what HeyGen made."""
    async with world(tmp_path) as made:
        await made.video("A film")
        card = await made.card()
        [result] = await made.replies(card, lambda text: "video-v1.mp4" in text)
        assert [file["name"] for file in result["files"]] == ["video-v1.mp4", "captions-v1.srt"]
        film, captions = [made.slack.files[file["id"]].path.read_bytes() for file in result["files"]]
        assert film[4:8] == b"ftyp"
        assert b" --> " in captions
        assert result["thread_ts"] == card["ts"]
        text = await made.card_shows(card, "done")
        assert "local.slack.test/files" in text, "the card links to the file"
        no_link_that_runs_out(made)


@pytest.mark.parametrize(
    ("times", "names"),
    [(1, ["video-v1.mp4", "captions-v1.srt"]), pytest.param(3, ["video-v1.mp4"], marks=pytest.mark.slow)],
)
async def test_captions_are_tried_again_before_the_film_goes_without_them(
    tmp_path: Path, times: int, names: list[str]
) -> None:
    """HeyGen's storage was away for a moment: they used to be left out at its first error, for good."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("download", "status", status=503, times=times)
        await made.video("A film")
        [result] = await made.replies(await made.card(), lambda text: "video-v1.mp4" in text, timeout=30)
        assert [file["name"] for file in result["files"]] == names
        assert len(made.heygen.downloads) == times + len(names), "the film was brought once"


@pytest.mark.parametrize(
    ("uploads", "words"),
    [
        ("file_uploads_disabled", "File uploads are switched off"),
        ("too_large", "larger than this workspace allows"),
        (500_000, "larger than this workspace allows"),
        ("storage_limit_reached", "no file storage left"),
    ],
)
async def test_a_refused_upload_becomes_a_page_and_a_button(tmp_path: Path, uploads: str | int, words: str) -> None:
    """HeyGen's page and Get link, which gives each who clicks a fresh link, for them alone."""
    async with world(tmp_path) as made:
        made.slack.set(uploads=uploads)
        made.heygen.plan_next(video_bytes=1_000_000)
        await made.video("A film")
        card = await made.card()
        [result] = await made.replies(card, lambda text: "your video is ready" in text)
        assert words in shown(result)
        video = next(iter(made.heygen.videos.values()))
        assert f"/videos/{video.id}" in shown(result)
        assert "files" not in result or not result["files"]
        links = [await fresh_link(made, user, result) for user in (ANA, BEN)]
        assert all(PRESIGNED in link for link in links)
        no_link_that_runs_out(made)
        assert f"/videos/{video.id}" in await made.card_shows(card, "done")


async def fresh_link(made: World, user: str, result: dict[str, Any]) -> str:
    """What a click on Get link shows to this person."""
    seen = len(made.slack.ephemerals(user))

    def new(slack: LocalSlack) -> list[dict[str, Any]]:
        return slack.ephemerals(user)[seen:]

    assert (await made.slack.click(user, GENERAL, result["ts"], button(result, "get_link")["action_id"])).ok
    [answer] = await made.slack.wait_for(new)
    assert answer["thread_ts"] == result["thread_ts"]
    return shown(answer)


async def test_a_fresh_link_is_fetched_at_each_click(tmp_path: Path) -> None:
    """The second click asks HeyGen again: the first link may have run out."""
    async with world(tmp_path) as made:
        made.slack.set(uploads="file_uploads_disabled")
        await made.video("A film")
        card = await made.card()
        [result] = await made.replies(card, lambda text: "your video is ready" in text)
        await made.settled()
        made.heygen.forget_calls()
        first, second = [await fresh_link(made, ANA, result) for _ in range(2)]
        assert [call.op for call in made.heygen.calls] == ["video", "video"]
        assert first
        assert second


async def test_a_link_that_cannot_be_had_is_said(tmp_path: Path) -> None:
    """The video was deleted at HeyGen: the one who clicks is told so."""
    async with world(tmp_path) as made:
        made.slack.set(uploads="file_uploads_disabled")
        await made.video("A film")
        card = await made.card()
        [result] = await made.replies(card, lambda text: "your video is ready" in text)
        await made.settled()
        made.heygen.fail_next("video", "status", status=404, code="video_not_found")
        assert "no longer at HeyGen" in await fresh_link(made, ANA, result)


async def test_a_download_that_was_cut_is_begun_again(tmp_path: Path) -> None:
    """Half a file is no file: HeyGen is asked anew, and the thread gets one whole video."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(video_bytes=300_000)
        made.heygen.fail_next("download", "cut", times=4)  # the captions three times, then the film
        await made.video("A film")
        card = await made.card()
        [result] = await made.replies(card, lambda text: "video-v1.mp4" in text, timeout=40)
        assert made.slack.files[result["files"][0]["id"]].path.stat().st_size == 300_000
        await made.settled()
        assert len(with_files(made, card)) == 1


@pytest.mark.parametrize(("is_old_trouble", "said"), [(False, "video-v1.mp4"), (True, "could not be fetched")])
async def test_patience_with_a_file_begins_with_the_first_trouble(
    tmp_path: Path, is_old_trouble: bool, said: str
) -> None:
    """One that had waited behind hundreds of others used to be given up for the first hiccup of HeyGen's."""
    async with world(tmp_path) as made:
        made.heygen.fail_next("download", "status", status=503)
        await made.video("A film")
        card = await made.card()
        [job] = await made.jobs()
        lane, upload = f"{METHODS['upload', 'upload']}|{job.workspace_id}", keys.upload(job.id)
        await made.database.write(lambda tx: effects.pause_lane(tx, lane, time.time() + 600))
        while not await made.database.read(lambda tx: effects.is_open(tx, upload)):
            await made.card_shows(card, "HeyGen")
        since = time.time() - HEYGEN_FOR_SECONDS - 60
        evidence = {"troubled_at": since} if is_old_trouble else {}
        waited = {"patient_from": since, "evidence": evidence}
        await made.database.write(lambda tx: effects.change_effect(tx, upload, **waited))
        await made.database.write(lambda tx: tx.execute(update(lanes).where(lanes.c.key == lane).values(next_at=0.0)))
        await made.replies(card, lambda text: said in text, timeout=25)


async def test_an_upload_that_slack_drops_is_begun_again(tmp_path: Path) -> None:
    """Trouble on Slack's side of the transfer costs a repetition, not the file."""
    async with world(tmp_path) as made:
        made.slack.next("upload", "status", status=503)
        await made.video("A film")
        card = await made.card()
        await made.replies(card, lambda text: "video-v1.mp4" in text)
        await made.settled()
        assert len(with_files(made, card)) == 1


async def test_a_share_whose_answer_was_lost_is_not_repeated(tmp_path: Path) -> None:
    """The file's own record shows that it was shared: there is one message with it."""
    async with world(tmp_path) as made:
        made.slack.next("files.completeUploadExternal", "disconnect_after_commit")
        await made.video("A film")
        card = await made.card()
        await made.replies(card, lambda text: "video-v1.mp4" in text)
        await made.card_shows(card, "done")
        await made.settled()
        assert len(with_files(made, card)) == 1


async def test_storyboard_pictures_are_files(tmp_path: Path) -> None:
    """With --review the scenes come as pictures before the question, and no link to them stands anywhere."""
    async with world(tmp_path) as made:
        made.heygen.plan_next(review=True)
        await made.video("A film --review")
        card = await made.card()
        [question] = await made.replies(card, lambda text: "storyboard is ready" in text)
        [pictures] = await made.replies(card, lambda text: "storyboard-1.png" in text)
        assert float(pictures["ts"]) < float(question["ts"])
        assert {item["action_id"] for item in elements(question)} == {"approve", "change"}
        assert (await made.slack.click(ANA, GENERAL, question["ts"], "approve")).ok
        await made.card_shows(card, "done")
        no_link_that_runs_out(made)
