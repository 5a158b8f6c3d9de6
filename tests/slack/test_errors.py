"""Failures in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.errors import TROUBLES, own_words, trouble
from handlers.refusals import REFUSALS, slack_trouble

# Section "Envelope and errors" of the field notes, and job-level codes.
HEYGEN_CODES = """
    unauthorized authentication_failed insufficient_credit trial_limit_exceeded plan_upgrade_required forbidden
    resource_access_denied ai_vendor_access_restricted voice_not_usable invalid_parameter download_failed
    script_too_short tts_text_invalid content_policy_violation avatar_consent_required resource_limit_reached
    resource_limit_exceeded phone_verification_required unlimited_mode_disabled ephemeral_upload_disabled
    payload_too_large hyperframes_project_invalid hyperframes_project_too_large not_found video_not_found
    avatar_not_found avatar_group_not_found voice_not_found template_not_found asset_not_found webhook_not_found
    resource_not_found hyperframes_render_not_found conflict request_in_progress resource_not_ready asset_not_available
    rate_limit_exceeded quota_exceeded internal_error service_unavailable voice_provider_error gateway_timeout
    video_delete_failed voice_unavailable rendering_failed
"""
OUR_CODES = """
    no_video session_lost session_failed stuck unanswered file_type file_size file_count file_gone
    heygen_unreachable internal
"""
SLACK_WORDS = """
    not_in_channel channel_not_found is_archived restricted_action restricted_action_read_only_channel
    restricted_action_thread_only_channel restricted_action_non_threadable_channel restricted_action_thread_locked
    cannot_reply_to_message messages_tab_disabled msg_too_long msg_blocks_too_long invalid_blocks account_inactive
    invalid_auth token_revoked token_expired file_uploads_disabled file_uploads_except_images_disabled
    file_type_not_allowed file_upload_size_restricted storage_limit_reached posting_to_channel_denied
    slack_unreachable unconfirmed_post not_shared unknown_size no_file download_failed expired_audio too_large
    expired_trigger_id trigger_expired exchanged_trigger_id trigger_exchanged
"""


@pytest.mark.parametrize("code", HEYGEN_CODES.split() + OUR_CODES.split())
def test_every_code_has_words_and_a_next_step(code: str) -> None:
    """In sentences; capitals in the code do not matter."""
    said = trouble(code.upper(), None)
    assert said is TROUBLES[code]
    assert all(words[0].isupper() and words.endswith(".") for words in (said.what, said.next_step))


def test_moderated_words_are_never_offered_to_be_sent_again() -> None:
    """The same again would be refused again; upstream trouble may pass."""
    assert not trouble("content_policy_violation", None).retry
    assert trouble("rendering_failed", None).retry


@pytest.mark.parametrize(("code", "is_free"), [("rendering_failed", True), ("stuck", False)])
def test_what_is_not_known_to_be_free_is_not_called_free(code: str, is_free: bool) -> None:
    """HeyGen charges nothing for failures; of what it was still at nobody knows."""
    assert trouble(code, None).is_free is is_free


def test_an_unknown_code_gets_heygens_own_words() -> None:
    """Without the links in them, which may carry signatures."""
    said = trouble("brand_new", "See https://files.example/x?Signature=abc for more")
    assert said.what == "HeyGen says: See (link) for more"
    assert trouble("brand_new", None).what == "HeyGen could not make it (brand_new)."
    assert trouble(None, None).what == "HeyGen could not make it (no reason given)."


@pytest.mark.parametrize("word", SLACK_WORDS.split())
def test_every_refusal_of_slack_has_words(word: str) -> None:
    """The requester learns what happened and what to do."""
    assert word in REFUSALS
    assert word not in slack_trouble(word)


def test_a_missing_scope_is_named() -> None:
    """With those who can add it."""
    assert "files:write" in slack_trouble("missing_scope", "files:write")
    assert "admins" in slack_trouble("missing_scope")


def test_a_refusal_of_slack_among_heygens_codes_is_told_as_slacks() -> None:
    """A thread that could not be opened fails its job; it can be tried again once mended."""
    said = trouble("slack:missing_scope", "chat:write")
    assert "chat:write" in said.what
    assert said.retry


def test_an_unknown_refusal_is_named() -> None:
    """Better Slack's word than none."""
    assert "brand_new" in slack_trouble("brand_new")


@given(st.text())
def test_own_words_are_short(message: str) -> None:
    """Whatever HeyGen says fits into a line or two."""
    assert len(own_words(message)) <= 300
