"""Who we are in Slack: asked once at the start, so that no delivery waits for Slack to be told."""

from dataclasses import dataclass

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The app in its workspace."""

    enterprise_id: str | None
    workspace_id: str
    workspace_url: str
    bot_id: str
    bot_user_id: str
    bot_name: str
    scopes: frozenset[str]

    def permalink(self, channel_id: str, ts: str, thread_ts: str | None = None) -> str:
        """The address of a message, made as Slack makes it, for chat.getPermalink would cost a call."""
        link = f"{self.workspace_url.rstrip('/')}/archives/{channel_id}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread_ts}&cid={channel_id}" if thread_ts and thread_ts != ts else link


async def identify(client: AsyncWebClient) -> Identity:
    """Asks Slack. Raises SlackApiError with Slack's word when the token is no good."""
    answer = await client.auth_test()
    headers = {str(name).lower(): value for name, value in answer.headers.items()}
    granted = headers.get("x-oauth-scopes") or ""
    granted = granted[0] if isinstance(granted, list) else granted
    return Identity(
        enterprise_id=answer.get("enterprise_id"),
        workspace_id=str(answer["team_id"]),
        workspace_url=str(answer.get("url") or ""),
        bot_id=str(answer["bot_id"]),
        bot_user_id=str(answer["user_id"]),
        bot_name=str(answer.get("user") or "heygen"),
        scopes=frozenset(scope.strip() for scope in granted.split(",") if scope.strip()),
    )


def authorization(identity: Identity, token: str) -> AuthorizeResult:
    """What Bolt needs to know for each request, without asking Slack: a failed ask would lose the event."""
    return AuthorizeResult(
        enterprise_id=identity.enterprise_id,
        team_id=identity.workspace_id,
        bot_token=token,
        bot_id=identity.bot_id,
        bot_user_id=identity.bot_user_id,
    )
