"""The Slack app's manifest, in both variants, against Slack's limits for each field."""

import re
from typing import Any

import pytest
import yaml

from bot.manifest import http_manifest, scopes, socket_manifest

PUBLIC_URL = "https://videos.example.com"
REQUEST_URL = "https://videos.example.com/slack/events"
# The scopes and nothing beyond them.
SCOPES = [
    "commands",
    "chat:write",
    "app_mentions:read",
    "im:write",
    "im:history",
    "files:read",
    "files:write",
    "channels:read",
    "channels:join",
    "channels:history",
    "groups:read",
    "groups:history",
    "reactions:read",
    "reactions:write",
    "users:read",
]
# What Slack asks for before it sends an event.
SCOPE_OF_EVENT = {
    "app_mention": "app_mentions:read",
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "reaction_added": "reactions:read",
    "member_joined_channel": "channels:read",
    "app_home_opened": None,
    "app_uninstalled": None,
    "tokens_revoked": None,
}

Manifest = dict[str, Any]


@pytest.fixture(params=["socket", "http"])
def manifest(request: pytest.FixtureRequest) -> Manifest:
    text = socket_manifest() if request.param == "socket" else http_manifest(PUBLIC_URL)
    parsed: Manifest = yaml.safe_load(text)
    return parsed


def test_only_known_sections(manifest: Manifest) -> None:
    """Slack refuses fields it does not know, so there are none."""
    assert set(manifest) == {"_metadata", "display_information", "features", "oauth_config", "settings"}
    assert set(manifest["features"]) == {"app_home", "bot_user", "slash_commands"}
    assert set(manifest["oauth_config"]) == {"scopes"}
    assert set(manifest["settings"]) == {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    }
    assert manifest["_metadata"] == {"major_version": 1, "minor_version": 1}


def test_display_information_is_within_limits(manifest: Manifest) -> None:
    """Name, descriptions and colour have the lengths and the form that Slack takes."""
    display = manifest["display_information"]

    assert set(display) == {"name", "description", "long_description", "background_color"}
    assert display["name"] == "HeyGen"
    assert 1 <= len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 175 <= len(display["long_description"]) <= 4000
    assert re.fullmatch(r"#([0-9a-f]{3}|[0-9a-f]{6})", display["background_color"])


def test_the_app_can_be_written_to(manifest: Manifest) -> None:
    """The messages tab is open for writing; there is no Home tab."""
    features = manifest["features"]

    assert features["app_home"] == {
        "home_tab_enabled": False,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert set(features["bot_user"]) == {"display_name", "always_online"}
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", features["bot_user"]["display_name"])


def test_slash_commands_are_within_limits(manifest: Manifest) -> None:
    """The three commands, each escaped by Slack and within its limits."""
    commands = manifest["features"]["slash_commands"]

    assert [command["command"] for command in commands] == ["/video", "/speak", "/heygen"]
    for command in commands:
        assert set(command) - {"url"} == {"command", "description", "usage_hint", "should_escape"}
        assert re.fullmatch(r"/[a-z-]{1,31}", command["command"])
        assert 1 <= len(command["description"]) <= 2000
        assert len(command["usage_hint"]) <= 1000
        assert command["should_escape"] is True


def test_scopes_are_exactly_those_promised(manifest: Manifest) -> None:
    """No scope more and none less, each once."""
    assert manifest["oauth_config"]["scopes"] == {"bot": SCOPES}
    assert scopes() == SCOPES


def test_every_event_has_its_scope(manifest: Manifest) -> None:
    """Each event is subscribed once, and the scope that Slack asks for is there."""
    events = manifest["settings"]["event_subscriptions"]["bot_events"]

    assert sorted(events) == sorted(SCOPE_OF_EVENT)
    assert {SCOPE_OF_EVENT[event] for event in events} <= {None, *SCOPES}


def test_switches(manifest: Manifest) -> None:
    """One workspace, lasting tokens, interactivity on."""
    settings = manifest["settings"]

    assert settings["interactivity"]["is_enabled"] is True
    assert settings["org_deploy_enabled"] is False
    assert settings["token_rotation_enabled"] is False


def test_socket_mode_has_no_address() -> None:
    """The Socket Mode manifest names no address anywhere."""
    manifest = yaml.safe_load(socket_manifest())

    assert manifest["settings"]["socket_mode_enabled"] is True
    assert manifest["settings"]["interactivity"] == {"is_enabled": True}
    assert set(manifest["settings"]["event_subscriptions"]) == {"bot_events"}
    assert all("url" not in command for command in manifest["features"]["slash_commands"])


@pytest.mark.parametrize("public_url", [PUBLIC_URL, f"{PUBLIC_URL}/"])
def test_http_mode_sends_everything_to_one_address(public_url: str) -> None:
    """The HTTP manifest names our address wherever Slack needs one, and is otherwise the same app."""
    manifest = yaml.safe_load(http_manifest(public_url))
    settings = manifest["settings"]

    assert settings["socket_mode_enabled"] is False
    assert settings["event_subscriptions"]["request_url"] == REQUEST_URL
    assert settings["interactivity"] == {
        "is_enabled": True,
        "request_url": REQUEST_URL,
        "message_menu_options_url": REQUEST_URL,
    }
    assert {command["url"] for command in manifest["features"]["slash_commands"]} == {REQUEST_URL}
    socket = yaml.safe_load(socket_manifest())
    assert manifest["display_information"] == socket["display_information"]
