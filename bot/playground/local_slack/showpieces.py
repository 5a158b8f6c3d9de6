"""Slack's limits on the blocks beyond text and controls: videos, files, tables, ratings, and the newest kinds."""

from typing import Any
from urllib.parse import urlsplit

from bot.playground.local_slack.elements import Findings, check_element, check_plain, check_text
from bot.playground.local_slack.records import Json

VIDEO_TITLE, VIDEO_AUTHOR = 199, 49  # "less than" 200 and 50
TABLE_ROWS, TABLE_COLUMNS = 100, 20
CELLS = ("raw_text", "raw_number", "rich_text")
RATINGS = 5
IN_RATINGS = ("feedback_buttons", "icon_button")
MESSAGES_ONLY = frozenset({"context_actions", "file", "table"})
# Slack takes them; what it asks of them is not known well enough to refuse any.
UNCHECKED = frozenset(
    ["alert", "auth_provider", "card", "carousel", "container", "data_table", "data_visualization", "plan", "task_card"]
)


def check_video(block: Json, findings: Findings, pointer: str) -> None:
    """https://docs.slack.dev/reference/block-kit/blocks/video-block"""
    check_text(block.get("title"), findings, f"{pointer}/title", VIDEO_TITLE, plain_only=True)
    check_plain(block, "description", findings, pointer, VIDEO_TITLE)
    findings.length(block.get("author_name"), f"{pointer}/author_name", VIDEO_AUTHOR)
    for name in ("alt_text", "thumbnail_url", "video_url"):
        findings.required(block, name, pointer)
    for name in ("video_url", "title_url"):
        if block.get(name) and not str(block[name]).startswith("https://"):
            findings.add("must be an https URL", f"{pointer}/{name}")


def check_file(block: Json, findings: Findings, pointer: str) -> None:
    findings.required(block, "external_id", pointer)
    if block.get("source") != "remote":
        findings.add("must be one of: remote", f"{pointer}/source")


def check_table(block: Json, findings: Findings, pointer: str) -> None:
    if not findings.count(block.get("rows"), f"{pointer}/rows", TABLE_ROWS):
        return
    for number, row in enumerate(block["rows"]):
        place = f"{pointer}/rows/{number}"
        if findings.count(row, place, TABLE_COLUMNS):
            for column, cell in enumerate(row):
                kind = cell.get("type") if isinstance(cell, dict) else None
                if kind not in CELLS:
                    findings.add(f"must be one of: {', '.join(CELLS)}", f"{place}/{column}/type")
    if "column_settings" in block:
        findings.count(block["column_settings"], f"{pointer}/column_settings", TABLE_COLUMNS)


def check_ratings(block: Json, findings: Findings, pointer: str) -> None:
    if findings.count(block.get("elements"), f"{pointer}/elements", RATINGS):
        for index, element in enumerate(block["elements"]):
            _check_rating(element, findings, f"{pointer}/elements/{index}")


def _check_rating(element: Any, findings: Findings, pointer: str) -> None:
    check_element(element, findings, pointer, IN_RATINGS)
    kind = element.get("type") if isinstance(element, dict) else None
    if kind == "icon_button":
        check_text(element.get("text"), findings, f"{pointer}/text", 75, plain_only=True)
        if element.get("icon") != "trash":
            findings.add("must be one of: trash", f"{pointer}/icon")
    elif kind == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            if findings.required(element, name, pointer):
                _check_feedback(element[name], findings, f"{pointer}/{name}")


def _check_feedback(button: Any, findings: Findings, pointer: str) -> None:
    if not isinstance(button, dict):
        findings.add("must be an object", pointer)
        return
    check_text(button.get("text"), findings, f"{pointer}/text", 75, plain_only=True)
    if findings.required(button, "value", pointer):
        findings.length(button["value"], f"{pointer}/value", 2_000)
    findings.length(button.get("accessibility_label"), f"{pointer}/accessibility_label", 75)


def check_together(blocks: list[Any], findings: Findings, pointer: str) -> None:
    """What holds for all blocks of a payload at once."""
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if kinds.count("table") > 1:
        findings.add("only_one_table_allowed", pointer)
    if kinds.count("data_visualization") > 2:
        findings.add("no more than 2 data_visualization blocks allowed", pointer)


def unclaimed_videos(content: Any, domains: frozenset[str]) -> list[str]:
    """Players on hosts that are not among the app's unfurl domains, anywhere in this JSON."""
    if isinstance(content, list):
        return [url for one in content for url in unclaimed_videos(one, domains)]
    if not isinstance(content, dict):
        return []
    if content.get("type") == "video" and (url := str(content.get("video_url", ""))):
        return [] if urlsplit(url).hostname in domains else [url]
    return [url for one in content.values() for url in unclaimed_videos(one, domains)]
