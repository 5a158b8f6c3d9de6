"""Knows Slack: the words people see and the surfaces they use. `make_bolt` is the one table of surface, id, method."""

import logging
import secrets

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from handlers.actions import Actions
from handlers.blocks import ids
from handlers.collaborators import Collaborators
from handlers.commands import Commands
from handlers.events import Events
from handlers.failing import answer_failure
from handlers.identity import authorization
from handlers.options import Options
from handlers.response_urls import Noting
from handlers.shapes import Refusing
from handlers.views import Views

__all__ = ["Collaborators", "make_bolt"]


def make_bolt(with_: Collaborators, *, signing_secret: str | None) -> AsyncApp:
    """Bolt with every listener registered. Listeners only write rows, and are acknowledged after the commit."""

    token = with_.client.token or ""
    # Without a token of its own: each request gets one from `authorize`.
    client = AsyncWebClient(base_url=with_.client.base_url, session=with_.client.session, retry_handlers=[])

    async def authorize() -> AuthorizeResult:
        return authorization(with_.identity, token)

    app = AsyncApp(
        client=client,
        authorize=authorize,
        # Socket Mode has no signatures; the empty secret would be refused.
        signing_secret=signing_secret or secrets.token_hex(16),
        process_before_response=True,
        before_authorize=Refusing(),
        logger=_bolt_logger(),
    )
    app.error(answer_failure)
    app.use(Noting(with_.response_urls))
    _register(app, with_)
    return app


def _bolt_logger() -> logging.Logger:
    """Bolt's loggers copy this one's level; by themselves they would take the root's, and write bodies at DEBUG."""
    logger = logging.getLogger("slack_bolt")
    logger.addFilter(_is_news)
    return logger


def _is_news(record: logging.LogRecord) -> bool:
    """Bolt finds SLACK_BOT_TOKEN in the environment by itself, and warns that it will not use it."""
    return "`token` will be unused" not in record.getMessage()


def _register(app: AsyncApp, with_: Collaborators) -> None:
    commands, actions, views = Commands(with_), Actions(with_), Views(with_)
    events, options = Events(with_), Options(with_)

    app.command("/video")(commands.video)
    app.command("/speak")(commands.speak)
    app.command("/heygen")(commands.heygen)

    app.action(ids.ANSWER_PATTERN)(actions.answer)
    app.action(ids.Action.STOP)(actions.stop)
    app.action(ids.Action.RETRY)(actions.retry)
    app.action(ids.Action.APPROVE)(actions.approve)
    app.action(ids.Action.CHANGE)(actions.change)
    app.action(ids.Action.GET_LINK)(actions.get_link)
    app.action(ids.Action.BRING_BACK)(actions.bring_back)
    app.action(ids.Action.OPEN_IN_DM)(actions.open_in_dm)
    app.action(ids.Action.PICK_VOICE)(actions.pick_voice)
    app.action(ids.ANY)(actions.other)

    app.view(ids.Callback.NEW_VIDEO)(views.new_video)
    app.view(ids.Callback.CHANGE_VIDEO)(views.change_video)

    app.options(ids.Action.AVATAR_PICKER)(options.avatars)
    app.options(ids.Action.VOICE_PICKER)(options.voices)
    app.options(ids.Action.PICK_VOICE)(options.speakers)
    app.options(ids.Action.STYLE_PICKER)(options.styles)

    app.event("app_mention")(events.mention)
    app.event("message")(events.message)
    app.event("reaction_added")(events.reaction)
    app.event("member_joined_channel")(events.joined)
    app.event("app_home_opened")(events.home_opened)
    app.event("app_uninstalled")(events.removed)
    app.event("tokens_revoked")(events.removed)
