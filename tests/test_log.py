"""Log lines: one form for people, one for machines, no secret in either."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest

from bot.log import HIDDEN, WORDY_LOGGERS, Rarely, about, configure_logging, redactor

FORMATS: list[Literal["text", "json"]] = ["text", "json"]


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in WORDY_LOGGERS}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, earlier in levels.items():
        logging.getLogger(name).setLevel(earlier)


def configured(
    log_format: Literal["text", "json"], *, level: str = "INFO", secrets: tuple[str, ...] = ()
) -> io.StringIO:
    stream = io.StringIO()
    configure_logging(level, log_format, secrets, stream=stream)
    return stream


def test_text_shows_the_extra_fields() -> None:
    """A text line holds moment, level, logger, sentence and the extra fields."""
    stream = configured("text")

    logging.getLogger("bot.jobs").info("Job moved to %s", "generating", extra={"action": "job_moved", "job": 7})

    moment, rest = stream.getvalue().split(" ", 1)
    assert moment.endswith("Z")
    assert rest == "INFO bot.jobs Job moved to generating action=job_moved job=7\n"


def test_json_shows_the_extra_fields() -> None:
    """A JSON line holds the same, with numbers as numbers."""
    stream = configured("json")

    logging.getLogger("bot.jobs").info("Job moved to %s", "generating", extra={"action": "job_moved", "job": 7})

    line = json.loads(stream.getvalue())
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "INFO",
        "logger": "bot.jobs",
        "message": "Job moved to generating",
        "action": "job_moved",
        "job": 7,
    }


@pytest.mark.parametrize("log_format", FORMATS)
def test_known_secrets_are_hidden_everywhere(log_format: Literal["text", "json"]) -> None:
    """A secret in the sentence, a field or a traceback is hidden, URL-encoded too."""
    secret = "pass word/ü+1"
    stream = configured(log_format, secrets=(secret, ""))

    try:
        raise ValueError(f"cannot use {secret}")
    except ValueError:
        logging.getLogger("bot").exception(
            "with %s", secret, extra={"where": f"x={secret}", "error": ValueError(secret)}
        )
    logging.getLogger("bot").warning("pass%20word%2F%C3%BC%2B1")

    text = stream.getvalue()
    assert "Traceback" in text
    assert secret not in text
    assert "pass%20word" not in text
    assert text.count(HIDDEN) >= 5


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("token xoxb-12-34-abcDEF was refused", "xoxb-12-34-abcDEF"),
        ("token xoxe.xoxb-1-abc was refused", "1-abc"),
        ("token xapp-1-A0-12-ff was refused", "xapp-1-A0-12-ff"),
        ("secret whsec_aB+/9== was refused", "aB+/9=="),
        ("key sk_V2_abcdef0123456 was refused", "abcdef0123456"),
        ("X-Api-Key: 0123abcd", "0123abcd"),
        ("{'x-api-key': '0123abcd', 'accept': '*/*'}", "0123abcd"),
        ('{"Authorization": "Bearer 0123abcd"}', "0123abcd"),
        ("[(b'Authorization', b'Bearer 0123abcd')]", "0123abcd"),
        ("Heygen-Signature: 0123abcd", "0123abcd"),
        ("x-slack-signature=v0=0123abcd", "0123abcd"),
        ("got https://files.example.com/v.mp4?X-Sig=0123abcd&e=1 back", "0123abcd"),
        ("wss://socket.example.com/link/?ticket=0123abcd", "0123abcd"),
        ("postgresql://me:0123abcd@db.example.com/jobs", "0123abcd"),
        ("POST /heygen/callbacks/0123abcd-_x 200", "0123abcd-_x"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    """Tokens, keys, signatures and the queries of links are hidden though nobody named them."""
    redacted = redactor()(text)

    assert hidden not in redacted
    assert HIDDEN in redacted


@pytest.mark.parametrize(
    "text",
    [
        "Job 12 moved to generating",
        "GET https://api.heygen.com/v3/videos/abc answered 200",
        "the task sk-1 took 3 s",
        "sqlite:///heygen-slack.db",
        "Is it well? Yes",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    """A line without a secret is not touched."""
    assert redactor(("ab",))(text) == text


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_line_break_makes_no_second_line(log_format: Literal["text", "json"]) -> None:
    """A value with a line break cannot pass for a line of its own."""
    stream = configured(log_format)

    logging.getLogger("bot").info("first\nINFO bot second", extra={"word": "a\r\nb"})

    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("name", ["slack_bolt.AsyncApp", "slack_sdk.web", "httpx", "aiohttp.access", "aiosqlite"])
def test_wordy_libraries_stay_silent(name: str) -> None:
    """Libraries that log bodies and signatures are heard from WARNING on, even at DEBUG."""
    stream = configured("text", level="DEBUG")

    logging.getLogger(name).info("a body")
    logging.getLogger(name).warning("a worry")
    logging.getLogger("bot").debug("a detail")

    assert "a body" not in stream.getvalue()
    assert "a worry" in stream.getvalue()
    assert "a detail" in stream.getvalue()


def test_configuring_twice_writes_each_line_once() -> None:
    """The handler replaces the one before it."""
    first, second = configured("text"), configured("text")

    logging.getLogger("bot").info("once")

    assert first.getvalue() == ""
    assert second.getvalue().count("once") == 1


async def test_what_a_task_is_about_is_on_all_its_lines() -> None:
    """Lines of a task that works for a job have its id, those of libraries too; other tasks' lines have not."""
    stream = configured("json")

    async def work(job: str) -> None:
        about(job)
        await asyncio.sleep(0)
        logging.getLogger("httpx").warning("a worry")
        logging.getLogger("bot").info("a word", extra={"job": "told"})

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(work("one"))
        tasks.create_task(work("two"))
    logging.getLogger("bot").info("nobody's")

    jobs = [json.loads(line).get("job") for line in stream.getvalue().splitlines()]
    assert jobs == ["one", "told", "two", "told", None]


def test_a_complaint_is_repeated_no_sooner_than_it_says() -> None:
    """A disk in trouble is not filled by complaints about it; the next line tells how many were held back."""
    rarely = Rarely()

    def passes(at: float, *, words: str = "again") -> logging.LogRecord | None:
        record = logging.makeLogRecord({"name": "n", "msg": words, "created": at, "once_in_seconds": 60.0})
        return record if rarely.filter(record) else None

    assert passes(0.0)
    assert passes(59.0) is None
    assert passes(59.5) is None
    assert passes(59.9, words="something else")
    later = passes(60.0)
    assert later is not None
    assert later.__dict__["held_back"] == 2
    assert passes(30.0), "a clock that was set back silences nothing"
    assert rarely.filter(logging.makeLogRecord({"name": "n", "msg": "again", "created": 30.0})), (
        "most lines say nothing"
    )
