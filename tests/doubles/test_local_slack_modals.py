"""People click, choose, fill in and submit; a real Bolt app opens, changes and closes views."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.playground.local_slack.records import CannotDo
from bot.playground.local_slack.server import LocalSlack
from tests.doubles.local_slack_apps import ANA, BEN, GENERAL, client_of, http_app, socket_app

Json = dict[str, Any]

ways_in = pytest.mark.parametrize("served", [socket_app, http_app], ids=["socket", "http"])


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def field(block_id: str, element: Json, **more: Any) -> Json:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


VOICE = {"type": "external_select", "action_id": "voice", "min_query_length": 0}
SHAPE = {
    "type": "static_select",
    "action_id": "shape",
    "options": [{"text": plain("Portrait"), "value": "p"}, {"text": plain("Landscape"), "value": "l"}],
}
NEW_VIDEO = {
    "type": "modal",
    "callback_id": "new_video",
    "title": plain("New video"),
    "submit": plain("Make it"),
    "notify_on_close": True,
    "private_metadata": GENERAL,
    "blocks": [
        field("prompt", {"type": "plain_text_input", "action_id": "text", "max_length": 20}),
        field("voice", VOICE, optional=True),
        field("shape", SHAPE, optional=True),
    ],
}
BUTTONS = [
    {
        "type": "actions",
        "block_id": "choices",
        "elements": [
            {"type": "button", "action_id": "pick", "text": plain("One"), "value": "1"},
            {"type": "button", "action_id": "pick2", "text": plain("Two"), "value": "2"},
            {**SHAPE, "action_id": "shape_now"},
        ],
    }
]


def studio(app: AsyncApp) -> None:
    """An app with a modal, its options and its buttons."""

    @app.command("/video")
    async def video(ack: Any, body: Json, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=NEW_VIDEO)
        await ack()

    @app.options("voice")
    async def voices(ack: Any, payload: Json) -> None:
        known = ["Annabelle", "Anton", "Bert"]
        found = [name for name in known if name.lower().startswith(payload["value"].lower())]
        await ack(options=[{"text": plain(name), "value": name} for name in found])

    @app.view("new_video")
    async def submitted(ack: Any, view: Json, client: Any, body: Json) -> None:
        values = view["state"]["values"]
        prompt = values["prompt"]["text"]["value"]
        match prompt:
            case "bad":
                await ack(response_action="errors", errors={"prompt": "say more"})
            case "update":
                await ack(response_action="update", view={**NEW_VIDEO, "title": plain("Again")})
            case "push":
                await ack(response_action="push", view={**NEW_VIDEO, "title": plain("Second")})
            case "clear":
                await ack(response_action="clear")
            case _:
                await ack()
                voice = (values["voice"]["voice"]["selected_option"] or {}).get("value")
                shape = (values["shape"]["shape"]["selected_option"] or {}).get("value")
                await client.chat_postMessage(
                    channel=view["private_metadata"], text=f"{body['user']['id']} {prompt} {voice} {shape}"
                )

    @app.view_closed("new_video")
    async def closed(ack: Any, body: Json, client: Any) -> None:
        await client.chat_postMessage(channel=GENERAL, text=f"closed {body['is_cleared']}")
        await ack()

    @app.action("pick")
    async def picked(ack: Any, action: Json, body: Json, respond: Any) -> None:
        await ack()
        await respond(text=f"{body['user']['id']} took {action['value']}", replace_original=True)

    @app.action("shape_now")
    async def shaped(ack: Any, action: Json, respond: Any) -> None:
        await ack()
        await respond(text=f"shape {action['selected_option']['value']}", replace_original=False)

    @app.event("message")
    async def message() -> None:
        pass


@ways_in
async def test_a_modal_is_opened_filled_in_and_submitted(served: Any) -> None:
    """From the command to the post: trigger, options by typing, values, and the view is closed."""
    async with served(studio) as slack:
        await slack.command(ANA, GENERAL, "/video")
        (view,) = slack.views(ANA)
        offered = await slack.options(ANA, "voice", value="An", view_id=view["id"])
        assert [option["value"] for option in offered.body["options"]] == ["Annabelle", "Anton"]

        values = {"prompt": "a cat", "voice": offered.body["options"][0], "shape": "Portrait"}
        ack = await slack.submit_view(ANA, view["id"], values)

        assert ack.ok
        assert slack.views(ANA) == []
        posted = await slack.wait_for(lambda s: s.messages(GENERAL))
        assert posted[0]["text"] == f"{ANA} a cat Annabelle p"


@ways_in
async def test_the_answer_to_a_submission_is_obeyed(served: Any) -> None:
    """Errors keep the view, update changes it, push stacks another, clear closes all."""
    async with served(studio) as slack:
        await slack.command(ANA, GENERAL, "/video")
        (view,) = slack.views(ANA)

        refused = await slack.submit_view(ANA, view["id"], {"prompt": "bad"})
        assert refused.body["errors"] == {"prompt": "say more"}
        assert len(slack.views(ANA)) == 1

        await slack.submit_view(ANA, view["id"], {"prompt": "update"})
        assert slack.views(ANA)[0]["title"]["text"] == "Again"

        await slack.submit_view(ANA, view["id"], {"prompt": "push"})
        first, second = slack.views(ANA)
        assert (second["previous_view_id"], second["root_view_id"]) == (first["id"], first["id"])

        await slack.submit_view(ANA, second["id"], {"prompt": "clear"})
        assert slack.views(ANA) == []


async def test_slack_itself_refuses_what_cannot_be_submitted() -> None:
    """Empty required inputs, too long a text, a choice that is not offered: the app is never asked."""
    async with socket_app(studio) as slack:
        await slack.command(ANA, GENERAL, "/video")
        (view,) = slack.views(ANA)
        told = len(slack.deliveries())

        for values in ({}, {"prompt": "x" * 21}, {"prompt": "x", "shape": "square"}, {"nothing": "x"}):
            with pytest.raises(CannotDo):
                await slack.submit_view(ANA, view["id"], values)
        with pytest.raises(CannotDo):
            await slack.submit_view(BEN, view["id"], {"prompt": "x"})

        assert len(slack.deliveries()) == told


async def test_closing_is_told_where_it_was_asked_for() -> None:
    """view_closed arrives because of notify_on_close."""
    async with socket_app(studio) as slack:
        await slack.command(ANA, GENERAL, "/video")
        await slack.close_view(ANA, slack.views(ANA)[0]["id"])

        assert slack.views(ANA) == []
        await slack.wait_for(lambda s: [m["text"] for m in s.messages(GENERAL)] == ["closed False"])


@ways_in
async def test_a_click_answers_at_its_response_url(served: Any) -> None:
    """A button's value reaches the app, whose answer replaces the message."""
    async with served(studio) as slack:
        client = client_of(slack)
        ts = (await client.chat_postMessage(channel=GENERAL, text="choose", blocks=BUTTONS))["ts"]

        assert (await slack.click(ANA, GENERAL, ts, "pick")).ok
        await slack.wait_for(lambda s: [m["text"] for m in s.messages(GENERAL)] == [f"{ANA} took 1"])

        private = (await client.chat_postEphemeral(channel=GENERAL, user=BEN, text="you", blocks=BUTTONS))["message_ts"]
        await slack.click(BEN, GENERAL, private, "shape_now", selected_option="Landscape")
        await slack.wait_for(lambda s: [m["text"] for m in s.ephemerals(BEN)] == ["you", "shape l"])
        with pytest.raises(CannotDo):
            await slack.click(ANA, GENERAL, private, "pick")


async def test_a_click_needs_something_to_click() -> None:
    """A button that is not there cannot be pressed, and the error names those that are."""
    async with LocalSlack() as slack:
        posted = await client_of(slack).chat_postMessage(channel=GENERAL, text="choose", blocks=BUTTONS)

        with pytest.raises(CannotDo, match="choices/pick2"):
            await slack.click(ANA, GENERAL, posted["ts"], "stop")


async def test_a_trigger_opens_one_modal_within_three_seconds() -> None:
    """Used, old and unknown triggers are told apart."""
    now = [1_700_000_000.0]
    async with LocalSlack(clock=lambda: now[0]) as slack:
        client = client_of(slack)
        slack.set(ack_seconds=0)
        first, second = [await _trigger(slack) for _ in range(2)]

        await client.views_open(trigger_id=first, view=NEW_VIDEO)
        now[0] += 3.5
        for trigger, word in (
            (first, "expired_trigger_id"),
            (second, "expired_trigger_id"),
            ("t", "invalid_trigger_id"),
        ):
            with pytest.raises(SlackApiError, match=word):
                await client.views_open(trigger_id=trigger, view=NEW_VIDEO)
        third = await _trigger(slack)
        await client.views_open(trigger_id=third, view=NEW_VIDEO)
        with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
            await client.views_open(trigger_id=third, view=NEW_VIDEO)


async def _trigger(slack: LocalSlack) -> str:
    """A trigger of a command nobody answered."""
    await slack.command(ANA, GENERAL, "/video")
    return str(slack.deliveries()[-1].payload["trigger_id"])


async def test_views_update_keeps_what_was_typed_and_checks_the_hash() -> None:
    """A loading modal can be filled in late; a stale hash is refused."""
    async with LocalSlack() as slack:
        slack.set(ack_seconds=0)
        client = client_of(slack)
        opened = (await client.views_open(trigger_id=await _trigger(slack), view=NEW_VIDEO))["view"]
        slack.type_in(ANA, opened["id"], {"prompt": "half a"})

        updated = await client.views_update(view_id=opened["id"], hash=opened["hash"], view=NEW_VIDEO)

        assert updated["view"]["state"]["values"]["prompt"]["text"]["value"] == "half a"
        with pytest.raises(SlackApiError, match="hash_conflict"):
            await client.views_update(view_id=opened["id"], hash=opened["hash"], view=NEW_VIDEO)
        with pytest.raises(SlackApiError, match="not_found"):
            await client.views_update(view_id="V0", view=NEW_VIDEO)


async def test_the_stack_holds_three_views() -> None:
    """A fourth view is push_limit_reached."""

    def pushing(app: AsyncApp) -> None:
        studio(app)

        @app.action("deeper")
        async def deeper(ack: Any, body: Json, client: Any) -> None:
            await client.views_push(trigger_id=body["trigger_id"], view=deep)
            await ack()

    deep = {**NEW_VIDEO, "blocks": [{"type": "section", "text": plain("x"), "accessory": {**_go, "value": "v"}}]}
    async with socket_app(pushing) as slack:
        slack.set(ack_seconds=0.2)
        trigger = await _trigger_while_connected(slack)
        await client_of(slack).views_open(trigger_id=trigger, view=deep)
        for _ in range(3):
            await slack.click_view(ANA, slack.views(ANA)[-1]["id"], "deeper")

        assert len(slack.views(ANA)) == 3
        assert [call.error for call in slack.calls("views.push")] == [None, None, "push_limit_reached"]


_go = {"type": "button", "action_id": "deeper", "text": plain("Go")}


async def _trigger_while_connected(slack: LocalSlack) -> str:
    await slack.command(ANA, GENERAL, "/unknown")
    return str(slack.deliveries()[-1].payload["trigger_id"])


async def test_shortcuts_and_the_home_tab_reach_the_app() -> None:
    """A message shortcut carries the message; opening Home is an event, and its view is published."""
    heard: list[Any] = []

    def listening(app: AsyncApp) -> None:
        @app.shortcut("from_message")
        async def from_message(ack: Any, shortcut: Json) -> None:
            heard.append(shortcut["message"]["text"])
            await ack()

        @app.event("app_home_opened")
        async def opened(event: Json, client: Any) -> None:
            view = {"type": "home", "blocks": [{"type": "divider"}]}
            await client.views_publish(user_id=event["user"], view=view)

        @app.event("message")
        async def message() -> None:
            pass

    async with socket_app(listening) as slack:
        ts = slack.post(ANA, GENERAL, "make this")
        assert (await slack.shortcut(BEN, "from_message", GENERAL, ts)).ok
        slack.open_home(ANA)

        home = await slack.wait_for(lambda s: s.home(ANA))
        assert heard == ["make this"]
        assert home["blocks"][0]["type"] == "divider"


async def test_a_response_url_serves_five_times() -> None:
    """The sixth answer is refused; one can be made public, and time runs out."""
    now = [1_700_000_000.0]
    async with LocalSlack(clock=lambda: now[0]) as slack:
        slack.set(ack_seconds=0)
        await slack.command(ANA, "D0OTHERS", "/video", "x")
        payload = slack.deliveries()[-1].payload
        assert payload["channel_name"] == "directmessage"

        webhook = AsyncWebhookClient(payload["response_url"])
        statuses = [(await webhook.send(text=f"note {n}", response_type="in_channel")).status_code for n in range(6)]
        assert statuses == [200] * 5 + [404]
        assert len(slack.messages("D0OTHERS")) == 5

        await slack.command(ANA, GENERAL, "/video", "x")
        late = AsyncWebhookClient(slack.deliveries()[-1].payload["response_url"])
        now[0] += 1_801
        assert (await late.send(text="too late")).body == "expired_url"


async def test_a_rating_tells_which_of_its_buttons_was_used() -> None:
    """The click carries the value and the words of the thumb that was pressed; another value is no button."""
    taken: list[Json] = []

    def rated(app: AsyncApp) -> None:
        @app.action("rate")
        async def rate(ack: Any, action: Json) -> None:
            taken.append(action)
            await ack()

    thumbs = {
        "type": "feedback_buttons",
        "action_id": "rate",
        "positive_button": {"text": plain("Good"), "value": "good"},
        "negative_button": {"text": plain("Bad"), "value": "bad"},
    }
    async with socket_app(rated) as slack:
        blocks = [{"type": "context_actions", "elements": [thumbs]}]
        posted = await client_of(slack).chat_postMessage(channel=GENERAL, text="How is it?", blocks=blocks)
        assert (await slack.click(ANA, GENERAL, posted["ts"], "rate", value="bad")).ok
        assert (taken[0]["type"], taken[0]["value"], taken[0]["text"]) == ("feedback_buttons", "bad", plain("Bad"))
        with pytest.raises(CannotDo, match="has no button 'so so'"):
            await slack.click(ANA, GENERAL, posted["ts"], "rate", value="so so")


async def test_files_of_a_form_are_files_of_slack_that_the_app_can_fetch() -> None:
    """They are uploaded while the form is filled in; the submission names them as Slack names files."""
    sent: list[Json] = []
    files = {"type": "file_input", "action_id": "files", "max_files": 2}
    form = {**NEW_VIDEO, "notify_on_close": False, "blocks": [field("brief", files)]}

    def filled(app: AsyncApp) -> None:
        @app.command("/video")
        async def opened(ack: Any, body: Json, client: Any) -> None:
            await client.views_open(trigger_id=body["trigger_id"], view=form)
            await ack()

        @app.view("new_video")
        async def submitted(ack: Any, view: Json) -> None:
            sent.extend(view["state"]["values"]["brief"]["files"]["files"])
            await ack()

    async with socket_app(filled) as slack:
        await slack.command(ANA, GENERAL, "/video")
        view_id = slack.views(ANA)[0]["id"]
        with pytest.raises(CannotDo, match="brief"):
            await slack.submit_view(ANA, view_id)
        kept = slack.upload(ANA, [{"name": "brief.txt", "mimetype": "text/plain", "bytes": b"A teaser"}])
        assert (await slack.submit_view(ANA, view_id, {"brief": kept})).ok
        assert [file["name"] for file in sent] == ["brief.txt"]
        known = await client_of(slack).files_info(file=sent[0]["id"])
        assert known["file"]["user"] == ANA
        assert slack.files[sent[0]["id"]].path.read_bytes() == b"A teaser"
