"""compose.yaml: two replicas, PostgreSQL and a proxy, told apart from what the program really has."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web

from bot.app import DRAIN_SECONDS, ROUND_SECONDS
from bot.app.doors import SITE_CLOSE_SECONDS
from bot.config import Settings, load_settings
from bot.jobs.storing import GOODBYE_SECONDS
from bot.seeing import traces
from bot.web import HeyGenEvents, make_web
from handlers import socket_line
from storage.database import parsed, postgres
from tests.test_packaging import PROJECT

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
REPLICAS = {name: service for name, service in SERVICES.items() if "build" in service}
CADDYFILE: str = COMPOSE["configs"]["caddyfile"]["content"]
INSIDE = {"/metrics", "/readyz"}  # for those who look after the program
FILLED_IN = {"POSTGRES_PASSWORD": "0123abcd", "PUBLIC_URL": "https://videos.example.com"}


def filled_in(text: str) -> str:
    """As Compose puts values in the places of their names."""
    return re.sub(r"\$\{(\w+)[^}]*\}", lambda found: FILLED_IN[found[1]], text)


def paths_of_the_port() -> set[str]:
    """Every path that the program answers in HTTP mode."""

    async def nothing(*_: object) -> Any:
        return None

    events = HeyGenEvents(None, secrets=(), clock=lambda: 0.0)  # type: ignore[arg-type]  # nobody calls it
    application: web.Application = make_web(events, slack=nothing, readiness=nothing, metrics=nothing)
    return {resource.canonical for resource in application.router.resources()}


def test_there_are_two_replicas_of_this_release() -> None:
    """They differ in nothing but their names, and their image is named after the release."""
    first, second = REPLICAS.values()

    assert first == second
    assert first["image"] == f"heygen-slack:{PROJECT['version']}"
    assert first["restart"] == "unless-stopped"


def test_replicas_get_settings_that_exist_and_work() -> None:
    """What compose.yaml sets is known to the program, and makes it listen where the proxy looks for it."""
    for replica in REPLICAS.values():
        given = {name: filled_in(value) for name, value in replica["environment"].items()}
        secrets = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "0123abcd", "HEYGEN_API_KEY": "key"}
        settings = load_settings(None, {**secrets, **given})

        assert {name.lower() for name in given} <= set(Settings.model_fields)
        assert (settings.host, settings.port) == ("0.0.0.0", 3000)
        assert settings.database_url == given["DATABASE_URL"]
        assert replica["env_file"] == ".env"


def test_the_database_is_the_one_beside_them() -> None:
    """Host, user, name and password of the URL are those that PostgreSQL is made with; replicas wait for it."""
    for replica in REPLICAS.values():
        url = parsed(filled_in(replica["environment"]["DATABASE_URL"]))
        server = SERVICES[url.host or ""]
        made = {name: filled_in(value) for name, value in server["environment"].items()}

        assert (url.username, url.database) == (made["POSTGRES_USER"], made["POSTGRES_DB"])
        assert url.password == made["POSTGRES_PASSWORD"]
        assert replica["depends_on"] == {url.host: {"condition": "service_healthy"}}
        assert "pg_isready" in server["healthcheck"]["test"]


def test_the_proxy_passes_on_what_is_for_others_and_nothing_else() -> None:
    """All that Slack and HeyGen call, and the health; neither /metrics nor /readyz."""
    [line] = re.findall(r"@ours path (.+)", CADDYFILE)
    ours = {re.sub(r"\{\w+\}", "*", path) for path in paths_of_the_port()}

    assert set(line.split()) == ours - INSIDE
    assert ours >= INSIDE
    assert "health_uri /healthz" in CADDYFILE
    assert re.search(r"handle \{\s+respond 404\s+\}", CADDYFILE)


def test_the_proxy_knows_every_replica() -> None:
    """By its name and the port it listens on."""
    [line] = re.findall(r"reverse_proxy (.+) \{", CADDYFILE)

    assert line.split() == [f"{name}:{replica['environment']['PORT']}" for name, replica in REPLICAS.items()]
    assert SERVICES["proxy"]["depends_on"] == list(REPLICAS)


def test_a_stop_is_waited_for() -> None:
    """Longer than the program takes at worst: doors, rounds, calls, and neither database nor collector answers."""
    doors = max(SITE_CLOSE_SECONDS, socket_line.ANSWER_SECONDS + socket_line.CLOSE_SECONDS)
    goodbyes = 2 * GOODBYE_SECONDS + postgres.CLOSE_SECONDS
    longest = doors + ROUND_SECONDS + DRAIN_SECONDS + goodbyes + traces.CLOSE_SECONDS + traces.EXPORT_SECONDS

    for replica in REPLICAS.values():
        assert float(replica["stop_grace_period"].removesuffix("s")) > longest


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in REPLICAS])
def test_foreign_images_are_pinned(name: str) -> None:
    """To a release, not to whatever is newest."""
    image = SERVICES[name]["image"]

    assert re.search(r":\d+(\.\d+)*(-\w+)?$", image), image


def test_no_secret_and_no_path_of_a_machine_stands_in_it() -> None:
    """Secrets come from .env; what is kept lies in volumes that Docker makes."""
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}

    assert named == set(COMPOSE["volumes"])
    assert not re.search(r"xox[bap]-|whsec_|PASSWORD: (?!\$)", TEXT)
    assert set(re.findall(r"\$\{(\w+)", TEXT)) == set(FILLED_IN)


def test_what_compose_asks_for_is_explained() -> None:
    """docs/operate/replicas.md names what has to be filled in, each service, and the oldest Docker Compose."""
    page = (ROOT / "docs/operate/replicas.md").read_text(encoding="utf-8")

    assert not [word for word in (*FILLED_IN, *REPLICAS) if word not in page]
    assert "Compose 2.23.1" in page


def test_commands_in_the_docs_name_the_image_that_is_built() -> None:
    """Whoever copies one gets this release."""
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs/operate").glob("*.md")]
    named = {image for page in pages for image in re.findall(r"heygen-slack:\d[\w.]*", page)}

    assert named == {replica["image"] for replica in REPLICAS.values()}
