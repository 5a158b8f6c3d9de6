"""What the app offers people in Slack, by its manifest."""

from typing import Any

from bot.manifest import manifest


def surface() -> dict[str, Any]:
    """Commands, shortcuts and tabs, with the words that Slack shows."""
    shipped = manifest()
    about, features = shipped["display_information"], shipped["features"]
    tabs = features.get("app_home", {})
    return {
        "name": about["name"],
        "description": about["description"],
        "bot": features["bot_user"]["display_name"],
        "commands": features.get("slash_commands", []),
        "shortcuts": features.get("shortcuts", []),
        "home": bool(tabs.get("home_tab_enabled")),
        "messages": bool(tabs.get("messages_tab_enabled")),
    }
