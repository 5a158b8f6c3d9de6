"""Codes of HeyGen and of ours, as sentences for people: what happened, what to do next, whether it was charged."""

import re
from dataclasses import dataclass

from handlers.refusals import SLACK, slack_refusal

LINK = re.compile(r"https?://\S+")
OWN_WORDS_LIMIT = 300
WORD_LIMIT = 60

ANEW = "Try again; if it happens again, wait a little."
ADMIN = "Please tell the admins of this app."
OTHER_WORDS = "Ask again with other words."


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A failure in words. Plain text: escape it where it is shown in mrkdwn."""

    what: str
    next_step: str
    is_free: bool = True  # False: nobody knows whether it was charged
    retry: bool = False  # the same again has a chance


def trouble(code: str | None, message: str | None) -> Trouble:
    """The failure that a code and HeyGen's own words stand for. Words of Slack are prefixed `slack:`."""
    name = (code or "").strip().casefold()
    if name.startswith(SLACK):
        what, next_step = slack_refusal(name.removeprefix(SLACK), message)
        return Trouble(what=what, next_step=next_step, retry=True)
    known = TROUBLES.get(name)
    if known is not None:
        return known
    said = own_words(message)
    what = f"HeyGen says: {said}" if said else f"HeyGen could not make it ({name[:WORD_LIMIT] or 'no reason given'})."
    return Trouble(what=what, next_step=ANEW, retry=True)


def own_words(message: str | None) -> str:
    """HeyGen's own words without the links in them, which may carry signatures; short enough to show."""
    said = " ".join(LINK.sub("(link)", message or "").split())
    return said if len(said) <= OWN_WORDS_LIMIT else f"{said[: OWN_WORDS_LIMIT - 1]}…"


_KEY = Trouble(
    what="HeyGen does not accept this app's key.", next_step=f"{ADMIN} The key has to be renewed.", retry=True
)
_PLAN = Trouble(
    what="The HeyGen account's plan does not include this.",
    next_step=f"{ADMIN} The plan has to be changed at HeyGen.",
    retry=True,
)
_ACCOUNT = Trouble(
    what="The HeyGen account is not allowed to do this yet.",
    next_step=f"{ADMIN} HeyGen's settings show why.",
    retry=True,
)
_UPSTREAM = Trouble(what="HeyGen had trouble of its own.", next_step=ANEW, retry=True)
_RENDER = Trouble(what="HeyGen could not finish rendering it.", next_step=ANEW, retry=True)
_BUSY = Trouble(what="HeyGen was still busy with something this needs.", next_step=ANEW, retry=True)
_GONE = Trouble(
    what="HeyGen no longer knows something this was made with.", next_step="Ask again, with other choices.", retry=False
)
_TEXT = Trouble(
    what="HeyGen cannot speak this text.",
    next_step="Ask again with a longer text in plain words.",
)
_SLOTS = Trouble(
    what="The HeyGen account has no room for another avatar or voice.",
    next_step=f"{ADMIN} They can delete some at HeyGen.",
    retry=True,
)
_OURS = Trouble(
    what="This app made a mistake; it is not your fault.", next_step="Try again; if it fails again, tell the admins.",
    is_free=False, retry=True,
)  # fmt: skip


def _no(what: str) -> Trouble:
    return Trouble(what=f"HeyGen no longer has {what}.", next_step=f"Ask again with another one than {what}.")


TROUBLES: dict[str, Trouble] = {
    "unauthorized": _KEY,
    "authentication_failed": _KEY,
    "insufficient_credit": Trouble(
        what="The HeyGen account is out of credit.", next_step=f"{ADMIN} They can top it up.", retry=True
    ),
    "trial_limit_exceeded": _PLAN,
    "plan_upgrade_required": _PLAN,
    "forbidden": _ACCOUNT,
    "resource_access_denied": Trouble(
        what="An avatar, voice or style belongs to another HeyGen workspace.", next_step="Ask again with another one."
    ),
    "ai_vendor_access_restricted": Trouble(
        what="The HeyGen workspace does not allow the AI vendor this needs.",
        next_step=f"{ADMIN} HeyGen's AI vendor policy decides it.",
        retry=True,
    ),
    "voice_not_usable": Trouble(what="This HeyGen account may not use that voice.", next_step="Ask with another one."),
    "voice_unavailable": Trouble(
        what="That voice is not available at HeyGen just now.", next_step="Try again, or ask with another voice.",
        retry=True,
    ),
    "invalid_parameter": Trouble(what="HeyGen does not accept something in this request.", next_step=OTHER_WORDS),
    "download_failed": Trouble(
        what="HeyGen could not fetch something by its address.",
        next_step="Attach the file here in Slack instead of linking to it, and ask again.",
    ),
    "script_too_short": _TEXT,
    "tts_text_invalid": _TEXT,
    "content_policy_violation": Trouble(
        what="HeyGen's content policy does not allow this.", next_step="Ask again with other words."
    ),
    "avatar_consent_required": Trouble(
        what="The person behind that avatar has not given their consent at HeyGen.",
        next_step="Ask them to give it there, or ask again with another avatar.",
    ),
    "resource_limit_reached": _SLOTS,
    "resource_limit_exceeded": _SLOTS,
    "phone_verification_required": _ACCOUNT,
    "unlimited_mode_disabled": _ACCOUNT,
    "ephemeral_upload_disabled": _ACCOUNT,
    "payload_too_large": Trouble(
        what="A file or the request is too large for HeyGen.", next_step="Ask again with smaller or fewer files."
    ),
    "hyperframes_project_invalid": _OURS,
    "hyperframes_project_too_large": _OURS,
    "hyperframes_render_not_found": _GONE,
    "not_found": _GONE,
    "resource_not_found": _GONE,
    "asset_not_found": Trouble(
        what="HeyGen no longer has a file that came with this.", next_step="Attach it again and ask anew."
    ),
    "video_not_found": Trouble(
        what="The video is no longer at HeyGen; it may have been deleted there.", next_step="Ask again for a new one.",
        is_free=False, retry=True,
    ),
    "avatar_not_found": _no("that avatar"),
    "avatar_group_not_found": _no("that avatar"),
    "voice_not_found": _no("that voice"),
    "template_not_found": _no("that template"),
    "webhook_not_found": _OURS,
    "conflict": _BUSY,
    "request_in_progress": _BUSY,
    "resource_not_ready": _BUSY,
    "asset_not_available": _BUSY,
    "rate_limit_exceeded": Trouble(
        what="HeyGen has too much to do for this account at once.", next_step="Wait a little and try again.", retry=True
    ),
    "quota_exceeded": Trouble(
        what="The HeyGen account has used up its quota.", next_step=f"{ADMIN} They can raise it at HeyGen.", retry=True
    ),
    "internal_error": _UPSTREAM,
    "service_unavailable": _UPSTREAM,
    "voice_provider_error": _UPSTREAM,
    "gateway_timeout": _UPSTREAM,
    "video_delete_failed": _UPSTREAM,
    "rendering_failed": _RENDER,
    "session_failed": Trouble(
        what="HeyGen's agent gave up on this video.", next_step="Try again, or ask with other words.", retry=True
    ),
    # From here on the words are ours.
    "no_video": Trouble(
        what="HeyGen's agent ended without making a video.",
        next_step="Reply here and say what you would like to see, or try again.",
        is_free=False, retry=True,
    ),
    "session_lost": Trouble(
        what="HeyGen no longer knows this conversation.",
        next_step="I can start again with all your wishes so far; earlier versions stay as they are.",
        is_free=False, retry=True,
    ),
    "stuck": Trouble(
        what="HeyGen has not finished this for so long that I stopped waiting.",
        next_step="Look at HeyGen whether it is there, or try again.",
        is_free=False, retry=True,
    ),
    "unanswered": Trouble(
        what="Nobody answered the question, so I closed it.",
        next_step="Try again to take it up; for a video a reply here does, too.",
        is_free=False, retry=True,
    ),
    "not_let_in": Trouble(
        what="I was not let into that conversation in time, so I dropped the request.",
        next_step="Ask again where I am a member, or here.",
    ),
    "no_voice": Trouble(
        what="No voice was chosen, so I dropped the request.", next_step="Ask again with --voice NAME."
    ),
    "file_type": Trouble(
        what="HeyGen takes only PNG, JPEG, MP4, WebM, MP3, WAV and PDF files.",
        next_step="Ask again without the other files.",
    ),
    "file_size": Trouble(what="A file is too large for HeyGen.", next_step="Ask again with a smaller one."),
    "file_count": Trouble(what="HeyGen takes at most 20 files.", next_step="Ask again with fewer of them."),
    "file_gone": Trouble(
        what="A file could not be read from Slack; it may have been deleted.",
        next_step="Attach it again and ask anew.",
    ),
    "heygen_unreachable": Trouble(
        what="HeyGen could not be reached for a whole day.", next_step="Try again later.", is_free=False, retry=True
    ),
    "internal": _OURS,
}  # fmt: skip
