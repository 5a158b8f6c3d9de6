"""What a delivery of Slack's must hold for our listeners to read it; new fields, and kinds we do not hear, may pass.

Slack sends nothing else, so this refuses bytes that were damaged or forged with a stolen secret, before Bolt or a
listener stumbles over them half-way.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Json, ValidationError, model_validator
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.keepable import keepable
from handlers.blocks import ids

logger = logging.getLogger(__name__)

# Bolt reads a body before it looks at the signature, and takes it for granted that it is one of Slack's.
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
DEEPEST = 60  # levels; blocks inside messages inside events come to a dozen
FILE_BYTES = 2**50
PLACE_LIMIT = 80

# Ids and marks go into columns and keys.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Ts = Annotated[str, Field(pattern=r"^[0-9]{1,20}(\.[0-9]{1,19})?$")]
Mark = Annotated[str, Field(pattern=r"^[!-~]{1,120}$")]
Url = Annotated[str, Field(pattern=r"^https?://[!-~]{1,2000}$")]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)


class _Named(_Shape):
    """A workspace, a user, a channel."""

    id: Id


class _Text(_Shape):
    text: str


class _Option(_Shape):
    text: _Text
    value: str


class _Command(_Shape):
    team_id: Id
    enterprise_id: Id | Literal[""] | None = None
    channel_id: Id
    channel_name: str | None = None
    user_id: Id
    trigger_id: Mark
    text: str | None = None
    response_url: Url | Literal[""] | None = None


class _Interaction(_Shape):
    team: _Named
    enterprise: _Named | None = None
    user: _Named


class _Element(_Shape):
    """What was entered into a field of a form."""

    value: str | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None


class _Clicked(_Shape):
    action_id: str
    block_id: str
    value: str | None = None
    selected_option: _Option | None = None


class _Where(_Shape):
    """The message that was clicked, or what holds it."""

    ts: Ts | None = None
    message_ts: Ts | None = None
    thread_ts: Ts | None = None


class _Click(_Interaction):
    trigger_id: Mark
    actions: list[_Clicked] = Field(min_length=1)
    channel: _Named | None = None
    container: _Where | None = None
    message: _Where | None = None
    view: dict[str, Any] | None = None
    response_url: Url | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if self.channel is None and self.view is None:
            raise ValueError("neither a channel nor a view")
        return self


class _Suggestion(_Interaction):
    action_id: str
    block_id: str
    value: str | None = None


class _State(_Shape):
    values: dict[str, dict[str, _Element]]


class _KeptByNewVideo(_Shape):
    channel: Id
    im: bool
    named: dict[str, str]


class _KeptByChange(_Shape):
    job: str
    question: str | None = None


class _Block(_Shape):
    type: str
    block_id: str


class _View(_Shape):
    id: Mark
    type: Literal["modal"]
    callback_id: str
    blocks: list[_Block]
    state: _State


class _NewVideoView(_View):
    private_metadata: Json[_KeptByNewVideo]


class _ChangeView(_View):
    private_metadata: Json[_KeptByChange]


class _Submission(_Interaction):
    view: _View


class _NewVideoSubmission(_Submission):
    view: _NewVideoView


class _ChangeSubmission(_Submission):
    view: _ChangeView


class _File(_Shape):
    id: Id
    name: str | None = None
    mimetype: str | None = None
    size: int | None = Field(default=None, ge=0, le=FILE_BYTES)


class _Said(_Shape):
    """A message, or what an edit shows of it."""

    ts: Ts | None = None
    thread_ts: Ts | None = None
    user: Id | None = None
    bot_id: Id | None = None
    subtype: str | None = None
    text: str | None = None
    files: list[_File] | None = None


class _Message(_Said):
    ts: Ts
    channel: Id
    channel_type: str | None = None
    parent_user_id: Id | None = None
    user_team: Id | None = None
    source_team: Id | None = None
    message: _Said | None = None
    previous_message: _Said | None = None


class _Item(_Shape):
    type: str
    channel: Id | None = None
    ts: Ts | None = None

    @model_validator(mode="after")
    def _message_has_a_place(self) -> Self:
        if self.type == "message" and (self.channel is None or self.ts is None):
            raise ValueError("a message without its place")
        return self


class _Reaction(_Shape):
    user: Id
    reaction: str
    item: _Item


class _Joined(_Shape):
    user: Id
    channel: Id


class _HomeOpened(_Shape):
    user: Id
    tab: str | None = None


class _AnyEvent(_Shape):
    type: str
    user: Any = None


class _Authorization(_Shape):
    enterprise_id: Id | None = None
    team_id: Id | None = None
    user_id: Id | None = None


class _AnyView(_Shape):
    callback_id: str | None = None


class _Body(_Shape):
    """What Bolt itself reads of whatever it is."""

    type: str | None = None
    command: str | None = None
    callback_id: str | None = None
    action_id: str | None = None
    event: _AnyEvent | None = None
    actions: list[dict[str, Any]] | None = Field(default=None, min_length=1)
    view: _AnyView | None = None


class _EventCallback(_Shape):
    team_id: Id
    enterprise_id: Id | None = None
    event_id: Mark
    event: _AnyEvent
    authorizations: list[_Authorization] | None = None


EVENTS: dict[str, type[_Shape]] = {
    "message": _Message,
    "app_mention": _Message,
    "reaction_added": _Reaction,
    "member_joined_channel": _Joined,
    "app_home_opened": _HomeOpened,
}
INTERACTIONS: dict[str, type[_Shape]] = {
    "block_actions": _Click,
    "block_suggestion": _Suggestion,
    "view_submission": _Submission,
}
SUBMISSIONS: dict[str, type[_Shape]] = {
    ids.Callback.NEW_VIDEO: _NewVideoSubmission,
    ids.Callback.CHANGE_VIDEO: _ChangeSubmission,
}


class Refusing(AsyncMiddleware):
    """Stands behind the signature and before all else; what it refuses Slack need not send again.

    No plain function: Bolt would take the body apart to fill in its arguments.
    """

    async def async_process(
        self, *, req: AsyncBoltRequest, resp: BoltResponse, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse | None:
        """Lets pass what can be read, with what no database keeps replaced."""
        wrong = problem_of(req.body)
        if wrong is None:
            keepable(req.body)
            return await next()
        logger.warning("A delivery of Slack's cannot be read: %s", wrong, extra={"action": "unreadable"})
        return BoltResponse(status=400, body={"error": "unreadable"}, headers={"x-slack-no-retry": "1"})


def problem_of(body: Mapping[str, Any]) -> str | None:
    """What is wrong with a delivery, without its words; None for one that can be read."""
    if _is_deeper(body, DEEPEST):
        return "too deep"
    for part, shape in _parts(body):
        try:
            shape.model_validate(part)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            return f"{shape.__name__.strip('_')}: {first['type']} at {_place(first['loc'])}"
    return None


def _parts(body: Mapping[str, Any]) -> Iterator[tuple[Any, type[_Shape]]]:
    """What is to be looked at, and as what; the later ones count on the earlier ones."""
    yield body, _Body
    kind = body.get("type")
    if body.get("command") is not None:
        yield body, _Command
    if kind == "event_callback":
        yield body, _EventCallback
        if (shape := EVENTS.get(body["event"]["type"])) is not None:
            yield body["event"], shape
    if (shape := INTERACTIONS.get(kind or "")) is not None:
        yield body, shape
    if kind == "view_submission" and (form := SUBMISSIONS.get(body["view"]["callback_id"])) is not None:
        yield body, form


def _place(loc: tuple[int | str, ...]) -> str:
    """Where it stands, by the names of fields; a word of the sender's may be among them."""
    return ".".join(str(name) for name in loc)[:PLACE_LIMIT]


def _is_deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)
