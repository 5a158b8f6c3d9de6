"""Modals, what their pickers offer, and what was filled in."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handlers.blocks import ids
from handlers.blocks.elements import Block, context, plain_text
from handlers.blocks.ids import Action, Callback
from handlers.parse import VideoCommand
from handlers.text import seen, shortened, shown, unescape
from storage.records import Brief, Job, Preference

PROMPT_BLOCK = ids.Block.PROMPT.value
CHANGE_BLOCK = ids.Block.WORDS.value
TYPED_LIMIT = 3_000  # Slack lets nobody type more into a field
OPTION_LIMIT = 75
VALUE_LIMIT = 150
OPTIONS_MOST = 100
NAME_LIMIT = 120  # three of them, encoded, fit into a modal's metadata
ORIENTATIONS = (("auto", "Let HeyGen choose"), ("landscape", "Landscape"), ("portrait", "Portrait"))


@dataclass(frozen=True, kw_only=True)
class NewVideo:
    """What the New video modal was filled with. `errors` are sentences by block, when it cannot be used yet."""

    channel_id: str
    is_im: bool
    brief: Brief
    errors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ChangeWish:
    """What a person wants changed; empty when they wrote nothing."""

    job_id: str
    question_id: str | None  # the storyboard it answers; None: what is wanted is another version
    text: str


def new_video(*, channel_id: str, is_im: bool, preference: Preference, wish: VideoCommand) -> Block:
    """The New video modal, filled with what was typed and with the person's own defaults."""
    initial_voice = _known(preference.voice_id, preference.voice_name)
    initial_avatar = _known(preference.avatar_id, preference.avatar_name)
    return {
        "type": "modal",
        "callback_id": Callback.NEW_VIDEO.value,
        "private_metadata": json.dumps({"channel": channel_id, "im": is_im, "named": _named(wish)}, ensure_ascii=False),
        "title": plain_text("New video", 24),
        "submit": plain_text("Make it", 24),
        "close": plain_text("Cancel", 24),
        "blocks": [
            _prompt(wish.prompt),
            _picker(ids.Block.AVATAR, "Avatar", Action.AVATAR_PICKER, wish.avatar, initial_avatar),
            _picker(ids.Block.VOICE, "Voice", Action.VOICE_PICKER, wish.voice, initial_voice),
            _picker(ids.Block.STYLE, "Style", Action.STYLE_PICKER, wish.style, None),
            _orientation(wish.orientation),
            _review(wish.review),
        ],
    }


def read_new_video(view: Mapping[str, Any]) -> NewVideo:
    """What was filled in. What the modal was opened with counts where nothing was picked instead."""
    values: Mapping[str, Any] = view["state"]["values"]
    kept = json.loads(view["private_metadata"])
    prompt = seen(str(_element(values, ids.Block.PROMPT, Action.PROMPT).get("value") or ""))
    avatar, avatar_id = _picked(values, ids.Block.AVATAR, Action.AVATAR_PICKER, kept)
    voice, voice_id = _picked(values, ids.Block.VOICE, Action.VOICE_PICKER, kept)
    style, style_id = _picked(values, ids.Block.STYLE, Action.STYLE_PICKER, kept)
    chosen = (_element(values, ids.Block.ORIENTATION, Action.ORIENTATION).get("selected_option") or {}).get("value")
    reviewed = _element(values, ids.Block.REVIEW, Action.REVIEW).get("selected_options")
    brief = Brief(
        prompt=prompt, avatar=avatar, avatar_id=avatar_id, voice=voice, voice_id=voice_id, style=style,
        style_id=style_id, orientation=chosen if chosen in ("landscape", "portrait") else None, review=bool(reviewed),
    )  # fmt: skip
    errors = {} if prompt else {PROMPT_BLOCK: "Say in a sentence what you would like to see."}
    return NewVideo(channel_id=str(kept["channel"]), is_im=bool(kept["im"]), brief=brief, errors=errors)


def change_video(*, job: Job, question_id: str | None = None) -> Block:
    """The modal that asks what to change, on a result or, with its question, on a storyboard."""
    return {
        "type": "modal",
        "callback_id": Callback.CHANGE_VIDEO.value,
        "private_metadata": json.dumps({"job": job.id, "question": question_id}),
        "title": plain_text("Change the video", 24),
        "submit": plain_text("Send", 24),
        "close": plain_text("Cancel", 24),
        "blocks": [
            {
                "type": "input",
                "block_id": CHANGE_BLOCK,
                "label": plain_text("What should be different?", 2_000),
                "element": _field(Action.WORDS, "Shorter, another background, a warmer voice…"),
            },
            context(f"Now: {shown(job.brief.prompt, 300) or '–'}"),
        ],
    }


def read_change(view: Mapping[str, Any]) -> ChangeWish:
    """What was filled in."""
    typed = _element(view["state"]["values"], ids.Block.WORDS, Action.WORDS).get("value")
    kept = json.loads(view["private_metadata"])
    return ChangeWish(job_id=str(kept["job"]), question_id=kept.get("question"), text=seen(str(typed or "")))


def option_list(items: Sequence[tuple[str, str, str | None]]) -> dict[str, Any]:
    """What a picker offers: id, name and a few words on each. Ids that Slack could not carry are left out."""
    fitting = [item for item in items if 0 < len(item[0]) <= VALUE_LIMIT]
    return {"options": [_option(*item) for item in fitting[:OPTIONS_MOST]]}


def _option(value: str, name: str, detail: str | None = None) -> Block:
    option: Block = {"text": plain_text(name, OPTION_LIMIT), "value": value}
    return option | ({"description": plain_text(detail, OPTION_LIMIT)} if detail and detail.strip() else {})


def _known(value: str | None, name: str | None) -> Block | None:
    return _option(value, name) if value and name and len(value) <= VALUE_LIMIT else None


def _named(wish: VideoCommand) -> dict[str, str]:
    """Names from flags: a picker cannot show a name without its id, so they travel beside it."""
    given = {"avatar": wish.avatar, "voice": wish.voice, "style": wish.style}
    return {subject: shortened(name, NAME_LIMIT) for subject, name in given.items() if name}


def _field(action: Action, hint: str, initial: str = "") -> Block:
    element: Block = {
        "type": "plain_text_input",
        "action_id": action.value,
        "multiline": True,
        "max_length": TYPED_LIMIT,
        "placeholder": plain_text(hint, 150),
    }
    return element | ({"initial_value": initial[:TYPED_LIMIT]} if initial else {})


def _prompt(initial: str) -> Block:
    return {
        "type": "input",
        "block_id": PROMPT_BLOCK,
        "label": plain_text("What would you like to see?", 2_000),
        "hint": plain_text("Name the length here, too: “30 seconds”. Longer texts go into a message to me.", 2_000),
        "element": _field(Action.PROMPT, "A friendly 30 s welcome for new colleagues…", initial),
    }


def _picker(block: ids.Block, label: str, action: Action, named: str | None, initial: Block | None) -> Block:
    hint = f"Now: {shortened(named, 100)}" if named else "Let HeyGen choose"
    element: Block = {
        "type": "external_select",
        "action_id": action.value,
        "min_query_length": 0,
        "placeholder": plain_text(hint, 150),
    }
    if initial is not None and not named:
        element["initial_option"] = initial
    return {
        "type": "input",
        "block_id": block.value,
        "optional": True,
        "label": plain_text(label, 2_000),
        "element": element,
    }


def _orientation(chosen: str | None) -> Block:
    options = [_option(value, label) for value, label in ORIENTATIONS]
    initial = next((option for option in options if option["value"] == chosen), options[0])
    return {
        "type": "input",
        "block_id": ids.Block.ORIENTATION.value,
        "optional": True,
        "label": plain_text("Orientation", 2_000),
        "element": {
            "type": "radio_buttons",
            "action_id": Action.ORIENTATION.value,
            "options": options,
            "initial_option": initial,
        },
    }


def _review(wanted: bool) -> Block:
    options = [_option("review", "Show me the storyboard before it is rendered")]
    element: Block = {"type": "checkboxes", "action_id": Action.REVIEW.value, "options": options}
    if wanted:
        element["initial_options"] = options
    return {
        "type": "input",
        "block_id": ids.Block.REVIEW.value,
        "optional": True,
        "label": plain_text("Review first", 2_000),
        "element": element,
    }


def _element(values: Mapping[str, Any], block: ids.Block, action: Action) -> Mapping[str, Any]:
    element: Mapping[str, Any] = (values.get(block.value) or {}).get(action.value) or {}
    return element


def _picked(
    values: Mapping[str, Any], block: ids.Block, action: Action, kept: Mapping[str, Any]
) -> tuple[str | None, str | None]:
    """The name and the id that was picked; else the name from the flag, whose id is yet to be found."""
    option = _element(values, block, action).get("selected_option")
    if option is None:
        return kept["named"].get(block.value), None
    return unescape(str(option["text"]["text"])), str(option["value"])
