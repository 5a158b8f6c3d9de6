"""Modals: what they show, and how what was filled in is read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.blocks import modals
from handlers.parse import VideoCommand
from storage.records import Brief, Preference
from tests.slack.limits import check_options, check_view
from tests.slack.nouns import WEAPONS, a_job

NOBODY = Preference(workspace_id="T1", user_id="U1")
BEA = Preference(workspace_id="T1", user_id="U1", voice_id="v1", voice_name="Bea", avatar_id="a1", avatar_name="Annie")


def opened(wish: VideoCommand, preference: Preference = NOBODY) -> dict[str, Any]:
    """The New video modal as it is opened."""
    return modals.new_video(channel_id="C1", is_im=False, preference=preference, wish=wish)


def submitted(view: dict[str, Any], **filled: Any) -> dict[str, Any]:
    """The modal as Slack sends it back: every element with its initial value, or with what was filled in."""
    values = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        state = {
            "plain_text_input": {"value": element.get("initial_value")},
            "external_select": {"selected_option": element.get("initial_option")},
            "radio_buttons": {"selected_option": element.get("initial_option")},
            "checkboxes": {"selected_options": element.get("initial_options", [])},
        }[element["type"]]
        values[block["block_id"]] = {element["action_id"]: state | filled.get(block["block_id"], {})}
    return {"private_metadata": view["private_metadata"], "state": {"values": values}}


def test_the_empty_form_asks_for_a_prompt() -> None:
    """White space is none."""
    view = opened(VideoCommand(prompt=""))
    check_view(view)
    wish = modals.read_new_video(submitted(view, prompt={"value": "  \n"}))
    assert wish.errors == {modals.PROMPT_BLOCK: "Say in a sentence what you would like to see."}


def test_what_was_filled_in_is_read() -> None:
    """Names as people know them, decoded, with their ids."""
    option = modals.option_list([("s1", "Black & White", "Calm")])["options"][0]
    sent = option | {"text": option["text"] | {"text": "Black &amp; White"}}  # as Slack sends it back
    portrait = opened(VideoCommand(prompt="", orientation="portrait"))["blocks"][4]["element"]["initial_option"]
    view = submitted(
        opened(VideoCommand(prompt="")), prompt={"value": " A red barn "}, style={"selected_option": sent},
        orientation={"selected_option": portrait}, review={"selected_options": [{"value": "review"}]},
    )  # fmt: skip
    wish = modals.read_new_video(view)
    assert not wish.errors
    assert (wish.channel_id, wish.is_im) == ("C1", False)
    assert wish.brief == Brief(
        prompt="A red barn", style="Black & White", style_id="s1", orientation="portrait", review=True
    )


def test_ones_own_defaults_are_filled_in_and_can_be_seen() -> None:
    """They come back like any choice."""
    view = opened(VideoCommand(prompt="x"), BEA)
    check_view(view)
    expected = Brief(prompt="x", avatar="Annie", avatar_id="a1", voice="Bea", voice_id="v1")
    assert modals.read_new_video(submitted(view)).brief == expected


def test_what_was_typed_before_the_form_counts() -> None:
    """A name from a flag is shown, and stands until another is picked."""
    view = opened(VideoCommand(prompt="", avatar="Zoe", orientation="landscape", review=True), BEA)
    check_view(view)
    brief = modals.read_new_video(submitted(view, prompt={"value": "x"})).brief
    assert (brief.avatar, brief.avatar_id, brief.orientation, brief.review) == ("Zoe", None, "landscape", True)


@pytest.mark.parametrize("question_id", [None, "q1"])
def test_a_change_is_read_with_its_job(question_id: str | None) -> None:
    """And with the storyboard it answers, if it does; it is empty when nothing was written."""
    view = modals.change_video(job=a_job(prompt=WEAPONS), question_id=question_id)
    check_view(view)
    assert modals.read_change(submitted(view, words={"value": " Shorter "})) == modals.ChangeWish(
        job_id="j1", question_id=question_id, text="Shorter"
    )
    assert modals.read_change(submitted(view)).text == ""


def test_a_picker_offers_at_most_a_hundred_things() -> None:
    """And nothing whose id Slack could not carry."""
    items = [("x" * 151, "Too long", None), *[(str(n), f"Look {n}", "") for n in range(200)]]
    answer = modals.option_list(items)
    check_options(answer)
    assert len(answer["options"]) == 100
    assert answer["options"][0] == {
        "text": {"type": "plain_text", "text": "Look 0", "emoji": False},
        "value": "0",
    }
    assert modals.option_list([]) == {"options": []}


@given(name=st.text(), detail=st.none() | st.text())
def test_any_name_is_offered_in_a_way_that_slack_shows(name: str, detail: str | None) -> None:
    """Long names are cut, blank ones shown as a dash."""
    check_options(modals.option_list([("id", name, detail)]))


@given(words=st.text() | st.just(WEAPONS) | st.just("&" * 9_000) | st.just('"😀\\' * 3_000))
def test_any_words_make_a_modal_that_slack_opens(words: str) -> None:
    """Prompts, names and defaults of any kind."""
    preference = Preference(
        workspace_id="T1", user_id="U1", voice_id="v" * 151, voice_name=words, avatar_id="a", avatar_name=words
    )
    check_view(opened(VideoCommand(prompt=words, avatar=words, voice=words, style=words), preference))
    check_view(opened(VideoCommand(prompt=""), preference))
    check_view(modals.change_video(job=a_job(prompt=words)))


@pytest.mark.parametrize("is_im", [True, False])
def test_the_modal_remembers_where_it_was_opened(is_im: bool) -> None:
    """Channel or DM."""
    view = modals.new_video(channel_id="D1", is_im=is_im, preference=NOBODY, wish=VideoCommand(prompt="x"))
    wish = modals.read_new_video(submitted(view))
    assert (wish.channel_id, wish.is_im) == ("D1", is_im)
