"""Slack's refusals as outcomes: what may be repeated, what is in doubt, what will never work."""

import asyncio

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.jobs.outbox import FOUND_BY_READING
from bot.jobs.outcomes import AgainAt, Outcome, Refused, Unknown
from bot.jobs.patience import wait_after
from storage.records import Effect

# Kinds and steps that would be seen twice; whatever else is lost is simply repeated.
SHOWN_ONCE = FOUND_BY_READING | {("upload", "share")}
OVERLOADED = frozenset({"ratelimited", "rate_limited"})
SLACKS_FAULT = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "update_failed"}
)
DEAD_TOKEN = frozenset({"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"})
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
DEAD_SECONDS = 60.0
READ_BACK_SECONDS = 3.0
GIVE_UP_SECONDS = 24 * 3600.0


def outcome_of(error: Exception, tried: Effect, now: float, *, tempo: float = 1.0) -> Outcome:
    """What a failed Slack call means for its effect. Raises what is no failure of the call."""
    if now - tried.patient_from > GIVE_UP_SECONDS:
        return Refused("slack_unreachable")
    match error:
        case SlackApiError():
            return _of_answer(error, tried, now, tempo)
        case aiohttp.ClientConnectorError():
            return _again(tried, now, "slack unreachable")
        case aiohttp.ClientError() | asyncio.TimeoutError():
            return _in_doubt(tried, now, tempo, type(error).__name__)
        case _:
            raise error


def word_of(error: SlackApiError) -> str:
    """Slack's error word; the status when Slack's answer was none."""
    return _field(error, "error") or f"status_{status_of(error)}"


def rest_after(error: SlackApiError) -> float | None:
    """How long every call should rest: Slack asks for it, or takes the token no more. None: it is this call alone."""
    if word_of(error) in DEAD_TOKEN:
        return DEAD_SECONDS
    return rest_seconds(error) if word_of(error) in OVERLOADED or status_of(error) == 429 else None


def will_pass(error: SlackApiError) -> bool:
    """Whether the same call may work later without anybody's doing."""
    word, status = word_of(error), status_of(error)
    return word in OVERLOADED | SLACKS_FAULT or status == 429 or status >= 500 or word.startswith("status_")


def scope_of(error: SlackApiError) -> str:
    """The scope that was missing, if that was it."""
    return _field(error, "needed")


def _field(error: SlackApiError, name: str) -> str:
    """A field of the answer; empty when there is none, or when the answer was a page in place of JSON."""
    body = error.response if isinstance(error.response, dict) else error.response.data
    return str(body.get(name) or "") if isinstance(body, dict) else ""


def status_of(error: SlackApiError) -> int:
    """The HTTP status of the answer."""
    response = error.response
    return int(response["status_code"] if isinstance(response, dict) else response.status_code)


def rest_seconds(error: SlackApiError) -> float:
    """How long Slack wants to be left alone."""
    headers = error.response["headers"] if isinstance(error.response, dict) else error.response.headers
    after = next((value for name, value in dict(headers).items() if name.lower() == "retry-after"), "1")
    after = after[0] if isinstance(after, list) else after
    return float(after) if str(after).replace(".", "", 1).isdigit() else FIRST_SECONDS


def _of_answer(error: SlackApiError, tried: Effect, now: float, tempo: float) -> Outcome:
    word, status = word_of(error), status_of(error)
    if word in OVERLOADED or status == 429:
        return AgainAt(now + rest_seconds(error), "ratelimited", rests_lane=True)
    if word in DEAD_TOKEN:
        return AgainAt(now + DEAD_SECONDS, word)
    if will_pass(error):
        return _in_doubt(tried, now, tempo, word)
    return Refused(word, scope_of(error))


def _in_doubt(tried: Effect, now: float, tempo: float, reason: str) -> Outcome:
    if (tried.kind, tried.step) not in SHOWN_ONCE:
        return _again(tried, now, reason)
    return Unknown(at=now + READ_BACK_SECONDS / tempo, reason=reason)


def _again(tried: Effect, now: float, reason: str) -> AgainAt:
    return AgainAt(now + wait_after(tried.attempts, first=FIRST_SECONDS, longest=LONGEST_SECONDS), reason)
