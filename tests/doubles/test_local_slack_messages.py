"""The Web API of the local Slack as the real SDK client calls it: messages, channels, people, reactions."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.playground.local_slack.server import LocalSlack
from tests.doubles.local_slack_apps import ANA, BEN, GENERAL, client_of


async def refusal(call: Any) -> Any:
    """The answer of a call that Slack refuses."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


async def test_the_token_decides_who_calls() -> None:
    """auth.test names the bot and its scopes; other tokens are refused with Slack's words."""
    async with LocalSlack() as slack:
        answer = await client_of(slack).auth_test()

        assert (answer["team_id"], answer["user_id"], answer["bot_id"]) == ("T0LOCAL", "U0BOT", "B0BOT")
        assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")
        assert (await refusal(client_of(slack, "xoxb-wrong").auth_test()))["error"] == "invalid_auth"
        assert (await refusal(client_of(slack, "xapp-local").auth_test()))["error"] == "not_allowed_token_type"
        assert (await refusal(client_of(slack).apps_connections_open(app_token="xoxb-local")))["error"] == (
            "not_allowed_token_type"
        )
        assert (await refusal(client_of(slack).api_call("no.such")))["error"] == "unknown_method"
        assert not any("xoxb" in str(call.arguments) for call in slack.calls())


async def test_a_message_is_posted_edited_and_deleted() -> None:
    """A message keeps its text raw and its metadata, until it is replaced or gone."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        metadata = {"event_type": "job", "event_payload": {"id": "j1"}}
        posted = await client.chat_postMessage(
            channel=GENERAL, text="<!channel> & co", blocks=[section("hello")], metadata=metadata
        )
        ts = posted["ts"]
        assert posted["message"]["bot_id"] == "B0BOT"
        assert slack.messages(GENERAL)[0]["text"] == "<!channel> & co"
        assert slack.messages(GENERAL)[0]["blocks"][0]["block_id"]

        await client.chat_update(channel=GENERAL, ts=ts, text="second")
        changed = slack.message(GENERAL, ts)
        assert changed is not None
        assert (changed["text"], changed.get("blocks"), changed["metadata"]) == ("second", None, metadata)
        assert changed["edited"]["user"] == "U0BOT"

        await client.chat_delete(channel=GENERAL, ts=ts)
        assert slack.messages(GENERAL) == []
        assert (await refusal(client.chat_update(channel=GENERAL, ts=ts, text="x")))["error"] == "message_not_found"


async def test_only_own_messages_can_be_changed() -> None:
    """A person's message is neither updated nor deleted by the app."""
    async with LocalSlack() as slack:
        ts = slack.post(ANA, GENERAL, "mine")

        client = client_of(slack)
        assert (await refusal(client.chat_update(channel=GENERAL, ts=ts, text="x")))["error"] == "cant_update_message"
        assert (await refusal(client.chat_delete(channel=GENERAL, ts=ts)))["error"] == "cant_delete_message"


async def test_a_reply_to_a_deleted_root_lands_in_the_channel() -> None:
    """Slack silently unthreads such a reply; the missing thread_ts in the answer is the only sign."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        root = slack.post(ANA, GENERAL, "root")
        reply = await client.chat_postMessage(channel=GENERAL, text="reply", thread_ts=root)
        assert reply["message"]["thread_ts"] == root
        wrong = await refusal(client.chat_postMessage(channel=GENERAL, text="x", thread_ts=reply["ts"]))
        assert wrong["error"] == "cannot_reply_to_message"

        lonely = slack.post(ANA, GENERAL, "nobody answers")
        slack.delete_message(ANA, GENERAL, lonely)
        late = await client.chat_postMessage(channel=GENERAL, text="late", thread_ts=lonely)
        assert "thread_ts" not in late["message"]

        slack.delete_message(ANA, GENERAL, root)
        assert [m.get("subtype") for m in slack.thread(GENERAL, root)] == ["tombstone", None]


@pytest.mark.parametrize(
    ("channel", "word"),
    [
        ("C0OPEN", "not_in_channel"),
        ("C0PRIVATE", "channel_not_found"),
        ("D0OTHERS", "channel_not_found"),
        ("C0ARCHIVE", "is_archived"),
        ("C0NOWHERE", "channel_not_found"),
    ],
)
async def test_where_the_app_cannot_write(channel: str, word: str) -> None:
    """Slack's word for each place that is closed to the app."""
    async with LocalSlack() as slack:
        assert (await refusal(client_of(slack).chat_postMessage(channel=channel, text="x")))["error"] == word


async def test_the_app_joins_a_public_channel_and_is_invited_to_a_private_one() -> None:
    """After joining or an invitation the app may write, and is told that it came in."""
    async with LocalSlack() as slack:
        slack.set(ack_seconds=0.05, retry_pace=10_000)
        client = client_of(slack)
        await client.conversations_join(channel="C0OPEN")
        assert (await client.conversations_info(channel="C0OPEN"))["channel"]["is_member"]
        assert (await refusal(client.conversations_info(channel="C0PRIVATE")))["error"] == "channel_not_found"

        slack.invite("C0PRIVATE", BEN)
        await client.chat_postMessage(channel="C0PRIVATE", text="here")
        joined = [d.payload["event"] for d in slack.deliveries() if "joined" in d.payload["event"]["type"]]
        assert [(e["channel"], e["channel_type"], e.get("inviter")) for e in joined] == [
            ("C0OPEN", "C", None),
            ("C0PRIVATE", "G", BEN),
        ]

        slack.kick("C0PRIVATE")
        assert (await refusal(client.chat_postMessage(channel="C0PRIVATE", text="x")))["error"] == "channel_not_found"


async def test_a_direct_conversation_is_opened_once() -> None:
    """conversations.open gives the same channel each time, and a post to the person goes there."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        opened = await client.conversations_open(users=ANA)
        again = await client.conversations_open(users=[ANA])
        posted = await client.chat_postMessage(channel=ANA, text="done")

        assert opened["channel"]["id"] == again["channel"]["id"] == posted["channel"] == slack.dm(ANA)
        assert again["already_open"]
        assert (await refusal(client.conversations_open(users="U0NOBODY")))["error"] == "user_not_found"


async def test_history_and_replies_honour_their_borders() -> None:
    """History is newest first without replies; a thread is oldest first with its root on every page."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        first, second, third = (slack.post(ANA, GENERAL, text) for text in ("one", "two", "three"))
        replies = [slack.post(BEN, GENERAL, f"reply {n}", thread_ts=first) for n in range(3)]

        history = await client.conversations_history(channel=GENERAL)
        later = await client.conversations_history(channel=GENERAL, oldest=first)
        both = await client.conversations_history(channel=GENERAL, oldest=second, latest=third, inclusive=True)
        page = await client.conversations_history(channel=GENERAL, limit=2)
        rest = await client.conversations_history(
            channel=GENERAL, limit=2, cursor=page["response_metadata"]["next_cursor"]
        )
        thread = await client.conversations_replies(channel=GENERAL, ts=first, oldest=replies[0])

        assert [m["text"] for m in history["messages"]] == ["three", "two", "one"]
        assert [m["text"] for m in later["messages"]] == ["three", "two"]
        assert [m["text"] for m in both["messages"]] == ["three", "two"]
        assert (page["has_more"], [m["text"] for m in rest["messages"]]) == (True, ["one"])
        assert [m["text"] for m in thread["messages"]] == ["one", "reply 1", "reply 2"]
        assert thread["messages"][0]["reply_count"] == 3
        unknown = await refusal(client.conversations_replies(channel=GENERAL, ts="1.000000"))
        assert unknown["error"] == "thread_not_found"


async def test_metadata_is_read_back_only_when_asked_for() -> None:
    """A post whose answer was lost can be found by its metadata."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        root = slack.post(ANA, GENERAL, "root")
        metadata = {"event_type": "effect", "event_payload": {"key": "k"}}
        await client.chat_postMessage(channel=GENERAL, thread_ts=root, text="x", metadata=metadata)

        plain = await client.conversations_replies(channel=GENERAL, ts=root)
        full = await client.conversations_replies(channel=GENERAL, ts=root, include_all_metadata=True)

        assert "metadata" not in plain["messages"][1]
        assert full["messages"][1]["metadata"] == metadata


async def test_scopes_are_checked_by_method_and_kind_of_channel() -> None:
    """A missing scope is named in the answer, beside those that are granted."""
    async with LocalSlack(scopes="chat:write,channels:history") as slack:
        client = client_of(slack)
        slack.invite("C0PRIVATE")

        users = await refusal(client.users_info(user=ANA))
        assert (users["error"], users["needed"], users["provided"]) == (
            "missing_scope",
            "users:read",
            "chat:write,channels:history",
        )
        await client.conversations_history(channel=GENERAL)
        private = await refusal(client.conversations_history(channel="C0PRIVATE"))
        assert private["needed"] == "groups:history"
        assert (await refusal(client.conversations_info(channel=GENERAL)))["needed"] == "channels:read"


async def test_people_are_known_by_their_standing() -> None:
    """Admins, guests and people of other organisations can be told apart."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        people = {one: (await client.users_info(user=one))["user"] for one in ("U0ANA", "U0ADMIN", "U0GUEST", "U0EXT")}

        assert people["U0ADMIN"]["is_admin"]
        assert not people["U0ANA"]["is_admin"]
        assert people["U0GUEST"]["is_restricted"]
        assert people["U0EXT"]["is_stranger"]
        assert people["U0EXT"]["team_id"] == "T0OTHER"


async def test_an_ephemeral_message_is_for_one_member() -> None:
    """Only its addressee sees it, and only members of the channel can be addressed."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="just you")

        assert [m["text"] for m in slack.ephemerals(ANA)] == ["just you"]
        assert [m["text"] for m in slack.seen(ANA, GENERAL)] == ["just you"]
        assert slack.seen(BEN, GENERAL) == []
        stranger = await refusal(client.chat_postEphemeral(channel=GENERAL, user="U0NOBODY", text="x"))
        assert stranger["error"] == "user_not_in_channel"


async def test_reactions_and_permalinks() -> None:
    """A second reaction of the same name is refused; a permalink exists for what exists."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        ts = slack.post(ANA, GENERAL, "look")
        await client.reactions_add(channel=GENERAL, timestamp=ts, name="eyes")

        again = await refusal(client.reactions_add(channel=GENERAL, timestamp=ts, name="eyes"))
        link = await client.chat_getPermalink(channel=GENERAL, message_ts=ts)

        assert again["error"] == "already_reacted"
        assert link["permalink"].endswith(f"/{GENERAL}/p{ts.replace('.', '')}")
        await client.reactions_remove(channel=GENERAL, timestamp=ts, name="eyes")
        assert (await refusal(client.chat_getPermalink(channel=GENERAL, message_ts="1.0")))["error"] == (
            "message_not_found"
        )


async def test_channels_and_members_are_listed_page_by_page() -> None:
    """Lists follow their cursor, and show nothing the app cannot see."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        first = await client.conversations_list(limit=2, types="public_channel,private_channel")
        rest = await client.conversations_list(limit=2, cursor=first["response_metadata"]["next_cursor"])
        members = await client.conversations_members(channel="C0OPEN")

        assert [c["id"] for c in first["channels"]] == [GENERAL, "C0OPEN"]
        assert [c["id"] for c in rest["channels"]] == ["C0ARCHIVE"]
        assert members["members"] == ["U0ADMIN", "U0ANA", "U0BEN", "U0GUEST"]
        assert (await refusal(client.conversations_list(cursor="?")))["error"] == "invalid_cursor"


async def test_what_the_app_may_know_of_itself_and_its_team() -> None:
    """bots.info works with users:read; team.info needs a scope that the app does not have at first."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        assert (await client.bots_info(bot="B0BOT"))["bot"]["app_id"] == "A0LOCAL"
        assert (await refusal(client.team_info()))["needed"] == "team:read"
        slack.set(scopes=f"{slack.temper.scopes},team:read")
        assert (await client.team_info())["team"]["id"] == "T0LOCAL"


async def test_suggested_prompts_are_kept_for_a_conversation() -> None:
    """One to four prompts; a fifth is refused."""
    async with LocalSlack() as slack:
        client, dm = client_of(slack), slack.dm(ANA)
        prompts = [{"title": f"t{n}", "message": f"m{n}"} for n in range(5)]
        await client.assistant_threads_setSuggestedPrompts(channel_id=dm, thread_ts="1.0", prompts=prompts[:4])

        assert slack.world.prompts[dm]["prompts"] == prompts[:4]
        too_many = client.assistant_threads_setSuggestedPrompts(channel_id=dm, thread_ts="1.0", prompts=prompts)
        assert (await refusal(too_many))["error"] == "invalid_arguments"


async def test_rate_limits_answer_429_with_the_seconds_to_wait() -> None:
    """One message a second in a channel after a short burst; other channels are not held up."""
    now = [1_700_000_000.0]
    async with LocalSlack(clock=lambda: now[0], rate_factor=1) as slack:
        client = client_of(slack)
        for _ in range(4):
            await client.chat_postMessage(channel=GENERAL, text="burst")
        limited = await refusal(client.chat_postMessage(channel=GENERAL, text="too much"))
        assert (limited.status_code, limited["error"], limited.headers["Retry-After"]) == (429, "ratelimited", "1")

        await client.chat_postMessage(channel=ANA, text="elsewhere")
        now[0] += 1
        await client.chat_postMessage(channel=GENERAL, text="a second later")


async def test_each_method_has_its_tier() -> None:
    """Many edits at once are refused, and allowed again in time."""
    now = [1_700_000_000.0]
    async with LocalSlack(clock=lambda: now[0], rate_factor=1) as slack:
        client = client_of(slack)
        ts = (await client.chat_postMessage(channel=GENERAL, text="card"))["ts"]
        for number in range(12):
            await client.chat_update(channel=GENERAL, ts=ts, text=f"edit {number}")
        limited = await refusal(client.chat_update(channel=GENERAL, ts=ts, text="no more"))

        now[0] += int(limited.headers["Retry-After"])
        await client.chat_update(channel=GENERAL, ts=ts, text="again")


async def test_ordered_failures_hit_the_next_call_and_then_stop() -> None:
    """Errors, statuses and 429 come as ordered, and nothing of the call happens."""
    async with LocalSlack() as slack:
        client = client_of(slack)
        slack.next("chat.postMessage", "error", error="fatal_error")
        slack.next("chat.postMessage", "429", retry_after=7)
        slack.next("chat.postMessage", "status", status=503, times=2)

        answers = [await refusal(client.chat_postMessage(channel=GENERAL, text="x")) for _ in range(2)]
        assert answers[0]["error"] == "fatal_error"
        assert answers[1].headers["Retry-After"] == "7"
        for _ in range(2):
            with pytest.raises(SlackApiError) as caught:
                await client.chat_postMessage(channel=GENERAL, text="x")
            assert caught.value.response.status_code == 503
        assert slack.messages(GENERAL) == []
        assert (await client.chat_postMessage(channel=GENERAL, text="x"))["ok"]


@pytest.mark.parametrize(
    ("do", "posted"), [("disconnect_after_commit", 1), ("timeout_after_commit", 1), ("timeout_before_commit", 0)]
)
async def test_an_answer_can_be_lost_before_or_after_the_deed(do: Any, posted: int) -> None:
    """The caller cannot tell whether the message was posted; the workspace can."""
    async with LocalSlack() as slack:
        slack.next("chat.postMessage", do, hold_seconds=0.05)

        with pytest.raises(aiohttp.ClientError):
            await client_of(slack).chat_postMessage(channel=GENERAL, text="x")

        assert len(slack.messages(GENERAL)) == posted


async def test_arguments_are_read_from_form_query_and_json_alike() -> None:
    """Every way of sending arguments is understood, the token as an argument included."""
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        url = f"{slack.api_url}chat.postMessage"
        bearer = {"Authorization": "Bearer xoxb-local"}
        blocks = '[{"type":"divider"}]'
        sent = [
            {"json": {"channel": GENERAL, "text": "json", "blocks": [{"type": "divider"}]}, "headers": bearer},
            {"data": {"channel": GENERAL, "text": "form", "blocks": blocks, "token": "xoxb-local"}},
            {"params": {"channel": GENERAL, "text": "query", "blocks": blocks}, "headers": bearer},
        ]
        for request in sent:
            async with session.post(url, **request) as response:  # type: ignore[arg-type]
                assert (await response.json())["ok"]
        async with session.post(url, data=b"{", headers={**bearer, "Content-Type": "application/json"}) as response:
            assert (await response.json())["error"] == "invalid_json"

        assert [m["text"] for m in slack.messages(GENERAL)] == ["json", "form", "query"]
        assert all(call.arguments.get("blocks") in (None, [{"type": "divider"}]) for call in slack.calls())
