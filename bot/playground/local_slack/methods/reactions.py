"""reactions.*: the app's own reactions."""

from bot.playground.local_slack.arguments import Arguments
from bot.playground.local_slack.records import BOT_USER, Json, Message, SlackError
from bot.playground.local_slack.workspace import Workspace


def add(workspace: Workspace, arguments: Arguments) -> Json:
    message, name = _message(workspace, arguments)
    users = message.reactions.setdefault(name, [])
    if BOT_USER in users:
        raise SlackError("already_reacted")
    users.append(BOT_USER)
    workspace.world.tell(message, "reaction")
    workspace.events.reaction("reaction_added", BOT_USER, message, name)
    return {}


def remove(workspace: Workspace, arguments: Arguments) -> Json:
    message, name = _message(workspace, arguments)
    users = message.reactions.get(name, [])
    if BOT_USER not in users:
        raise SlackError("no_reaction")
    users.remove(BOT_USER)
    workspace.world.tell(message, "reaction")
    workspace.events.reaction("reaction_removed", BOT_USER, message, name)
    return {}


def _message(workspace: Workspace, arguments: Arguments) -> tuple[Message, str]:
    name = arguments.required("name").strip(":")
    channel = workspace.world.open_to_app(arguments.required("channel"))
    message = channel.messages.get(arguments.required("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return message, name
