"""What the browser gets from the page's server: the page, both doubles, the program and the live stream."""

import asyncio
import base64
import io
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.manifest import manifest
from bot.playground.front.server import Front
from tests.front.stage import ANA, GENERAL, SECONDS, Stage, stage

LIVE_SECONDS = 0.1  # from an event to the browser, as promised
TRIES = 5
MANY = 6_000_000  # bytes
LONG = "a long text " * 20_000  # one line of the stream, longer than a reader's usual limit


@pytest.fixture
async def played(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as begun:
        yield begun


def is_watched(played: Stage) -> bool:
    return played.app.news.is_watched


async def test_a_page_that_is_not_built_says_how_to_build_it(played: Stage) -> None:
    """Without a built page the answer names the command that builds it."""
    status, body, headers = await played.ask("GET", "/")

    assert status == 503
    assert b"<code>make page</code>" in body
    assert headers["Content-Type"].startswith("text/html")


async def test_the_built_page_is_served_as_it_stands(played: Stage, tmp_path: Path) -> None:
    """The page is asked for anew each time, its hashed assets are kept for good, the licences are beside it."""
    (tmp_path / "built" / "assets").mkdir(parents=True)
    for name in ("index.html", "LICENSES.txt", "assets/index-1a2b.js"):
        (tmp_path / "built" / name).write_text(f"this is {name}", encoding="utf-8")

    status, body, headers = await played.ask("GET", "/")
    assert (status, body, headers["Cache-Control"]) == (200, b"this is index.html", "no-cache")
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    status, body, headers = await played.ask("GET", "/assets/index-1a2b.js")
    assert (status, body) == (200, b"this is assets/index-1a2b.js")
    assert "immutable" in headers["Cache-Control"]
    assert "javascript" in headers["Content-Type"]
    assert (await played.ask("GET", "/LICENSES.txt"))[1] == b"this is LICENSES.txt"


@pytest.mark.parametrize("path", ["/nothing.txt", "/assets/nothing.js", "/..%2Fapp.log", "/assets/..%2F..%2Fapp.log"])
async def test_nothing_but_the_built_page_is_served(played: Stage, tmp_path: Path, path: str) -> None:
    """A name that is not there, or leads out of the folder, is not found."""
    (tmp_path / "built" / "assets").mkdir(parents=True)
    (tmp_path / "app.log").write_text("words", encoding="utf-8")

    assert (await played.ask("GET", path))[0] == 404


async def test_deeds_and_readings_reach_both_doubles(played: Stage) -> None:
    """What the page asks of /slack and /heygen is done by their control APIs, refusals included."""
    deed = {"user": ANA, "channel": GENERAL, "text": "hello"}
    assert (await played.ask("POST", "/slack/post", json=deed))[0] == 200
    status, seen, _ = await played.ask("GET", "/slack/messages", params={"channel": GENERAL, "user": ANA})
    assert status == 200
    assert b'"text": "hello"' in seen
    assert (await played.ask("POST", "/heygen/set", json={"wallet": 3.5}))[0] == 200
    assert played.heygen.settings.wallet == 3.5
    assert (await played.ask("DELETE", "/slack/calls"))[0] == 200

    status, body, _ = await played.ask("POST", "/slack/post", json={**deed, "user": "U0NOBODY"})
    assert status == 400
    assert b"nobody here has the id" in body


@pytest.mark.parametrize(
    "path", ["/slack/..%2Fapi%2Fauth.test", "/slack/%2E%2E/login", "/heygen/..%2Fv3%2Fvoices", "/slack/a//b"]
)
async def test_only_the_control_apis_are_reached(played: Stage, path: str) -> None:
    """A path that leads out of the control API is not found, and neither is a method that it does not have."""
    assert (await played.ask("GET", path))[0] == 404
    assert (await played.ask("PUT", "/slack/post"))[0] == 404


async def test_files_come_in_ranges_and_stay_harmless(played: Stage) -> None:
    """A player may seek; what somebody uploaded is never run as a page of this server."""
    file = {"name": "page.html", "mimetype": "text/html", "bytes": b"<script>alert(1)</script>"}
    ts = played.slack.post(ANA, GENERAL, files=[file])
    message = played.slack.message(GENERAL, ts)
    assert message is not None
    path = f"/slack/files/{message['files'][0]['id']}"

    status, body, headers = await played.ask("GET", path, headers={"Range": "bytes=8-12"})
    assert (status, body, headers["Content-Range"]) == (206, b"alert"[:5], "bytes 8-12/25")
    assert headers["Content-Security-Policy"] == "sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    status, body, headers = await played.ask("HEAD", path)
    assert (status, body, headers["Content-Length"]) == (200, b"", "25")


async def test_a_file_of_some_megabytes_can_be_attached(played: Stage) -> None:
    """What a person attaches is handed on as it comes, and is not held to the size of a Web API call."""
    large = {"name": "a.bin", "mimetype": "application/octet-stream", "base64": base64.b64encode(bytes(MANY)).decode()}
    deed = io.BytesIO(json.dumps({"user": ANA, "channel": GENERAL, "files": [large]}).encode())

    assert (await played.ask("POST", "/slack/post", data=deed))[0] == 200
    assert played.slack.messages(GENERAL)[0]["files"][0]["size"] == MANY


async def test_a_double_that_is_gone_is_a_sentence(played: Stage) -> None:
    """Without the local HeyGen its part answers 502 with the reason, and the live stream 503."""
    await played.heygen.close()
    await played.heygen.start(port=0)  # elsewhere; closed at the end of the test

    status, body, _ = await played.ask("GET", "/heygen/state")
    assert (status, b"does not answer" in body) == (502, True)
    assert (await played.ask("GET", "/live"))[0] == 503


async def test_a_taken_port_leaves_nothing_open(played: Stage, tmp_path: Path) -> None:
    """A second server on the same port cannot begin; the first one goes on."""
    port = int(played.front.url.rpartition(":")[2])
    second = Front(slack="", heygen="", app=played.app, log=tmp_path / "app.log", port=port)

    with pytest.raises(OSError, match="Address already in use"):
        await second.__aenter__()
    assert (await played.ask("GET", "/app"))[0] == 200


async def test_the_manifest_is_the_shipped_one(played: Stage) -> None:
    """The page learns the commands with their help, and the tabs, from the manifest."""
    async with played.http.get(f"{played.front.url}/manifest") as answer:
        told = await answer.json()

    assert told["commands"] == manifest()["features"]["slash_commands"]
    assert told["home"] is manifest()["features"]["app_home"]["home_tab_enabled"]
    assert told["messages"] is True
    assert told["bot"] == "heygen"


async def test_orders_reach_the_program(played: Stage) -> None:
    """Each order is given once and answered with the program's state; what is no order is refused."""
    for order in ("crash", "restart", "stop", "start"):
        assert (await played.ask("POST", f"/app/{order}"))[0] == 200
    status, body, _ = await played.ask("POST", "/app/mode", json={"mode": "http"})

    assert (status, b'"pid": 1' in body) == (200, True)
    assert played.app.orders == ["crash", "restart", "stop", "start", "switch to http"]
    assert (await played.ask("GET", "/app"))[0] == 200
    assert (await played.ask("POST", "/app/explode"))[0] == 404
    for wrong in ({"mode": "pigeon"}, {}, ["http"]):
        assert (await played.ask("POST", "/app/mode", json=wrong))[0] == 400
    assert (await played.ask("POST", "/app/mode", data=b"{"))[0] == 400


async def test_one_stream_tells_of_all_three(played: Stage, tmp_path: Path) -> None:
    """A message, a setting of HeyGen, a state and a whole log line of the program arrive, each with its sender."""
    (tmp_path / "app.log").write_text("before\n", encoding="utf-8")
    async with played.live() as lines:
        played.slack.post(ANA, GENERAL, "hello")
        posted = await lines.until(lambda line: line["kind"] == "message")
        assert (posted["from"], posted["message"]["text"], posted["root"]) == ("slack", "hello", None)
        played.heygen.set(wallet=1.0)
        assert (await lines.until(lambda line: line["from"] == "heygen"))["settings"]["wallet"] == 1.0
        played.app.news.tell("state", played.app.as_json())
        assert (await lines.until(lambda line: line["from"] == "app"))["pid"] == 1
        with (tmp_path / "app.log").open("a", encoding="utf-8") as log:
            log.write("a whole line\nhalf of")
        assert (await lines.until(lambda line: line["kind"] == "log"))["line"] == "a whole line"


async def test_the_stream_is_quick(played: Stage) -> None:
    """From an event to the browser it takes less than 100 ms."""
    took = []
    async with played.live() as lines:
        for _ in range(TRIES):
            began = time.perf_counter()
            played.slack.post(ANA, GENERAL, "now")
            await lines.until(lambda line: line["kind"] == "message")
            took.append(time.perf_counter() - began)

    assert min(took) < LIVE_SECONDS, took


async def test_long_lines_arrive_whole(played: Stage) -> None:
    """A message of some hundred kilobytes does not end the stream."""
    async with played.live() as lines:
        played.slack.post(ANA, GENERAL, LONG)
        told = await lines.until(lambda line: line["kind"] == "message")

    assert told["message"]["text"] == LONG


async def test_the_page_may_leave_and_come_again(played: Stage) -> None:
    """A browser that went away is forgotten at the next thing that happens."""
    async with played.live():
        assert is_watched(played)
    async with asyncio.timeout(SECONDS):
        while is_watched(played):
            played.slack.post(ANA, GENERAL, "is anybody there?")
            await asyncio.sleep(0)
    async with played.live() as lines:
        played.slack.post(ANA, GENERAL, "again")
        assert (await lines.until(lambda line: line["kind"] == "message"))["message"]["text"] == "again"
