"""Settings: read once, checked, and complained about in one sentence that never shows a secret."""

from pathlib import Path

import pytest

from bot.config import ConfigurationError, Settings, load_settings

THREE_VALUES = {"SLACK_BOT_TOKEN": "xoxb-1-bot", "SLACK_APP_TOKEN": "xapp-1-app", "HEYGEN_API_KEY": "key-of-heygen"}


def loaded(**changes: str) -> Settings:
    return load_settings(None, THREE_VALUES | changes)


def complaint(**changes: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        loaded(**changes)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None  # pydantic's error would show the values in a traceback
    return str(caught.value)


def test_three_values_are_enough() -> None:
    """The three values of the README make a program in Socket Mode with the documented defaults."""
    settings = loaded()

    assert settings.socket_mode
    assert settings.database_url == "sqlite:///heygen-slack.db"
    assert (settings.host, settings.port) == ("127.0.0.1", 3000)
    assert (settings.heygen_concurrency, settings.heygen_poll_seconds) == (8, 10.0)
    assert (settings.slack_api_url, settings.heygen_api_url) == ("https://slack.com/api/", "https://api.heygen.com")
    assert (settings.log_level, settings.log_format) == ("INFO", "text")
    assert (settings.public_url, settings.heygen_webhook_secret, settings.admin_users) == (None, (), ())


def test_http_mode_needs_no_app_token() -> None:
    """A signing secret in place of the app token means HTTP mode."""
    settings = loaded(SLACK_APP_TOKEN="", SLACK_SIGNING_SECRET="0123456789abcdef")

    assert not settings.socket_mode


def test_everything_missing_is_named_at_once() -> None:
    """An empty environment is answered with one sentence that names each missing value and its cure."""
    with pytest.raises(ConfigurationError) as caught:
        load_settings(None, {})

    problems = caught.value.problems
    assert [problem.split()[0] for problem in problems] == ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "HEYGEN_API_KEY"]
    assert "SLACK_APP_TOKEN" in problems[1]
    assert str(caught.value) == "; ".join(problems) + "."
    assert "\n" not in str(caught.value)


def test_swapped_tokens_are_recognised() -> None:
    """A token in the other one's place is answered with the place it belongs to."""
    text = complaint(SLACK_BOT_TOKEN="xapp-1-app", SLACK_APP_TOKEN="xoxb-1-bot")

    assert "SLACK_BOT_TOKEN holds an app-level token (xapp-…); it belongs in SLACK_APP_TOKEN" in text
    assert "SLACK_APP_TOKEN holds a bot token (xoxb-…); it belongs in SLACK_BOT_TOKEN" in text


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SLACK_BOT_TOKEN", "xoxp-1-user", "needs no user token"),
        ("SLACK_BOT_TOKEN", "something", "must begin with xoxb-"),
        ("SLACK_APP_TOKEN", "something", "must begin with xapp-"),
        ("SLACK_SIGNING_SECRET", "xoxb-1-bot", "belongs in SLACK_BOT_TOKEN"),
        ("HEYGEN_API_KEY", "two words", "characters that no key has"),
        ("HEYGEN_API_KEY", "kéy", "characters that no key has"),
        ("HEYGEN_CONCURRENCY", "0", "greater than or equal to 1"),
        ("HEYGEN_CONCURRENCY", "many", "must be a number; its default is 8"),
        ("HEYGEN_POLL_SECONDS", "0", "greater than 0"),
        ("HEYGEN_POLL_SECONDS", "nan", "less than or equal to 3600"),
        ("PORT", "65536", "less than or equal to 65535"),
        ("PORT", "3000.5", "must be a number; its default is 3000"),
        ("PUBLIC_URL", "http://videos.example.com", "must begin with https://"),
        ("PUBLIC_URL", "videos.example.com", "must be a web address"),
        ("PUBLIC_URL", "https://videos.example.com/?a=b", "must be a web address"),
        ("PUBLIC_URL", "https://[videos", "must be a web address"),
        ("SLACK_API_URL", "http://slack.example.com/api/", "must begin with https://"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "must be a web address"),
        ("HEYGEN_API_URL", "ftp://heygen.example.com", "must be a web address"),
        ("DATABASE_URL", "heygen-slack.db", "must be a database URL"),
        ("ADMIN_USERS", "@ana", "member ids"),
        ("LOG_LEVEL", "loud", "must be DEBUG, INFO, WARNING or ERROR"),
        ("LOG_FORMAT", "xml", "must be text or json"),
    ],
)
def test_each_wrong_value_is_explained(name: str, value: str, words: str) -> None:
    """A wrong value is answered with its name and the cure."""
    text = complaint(**{name: value})

    assert text.startswith(name)
    assert words in text


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "HEYGEN_API_KEY"])
def test_a_complaint_never_shows_a_secret(name: str) -> None:
    """The value of a secret stands in no complaint about it."""
    assert "hunter2" not in complaint(**{name: "hunter2 with spaces"})


def test_the_settings_never_show_a_secret() -> None:
    """Neither repr nor str of the settings holds a secret, the database's password included."""
    settings = loaded(HEYGEN_WEBHOOK_SECRET="whsec_one", DATABASE_URL="postgresql://me:hunter2@db.example.com/jobs")

    shown = f"{settings!r} {settings}"
    assert set(settings.secrets) == {*THREE_VALUES.values(), "whsec_one", "hunter2"}
    assert not [secret for secret in settings.secrets if secret in shown]


@pytest.mark.parametrize("written", ["hunter%402%2F3", "hunter%402/3", "hunter%402%2f3"])
def test_a_password_with_signs_is_known_as_it_is_used(written: str) -> None:
    """The address holds it encoded; a driver may say it as it is."""
    settings = loaded(DATABASE_URL=f"postgresql://me:{written}@db.example.com/jobs")

    assert {written, "hunter@2/3"} <= set(settings.secrets)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    """What stands in both is taken from the environment; what is empty there from the file."""
    env_file = tmp_path / ".env"
    env_file.write_text('SLACK_BOT_TOKEN="xoxb-file"\nHEYGEN_API_KEY=file\nPORT=4000\nHOST=\n', encoding="utf-8")

    settings = load_settings(env_file, THREE_VALUES | {"SLACK_BOT_TOKEN": "", "PORT": "5000"})

    assert settings.slack_bot_token.get_secret_value() == "xoxb-file"
    assert settings.heygen_api_key.get_secret_value() == "key-of-heygen"
    assert (settings.host, settings.port) == ("127.0.0.1", 5000)


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an environment of its own the loader reads that of the process."""
    for name, value in THREE_VALUES.items():
        monkeypatch.setenv(name, value)

    assert load_settings(None).heygen_api_key.get_secret_value() == "key-of-heygen"


def test_a_missing_file_is_no_fault(tmp_path: Path) -> None:
    """Without a .env the environment alone is enough."""
    assert load_settings(tmp_path / ".env", THREE_VALUES).socket_mode


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """A .env that is not UTF-8 is answered with its name, not a traceback."""
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"HEYGEN_API_KEY=\xff\xfe")

    with pytest.raises(ConfigurationError, match="not UTF-8 text"):
        load_settings(env_file, THREE_VALUES)


def test_lists_take_commas_and_spaces() -> None:
    """Webhook secrets and admins are lists; stray separators never make an empty entry."""
    settings = loaded(HEYGEN_WEBHOOK_SECRET=" whsec_a,, whsec_b  whsec_c ,", ADMIN_USERS="U012AB,W034CD")

    assert [secret.get_secret_value() for secret in settings.heygen_webhook_secret] == ["whsec_a", "whsec_b", "whsec_c"]
    assert settings.admin_users == ("U012AB", "W034CD")
    assert loaded(HEYGEN_WEBHOOK_SECRET=" , ").heygen_webhook_secret == ()


def test_addresses_have_one_form() -> None:
    """A final slash makes no difference, and http:// is taken on this machine."""
    settings = loaded(
        SLACK_API_URL="http://127.0.0.1:9000/api",
        HEYGEN_API_URL="http://localhost:9001/",
        PUBLIC_URL="https://videos.example.com/",
    )

    assert settings.slack_api_url == "http://127.0.0.1:9000/api/"
    assert settings.heygen_api_url == "http://localhost:9001"
    assert settings.public_url == "https://videos.example.com"


def test_a_collector_may_be_reached_in_the_clear() -> None:
    """It gets no token, so http:// is taken for any machine; a final slash makes no difference."""
    settings = loaded(OTEL_EXPORTER_OTLP_ENDPOINT="http://collector:4318/")

    assert settings.otel_exporter_otlp_endpoint == "http://collector:4318"


def test_jobs_carry_a_callback_address_only_without_a_signed_webhook() -> None:
    """Webhook or callback address, never both, and neither without a public address."""
    public = "https://videos.example.com"

    assert loaded(PUBLIC_URL=public).jobs_carry_callback_url
    assert not loaded(PUBLIC_URL=public, HEYGEN_WEBHOOK_SECRET="whsec_a").jobs_carry_callback_url
    assert not loaded().jobs_carry_callback_url


def test_words_in_any_case() -> None:
    """LOG_LEVEL and LOG_FORMAT are read in any case."""
    settings = loaded(LOG_LEVEL="debug", LOG_FORMAT="JSON")

    assert (settings.log_level, settings.log_format) == ("DEBUG", "json")


def test_settings_cannot_be_changed() -> None:
    """The settings stay as they were read."""
    settings = loaded()

    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
