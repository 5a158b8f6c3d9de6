"""The control API of the local Slack: the same deeds and readings over HTTP, for a page or another process."""

import asyncio
import base64
import json
import signal
import sys
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from bot.playground.local_slack.server import LocalSlack
from tests.doubles.local_slack_apps import ANA, GENERAL, client_of, socket_app
from tests.front.stage import Lines


async def act(slack: LocalSlack, verb: str, **arguments: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{slack.url}/control/{verb}", json=arguments) as response,
    ):
        return response.status, await response.json()


async def read(slack: LocalSlack, what: str) -> Any:
    async with aiohttp.ClientSession() as session, session.get(f"{slack.url}/control/{what}") as response:
        return await response.json()


def answering(app: AsyncApp) -> None:
    @app.command("/video")
    async def video(ack: Any) -> None:
        await ack("fine")

    @app.event("message")
    async def message() -> None:
        pass


async def test_people_act_over_the_control_api() -> None:
    """A command and a post with a file do what the methods do, and answer the same."""
    async with socket_app(answering) as slack:
        status, ack = await act(slack, "command", user=ANA, channel=GENERAL, command="/video", text="x")
        assert (status, ack) == (200, {"status": 200, "body": {"text": "fine"}, "error": None})

        file = {"name": "a.txt", "mimetype": "text/plain", "base64": base64.b64encode(b"abc").decode()}
        _, posted = await act(slack, "post", user=ANA, channel=GENERAL, text="hello", files=[file])
        seen = await read(slack, f"messages?channel={GENERAL}&user={ANA}")
        assert [(m["text"], m.get("is_ephemeral")) for m in seen] == [("fine", True), ("hello", None)]
        assert seen[1]["ts"] == posted["result"]
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{slack.url}/control/files/{seen[1]['files'][0]['id']}") as response,
        ):
            assert await response.read() == b"abc"


async def test_what_cannot_be_done_is_explained() -> None:
    """A bad request names its fault and changes nothing."""
    async with LocalSlack() as slack:
        for verb, arguments in (
            ("post", {"user": ANA, "channel": "C0NOWHERE"}),
            ("post", {"user": "U0NOBODY", "channel": GENERAL}),
            ("post", {"wrong": 1}),
            ("set", {"latency": -1}),
            ("set", {"mood": "bad"}),
            ("next", {"method": "chat.postMessage", "do": "explode"}),
            ("next", {"method": "chat.postMessage", "do": "error", "loudly": True}),
            ("disconnect", {"reason": "whim"}),
        ):
            status, answer = await act(slack, verb, **arguments)
            assert (status, list(answer)) == (400, ["error"]), verb


async def test_calls_and_deliveries_can_be_read_and_forgotten() -> None:
    """Calls carry their arguments and outcome but no token; reset begins anew."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        await act(slack, "next", method="chat.postMessage", do="error", error="fatal_error")
        await act(slack, "set", scopes=["chat:write", "channels:history"], ack_seconds=0.01, retry_pace=10_000)
        await client.api_call("auth.test")
        await act(slack, "post", user=ANA, channel=GENERAL, text="hi")
        await slack.idle()

        calls = await read(slack, "calls")
        deliveries = await read(slack, "deliveries")
        assert [(c["method"], c["ok"]) for c in calls] == [("auth.test", True)]
        assert "xoxb" not in json.dumps(calls)
        assert (deliveries[0]["payload"]["event"]["text"], deliveries[0]["outcome"]) == ("hi", "lost")
        assert await read(slack, f"calls?since={calls[-1]['seq']}") == []
        await client.api_call("auth.test")
        assert [call["seq"] > calls[-1]["seq"] for call in await read(slack, "calls?last=1")] == [True]

        await act(slack, "reset")
        state = await read(slack, "state")
        assert (await read(slack, "calls"), await read(slack, f"messages?channel={GENERAL}")) == ([], [])
        assert state["settings"]["ack_seconds"] == 3.0
        assert {c["id"] for c in state["channels"]} >= {GENERAL, "C0OPEN", "C0PRIVATE", "C0ARCHIVE", "D0OTHERS"}
        assert (await client.chat_postMessage(channel=GENERAL, text="works again"))["ok"]


async def test_the_stream_tells_what_happens() -> None:
    """Server-sent events carry calls and messages as they come."""
    async with (
        LocalSlack() as slack,
        aiohttp.ClientSession() as session,
        session.get(f"{slack.url}/control/stream") as stream,
    ):
        assert await stream.content.readline() == b": listening\n"
        await client_of(slack).chat_postMessage(channel=GENERAL, text="x")

        kinds: set[str] = set()
        async with asyncio.timeout(5):
            while not {"call", "message"} <= kinds:
                line = await stream.content.readline()
                if line.startswith(b"data: "):
                    kinds.add(json.loads(line.removeprefix(b"data: "))["kind"])


async def test_the_record_shows_what_was_said_both_ways() -> None:
    """Calls carry their answers and deliveries the app's; what opens something by itself is left out of both."""
    async with socket_app(answering) as slack:
        await act(slack, "command", user=ANA, channel=GENERAL, command="/video", text="x")
        await client_of(slack).chat_postMessage(channel=GENERAL, text="hello")
        await act(slack, "next", method="chat.postMessage", do="error", error="fatal_error")
        with pytest.raises(SlackApiError):
            await client_of(slack).chat_postMessage(channel=GENERAL, text="again")

        calls = await read(slack, "calls")
        opened = next(call for call in calls if call["method"] == "apps.connections.open")
        assert "ticket=(secret)" in opened["answer"]["url"]
        posted, refused = (call["answer"] for call in calls if call["method"] == "chat.postMessage")
        assert (posted["ok"], posted["message"]["text"]) == (True, "hello")
        assert refused == {"ok": False, "error": "fatal_error"}
        [command] = await read(slack, "deliveries?kind=slash_commands")
        assert (command["outcome"], command["body"]) == ("acked", {"text": "fine"})
        assert (command["payload"]["text"], command["payload"]["response_url"]) == ("x", "(secret)")
        assert slack.deliveries("slash_commands")[0].payload["response_url"].startswith("http")


async def test_the_stream_tells_a_message_whole() -> None:
    """A reply comes with its root's new counts, a message for one person with its person, a deleted one as gone."""
    async with (
        socket_app(answering) as slack,
        aiohttp.ClientSession() as session,
        session.get(f"{slack.url}/control/stream") as stream,
    ):
        lines = Lines(stream.content)
        root = slack.post(ANA, GENERAL, "root")
        reply = slack.post(ANA, GENERAL, "reply", thread_ts=root)
        told = await lines.until(lambda line: line.get("ts") == reply)
        assert (told["message"]["text"], told["thread_ts"], told["root"]["reply_count"]) == ("reply", root, 1)
        slack.delete_message(ANA, GENERAL, reply)
        told = await lines.until(lambda line: line.get("change") == "deleted")
        assert (told["ts"], told["message"]) == (reply, None)

        await act(slack, "command", user=ANA, channel=GENERAL, command="/video", text="x")
        told = await lines.until(lambda line: line.get("ephemeral_to"))
        assert (told["ephemeral_to"], told["message"]["text"], told["message"]["is_ephemeral"]) == (ANA, "fine", True)
        deliveries = [line["delivery"] for line in lines.read if line["kind"] == "delivery"]
        assert [one["outcome"] for one in deliveries if one["kind"] == "slash_commands"] == ["open", "acked"]


async def test_it_runs_as_a_program_and_stops_on_sigterm() -> None:
    """The command line prints where it listens and ends cleanly."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.playground.local_slack", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout is not None
    try:
        async with asyncio.timeout(20):
            url = (await program.stdout.readline()).decode().split()[-1]
            async with aiohttp.ClientSession() as session, session.get(f"{url}/control/calls") as response:
                assert await response.json() == []
            program.send_signal(signal.SIGTERM)
            assert await program.wait() == 0
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()


async def test_the_double_imports_nothing_of_the_app_nor_of_slack() -> None:
    """It keeps a truth of its own: neither our packages nor Slack's are loaded with it."""
    code = (
        "import sys, bot.playground.local_slack.__main__\n"
        "foreign = ('slack_sdk', 'slack_bolt', 'handlers', 'storage', 'bot.jobs', 'bot.heygen', 'bot.config')\n"
        "print([name for name in sys.modules if name.startswith(foreign)])"
    )
    program = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    printed, _ = await program.communicate()
    assert (program.returncode, printed.strip()) == (0, b"[]")
