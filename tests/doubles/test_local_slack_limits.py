"""The local Slack refuses what Slack refuses, in Slack's words."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.playground.local_slack.limits import check_message, check_options_answer, check_view
from bot.playground.local_slack.records import SlackError
from bot.playground.local_slack.server import LocalSlack
from tests.doubles.local_slack_apps import GENERAL, client_of

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str = "go", text: str = "Go", **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(text), **more}


def option(text: str = "One", value: str = "1") -> Json:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> Json:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def input_block(element: Json) -> Json:
    return {"type": "input", "label": plain("L"), "element": element}


def typed(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "t", **more}


def modal(**more: Any) -> Json:
    return {"type": "modal", "title": plain("T"), "blocks": [section("x")], **more}


def feedback(value: str = "good", **more: Any) -> Json:
    button = {"text": plain("Good"), "value": value}
    no = {"text": plain("Bad"), "value": "bad"}
    return {"type": "feedback_buttons", "action_id": "f", "positive_button": button, "negative_button": no, **more}


def trash(**more: Any) -> Json:
    return {"type": "icon_button", "action_id": "i", "icon": "trash", "text": plain("Remove"), **more}


def ratings(*elements: Json) -> Json:
    return {"type": "context_actions", "elements": list(elements)}


def video(**more: Any) -> Json:
    links = {"video_url": "https://player.test/v/1", "thumbnail_url": "https://player.test/1.png"}
    return {"type": "video", "title": plain("T"), "alt_text": "a film", **links, **more}


def table(rows: int = 1, columns: int = 1, **more: Any) -> Json:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows, **more}


AT_THE_LIMIT = [
    video(title=plain("x" * 199), description=plain("x" * 199), author_name="x" * 49),
    table(100, 20, column_settings=[{"align": "right"}] * 20),
    {"type": "file", "external_id": "abc", "source": "remote"},
    ratings(feedback("v" * 2_000), *(trash(action_id=f"i{n}") for n in range(4))),
    {"type": "task_card", "task_id": "1", "title": "what nobody here knows the limits of"},
    section("x" * 3_000),
    {"type": "section", "fields": [plain("x" * 2_000)] * 2},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 10},
    {"type": "image", "image_url": "https://x.test/i.png", "alt_text": "x" * 2_000},
    actions(*(button(f"b{n}") for n in range(25))),
    actions(button(text="x" * 75, value="v" * 2_000, url="https://x.test/" + "u" * 2_900)),
    actions(select(options=[option(f"O{n}", str(n)) for n in range(100)])),
    actions(select(initial_option=option())),
    actions({"type": "overflow", "action_id": "o", "options": [option()] * 5}),
    input_block(typed(max_length=3_000, initial_value="x")),
    {"type": "divider", "block_id": "b" * 255},
]

OVER_THE_LIMIT = [
    (video(title=plain("x" * 200)), "/blocks/0/title/text"),
    (video(author_name="x" * 50), "/blocks/0/author_name"),
    (video(video_url="http://player.test/v/1"), "/blocks/0/video_url"),
    (video(alt_text=""), "/blocks/0"),
    (table(101), "/blocks/0/rows"),
    (table(columns=21), "/blocks/0/rows/0"),
    ({"type": "table", "rows": [["x"]]}, "/blocks/0/rows/0/0/type"),
    ({"type": "file", "external_id": "abc"}, "/blocks/0/source"),
    (ratings(), "/blocks/0/elements"),
    (ratings(*(trash(action_id=f"i{n}") for n in range(6))), "/blocks/0/elements"),
    (ratings(button()), "/blocks/0/elements/0/type"),
    (ratings(feedback("v" * 2_001)), "/blocks/0/elements/0/positive_button/value"),
    (ratings(feedback(negative_button=None)), "/blocks/0/elements/0"),
    (ratings(trash(icon="bin")), "/blocks/0/elements/0/icon"),
    (section("x" * 3_001), "/blocks/0/text/text"),
    (section(""), "/blocks/0/text/text"),
    ({"type": "section"}, "/blocks/0"),
    ({"type": "section", "fields": [plain("x")] * 11}, "/blocks/0/fields"),
    ({"type": "section", "fields": [plain("x" * 2_001)]}, "/blocks/0/fields/0/text"),
    ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text"),
    ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "/blocks/0/text/type"),
    ({"type": "context", "elements": [plain("x")] * 11}, "/blocks/0/elements"),
    ({"type": "image", "image_url": "https://x.test/i.png"}, "/blocks/0"),
    (actions(*(button(f"b{n}") for n in range(26))), "/blocks/0/elements"),
    (actions(), "/blocks/0/elements"),
    (actions(button("one"), button("one")), "/blocks/0"),
    (actions(button(text="x" * 76)), "/blocks/0/elements/0/text/text"),
    (actions(button(value="v" * 2_001)), "/blocks/0/elements/0/value"),
    (actions(button(style="loud")), "/blocks/0/elements/0/style"),
    (actions(button("a" * 256)), "/blocks/0/elements/0/action_id"),
    (actions(button(confirm={"text": plain("x" * 301)})), "/blocks/0/elements/0/confirm/text/text"),
    (actions(select(options=[option()] * 101)), "/blocks/0/elements/0/options"),
    (actions(select(options=[option(text="x" * 76)])), "/blocks/0/elements/0/options/0/text/text"),
    (actions(select(options=[option(value="v" * 151)])), "/blocks/0/elements/0/options/0/value"),
    (actions(select(initial_option=option("Two", "2"))), "/blocks/0/elements/0/initial_option"),
    (actions(select(placeholder=plain("x" * 151))), "/blocks/0/elements/0/placeholder/text"),
    (actions({"type": "overflow", "action_id": "o", "options": [option()] * 6}), "/blocks/0/elements/0/options"),
    (actions(typed()), "/blocks/0/elements/0/type"),
    (input_block(button()), "/blocks/0/element/type"),
    (input_block(typed(max_length=3_001)), "/blocks/0/element/max_length"),
    (input_block({"type": "radio_buttons", "options": [option()] * 11}), "/blocks/0/element/options"),
    (input_block({"type": "file_input", "max_files": 11}), "/blocks/0/element/max_files"),
    ({"type": "divider", "block_id": "b" * 256}, "/blocks/0/block_id"),
    ({"type": "marquee"}, "/blocks/0/type"),
]


@pytest.mark.parametrize("block", AT_THE_LIMIT, ids=lambda block: str(block["type"]))
def test_a_block_at_its_limit_is_taken(block: Json) -> None:
    """What stays within Slack's numbers is accepted."""
    check_message("text", [block], None)


@pytest.mark.parametrize(("block", "pointer"), OVER_THE_LIMIT, ids=[pointer for _, pointer in OVER_THE_LIMIT])
def test_a_block_over_its_limit_is_refused_at_its_place(block: Json, pointer: str) -> None:
    """One too many is invalid_blocks, with a pointer to the place."""
    with pytest.raises(SlackError) as caught:
        check_message("text", [block], None)

    assert caught.value.word == "invalid_blocks"
    assert any(f"[json-pointer:{pointer}]" in words for words in caught.value.details["response_metadata"]["messages"])


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (("", [], None), "no_text"),
        (("x", [{"type": "divider"}] * 51, None), "invalid_blocks"),
        (("x", [{"type": "divider", "block_id": "same"}] * 2, None), "invalid_blocks"),
        (("x", [section("x" * 3_000)] * 5, None), "msg_blocks_too_long"),
        (("x", [], {"event_type": "t"}), "invalid_metadata_format"),
        (("x", [], {"event_type": "t", "event_payload": {"k": "v" * 8_000}}), "metadata_too_large"),
    ],
)
def test_a_message_as_a_whole_has_limits(content: Any, word: str) -> None:
    """Number and length of blocks and the size of metadata are bounded."""
    with pytest.raises(SlackError, match=word):
        check_message(*content)


@pytest.mark.parametrize(
    ("view", "word"),
    [
        (modal(title=plain("x" * 25)), "invalid_arguments"),
        (modal(submit=plain("x" * 25)), "invalid_arguments"),
        (modal(private_metadata="x" * 3_001), "invalid_arguments"),
        (modal(callback_id="x" * 256), "invalid_arguments"),
        (modal(blocks=[{"type": "divider"}] * 101), "invalid_arguments"),
        (modal(blocks=[input_block(typed())]), "invalid_arguments"),
        (modal(blocks=[section("x" * 2_900)] * 100), "view_too_large"),
        ({"type": "modal", "blocks": []}, "invalid_arguments"),
        ({"type": "sheet", "blocks": []}, "invalid_arguments"),
    ],
)
def test_a_view_has_limits(view: Json, word: str) -> None:
    """Titles, ids, metadata, blocks and the size of a view are bounded."""
    with pytest.raises(SlackError, match=word):
        check_view(view)


def test_a_view_at_its_limits_is_taken() -> None:
    """The longest title, the most blocks."""
    blocks = [*({"type": "divider"} for _ in range(99)), input_block(typed())]
    check_view(modal(title=plain("x" * 24), submit=plain("Go"), blocks=blocks, private_metadata="x" * 3_000))


def test_an_options_answer_has_limits() -> None:
    """No options are fine, a hundred and one are not."""
    assert check_options_answer({"options": []}) == []
    assert check_options_answer({"options": [option()] * 100}) == []
    assert check_options_answer({"options": [option()] * 101}) != []
    assert check_options_answer({"option_groups": [{"label": plain("x" * 76), "options": [option()]}]}) != []
    assert check_options_answer(None) != []


async def test_the_words_arrive_at_the_caller() -> None:
    """The SDK sees error, reasons and pointers."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=GENERAL, text="x", blocks=[section("x" * 3_001)])
        assert caught.value.response["error"] == "invalid_blocks"
        assert caught.value.response["response_metadata"]["messages"] == [
            "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
        ]

        ts = (await client.chat_postMessage(channel=GENERAL, text="x" * 40_001))["ts"]
        assert len(slack.messages(GENERAL)[0]["text"]) == 40_000
        with pytest.raises(SlackApiError, match="msg_too_long"):
            await client.chat_update(channel=GENERAL, ts=ts, text="x" * 4_001)


def test_what_may_stand_only_once_or_only_in_messages() -> None:
    """A second table, and a table or a rating in a modal, are refused by name."""
    with pytest.raises(SlackError) as refused:
        check_message("text", [table(), table()], None)
    assert "only_one_table_allowed" in str(refused.value.details["response_metadata"]["messages"])
    for block in (table(), ratings(trash()), {"type": "file", "external_id": "abc", "source": "remote"}):
        with pytest.raises(SlackError) as refused:
            check_view(modal(blocks=[block]))
        assert "/view/blocks/0/type" in str(refused.value.details["response_metadata"]["messages"])


def test_markdown_counts_together() -> None:
    """Two markdown blocks may not be longer together than one may be."""
    half = {"type": "markdown", "text": "x" * 6_000}
    check_message("text", [half, {**half, "block_id": "b"}], None)
    with pytest.raises(SlackError, match="invalid_blocks"):
        check_message("text", [half, {"type": "markdown", "text": "x" * 6_001}], None)


async def test_a_video_block_wants_a_claimed_domain() -> None:
    """The player's host must be among the app's unfurl domains, in a message and deep inside a view alike."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        with pytest.raises(SlackApiError) as refused:
            await client.chat_postMessage(channel=GENERAL, text="x", blocks=[video()])
        assert refused.value.response["error"] == "invalid_blocks"
        assert "not a valid unfurl domain" in str(refused.value.response["response_metadata"]["messages"])

        slack.set(unfurl_domains=["other.test", "player.test"])
        assert (await client.chat_postMessage(channel=GENERAL, text="x", blocks=[video()]))["ok"]
        wrong = video(video_url="https://player.test.evil.test/v/1")
        with pytest.raises(SlackApiError, match="invalid_blocks"):
            await client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": [wrong]})
