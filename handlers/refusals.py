"""Slack's error words as sentences for the requester: what Slack refused, and who can do what about it."""

WORD_LIMIT = 100
SLACK = "slack:"  # before Slack's word where it stands among HeyGen's codes

_INVITE = "Invite me with /invite and try again, or ask me in a direct message."
_ELSEWHERE = "Ask again in another channel, or in a direct message to me."
_ADMIN = "Please tell the admins of this app."
_SLACK_ADMIN = "A Slack admin can change that."
_REINSTALL = "They have to install it in this workspace again."
_LATER = "Try again in a few minutes."

_READ_ONLY = ("Only some people may post in this channel, and I am none of them.", _ELSEWHERE)
_LOST_MESSAGE = ("The message I wanted to change or answer is gone or locked.", "Ask again for a new thread.")
_TOKEN = ("Slack no longer accepts this app's token.", f"{_ADMIN} {_REINSTALL}")
_POLICY = ("A policy of this Slack organisation keeps the app out.", "Please tell a Slack admin.")
_TOO_LONG = ("A message came out too long for Slack; it is not your fault.", _ADMIN)
_SLACK_DOWN = ("Slack had trouble of its own.", _LATER)
_FORM_LATE = ("The form could not be opened in time.", "Please click or type it once more.")
_FORM_TWICE = ("The form was opened already.", "If you do not see it, please click or type it once more.")
_FILES_OFF = ("This workspace does not allow files of this kind to be uploaded.", _SLACK_ADMIN)
_FILE_HELD = ("Slack took the file but did not show it in the thread.", "A Slack admin can see why.")
_NOT_FETCHED = ("The file could not be fetched from HeyGen.", _LATER)

REFUSALS: dict[str, tuple[str, str]] = {
    "not_in_channel": ("I am not in that channel.", _INVITE),
    "channel_not_found": ("I cannot see that channel: it is private, or it was deleted.", _INVITE),
    "invalid_channel": ("That channel does not exist any more.", _ELSEWHERE),
    "is_archived": ("The channel is archived.", _ELSEWHERE),
    "method_not_supported_for_channel_type": ("I cannot work in this kind of conversation.", _ELSEWHERE),
    "posting_to_channel_denied": _READ_ONLY,
    "restricted_action": _READ_ONLY,
    "restricted_action_read_only_channel": _READ_ONLY,
    "restricted_action_thread_only_channel": ("In this channel only replies in threads are allowed.", _ELSEWHERE),
    "restricted_action_non_threadable_channel": ("This channel allows no threads, and I need one.", _ELSEWHERE),
    "restricted_action_thread_locked": ("The thread is locked.", "Ask again for a new thread."),
    "cannot_reply_to_message": _LOST_MESSAGE,
    "message_not_found": _LOST_MESSAGE,
    "thread_not_found": _LOST_MESSAGE,
    "cant_update_message": _LOST_MESSAGE,
    "edit_window_closed": _LOST_MESSAGE,
    "messages_tab_disabled": (
        "Direct messages to this app are switched off.",
        f"{_ADMIN} The Messages tab is switched on in the app's settings.",
    ),
    "user_not_in_channel": ("You are not in that channel.", "Join it and ask again."),
    "user_not_found": ("Slack does not know that person.", "Ask again from a channel of this workspace."),
    "user_disabled": ("That person's Slack account is switched off.", "Somebody else may ask again."),
    "user_not_visible": ("I may not see that person.", _ELSEWHERE),
    "msg_too_long": _TOO_LONG,
    "msg_blocks_too_long": _TOO_LONG,
    "invalid_blocks": _TOO_LONG,
    "invalid_arguments": _TOO_LONG,
    "metadata_too_large": _TOO_LONG,
    "message_limit_exceeded": ("This Slack workspace has reached its message limit.", "Please tell a Slack admin."),
    "ratelimited": ("Slack asked us to slow down.", _LATER),
    "rate_limited": ("Slack asked us to slow down.", _LATER),
    "account_inactive": _TOKEN,
    "invalid_auth": _TOKEN,
    "not_authed": _TOKEN,
    "token_revoked": _TOKEN,
    "token_expired": _TOKEN,
    "not_allowed_token_type": _TOKEN,
    "no_permission": ("The app may not do that here.", f"{_ADMIN} {_REINSTALL}"),
    "team_access_not_granted": ("The app has not been let into this workspace.", "Please tell a Slack admin."),
    "team_not_found": ("The app has not been let into this workspace.", "Please tell a Slack admin."),
    "access_denied": _POLICY,
    "ekm_access_denied": _POLICY,
    "org_login_required": _POLICY,
    "expired_trigger_id": _FORM_LATE,
    "trigger_expired": _FORM_LATE,
    "exchanged_trigger_id": _FORM_TWICE,
    "trigger_exchanged": _FORM_TWICE,
    "file_uploads_disabled": ("File uploads are switched off in this workspace.", _SLACK_ADMIN),
    "file_uploads_except_images_disabled": ("This workspace allows only images to be uploaded.", _SLACK_ADMIN),
    "file_type_not_allowed": _FILES_OFF,
    "blocked_file_type": _FILES_OFF,
    "file_upload_size_restricted": ("The file is larger than this workspace allows.", _SLACK_ADMIN),
    "too_large": ("The file is too large for Slack.", "Ask for something shorter if you need it here."),
    "storage_limit_reached": ("This workspace has no file storage left.", _SLACK_ADMIN),
    "file_not_found": _FILE_HELD,
    "file_deleted": ("The file was deleted from Slack.", "Ask again if you still need it here."),
    "not_shared": _FILE_HELD,
    "unknown_size": _NOT_FETCHED,
    "no_file": _NOT_FETCHED,
    "download_failed": _NOT_FETCHED,
    "expired_audio": ("The link to the audio ran out before it could be brought here.", "Ask again with /speak."),
    "unconfirmed_post": ("Slack did not say whether it showed my message.", "Look at the thread; ask again if not."),
    "slack_unreachable": ("Slack could not be reached for a whole day.", "Ask again if you still want it."),
    "fatal_error": _SLACK_DOWN,
    "internal_error": _SLACK_DOWN,
    "service_unavailable": _SLACK_DOWN,
    "request_timeout": _SLACK_DOWN,
    "timeout": _SLACK_DOWN,
}


def slack_refusal(error: str, needed: str | None = None) -> tuple[str, str]:
    """What Slack refused, and the next step. `needed` is the scope that is missing, also as `missing_scope:SCOPE`."""
    error, _, scope = error.partition(":")
    needed = needed or scope
    if error == "missing_scope":
        what = f"the scope {needed[:WORD_LIMIT]}" if needed else "a scope"
        return f"The app lacks {what} in Slack.", f"{_ADMIN} They add it in the app's settings and install it again."
    return REFUSALS.get(
        error, (f"Slack refused this ({error[:WORD_LIMIT] or 'no reason given'}).", f"Try again. {_ADMIN}")
    )


def slack_trouble(error: str, needed: str | None = None) -> str:
    """The same as one text for the requester."""
    return " ".join(slack_refusal(error, needed))
