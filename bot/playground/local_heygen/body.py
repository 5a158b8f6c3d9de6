"""Request bodies, read as strictly as HeyGen does: unknown fields, wrong types and lengths are refused by name."""

import ipaddress
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.playground.local_heygen.errors import ApiError, invalid

Verdict = Callable[[Any], str | None]  # says what is wrong with a value

MOST_FILES = 20
MEDIA_TYPES = ("image/png", "image/jpeg", "video/mp4", "video/webm", "audio/mpeg", "audio/wav", "application/pdf")
FILE_FIELDS = {"url": ("url",), "asset_id": ("asset_id",), "base64": ("media_type", "data")}


@dataclass(frozen=True, kw_only=True)
class Field:
    verdict: Verdict
    required: bool = False
    nullable: bool = True


Fields = Mapping[str, Field]


async def read_body(request: web.Request, fields: Fields) -> dict[str, Any]:
    """The JSON object sent, checked; a field that is absent reads as None."""
    if request.content_type != "application/json":
        raise invalid("Content-Type must be application/json")
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise invalid("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise invalid("The body must be a JSON object")
    for name, value in body.items():
        if name not in fields:
            raise invalid(f"{name}: Extra inputs are not permitted", name)
        _check(name, value, fields[name])
    for name, one in fields.items():
        if one.required and name not in body:
            raise invalid(f"{name}: Field required", name)
    return {name: body.get(name) for name in fields}


def _check(name: str, value: Any, one: Field) -> None:
    if value is None and one.nullable and not one.required:
        return
    wrong = one.verdict(value)
    if wrong is not None:
        raise invalid(f"{name}: {wrong}", name)


def text(least: int = 0, most: int | None = None) -> Verdict:
    def verdict(value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be a string"
        if len(value) < least:
            return f"must have at least {least} characters"
        return f"must have at most {most} characters" if most is not None and len(value) > most else None

    return verdict


def number(least: float, most: float) -> Verdict:
    def verdict(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "must be a number"
        return None if least <= value <= most else f"must be between {least} and {most}"

    return verdict


def whole(least: int) -> Verdict:
    def verdict(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return "must be a whole number"
        return None if value >= least else f"must be at least {least}"

    return verdict


def one_of(*words: str) -> Verdict:
    return lambda value: None if value in words else f"must be one of {', '.join(words)}"


def several_of(*words: str) -> Verdict:
    def verdict(value: Any) -> str | None:
        if not isinstance(value, list):
            return "must be a list"
        strange = [one for one in value if one not in words]
        return f"{strange[0]!r} is not one of the event types" if strange else None

    return verdict


def flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def files(value: Any) -> str | None:
    """Verdict on the `files` of a prompt: each a url, an asset_id or base64."""
    if not isinstance(value, list):
        return "must be a list"
    if len(value) > MOST_FILES:
        return f"must have at most {MOST_FILES} items"
    return next((wrong for wrong in map(_file, value) if wrong is not None), None)


def _file(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in FILE_FIELDS:
        return f"each needs a type: one of {', '.join(FILE_FIELDS)}"
    needed = FILE_FIELDS[kind]
    if set(value) - {"type", *needed}:
        return "Extra inputs are not permitted"
    if not all(isinstance(value.get(name), str) for name in needed):
        return f"a file of type {kind} needs {' and '.join(needed)}"
    if kind == "base64" and value["media_type"] not in MEDIA_TYPES:
        return f"media_type {value['media_type']} is not supported"
    return None


def refuse_unreachable(sent: list[dict[str, Any]]) -> None:
    """A URL that HeyGen could not fetch, because it is not https or asks for a login, is refused as it does."""
    for one in sent:
        if one["type"] == "url" and (not one["url"].startswith("https://") or "slack.com/" in one["url"]):
            raise ApiError(400, "download_failed", "The file could not be downloaded: the URL is not public")


def refuse_private(url: str, param: str) -> None:
    """Where we are to call must be public https, or http on this machine, where https would be in the way."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname or "")):
        raise invalid(f"{param} must be a public https URL", param)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


CREATE_SESSION: Fields = {
    "prompt": Field(verdict=text(1, 10_000), required=True),
    "mode": Field(verdict=one_of("generate", "chat"), nullable=False),
    "avatar_id": Field(verdict=text()),
    "voice_id": Field(verdict=text()),
    "style_id": Field(verdict=text()),
    "brand_kit_id": Field(verdict=text()),
    "brand_glossary_id": Field(verdict=text(1)),
    "orientation": Field(verdict=one_of("landscape", "portrait")),
    "files": Field(verdict=files),
    "callback_url": Field(verdict=text()),
    "callback_id": Field(verdict=text()),
    "incognito_mode": Field(verdict=flag, nullable=False),
}
SEND_MESSAGE: Fields = {
    "message": Field(verdict=text(1, 10_000), required=True),
    "avatar_id": Field(verdict=text()),
    "voice_id": Field(verdict=text()),
    "brand_kit_id": Field(verdict=text()),
    "files": Field(verdict=files),
}
STOP_SESSION: Fields = {}
SPEECH: Fields = {
    "text": Field(verdict=text(1, 5_000), required=True),
    "voice_id": Field(verdict=text(1), required=True),
    "input_type": Field(verdict=one_of("text", "ssml"), nullable=False),
    "speed": Field(verdict=number(0.5, 2.0), nullable=False),
    "language": Field(verdict=text()),
    "locale": Field(verdict=text()),
}
CREATE_UPLOAD: Fields = {
    "filename": Field(verdict=text(1, 255), required=True),
    "content_type": Field(verdict=one_of(*MEDIA_TYPES), required=True),
    "size_bytes": Field(verdict=whole(1), required=True),
    "checksum_sha256": Field(verdict=text(64, 64)),
}
COMPLETE_UPLOAD: Fields = {"checksum_sha256": Field(verdict=text(64, 64))}
