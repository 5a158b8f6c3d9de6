"""auth, apps, users, team, bots and assistant: who is here, and the way in."""

from bot.playground.local_slack.arguments import Arguments
from bot.playground.local_slack.records import APP, BOT, BOT_USER, TEAM, Json, SlackError
from bot.playground.local_slack.shapes import DOMAIN, user_json
from bot.playground.local_slack.workspace import Workspace

PROMPTS = 4


def auth_test(workspace: Workspace, arguments: Arguments) -> Json:
    return {
        "url": f"https://{DOMAIN}/",
        "team": "Local",
        "user": "heygen",
        "team_id": TEAM,
        "user_id": BOT_USER,
        "bot_id": BOT,
        "is_enterprise_install": False,
    }


def connections_open(workspace: Workspace, arguments: Arguments) -> Json:
    address = workspace.world.base_url.replace("http", "ws", 1)
    return {"url": f"{address}/link/?ticket={workspace.sockets.issue_ticket()}&app_id={APP}"}


def users_info(workspace: Workspace, arguments: Arguments) -> Json:
    user = workspace.world.users.get(arguments.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(user)}


def team_info(workspace: Workspace, arguments: Arguments) -> Json:
    return {"team": {"id": TEAM, "name": "Local", "domain": "local", "email_domain": "", "icon": {}}}


def bots_info(workspace: Workspace, arguments: Arguments) -> Json:
    if arguments.text("bot", BOT) != BOT:
        raise SlackError("bot_not_found")
    return {"bot": {"id": BOT, "deleted": False, "name": "heygen", "app_id": APP, "user_id": BOT_USER, "icons": {}}}


def set_suggested_prompts(workspace: Workspace, arguments: Arguments) -> Json:
    channel = workspace.world.joined_by_app(arguments.required("channel_id"))
    prompts = arguments.nested("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= PROMPTS:
        raise SlackError("invalid_arguments")
    workspace.world.prompts[channel.id] = {"title": arguments.text("title"), "prompts": prompts}
    workspace.journal.tell("channel", {"id": channel.id})
    return {}
