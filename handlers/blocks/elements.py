"""The few Block Kit pieces everything is made of. Text in mrkdwn is expected to be escaped already."""

from collections.abc import Sequence
from typing import Any

from handlers.text import shortened

Block = dict[str, Any]

SECTION_LIMIT = 2_900  # of 3,000, for Slack counts after its own escaping
BUTTON_LIMIT = 75
QUOTE_LIMIT = 2_500


def mrkdwn(text: str) -> Block:
    """A text object with Slack's markup. Verbatim, so that Slack turns no plain @name or #name into a mention."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain_text(text: str, limit: int = SECTION_LIMIT) -> Block:
    """A text object shown literally, cut to the limit. Blank text becomes a dash, for Slack refuses it."""
    return {"type": "plain_text", "text": shortened(text.strip(), limit) or "–", "emoji": False}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph, with at most one element beside it."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block | ({"accessory": accessory} if accessory else {})


def facts(title: str, texts: Sequence[str]) -> Block:
    """Short texts in two columns below a title, ten at most."""
    return {**section(title), "fields": [mrkdwn(text) for text in texts]}


def context(text: str) -> Block:
    """A line in small print."""
    return {"type": "context", "elements": [mrkdwn(text)]}


def actions(*elements: Block, block_id: str | None = None) -> Block:
    """A row of buttons or selects."""
    block: Block = {"type": "actions", "elements": list(elements)}
    return block | ({"block_id": block_id} if block_id else {})


def button(label: str, action_id: str, value: str, *, style: str | None = None) -> Block:
    """A button."""
    element: Block = {"type": "button", "text": plain_text(label, BUTTON_LIMIT), "action_id": action_id, "value": value}
    return element | ({"style": style} if style else {})


def quote(text: str, limit: int = QUOTE_LIMIT) -> Block:
    """Somebody's words, exactly as they are: rich text is never searched for markup or mentions."""
    words = {"type": "text", "text": shortened(text.strip(), limit) or "–"}
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": [words]}]}
