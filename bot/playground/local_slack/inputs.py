"""What people enter in selects and inputs, in the shape of a view's `state`."""

from collections.abc import Iterable, Mapping
from typing import Any

from bot.playground.local_slack.elements import all_options
from bot.playground.local_slack.records import CannotDo, Json
from bot.playground.local_slack.world import interactive_elements

# type of element: the field that holds what was entered, and the field of the element that fills it at first
STATE_FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}


def state_values(blocks: Iterable[Json], typed: Mapping[str, Json]) -> Json:
    """Every input of the blocks with what was entered, or what it began with."""
    values: Json = {}
    for block in blocks:
        for element in interactive_elements(block):
            if element["type"] in STATE_FIELDS:
                entered = typed.get(block["block_id"], {}).get(element["action_id"])
                values.setdefault(block["block_id"], {})[element["action_id"]] = entered or _initial(element)
    return values


def entered(element: Json, value: Any) -> Json:
    """The state of one element after somebody entered `value`; an option may be given by its value or its text."""
    kind = element["type"]
    if kind not in STATE_FIELDS:
        raise CannotDo(f"nothing can be entered in a {kind}")
    field, _ = STATE_FIELDS[kind]
    if field == "selected_option":
        value = _option(element, value)
    elif field == "selected_options":
        value = [_option(element, one) for one in value]
    elif field == "value" and value is not None:
        value = _fitting(element, str(value))
    return {"type": kind, field: value}


def find_element(blocks: Iterable[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json]:
    """The block and the element with this action id."""
    seen = []
    for block in blocks:
        for element in interactive_elements(block):
            if element["action_id"] == action_id and block_id in (None, block["block_id"]):
                return block, element
            seen.append(f"{block['block_id']}/{element['action_id']}")
    raise CannotDo(f"there is no {block_id or '*'}/{action_id} here; there are {seen}")


def lacking(blocks: Iterable[Json], values: Json) -> list[str]:
    """Ids of the input blocks that must be filled and are not."""
    return [
        block["block_id"]
        for block in blocks
        if block["type"] == "input" and not block.get("optional") and _is_empty(block, values)
    ]


def _is_empty(block: Json, values: Json) -> bool:
    element = block["element"]
    field, _ = STATE_FIELDS[element["type"]]
    return values[block["block_id"]][element["action_id"]].get(field) in (None, "", [])


def _initial(element: Json) -> Json:
    field, initial = STATE_FIELDS[element["type"]]
    several = field.endswith("s") and field != "value"
    return {"type": element["type"], field: element.get(initial, [] if several else None)}


def _option(element: Json, value: Any) -> Json | None:
    if value is None:
        return None
    if element["type"].endswith("external_select"):
        if isinstance(value, dict):
            return value
        return {"text": {"type": "plain_text", "text": str(value), "emoji": True}, "value": str(value)}
    wanted = value.get("value") if isinstance(value, dict) else value
    for option in all_options(element):
        if wanted in (option["value"], option["text"]["text"]):
            return option
    raise CannotDo(f"{element['action_id']} offers no {wanted!r}; it has {[o['value'] for o in all_options(element)]}")


def _fitting(element: Json, text: str) -> str:
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3_000)
    if not shortest <= len(text) <= longest:
        raise CannotDo(f"{element['action_id']} takes {shortest} to {longest} characters, not {len(text)}")
    return text
