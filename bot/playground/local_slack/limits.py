"""Slack's limits on blocks, messages, metadata and views, refused with Slack's own words."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from bot.playground.local_slack.elements import (
    ID,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    Findings,
    check_element,
    check_image,
    check_options,
    check_plain,
    check_text,
)
from bot.playground.local_slack.records import Json, SlackError
from bot.playground.local_slack.showpieces import (
    MESSAGES_ONLY,
    UNCHECKED,
    check_file,
    check_ratings,
    check_table,
    check_together,
    check_video,
)
from bot.playground.local_slack.world import interactive_elements

MESSAGE_BLOCKS, VIEW_BLOCKS = 50, 100
TEXT_KEPT = 40_000  # characters of a new message; the rest is cut off
UPDATE_TEXT = 4_000
BLOCKS_TEXT = 13_200  # characters over all blocks; Slack names no number, people measured this one
MARKDOWN_TEXT = 12_000
METADATA_BYTES = 8_000  # Slack names no number; 8 KB is what others stay below
VIEW_BYTES = 250_000
PRIVATE_METADATA = 3_000
VIEW_TITLE = 24


def check_message(text: str, blocks: list[Json], metadata: Any) -> None:
    """Refuse what Slack would refuse of a message's content."""
    if blocks:
        findings = Findings()
        check_blocks(blocks, findings, "/blocks", MESSAGE_BLOCKS)
        if findings.messages:
            raise invalid("invalid_blocks", findings)
        if sum(map(_text_size, blocks)) > BLOCKS_TEXT:
            raise SlackError("msg_blocks_too_long")
    elif not text:
        raise SlackError("no_text")
    if metadata is not None:
        _check_metadata(metadata)


def check_view(view: Any) -> None:
    """Refuse what Slack would refuse of a modal or a Home tab."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        raise SlackError("invalid_arguments", _words("[ERROR] must be one of: modal, home [json-pointer:/view/type]"))
    if len(json.dumps(view)) > VIEW_BYTES:
        raise SlackError("view_too_large")
    findings = Findings()
    check_blocks(view.get("blocks"), findings, "/view/blocks", VIEW_BLOCKS)
    _check_surface(view.get("blocks"), findings)
    findings.length(view.get("private_metadata"), "/view/private_metadata", PRIVATE_METADATA)
    for name in ("callback_id", "external_id"):
        findings.length(view.get(name), f"/view/{name}", ID)
    if view["type"] == "modal":
        _check_modal(view, findings)
    if findings.messages:
        raise invalid("invalid_arguments", findings)


def check_options_answer(answer: Any) -> list[str]:
    """What is wrong with the app's answer to an options request; an empty list when nothing is."""
    findings = Findings()
    if not isinstance(answer, dict):
        findings.add("must be an object", "")
    elif answer.get("options") != []:
        check_options(answer, findings, "")
    return findings.messages


def check_blocks(blocks: Any, findings: Findings, pointer: str, most: int) -> None:
    if not findings.count(blocks, pointer, most):
        return
    for index, block in enumerate(blocks):
        check_block(block, findings, f"{pointer}/{index}")
    check_together(blocks, findings, pointer)
    _check_markdown_sum(blocks, findings, pointer)
    for name, times in Counter(b.get("block_id") for b in blocks if isinstance(b, dict)).items():
        if name and times > 1:
            findings.add(f"`block_id` {name} already exists", pointer)


def check_block(block: Any, findings: Findings, pointer: str) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    check = BLOCK_CHECKS.get(str(kind))
    if check is None:
        findings.add(f"unsupported type: {kind}", f"{pointer}/type")
        return
    findings.length(block.get("block_id"), f"{pointer}/block_id", ID)
    check(block, findings, pointer)
    for name, times in Counter(element.get("action_id") for element in interactive_elements(block)).items():
        if name and times > 1:
            findings.add(f"`action_id` {name} already exists for another interactive element", pointer)


def invalid(word: str, findings: Findings) -> SlackError:
    return SlackError(word, {"errors": findings.messages, **_words(*findings.messages)})


def _words(*messages: str) -> Json:
    return {"response_metadata": {"messages": list(messages)}}


def _check_modal(view: Json, findings: Findings) -> None:
    if findings.required(view, "title", "/view"):
        check_text(view["title"], findings, "/view/title", VIEW_TITLE, plain_only=True)
    for name in ("submit", "close"):
        check_plain(view, name, findings, "/view", VIEW_TITLE)
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in view.get("blocks") or [])
    if has_input and "submit" not in view:
        findings.add("missing required field: submit, for there are input blocks", "/view")


def _check_surface(blocks: Any, findings: Findings) -> None:
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        if isinstance(block, dict) and block.get("type") in MESSAGES_ONLY:
            findings.add(f"unsupported type: {block['type']}", f"/view/blocks/{index}/type")


def _check_metadata(metadata: Any) -> None:
    well_formed = isinstance(metadata, dict) and isinstance(metadata.get("event_type"), str)
    if not well_formed or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > METADATA_BYTES:
        raise SlackError("metadata_too_large")


def _text_size(node: Any) -> int:
    """Characters of every `text` inside a block."""
    if isinstance(node, dict):
        return sum(len(v) if k == "text" and isinstance(v, str) else _text_size(v) for k, v in node.items())
    if isinstance(node, list):
        return sum(map(_text_size, node))
    return 0


def _check_section(block: Json, findings: Findings, pointer: str) -> None:
    if "text" not in block and "fields" not in block:
        findings.add("missing required field: text or fields", pointer)
    if "text" in block:
        check_text(block["text"], findings, f"{pointer}/text")
    if "fields" in block and findings.count(block["fields"], f"{pointer}/fields", 10):
        for index, field in enumerate(block["fields"]):
            check_text(field, findings, f"{pointer}/fields/{index}", 2_000)
    if "accessory" in block:
        check_element(block["accessory"], findings, f"{pointer}/accessory", IN_SECTION)


def _check_header(block: Json, findings: Findings, pointer: str) -> None:
    check_text(block.get("text"), findings, f"{pointer}/text", 150, plain_only=True)


def _check_image_block(block: Json, findings: Findings, pointer: str) -> None:
    check_image(block, findings, pointer)
    check_plain(block, "title", findings, pointer, 2_000)


def _check_context(block: Json, findings: Findings, pointer: str) -> None:
    if not findings.count(block.get("elements"), f"{pointer}/elements", 10):
        return
    for index, element in enumerate(block["elements"]):
        place = f"{pointer}/elements/{index}"
        if isinstance(element, dict) and element.get("type") == "image":
            check_image(element, findings, place)
        else:
            check_text(element, findings, place)


def _check_actions(block: Json, findings: Findings, pointer: str) -> None:
    if findings.count(block.get("elements"), f"{pointer}/elements", 25):
        for index, element in enumerate(block["elements"]):
            check_element(element, findings, f"{pointer}/elements/{index}", IN_ACTIONS)


def _check_input(block: Json, findings: Findings, pointer: str) -> None:
    check_text(block.get("label"), findings, f"{pointer}/label", 2_000, plain_only=True)
    check_plain(block, "hint", findings, pointer, 2_000)
    check_element(block.get("element"), findings, f"{pointer}/element", IN_INPUT)


def _check_markdown(block: Json, findings: Findings, pointer: str) -> None:
    findings.length(block.get("text"), f"{pointer}/text", MARKDOWN_TEXT, least=1)


def _check_markdown_sum(blocks: list[Any], findings: Findings, pointer: str) -> None:
    written = [str(one.get("text")) for one in blocks if isinstance(one, dict) and one.get("type") == "markdown"]
    if len(written) > 1 and sum(map(len, written)) > MARKDOWN_TEXT:
        findings.add(f"markdown blocks must be less than {MARKDOWN_TEXT + 1} characters together", pointer)


def _check_rich_text(block: Json, findings: Findings, pointer: str) -> None:
    findings.count(block.get("elements"), f"{pointer}/elements", 100)


def _check_nothing(block: Json, findings: Findings, pointer: str) -> None:
    """A divider has nothing to check; nor have the kinds of which too little is known."""


BLOCK_CHECKS: dict[str, Callable[[Json, Findings, str], None]] = {
    "section": _check_section,
    "divider": _check_nothing,
    "header": _check_header,
    "image": _check_image_block,
    "context": _check_context,
    "actions": _check_actions,
    "input": _check_input,
    "markdown": _check_markdown,
    "rich_text": _check_rich_text,
    "context_actions": check_ratings,
    "file": check_file,
    "table": check_table,
    "video": check_video,
    **dict.fromkeys(UNCHECKED, _check_nothing),
}
