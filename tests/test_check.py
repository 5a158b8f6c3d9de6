"""`heygen-slack check` against the doubles, over real sockets: what is good, and the cure of each thing that is not."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.check import run_checks
from bot.config import load_settings
from bot.playground.local_heygen.server import LocalHeyGen
from bot.playground.local_slack.server import LocalSlack
from tests.journeys.world import doubles, settings_for, world
from tests.ports import free_port

BOT_SECRET = "xoxb-not-this-one"
HEYGEN_SECRET = "not-this-key-either"
SUBJECTS = [
    "configuration", "packages", "slack token", "slack scopes", "socket mode", "heygen key", "heygen balance",
    "database", "public url", "clock",
]  # fmt: skip

Lines = dict[str, tuple[bool, str]]


class Bench:
    """Both doubles, and the command tried on them."""

    def __init__(self, folder: Path, port: int, slack: LocalSlack, heygen: LocalHeyGen, *, http: bool) -> None:
        self.slack, self.heygen, self.port = slack, heygen, port
        self._environment = settings_for(folder, slack, heygen, port, http=http, webhooks=False)

    async def check(
        self, more: dict[str, str] | None = None, *, clock: Callable[[], float] = time.time
    ) -> tuple[bool, Lines]:
        """Whether all is well, and each line by its subject."""
        said: list[str] = []
        settings = load_settings(None, self._environment | (more or {}))
        good = await run_checks(settings, say=said.append, clock=clock)
        return good, {line[6:20].strip(): (line.startswith("ok "), line[21:]) for line in said}


@asynccontextmanager
async def bench(folder: Path, *, http: bool = False) -> AsyncIterator[Bench]:
    port = free_port()
    async with doubles(folder, port, http=http, webhooks=False, media=False) as (slack, heygen):
        yield Bench(folder, port, slack, heygen, http=http)


async def test_a_collector_is_tried_where_one_is_set(tmp_path: Path) -> None:
    """Whoever answers there will do; nobody there is a line with the cure."""
    async with bench(tmp_path) as made:
        there, found = await made.check({"OTEL_EXPORTER_OTLP_ENDPOINT": made.heygen.url})
        nowhere, missed = await made.check({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})

    assert there
    assert list(found) == [*SUBJECTS, "traces"]
    assert not nowhere
    assert not missed["traces"][0]
    assert missed["traces"][1].endswith("start the collector there")


async def test_all_good(tmp_path: Path) -> None:
    """With everything in place each subject has one good line, and the verdict is good."""
    async with bench(tmp_path) as made:
        good, lines = await made.check()

    assert good
    assert list(lines) == SUBJECTS
    assert all(fine for fine, _ in lines.values())
    assert lines["slack scopes"][1] == "all 15 of the manifest"


async def test_http_mode_needs_no_socket(tmp_path: Path) -> None:
    """In HTTP mode no Socket Mode connection is asked for."""
    async with bench(tmp_path, http=True) as made:
        good, lines = await made.check()
        assert made.slack.calls("apps.connections.open") == []

    assert good
    assert "socket mode" not in lines
    assert "HTTP mode" in lines["configuration"][1]


async def test_checking_spends_and_posts_nothing(tmp_path: Path) -> None:
    """Slack is only asked who we are and for a connection, HeyGen only for the account."""
    async with bench(tmp_path) as made:
        await made.check()

        assert {call.method for call in made.slack.calls()} == {"auth.test", "apps.connections.open", "api.test"}
        assert [call.op for call in made.heygen.calls] == ["account"]


@pytest.mark.parametrize(
    ("more", "subject", "words"),
    [
        ({"SLACK_BOT_TOKEN": BOT_SECRET}, "slack token", "invalid_auth: copy the Bot User OAuth Token"),
        ({"SLACK_APP_TOKEN": "xapp-not-this-one"}, "socket mode", "invalid_auth: make an app-level token"),
        ({"HEYGEN_API_KEY": HEYGEN_SECRET}, "heygen key", "rejected: copy a key again"),
        ({"SLACK_API_URL": "http://127.0.0.1:9/api/"}, "slack token", "cannot be reached"),
        ({"HEYGEN_API_URL": "http://127.0.0.1:9"}, "heygen key", "check the network and HEYGEN_API_URL"),
        ({"DATABASE_URL": "sqlite:////nowhere/at/all.db"}, "database", "does not exist"),
        ({"PUBLIC_URL": "http://127.0.0.1:9"}, "public url", "cannot be reached"),
    ],
    ids=["bot token", "app token", "heygen key", "no slack", "no heygen", "database", "public url"],
)
async def test_what_is_wrong_has_its_cure(tmp_path: Path, more: dict[str, str], subject: str, words: str) -> None:
    """One wrong value fails one line, which says what to do; the rest is still tried, and no secret is shown."""
    async with bench(tmp_path) as made:
        good, lines = await made.check(more)

    assert not good
    assert not lines[subject][0]
    assert words in lines[subject][1]
    assert lines["heygen key" if subject != "heygen key" else "slack token"][0]
    assert "clock" in lines
    assert BOT_SECRET not in str(lines)
    assert HEYGEN_SECRET not in str(lines)


async def test_missing_scopes_are_named(tmp_path: Path) -> None:
    """The scopes that were not granted are listed, and only those."""
    async with bench(tmp_path) as made:
        made.slack.set(scopes=made.slack.temper.scopes.replace("files:write,", "").replace("commands,", ""))
        good, lines = await made.check()

    assert not good
    assert lines["slack scopes"][1].startswith("missing commands, files:write: update the Slack app")
    assert lines["socket mode"][0]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "(forbidden: Ordered by the control API): see in your HeyGen settings what the account and this key may"),
        (429, "(rate_limit_exceeded: Ordered by the control API): wait a minute and check again"),
    ],
)
async def test_a_heygen_that_answers_is_not_looked_for_in_the_network(tmp_path: Path, status: int, words: str) -> None:
    """A refusal and a rest asked for come from HeyGen itself; both used to get the cure of one that is not there."""
    async with bench(tmp_path) as made:
        made.heygen.fail_next("account", "status", status=status)
        good, lines = await made.check()

    assert not good
    assert not lines["heygen key"][0]
    assert words in lines["heygen key"][1]
    assert "network" not in lines["heygen key"][1]


async def test_an_empty_wallet_is_told(tmp_path: Path) -> None:
    """A wallet with nothing in it fails the check, and says where to fill it."""
    async with bench(tmp_path) as made:
        made.heygen.set(wallet=0.0)
        good, lines = await made.check()

    assert not good
    assert lines["heygen key"][0]
    assert lines["heygen balance"] == (False, "Wallet 0.00 usd: add credit to the API wallet at HeyGen")


async def test_a_wrong_clock_is_told(tmp_path: Path) -> None:
    """A clock ten minutes off fails the check, for signatures would be refused."""
    async with bench(tmp_path) as made:
        good, lines = await made.check(clock=lambda: time.time() + 600)

    assert not good
    assert "apart from Slack's: set this machine's clock" in lines["clock"][1]


async def test_garbage_is_no_database(tmp_path: Path) -> None:
    """A file that is no database, or one of a release too new for us, is named as such."""
    (tmp_path / "garbage.db").write_bytes(b"certainly not SQLite " * 100)
    async with bench(tmp_path) as made:
        good, lines = await made.check({"DATABASE_URL": f"sqlite:///{tmp_path}/garbage.db"})

    assert not good
    assert "file is not a database" in lines["database"][1]


async def test_the_public_url_is_followed_to_our_port(tmp_path: Path) -> None:
    """Before the program runs, check listens itself: an address that leads to our port is good, another is not."""
    async with bench(tmp_path) as made, answering(json.dumps({"hello": "world"})) as stranger:
        good, lines = await made.check({"PUBLIC_URL": f"http://127.0.0.1:{made.port}"})
        strange, others = await made.check({"PUBLIC_URL": stranger})

    assert good
    assert lines["public url"] == (True, f"http://127.0.0.1:{made.port} leads here")
    assert not strange
    assert "it is not heygen-slack" in others["public url"][1]


async def test_check_works_beside_the_running_program(tmp_path: Path) -> None:
    """While the program runs, check finds it at the public address and disturbs nothing."""
    async with world(tmp_path) as made:
        said: list[str] = []
        address = f"http://127.0.0.1:{made.port}"
        settings = made.settings.model_copy(update={"public_url": address})
        assert await run_checks(settings, say=said.append)

    assert any(line.startswith("ok ") and f"{address} leads to a running heygen-slack" in line for line in said)


@pytest.mark.slow
async def test_a_page_in_place_of_slack_is_no_crash(tmp_path: Path) -> None:
    """A proxy's HTML page where Slack or HeyGen should be fails its line like any other wrong answer."""
    async with bench(tmp_path) as made, answering("<html>Welcome</html>", "text/html") as page:
        good, lines = await made.check({"SLACK_API_URL": f"{page}/", "HEYGEN_API_URL": page})

    assert not good
    assert not lines["slack token"][0]
    assert not lines["heygen key"][0]


@asynccontextmanager
async def answering(text: str, content_type: str = "application/json") -> AsyncIterator[str]:
    """A server that says the same to everything."""

    async def say_it(_request: web.Request) -> web.Response:
        return web.Response(text=text, content_type=content_type)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", say_it)
    runner: Any = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
