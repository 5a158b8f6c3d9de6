"""Files in the local Slack: the three-call upload, sharing that comes later, private addresses."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.playground.local_slack.server import LocalSlack
from tests.doubles.local_slack_apps import ANA, GENERAL, client_of

BEARER = {"Authorization": "Bearer xoxb-local"}


async def upload(slack: LocalSlack, name: str, content: bytes) -> str:
    """The first two calls; the id of the file."""
    begun = await client_of(slack).files_getUploadURLExternal(filename=name, length=len(content))
    async with aiohttp.ClientSession() as session, session.post(begun["upload_url"], data=content) as response:
        assert (response.status, await response.text()) == (200, f"OK - {len(content)}")
    return str(begun["file_id"])


async def test_files_of_one_call_share_one_message_later() -> None:
    """The answer knows no shares yet; after a while one message holds all the files, in the thread."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        root = slack.post(ANA, GENERAL, "root")
        ids = [await upload(slack, name, b"bytes") for name in ("v1.mp4", "v1.srt")]

        done = await client.files_completeUploadExternal(
            files=[{"id": id_, "title": f"title {id_}"} for id_ in ids],
            channel_id=GENERAL,
            thread_ts=root,
            initial_comment="here you are",
        )
        assert [file["shares"] for file in done["files"]] == [{}, {}]
        assert len(slack.thread(GENERAL, root)) == 1

        message = await slack.wait_for(lambda s: s.thread(GENERAL, root)[1:])
        assert message[0]["text"] == "here you are"
        assert [file["id"] for file in message[0]["files"]] == ids
        info = (await client.files_info(file=ids[0]))["file"]
        assert info["shares"]["public"][GENERAL][0] == {
            "ts": message[0]["ts"],
            "thread_ts": root,
            "reply_users": [],
            "reply_count": 0,
        }
        assert (info["mimetype"], info["title"]) == ("video/mp4", f"title {ids[0]}")
        assert slack.files[ids[0]].path.read_bytes() == b"bytes"


async def test_the_sdk_uploads_in_one_go() -> None:
    """The SDK's own helper finds everything it needs."""
    async with LocalSlack() as slack:
        slack.set(share_delay=0.01)
        await client_of(slack).files_upload_v2(content=b"hello", filename="note.txt", channel=GENERAL)

        shown = await slack.wait_for(lambda s: s.messages(GENERAL))
        assert shown[0]["files"][0]["name"] == "note.txt"


async def test_an_upload_must_be_complete() -> None:
    """Other lengths than announced are refused, and a file without its bytes is not found."""
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        client = client_of(slack)
        begun = await client.files_getUploadURLExternal(filename="a.mp4", length=10)
        async with session.post(begun["upload_url"], data=b"short") as response:
            assert response.status == 400

        with pytest.raises(SlackApiError, match="file_not_found"):
            await client.files_completeUploadExternal(files=[{"id": begun["file_id"]}], channel_id=GENERAL)


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("file_uploads_disabled", "file_uploads_disabled"),
        ("too_large", "file_upload_size_restricted"),
        (100, "file_upload_size_restricted"),
    ],
)
async def test_uploads_can_be_forbidden_or_bounded(rule: Any, word: str) -> None:
    """What an admin forbids is refused at the first call."""
    async with LocalSlack() as slack:
        slack.set(uploads=rule)

        with pytest.raises(SlackApiError, match=word):
            await client_of(slack).files_getUploadURLExternal(filename="a.mp4", length=101)


async def test_files_go_only_where_the_app_is() -> None:
    """Completion needs membership and a channel that exists."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        file_id = await upload(slack, "a.mp4", b"x")
        for channel, word in (("C0OPEN", "not_in_channel"), ("C0NOWHERE", "invalid_channel")):
            with pytest.raises(SlackApiError, match=word):
                await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=channel)


async def test_an_upload_whose_answer_is_lost_can_still_be_completed() -> None:
    """The bytes arrived although nobody said so."""
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        client = client_of(slack)
        begun = await client.files_getUploadURLExternal(filename="a.mp4", length=1)
        slack.next("upload", "disconnect_after_commit")
        with pytest.raises(aiohttp.ClientError):
            await session.post(begun["upload_url"], data=b"x")

        done = await client.files_completeUploadExternal(files=[{"id": begun["file_id"]}], channel_id=GENERAL)
        assert done["ok"]


async def test_private_addresses_want_the_token() -> None:
    """With the token come the bytes, without it the login page, as HTML; the record has both."""
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        files = [{"name": "my script.txt", "mimetype": "text/plain", "bytes": b"once upon"}]
        ts = slack.post(ANA, GENERAL, "use this", files=files)
        message = slack.message(GENERAL, ts)
        assert message is not None
        file = message["files"][0]

        async with session.get(file["url_private_download"], headers=BEARER) as response:
            assert (response.content_type, await response.read()) == ("text/plain", b"once upon")
        async with session.get(file["url_private"]) as response:
            assert (response.status, response.content_type) == (200, "text/html")
            assert response.history[0].status == 302
        assert [call.error for call in slack.calls("download")] == [None, "login_page"]
        assert (message["subtype"], file["shares"]["public"][GENERAL][0]["ts"]) == ("file_share", ts)


async def test_a_deleted_file_is_gone() -> None:
    """Only its tombstone is left, and the message shows it no more."""
    async with LocalSlack() as slack:
        slack.set(share_delay=0.01)
        client = client_of(slack)
        file_id = await upload(slack, "a.mp4", b"x")
        await client.files_completeUploadExternal(files=[{"id": file_id}], channel_id=GENERAL)
        await slack.wait_for(lambda s: s.messages(GENERAL))

        await client.files_delete(file=file_id)

        with pytest.raises(SlackApiError, match="file_deleted"):
            await client.files_info(file=file_id)
        assert "files" not in slack.messages(GENERAL)[0]
