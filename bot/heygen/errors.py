"""What HeyGen's refusals and silences mean for the caller.

HeyGenError
├── Unreachable      no connection was made: proven not sent
├── AnswerLost       sent, and nobody knows what became of it
├── ServerTrouble    trouble at HeyGen's side while reading
├── RateLimited      come back after `retry_after`
├── NotReady         something it needs is still being made
├── Conflict         not in this state
├── NotFound         HeyGen does not know the id
├── BadRequest       HeyGen does not accept what was asked
│   └── Declined     policy, consent or licence: the person must change the wish
└── AccountTrouble   an admin must act
    ├── KeyRejected
    └── OutOfCredit
"""

import re
from collections.abc import Mapping
from typing import Any

MESSAGE_LIMIT = 500
CODE_LIMIT = 100
LINK = re.compile(r"(https?://[^/\s?#\"'<>]+)[^\s\"'<>]*")


class HeyGenError(Exception):
    """Something HeyGen would not or could not do. `code` and `message` are HeyGen's own words."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int | None = None,
        request_id: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        message = LINK.sub(r"\1/…", message)[:MESSAGE_LIMIT]  # a link may carry a signature, or our callback's token
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.param = param
        self.retry_after = retry_after


class Unreachable(HeyGenError):
    """No connection was made, so nothing was sent."""


class AnswerLost(HeyGenError):
    """The call was sent and its answer is missing, broken or a server's fault: it may have happened."""


class ServerTrouble(HeyGenError):
    """HeyGen had trouble answering a question; asking changes nothing, so it may be asked again."""


class RateLimited(HeyGenError):
    """Too many calls or jobs at a time; `retry_after` says how many seconds to wait."""


class NotReady(HeyGenError):
    """What the call needs is still being made."""


class Conflict(HeyGenError):
    """The thing is not in a state that allows this."""


class NotFound(HeyGenError):
    """HeyGen does not know this id, or it is another account's."""


class BadRequest(HeyGenError):
    """HeyGen does not accept the request; `param` may name the field."""


class Declined(BadRequest):
    """Policy, consent or licence forbids it; the person must wish for something else."""


class AccountTrouble(HeyGenError):
    """The account cannot do this until an admin acts."""


class KeyRejected(AccountTrouble):
    """The key is missing, wrong, expired or revoked."""


class OutOfCredit(AccountTrouble):
    """The wallet or the plan's credit is used up."""


BY_CODE: dict[str, type[HeyGenError]] = {
    "unauthorized": KeyRejected,
    "authentication_failed": KeyRejected,
    "insufficient_credit": OutOfCredit,
    "trial_limit_exceeded": AccountTrouble,
    "plan_upgrade_required": AccountTrouble,
    "forbidden": AccountTrouble,
    "ai_vendor_access_restricted": AccountTrouble,
    "quota_exceeded": AccountTrouble,
    "phone_verification_required": AccountTrouble,
    "unlimited_mode_disabled": AccountTrouble,
    "ephemeral_upload_disabled": AccountTrouble,
    "resource_limit_reached": AccountTrouble,
    "resource_limit_exceeded": AccountTrouble,
    "resource_access_denied": NotFound,
    "voice_not_usable": Declined,
    "content_policy_violation": Declined,
    "avatar_consent_required": Declined,
    "voice_unavailable": Declined,
    "script_too_short": BadRequest,
    "tts_text_invalid": BadRequest,
    "invalid_parameter": BadRequest,
    "download_failed": BadRequest,
    "payload_too_large": BadRequest,
    "rate_limit_exceeded": RateLimited,
    "request_in_progress": NotReady,
    "resource_not_ready": NotReady,
    "asset_not_available": NotReady,
    "conflict": Conflict,
    "internal_error": ServerTrouble,
    "service_unavailable": ServerTrouble,
    "voice_provider_error": ServerTrouble,
    "gateway_timeout": ServerTrouble,
    "video_delete_failed": ServerTrouble,
}
BY_STATUS: dict[int, type[HeyGenError]] = {
    400: BadRequest,
    401: KeyRejected,
    402: OutOfCredit,
    403: AccountTrouble,
    404: NotFound,
    409: Conflict,
    413: BadRequest,
    422: BadRequest,
    429: RateLimited,
}
REQUEST_TIMEOUT = 408
CODE_OF_STATUS = {
    400: "invalid_parameter",
    401: "unauthorized",
    402: "insufficient_credit",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    413: "payload_too_large",
    429: "rate_limit_exceeded",
}


def error_of(
    status: int, body: Any, *, repeatable: bool, request_id: str | None = None, retry_after: float | None = None
) -> HeyGenError:
    """The error that an answer stands for: by its code first, then by its status.

    Trouble at HeyGen's side is `AnswerLost` for a call that must not be repeated, for it may have happened.
    """
    detail = body.get("error") if isinstance(body, Mapping) else None
    detail = detail if isinstance(detail, Mapping) else {"message": detail if isinstance(detail, str) else ""}
    code = str(detail.get("code") or "").strip().casefold()[:CODE_LIMIT]
    if code in ("", "error"):
        code = CODE_OF_STATUS.get(status, "internal_error" if status >= 500 else f"status_{status}")
    kind = _kind(code, status)
    if kind is ServerTrouble and not repeatable:
        kind = AnswerLost
    param = detail.get("param")
    return kind(
        code,
        str(detail.get("message") or ""),
        status=status,
        request_id=request_id,
        param=str(param) if param else None,
        retry_after=retry_after,
    )


def answer_word(error: HeyGenError) -> str:
    """What came of a call that failed, in the words that calls are counted by."""
    match error:
        case Unreachable():
            return "unreachable"
        case AnswerLost():
            return "lost"
        case RateLimited():
            return "rate_limited"
        case ServerTrouble():
            return "fault"
        case _:
            return "refused"


def _kind(code: str, status: int) -> type[HeyGenError]:
    if code in BY_CODE:
        return BY_CODE[code]
    if code.endswith("_not_found") or code == "not_found":
        return NotFound
    # A refusal in words nobody knows under a status that says nothing: it may have happened.
    if status >= 500 or status < 400 or status == REQUEST_TIMEOUT:
        return ServerTrouble
    return BY_STATUS.get(status, BadRequest)
