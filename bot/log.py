"""Log lines for people or for machines, with every secret taken out before a line leaves the process."""

import json
import logging
import math
import re
import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, TextIO
from urllib.parse import quote

HIDDEN = "[hidden]"
SHORTEST_SECRET = 6  # characters; hiding shorter ones would punch holes into ordinary words

# Libraries that write bodies, signatures, statements, links or mere chatter into their lines below WARNING.
WORDY_LOGGERS = (
    "slack_bolt",
    "slack_sdk",
    "alembic",
    "httpx",
    "httpcore",
    "aiohttp.access",
    "aiosqlite",
    "opentelemetry",
    "urllib3",
    "sqlalchemy",
)

PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Slack's tokens, and the refresh tokens that wrap them
    (re.compile(r"\b(?:xox[a-z](?:\.xox[a-z])?|xapp)-[\w-]+"), HIDDEN),
    # webhook secrets and keys of the sk-… and sk_… kinds
    (re.compile(r"\bwhsec_[\w+/=-]+"), HIDDEN),
    (re.compile(r"\bsk[-_][\w-]{8,}"), HIDDEN),
    # headers that carry a key or a signature, as a line, a dict or a list of pairs
    (
        re.compile(
            r"(?i)\b(x-api-key|(?:proxy-)?authorization|(?:\w+-)*signature|set-cookie|cookie)"
            r"(b?['\"]?\s*[:=,]\s*b?['\"]?)(?:(?:bearer|basic)\s+)?[^\s'\",;)}\]]+"
        ),
        rf"\1\2{HIDDEN}",
    ),
    # presigned links and Socket Mode tickets: the query is what grants access
    (re.compile(r"\b((?:https?|wss?)://[^\s?'\"<>]+)\?[^\s'\"<>]*"), rf"\1?{HIDDEN}"),
    # a password in a database's or a proxy's address
    (re.compile(r"(\b[a-z][a-z0-9+]*://[^\s:/@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    # the row that PostgreSQL would not take, with words of people in it, up to the next part of the traceback
    (
        re.compile(r"(?s)\b(DETAIL):  .*?(?=\n\[SQL: |\n\nThe above exception was|\n\nDuring handling of|\Z)"),
        rf"\1: {HIDDEN}",
    ),
    # the unguessable end of a job's callback address
    (re.compile(r"(/heygen/callbacks/)[\w-]+"), rf"\1{HIDDEN}"),
)

# What every match of the patterns holds: an ordinary line has none of it, and need not be held against each of them.
HINTS = (
    "xox", "xapp", "whsec_", "sk-", "sk_", "x-api-key", "authorization", "signature", "cookie", "://", "detail:",
    "/heygen/callbacks/",
)  # fmt: skip

OWN_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message", "asctime", "taskName", "color_message", "once_in_seconds"
}  # fmt: skip

# What a task is about; each task has its own. Lines of libraries and of lower layers get their job from here.
JOB: ContextVar[str | None] = ContextVar("job", default=None)

Redact = Callable[[str], str]


def configure_logging(
    level: str, format: Literal["text", "json"], secrets: Iterable[str] = (), *, stream: TextIO | None = None
) -> None:
    """All lines of this process go through one redacting handler, to standard error unless told otherwise.

    What `extra` adds to a record appears in both formats; `once_in_seconds` says how soon such a line may be repeated.
    Replaces the handlers that were there.
    """
    redact = redactor(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.addFilter(Rarely())
    handler.setFormatter(JsonFormatter(redact) if format == "json" else TextFormatter(redact))
    root = logging.getLogger()
    for earlier in root.handlers[:]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level)
    for name in WORDY_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def about(job_id: str | None) -> None:
    """Every further line of the present task is about this job."""
    JOB.set(job_id)


def redactor(secrets: Iterable[str] = ()) -> Redact:
    """A function that hides the given secrets, also in their URL-encoded form, and whatever looks like one."""
    known = {form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in (secret, quote(secret, safe=""))}
    longest_first = sorted(known, key=len, reverse=True)
    exact = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def redact(text: str) -> str:
        if exact is not None:
            text = exact.sub(HIDDEN, text)
        folded = text.casefold()
        if any(hint in folded for hint in HINTS):
            for pattern, replacement in PATTERNS:
                text = pattern.sub(replacement, text)
        return text

    return redact


class Rarely(logging.Filter):
    """Holds back what says the same again too soon: a disk in trouble must not be filled by complaints about it."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets it pass, with the number of those held back since the last one, or holds it back."""
        seconds = getattr(record, "once_in_seconds", None)
        if seconds is None:
            return True
        key = (record.name, str(record.msg))
        at, held = self._said.get(key, (-math.inf, 0))
        if 0 <= record.created - at < seconds:
            self._said[key] = (at, held + 1)
            return False
        self._said[key] = (record.created, 0)
        if held:
            record.held_back = held
        return True


class TextFormatter(logging.Formatter):
    """`2026-01-31T09:30:00Z INFO bot.app Started action=start`, with a traceback below where there is one."""

    def __init__(self, redact: Redact) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={_one_line(str(value))}" for name, value in _extra(record).items())
        message = _one_line(record.getMessage())
        line = f"{_moment(record)} {record.levelname} {record.name} {message}{fields}"
        return self._redact("\n".join([line, *_trouble(self, record)]))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: at, level, logger, message, the `extra` fields, and a traceback as one string."""

    def __init__(self, redact: Redact) -> None:
        super().__init__()
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": self._redact(record.getMessage()),
        }
        for name, value in _extra(record).items():
            line.setdefault(name, self._plain(value))
        trouble = _trouble(self, record)
        if trouble:
            line["traceback"] = self._redact("\n".join(trouble))
        return json.dumps(line, ensure_ascii=False)

    def _plain(self, value: object) -> object:
        return value if isinstance(value, bool | int | float | None) else self._redact(str(value))


def _extra(record: logging.LogRecord) -> dict[str, object]:
    given = {name: value for name, value in record.__dict__.items() if name not in OWN_FIELDS}
    job = JOB.get()
    return given if job is None else {"job": job, **given}


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _one_line(text: str) -> str:
    """A line break in a value must not look like a line of its own."""
    return (
        text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r") if "\n" in text or "\r" in text else text
    )


def _trouble(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    """The traceback and the stack, where the record has them."""
    traceback = formatter.formatException(record.exc_info) if record.exc_info and record.exc_info[0] else ""
    stack = formatter.formatStack(record.stack_info) if record.stack_info else ""
    return [text for text in (traceback, stack) if text]
