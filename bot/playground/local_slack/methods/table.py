"""Every method this Slack knows: its function, its scopes, its rate."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.local_slack.arguments import Arguments
from bot.playground.local_slack.methods import chat, conversations, files, reactions, team, views
from bot.playground.local_slack.rates import POSTS_IN_WORKSPACE, SPECIAL, TIER_2, TIER_3, TIER_4
from bot.playground.local_slack.records import Json
from bot.playground.local_slack.workspace import Workspace


@dataclass(frozen=True)
class Method:
    """One method. Any one of `scopes` suffices; none are listed where they depend on the kind of channel."""

    answer: Callable[[Workspace, Arguments], Json]
    per_minute: int
    scopes: tuple[str, ...] = ()
    takes_app_token: bool = False


METHODS = {
    "apps.connections.open": Method(team.connections_open, TIER_3, takes_app_token=True),
    "assistant.threads.setSuggestedPrompts": Method(
        team.set_suggested_prompts, TIER_4, ("assistant:write", "chat:write")
    ),
    "auth.test": Method(team.auth_test, SPECIAL),
    "bots.info": Method(team.bots_info, TIER_3, ("users:read",)),
    "chat.delete": Method(chat.delete, TIER_3, ("chat:write",)),
    "chat.getPermalink": Method(chat.get_permalink, SPECIAL),
    "chat.postEphemeral": Method(chat.post_ephemeral, TIER_4, ("chat:write",)),
    "chat.postMessage": Method(chat.post_message, POSTS_IN_WORKSPACE, ("chat:write",)),
    "chat.update": Method(chat.update, TIER_3, ("chat:write",)),
    "conversations.history": Method(conversations.history, TIER_3),
    "conversations.info": Method(conversations.info, TIER_3),
    "conversations.join": Method(conversations.join, TIER_3, ("channels:join",)),
    "conversations.list": Method(conversations.list_channels, TIER_2),
    "conversations.members": Method(conversations.members, TIER_4),
    "conversations.open": Method(conversations.open_dm, TIER_3, ("im:write",)),
    "conversations.replies": Method(conversations.replies, TIER_3),
    "files.completeUploadExternal": Method(files.complete_upload, TIER_4, ("files:write",)),
    "files.delete": Method(files.delete, TIER_3, ("files:write",)),
    "files.getUploadURLExternal": Method(files.get_upload_url, TIER_4, ("files:write",)),
    "files.info": Method(files.info, TIER_4, ("files:read",)),
    "reactions.add": Method(reactions.add, TIER_3, ("reactions:write",)),
    "reactions.remove": Method(reactions.remove, TIER_2, ("reactions:write",)),
    "team.info": Method(team.team_info, TIER_3, ("team:read",)),
    "users.info": Method(team.users_info, TIER_4, ("users:read",)),
    "views.open": Method(views.open_view, TIER_4),
    "views.publish": Method(views.publish, TIER_4),
    "views.push": Method(views.push, TIER_4),
    "views.update": Method(views.update, TIER_4),
}
