"""Checks any message or modal against Slack's limits, as the Block Kit reference gives them; finds all at once."""

import re
from collections.abc import Iterator
from typing import Any

from handlers.text import escape

Json = dict[str, Any]

MESSAGE_TEXT = 3_000  # our own bound; chat.update refuses more than 4,000
MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
ALL_TEXT = 13_200  # over all blocks of a message; measured by others, in no reference
PRIVATE_METADATA, VIEW_BYTES = 3_000, 250_000
ID, VALUE, BUTTON, OPTION = 255, 2_000, 75, 75
CONTROL = re.compile(r"<([^<>]*)>")
OURS = re.compile(r"@[UW][A-Z0-9]+|#[CDG][A-Z0-9]+|(https?|mailto)[^|<>]*\|[^|<>]+|!date\^\d+\^[^|<>^]+\|[^|<>]+")
BARE = re.compile(r"&(?!(?:amp|lt|gt);)|[<>]")


def check_message(message: Any) -> None:
    """The message, with `text` and `blocks`, is one that Slack takes and that mentions only on purpose."""
    findings = [*_length("text", message.text, MESSAGE_TEXT), *_markup("text", message.text)]
    findings += _blocks(message.blocks, MESSAGE_BLOCKS)
    if sum(_size(block) for block in message.blocks) > ALL_TEXT:
        findings.append(f"more than {ALL_TEXT} characters in all")
    assert not findings, findings


def check_view(view: Json) -> None:
    """The modal is one that Slack opens."""
    findings = [*_plain("title", view["title"], 24), *_blocks(view["blocks"], VIEW_BLOCKS)]
    for name in ("submit", "close"):
        findings += _plain(name, view[name], 24) if name in view else []
    findings += _length("private_metadata", view.get("private_metadata", "-"), PRIVATE_METADATA)
    findings += _length("callback_id", view["callback_id"], ID)
    if len(str(view)) > VIEW_BYTES:
        findings.append("view too large")
    assert not findings, findings


def check_options(answer: Json) -> None:
    """The answer to a picker is one that Slack shows."""
    assert len(answer["options"]) <= 100
    findings = [finding for option in answer["options"] for finding in _option(option)]
    assert not findings, findings


def _blocks(blocks: list[Json], most: int) -> Iterator[str]:
    if not 1 <= len(blocks) <= most:
        yield f"{len(blocks)} blocks"
    named = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(named)) < len(named):
        yield "a block_id is there twice"
    for block in blocks:
        yield from _length("block_id", block.get("block_id", "-"), ID)
        yield from _block(block)


def _block(block: Json) -> Iterator[str]:
    match block["type"]:
        case "section":
            yield from _text("section", block["text"], 3_000)
            yield from _count("fields", block["fields"], 10) if "fields" in block else ()
            for text in block.get("fields", []):
                yield from _text("field", text, 2_000)
            if "accessory" in block:
                yield from _element(block["accessory"])
        case "context":
            yield from _count("context", block["elements"], 10)
            for text in block["elements"]:
                yield from _text("context", text, 3_000)
        case "actions":
            yield from _count("actions", block["elements"], 25)
            for element in block["elements"]:
                yield from _element(element)
            actions = [element["action_id"] for element in block["elements"]]
            if len(set(actions)) < len(actions):
                yield "an action_id is there twice"
        case "rich_text":
            for text in block["elements"][0]["elements"]:
                yield from _length("quote", text["text"], 3_000)
        case "input":
            yield from _plain("label", block["label"], 2_000)
            yield from _plain("hint", block["hint"], 2_000) if "hint" in block else ()
            yield from _element(block["element"])
        case other:
            yield f"a block of type {other}"


def _element(element: Json) -> Iterator[str]:
    yield from _length("action_id", element["action_id"], ID)
    if "placeholder" in element:
        yield from _plain("placeholder", element["placeholder"], 150)
    match element["type"]:
        case "button":
            yield from _plain("button", element["text"], BUTTON)
            yield from _length("value", element["value"], VALUE)
            if element.get("style", "primary") not in ("primary", "danger"):
                yield "a button of unknown style"
        case "external_select":
            yield from _option(element["initial_option"]) if "initial_option" in element else ()
        case "radio_buttons" | "checkboxes":
            yield from _count("options", element["options"], 10)
            for option in element["options"]:
                yield from _option(option)
            initial = [element["initial_option"]] if "initial_option" in element else element.get("initial_options", [])
            if any(option not in element["options"] for option in initial):
                yield "an initial option that is not offered"
        case "plain_text_input":
            if len(element.get("initial_value", "")) > element["max_length"] or element["max_length"] > 3_000:
                yield "an initial value longer than the field"
        case other:
            yield f"an element of type {other}"


def _option(option: Json) -> Iterator[str]:
    yield from _plain("option", option["text"], OPTION)
    yield from _length("option value", option["value"], 150)
    if "description" in option:
        yield from _plain("description", option["description"], OPTION)


def _text(what: str, text: Json, most: int) -> Iterator[str]:
    if text["type"] == "mrkdwn":
        yield from _length(what, text["text"], most)
        yield from _markup(what, text["text"])
        if text.get("verbatim") is not True:
            yield f"{what}: Slack would look for names to mention"
    else:
        yield from _plain(what, text, most)


def _plain(what: str, text: Json, most: int) -> Iterator[str]:
    if text["type"] != "plain_text":
        yield f"{what}: not plain text"
    yield from _length(what, escape(text["text"]), most)


def _markup(what: str, text: str) -> Iterator[str]:
    """Mentions of ours name one person or channel; everything else in angle brackets came from somebody's words."""
    yield from (f"{what}: {match[0]}" for match in CONTROL.finditer(text) if not OURS.fullmatch(match[1]))
    if BARE.search(CONTROL.sub("", text)):
        yield f"{what}: not escaped"


def _count(what: str, items: list[Any], most: int) -> Iterator[str]:
    if not 1 <= len(items) <= most:
        yield f"{what}: {len(items)} items"


def _length(what: str, text: str, most: int) -> Iterator[str]:
    if not 1 <= len(text) <= most or not text.strip():
        yield f"{what}: {len(text)} characters"


def _size(node: Any) -> int:
    if isinstance(node, dict):
        return sum(
            len(value) if key == "text" and isinstance(value, str) else _size(value) for key, value in node.items()
        )
    return sum(map(_size, node)) if isinstance(node, list) else 0
