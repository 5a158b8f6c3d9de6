"""The settings of one running program: read once from the environment and `.env`, and by nobody else."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")

MISSING = {
    "slack_bot_token": "copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of your Slack app",
    "heygen_api_key": "copy a key from the API page of your HeyGen settings",
}
# How Slack's tokens begin, what they are, and which setting they belong to.
TOKEN_KINDS = {
    "xoxb-": ("a bot token", "SLACK_BOT_TOKEN"),
    "xapp-": ("an app-level token", "SLACK_APP_TOKEN"),
    "xoxp-": ("a user token", None),
}


class ConfigurationError(Exception):
    """One sentence: which settings are missing or wrong, and the cure of each. Never holds a secret's value."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems) + ".")


class DatabaseSettings(BaseSettings):
    """The one setting of the commands that only look into the database or move its schema."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", validate_default=True, env_file_encoding="utf-8", hide_input_in_errors=True
    )

    database_url: str = Field(default="sqlite:///heygen-slack.db", repr=False)  # PostgreSQL's holds a password

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment comes in through `load_settings`, so that a test can hand over another one."""
        return init_settings, dotenv_settings

    @model_validator(mode="before")
    @classmethod
    def _without_empty(cls, given: dict[str, Any]) -> dict[str, Any]:
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @field_validator("database_url")
    @classmethod
    def _is_database_url(cls, value: str) -> str:
        complaint = "must be a database URL such as sqlite:///heygen-slack.db"
        try:
            urlsplit(value)
        except ValueError:
            raise ValueError(complaint) from None
        if not re.match(r"[a-z][a-z0-9+]*://", value):
            raise ValueError(complaint)
        return value


class Settings(DatabaseSettings):
    """Every setting there is, checked. An empty value counts as absent; docs/configure.md explains each."""

    slack_bot_token: SecretStr
    slack_app_token: SecretStr | None = None
    slack_signing_secret: SecretStr | None = None
    slack_connections: int = Field(default=2, ge=1, le=10)
    slack_api_url: str = "https://slack.com/api/"
    heygen_api_key: SecretStr
    heygen_api_url: str = "https://api.heygen.com"
    heygen_webhook_secret: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    admin_users: Annotated[tuple[str, ...], NoDecode] = ()
    heygen_concurrency: int = Field(default=8, ge=1, le=100_000)
    heygen_poll_seconds: float = Field(default=10.0, gt=0, le=3600)
    public_url: str | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    otel_exporter_otlp_endpoint: str | None = None

    @property
    def socket_mode(self) -> bool:
        """Whether Slack is reached over a WebSocket; otherwise Slack reaches us over HTTP."""
        return self.slack_app_token is not None

    @property
    def jobs_carry_callback_url(self) -> bool:
        """Whether each job tells HeyGen where to call back: only where no signed webhook does that already."""
        return self.public_url is not None and not self.heygen_webhook_secret

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that no log line may show."""
        single = (self.slack_bot_token, self.slack_app_token, self.slack_signing_secret, self.heygen_api_key)
        known = [secret.get_secret_value() for secret in (*single, *self.heygen_webhook_secret) if secret is not None]
        password = re.search(r"//[^:/@]*:([^@]*)@", self.database_url)
        return (*known, password[1], unquote(password[1])) if password else tuple(known)

    @field_validator("heygen_webhook_secret", "admin_users", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(re.findall(r"[^\s,]+", value)) if isinstance(value, str) else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("slack_bot_token", "slack_app_token", "slack_signing_secret", "heygen_api_key")
    @classmethod
    def _is_one_printable_word(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if secret is None:
            return None
        value = secret.get_secret_value()
        if not value.isascii() or not value.isprintable() or " " in value:
            raise ValueError("holds characters that no key has; copy it again, on one line and without quotes")
        _check_token_kind(value, str(info.field_name))
        return secret

    @field_validator("slack_signing_secret")
    @classmethod
    def _is_there_for_http_mode(cls, secret: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        app_token_is_absent = "slack_app_token" in info.data and info.data["slack_app_token"] is None
        if secret is None and app_token_is_absent:
            raise ValueError(
                "is missing, and SLACK_APP_TOKEN too: set SLACK_APP_TOKEN (xapp-…, scope connections:write, from Basic "
                "Information of your Slack app) for Socket Mode, or SLACK_SIGNING_SECRET (same page) for HTTP mode"
            )
        return secret

    @field_validator("slack_api_url", "heygen_api_url", "public_url")
    @classmethod
    def _is_web_address(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        base = web_address(value)
        return f"{base}/" if info.field_name == "slack_api_url" else base  # slack_sdk appends the method's name

    @field_validator("otel_exporter_otlp_endpoint")
    @classmethod
    def _is_collector(cls, value: str | None) -> str | None:
        """Spans hold no token, so that a collector beside us may be reached in the clear."""
        if value is not None:
            _split_address(value)
        return value.rstrip("/") if value is not None else None

    @field_validator("admin_users")
    @classmethod
    def _are_user_ids(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        if not all(USER_ID.fullmatch(user_id) for user_id in ids):
            raise ValueError(
                "must list Slack member ids such as U012AB3CD, separated by commas; a profile's menu has Copy member ID"
            )
        return ids


Loaded = TypeVar("Loaded", bound=DatabaseSettings)


def load_settings(env_file: Path | None = Path(".env"), environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of `environ` (the process's own by default) over those of `env_file`, which need not exist.

    Raises ConfigurationError, which names everything that is wrong at once.
    """
    return _load(Settings, env_file, environ)


def load_database_url(env_file: Path | None = Path(".env"), environ: Mapping[str, str] | None = None) -> str:
    """DATABASE_URL alone, whatever else is missing or wrong. Raises ConfigurationError."""
    return _load(DatabaseSettings, env_file, environ).database_url


def _load(kind: type[Loaded], env_file: Path | None, environ: Mapping[str, str] | None) -> Loaded:
    given = {name.lower(): value for name, value in (os.environ if environ is None else environ).items()}
    chosen: dict[str, Any] = {name: given[name] for name in kind.model_fields if given.get(name, "").strip()}
    try:
        return kind(_env_file=env_file, **chosen)
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors()]
    except UnicodeDecodeError:
        problems = [f"{env_file} is not UTF-8 text; save it as UTF-8"]
    except OSError as error:
        problems = [f"{env_file} cannot be read ({error.strerror}); mend it or remove it"]
    raise ConfigurationError(problems)


def web_address(value: str) -> str:
    """The address without a slash at its end. Raises ValueError when no token should travel to it."""
    address = _split_address(value)
    if address.scheme == "http" and address.hostname not in LOCAL_HOSTS:
        raise ValueError("must begin with https:// (http:// is for 127.0.0.1 alone)")
    return value.rstrip("/")


def _check_token_kind(value: str, field_name: str) -> None:
    name = field_name.upper()
    expected = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}.get(name)
    if expected is not None and value.startswith(expected):
        return
    for prefix, (kind, home) in TOKEN_KINDS.items():
        if value.startswith(prefix):
            wanted = f"it belongs in {home}" if home else "the app acts as itself and needs no user token"
            raise ValueError(f"holds {kind} ({prefix}…); {wanted}")
    if expected is not None:
        raise ValueError(f"must begin with {expected}; copy it again from the pages of your Slack app")


def _split_address(value: str) -> SplitResult:
    complaint = "must be a web address such as https://videos.example.com, without query or password"
    try:
        address = urlsplit(value)
        port_is_sound = address.port is None or address.port > 0
    except ValueError:
        raise ValueError(complaint) from None
    is_plain = not (address.query or address.fragment or address.username or address.password)
    if address.scheme not in ("http", "https") or not address.hostname or not port_is_sound or not is_plain:
        raise ValueError(complaint)
    return address


def _problem(detail: ErrorDetails) -> str:
    """One clause for one wrong setting, made without looking at its value."""
    field_name = str(detail["loc"][0])
    name, context = field_name.upper(), detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return f"{name} is missing: {MISSING[field_name]}"
        case "value_error":
            return f"{name} {context['error']}"
        case "literal_error":
            return f"{name} must be {context['expected'].replace(chr(39), '')}"
        case "int_parsing" | "int_from_float" | "float_parsing" | "finite_number":
            return f"{name} must be a number; its default is {Settings.model_fields[field_name].default}"
        case "greater_than_equal" | "greater_than" | "less_than_equal":
            return f"{name} is out of range: {detail['msg'].removeprefix('Input ')}"
        case other:
            return f"{name} is not valid ({other}); docs/configure.md says what it may be"
