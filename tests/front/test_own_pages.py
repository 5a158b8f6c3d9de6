"""Strangers are kept out of every server of the playground."""

from pathlib import Path

import pytest

from bot.playground.own_pages import refusal
from tests.front.stage import stage

STRANGERS = [
    {"Host": "evil.test"},
    {"Host": "127.0.0.1:1"},
    {"Host": "127.0.0.1.evil.test"},
    {"Origin": "http://evil.test"},
    {"Origin": "null"},
    {"Origin": "https://127.0.0.1"},
]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8700", None),
        ("LOCALHOST:8700", None),
        ("127.0.0.1:8700", "http://127.0.0.1:8700"),
        ("localhost:8700", "http://localhost:8700"),
    ],
)
def test_this_machine_and_own_pages_are_let_in(host: str, origin: str | None) -> None:
    """A terminal sends no origin; a page of the server names the server itself."""
    assert refusal(host, origin, port=8700) is None


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("", None),
        ("127.0.0.1", None),
        ("127.0.0.1:8701", None),
        ("evil.test:8700", "http://evil.test:8700"),
        ("127.0.0.1:8700", "http://localhost:8700"),
        ("127.0.0.1:8700", "http://127.0.0.1:8701"),
        ("127.0.0.1:8700", ""),
    ],
)
def test_everybody_else_is_refused(host: str, origin: str | None) -> None:
    """Another name for this machine, another port's page and an origin without a name are strangers."""
    assert refusal(host, origin, port=8700)


def test_port_80_may_go_without_saying() -> None:
    """Browsers leave it out of Host and Origin."""
    assert refusal("localhost", "http://localhost", port=80) is None


@pytest.mark.parametrize("headers", STRANGERS, ids=str)
async def test_every_server_refuses_strangers(tmp_path: Path, headers: dict[str, str]) -> None:
    """The page's server and both control APIs answer 403, for readings, deeds and the page alike."""
    async with stage(tmp_path) as played:
        front, slack, heygen = played.front.url, played.slack.url, played.heygen.url
        for method, url in (
            ("GET", f"{front}/"),
            ("GET", f"{front}/live"),
            ("POST", f"{front}/app/crash"),
            ("POST", f"{front}/slack/reset"),
            ("GET", f"{slack}/control/state"),
            ("POST", f"{slack}/control/reset"),
            ("GET", f"{heygen}/control/stream"),
            ("POST", f"{heygen}/control/reset"),
        ):
            async with played.http.request(method, url, headers=headers) as answer:
                assert (url, answer.status) == (url, 403)
        assert played.app.orders == []
