"""What people do with buttons, selects, modals, shortcuts and the Home tab."""

from collections.abc import Mapping
from typing import Any

from bot.playground.local_slack import modals, payloads
from bot.playground.local_slack.inputs import STATE_FIELDS, entered, find_element, lacking, state_values
from bot.playground.local_slack.limits import check_options_answer
from bot.playground.local_slack.records import Ack, CannotDo, Json, SlackError, View
from bot.playground.local_slack.workspace import Seat
from bot.playground.local_slack.world import interactive_elements


class Hands(Seat):
    """Clicks, choices and submissions, each checked against what is really on the screen."""

    async def click(
        self,
        user: str,
        channel: str,
        ts: str,
        action_id: str,
        block_id: str | None = None,
        *,
        value: Any = None,
        selected_option: Any = None,
    ) -> Ack:
        """Use a button (`value` picks one of several alike) or a select of a message, ephemeral ones included."""
        person, message = self._world.user(user), self._world.message_for(user, channel, ts)
        block, element = _pressed(message.blocks, action_id, block_id, value)
        payload = {
            **payloads.interaction(person, "block_actions"),
            **payloads.on_message(self._workspace, message),
            "trigger_id": self._workspace.triggers.issue(user),
            "response_url": self._workspace.response_urls.issue(channel, user, ts),
            "state": payloads.message_state(message),
        }
        taken = self._taken(block, element, value if selected_option is None else selected_option)
        return await self._interact({**payload, "actions": [taken]})

    async def click_view(
        self,
        user: str,
        view_id: str,
        action_id: str,
        block_id: str | None = None,
        *,
        value: Any = None,
        selected_option: Any = None,
    ) -> Ack:
        """Use a button or a select of an open modal or of the Home tab."""
        person, view = self._world.user(user), self._view(user, view_id)
        block, element = _pressed(view.content["blocks"], action_id, block_id, value)
        chosen = value if selected_option is None else selected_option
        if element["type"] in STATE_FIELDS:
            view.typed.setdefault(block["block_id"], {})[element["action_id"]] = entered(element, chosen)
        payload = {
            **payloads.interaction(person, "block_actions"),
            **payloads.on_view(view),
            "trigger_id": self._workspace.triggers.issue(user, view_id),
        }
        return await self._interact({**payload, "actions": [self._taken(block, element, chosen)]})

    def type_in(self, user: str, view_id: str, values: Mapping[str, Any]) -> None:
        """Fill inputs of an open view, named by block id or action id; nothing is sent yet."""
        view = self._view(user, view_id)
        for name, value in values.items():
            block, element = _named(view, name)
            view.typed.setdefault(block["block_id"], {})[element["action_id"]] = entered(element, value)

    async def submit_view(self, user: str, view_id: str, values: Mapping[str, Any] | None = None) -> Ack:
        """Fill in and submit a modal, then do what the app answered: show errors, update, push, clear or close.

        The errors stand in the ack's body. Slack's own checks of required fields and lengths raise CannotDo.
        """
        person, view = self._world.user(user), self._view(user, view_id)
        self.type_in(user, view_id, values or {})
        blocks = view.content["blocks"]
        if empty := lacking(blocks, state_values(blocks, view.typed)):
            raise CannotDo(f"Slack does not submit while {empty} are empty")
        ack = await self._interact(payloads.submission(self._workspace, person, view))
        if not ack.ok:
            return ack
        try:
            self._obey(user, view, ack.body if isinstance(ack.body, dict) else {})
        except SlackError as refusal:
            return Ack(ack.status, ack.body, refusal.word)
        return ack

    async def close_view(self, user: str, view_id: str, *, clear: bool = False) -> Ack | None:
        """Close the top view, or all; the app hears of it only where it asked to."""
        person, view = self._world.user(user), self._view(user, view_id)
        payload = payloads.closing(person, view, is_cleared=clear)
        if clear:
            self._world.stacks[user] = [view]
        self._close(user, view)
        if not view.content.get("notify_on_close"):
            return None
        return await self._interact(payload)

    async def options(
        self,
        user: str,
        action_id: str,
        block_id: str | None = None,
        value: str = "",
        *,
        view_id: str | None = None,
        channel: str | None = None,
        ts: str | None = None,
    ) -> Ack:
        """Type into a select that loads its options; the ack's body holds them, checked against Slack's limits."""
        person = self._world.user(user)
        if view_id is not None:
            view = self._view(user, view_id)
            blocks, place = view.content["blocks"], payloads.on_view(view)
        elif channel is not None and ts is not None:
            message = self._world.message_for(user, channel, ts)
            blocks, place = message.blocks, payloads.on_message(self._workspace, message)
        else:
            raise CannotDo("options need a view_id, or a channel and a ts")
        block, element = find_element(blocks, action_id, block_id)
        if not element["type"].endswith("external_select"):
            raise CannotDo(f"{action_id} is a {element['type']} and loads no options")
        ack = await self._interact({**payloads.suggestion(person, block, action_id, value), **place})
        if ack.ok and (wrong := check_options_answer(ack.body)):
            return Ack(ack.status, ack.body, f"invalid options: {wrong}")
        return ack

    async def shortcut(self, user: str, callback_id: str, channel: str | None = None, ts: str | None = None) -> Ack:
        """Use a global shortcut, or with channel and ts the one on a message."""
        person = self._world.user(user)
        message = self._world.message_for(user, channel, ts) if channel is not None and ts is not None else None
        return await self._interact(payloads.shortcut_payload(self._workspace, person, callback_id, message))

    def open_home(self, user: str, tab: str = "home") -> None:
        """Open the app's Home or Messages tab."""
        view = self._world.homes.get(self._world.user(user).id)
        self._workspace.events.home_opened(user, tab, modals.shape(view) if view and tab == "home" else None)

    async def _interact(self, payload: Json) -> Ack:
        return await self._workspace.courier.ask("interactive", payload)

    def _view(self, user: str, view_id: str) -> View:
        view = self._world.open_view(view_id)
        if view is None or view.user != user:
            raise CannotDo(f"{user} has no view {view_id} open")
        return view

    def _taken(self, block: Json, element: Json, chosen: Any) -> Json:
        state = None
        if element["type"] in STATE_FIELDS:
            state = entered(element, chosen)
        elif element["type"] == "feedback_buttons":
            element = {**element, **_felt(element, chosen)}
        elif element["type"] == "overflow":
            state = entered({**element, "type": "static_select"}, chosen)
        return payloads.action(block, element, state, self._world.new_ts())

    def _obey(self, user: str, view: View, answer: Json) -> None:
        match answer.get("response_action"):
            case None:
                self._close(user, view)
            case "clear":
                self._world.stacks[user] = []
                self._workspace.journal.tell("view", {"id": view.id, "user": user})
            case "update":
                modals.update_view(self._workspace, view, answer.get("view"))
            case "push":
                modals.push_modal(self._workspace, user, answer.get("view"))
            case "errors":
                _check_errors(view, answer)
            case unknown:
                raise SlackError(f"invalid response_action {unknown}")

    def _close(self, user: str, view: View) -> None:
        stack = self._world.stacks.get(user, [])
        if view in stack:
            stack.remove(view)
            self._workspace.journal.tell("view", {"id": view.id, "user": user})


def _check_errors(view: View, answer: Json) -> None:
    """Slack shows errors only at input blocks that exist."""
    inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
    errors = answer.get("errors")
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid errors: they must name input blocks of the view")


def _pressed(blocks: list[Json], action_id: str, block_id: str | None, value: Any) -> tuple[Json, Json]:
    """The element meant; among buttons with one action id the one with this value."""
    block, element = find_element(blocks, action_id, block_id)
    if element["type"] != "button" or value is None:
        return block, element
    for one in blocks:
        for button in interactive_elements(one):
            if button["action_id"] == action_id and button.get("value") == value:
                return one, button
    raise CannotDo(f"no button {action_id} has the value {value!r}")


def _felt(element: Json, value: Any) -> Json:
    """The one of the two buttons that has this value."""
    for button in (element["positive_button"], element["negative_button"]):
        if value in (button["value"], button["text"]["text"]):
            return {"text": button["text"], "value": button["value"]}
    raise CannotDo(f"{element['action_id']} has no button {value!r}")


def _named(view: View, name: str) -> tuple[Json, Json]:
    """The input with this block id, or else with this action id."""
    blocks = view.content["blocks"]
    for block in blocks:
        if block["block_id"] == name:
            for element in interactive_elements(block):
                return block, element
    return find_element(blocks, name)
