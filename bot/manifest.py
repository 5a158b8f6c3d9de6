"""The Slack app's manifest: as shipped for Socket Mode, and the variant for HTTP made from it."""

from pathlib import Path
from typing import Any

import yaml

MANIFEST_PATH = Path(__file__).with_name("manifest.yaml")  # in a checkout a link to the one at the top
SLACK_PATH = "/slack/events"


def socket_manifest() -> str:
    """The manifest for Socket Mode, word for word as it is shipped."""
    return MANIFEST_PATH.read_text(encoding="utf-8")


def http_manifest(public_url: str) -> str:
    """The same app for HTTP mode: Slack sends commands, clicks and events to `public_url`."""
    request_url = public_url.rstrip("/") + SLACK_PATH
    changed = manifest()
    for command in changed["features"]["slash_commands"]:
        command["url"] = request_url
    settings = changed["settings"]
    settings["event_subscriptions"] = {"request_url": request_url, **settings["event_subscriptions"]}
    settings["interactivity"] |= {"request_url": request_url, "message_menu_options_url": request_url}
    settings["socket_mode_enabled"] = False
    return yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=120)


def scopes() -> list[str]:
    """The bot scopes that the app asks for, in the manifest's order."""
    return [str(scope) for scope in manifest()["oauth_config"]["scopes"]["bot"]]


def manifest() -> dict[str, Any]:
    """The manifest as it is shipped, parsed."""
    parsed: dict[str, Any] = yaml.safe_load(socket_manifest())
    return parsed
