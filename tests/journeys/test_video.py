"""One wish, from the command to the second version."""

from pathlib import Path

import pytest

from tests.journeys.world import ANA, GENERAL, elements, ours, shown, world


@pytest.mark.parametrize("http", [False, True], ids=["socket", "http"])
async def test_the_whole_journey(tmp_path: Path, url: str, http: bool) -> None:
    """/video, a question answered, the video in the thread, a reply makes v2, the DM arrives; posts name their job."""
    async with world(tmp_path, http=http, webhooks=True, DATABASE_URL=url) as made:
        made.heygen.plan_next(ask=["Which background?\n- Office\n- Beach"])
        await made.video("A 30 s intro to our team")
        card = await made.card()
        [question] = await made.replies(card, lambda text: "Which background" in text)
        beach = next(item for item in elements(question) if "Beach" in shown({"blocks": [item]}))
        assert (await made.slack.click(ANA, GENERAL, question["ts"], beach["action_id"])).ok
        [result] = await made.replies(card, lambda text: "video-v1.mp4" in text)
        assert result["files"]
        await made.card_shows(card, "done")
        made.slack.post(ANA, GENERAL, "Make it shorter", thread_ts=card["ts"])
        await made.replies(card, lambda text: "video-v2.mp4" in text)
        dm = made.slack.dm(ANA)
        await made.slack.wait_for(lambda slack: len(slack.messages(dm)) == 2)
        assert 1 == made.creates()
        first, second = sorted(await made.jobs(), key=lambda job: job.version)
        said = [*made.slack.thread(GENERAL, card["ts"]), *made.slack.messages(dm)]
        marks = [message["metadata"]["event_payload"] for message in ours(said) if "metadata" in message]
        assert [(mark["kind"], mark["job"], mark["version"]) for mark in marks] == [
            ("card", first.id, 1), ("question", first.id, 1), ("result", first.id, 1), ("result", second.id, 2),
            ("done", first.id, 1), ("done", second.id, 2),
        ]  # fmt: skip
