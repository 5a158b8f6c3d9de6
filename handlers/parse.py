"""What was typed behind a slash command, as a brief. Pure.

A flag is a word that begins with two hyphens, anywhere in the text; phones turn these into a dash, which counts as well
when a flag's name follows. A flag takes the next word, or a quoted text (straight or curly) for names of several words;
`--voice=NAME` is the same. What stands in double quotes or backticks is never a flag, however long it is.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from bot.jobs.engine.talking import PROMPT_LIMIT
from storage.records import Attachment, Brief, DmWhen

SPEECH_LIMIT = 5_000
SLOWEST, FASTEST = 0.5, 2.0

FLAG = re.compile(r"(?:^|(?<=\s))(?P<dash>--|[—–])(?P<name>[A-Za-z][A-Za-z-]*)(?P<equals>\s*=\s*)?")
LITERAL = re.compile(r"""(?<!\S)(?:(`+)[^`]+\1|"[^"]+"|[“„][^“”]+[“”]|«[^«»]+»)(?!\w)""")
WORD = re.compile(r"\s*(\S+)")
QUOTES = {'"': '"”', "“": '”"', "„": '“”"', "'": "'’", "‘": "’'", "«": "»"}
VALUED = {"video": ("avatar", "voice", "style"), "speak": ("voice", "speed", "language")}
SWITCHES = {"video": ("portrait", "landscape", "review"), "speak": ()}
NOTHING = frozenset({"none", "no", "off", "default"})


class ParseError(Exception):
    """A command that cannot be carried out as typed; its words are for the person who typed it."""


class Word(StrEnum):
    """What `/heygen` understands."""

    HELP = "help"
    JOBS = "jobs"
    SHOW = "show"
    STOP = "stop"
    RETRY = "retry"
    RECEIPT = "receipt"
    CREDITS = "credits"
    SETTINGS = "settings"
    VIDEO = "video"
    SPEAK = "speak"


class Setting(StrEnum):
    """What a person may set for themselves."""

    DM = "dm"
    VOICE = "voice"
    AVATAR = "avatar"


@dataclass(frozen=True)
class Change:
    """A setting and its new value; None clears it."""

    name: Setting
    value: str | None


@dataclass(frozen=True, kw_only=True)
class VideoCommand:
    """A `/video` as typed. An empty prompt asks for the form, filled with what was given."""

    prompt: str
    avatar: str | None = None
    voice: str | None = None
    style: str | None = None
    orientation: str | None = None
    review: bool = False

    def brief(self, *, files: tuple[Attachment, ...] = ()) -> Brief:
        """What the video is to be made of."""
        return Brief(
            prompt=self.prompt, avatar=self.avatar, voice=self.voice, style=self.style, orientation=self.orientation,
            review=self.review, files=files,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SpeakCommand:
    """A `/speak` as typed; there is always something to say."""

    text: str
    voice: str | None = None
    speed: float | None = None
    language: str | None = None

    def brief(self) -> Brief:
        """What the audio is to be made of."""
        return Brief(prompt=self.text, voice=self.voice, speed=self.speed, language=self.language)


def video(text: str) -> VideoCommand:
    """Reads a `/video`. Raises ParseError."""
    prompt, flags = _split(text, "video")
    if {"portrait", "landscape"} <= flags.keys():
        raise ParseError("A video is either --portrait or --landscape. Leave one of them out.")
    _check_length(prompt, PROMPT_LIMIT, "prompt")
    orientation = next((name for name in ("portrait", "landscape") if name in flags), None)
    return VideoCommand(
        prompt=prompt, avatar=flags.get("avatar"), voice=flags.get("voice"), style=flags.get("style"),
        orientation=orientation, review="review" in flags,
    )  # fmt: skip


def speak(text: str) -> SpeakCommand:
    """Reads a `/speak`. Raises ParseError."""
    words, flags = _split(text, "speak")
    if not words:
        raise ParseError("What shall I say? For example: /speak Welcome to our team! --voice Annie")
    _check_length(words, SPEECH_LIMIT, "text to speak")
    speed = _speed(flags["speed"]) if "speed" in flags else None
    return SpeakCommand(text=words, voice=flags.get("voice"), speed=speed, language=flags.get("language"))


def reply(text: str) -> str:
    """Words for a thread, as they are: there are no flags in a conversation. Raises ParseError."""
    _check_length(text, PROMPT_LIMIT, "reply")
    return text


def heygen(text: str) -> tuple[str, str]:
    """The word behind `/heygen` and what follows it; nothing at all asks for help."""
    word, rest = _first(text)
    if not word:
        return Word.HELP.value, ""
    try:
        return Word(word.casefold()).value, rest
    except ValueError:
        near = _nearest(word, list(Word))
        raise ParseError(f"/heygen does not know “{_cut(word)}”. {_did_you_mean('/heygen ', near, Word)}") from None


def settings(text: str) -> Change | None:
    """What `/heygen settings …` changes; None: only show them."""
    name, value = _first(text)
    if not name:
        return None
    try:
        setting = Setting(name.casefold())
    except ValueError:
        near = _nearest(name, list(Setting))
        raise ParseError(f"There is no setting “{_cut(name)}”. {_did_you_mean('', near, Setting)}") from None
    value = _unquoted(value)
    if not value:
        raise ParseError(_setting_needs(setting))
    if setting is Setting.DM:
        return Change(setting, _dm(value))
    return Change(setting, None if value.casefold() in NOTHING else value)


def _first(text: str) -> tuple[str, str]:
    """The first word, and the rest as it is."""
    parts = text.strip().split(maxsplit=1)
    return parts[0] if parts else "", parts[1] if len(parts) > 1 else ""


def _dm(value: str) -> str:
    try:
        return DmWhen(value.casefold()).value
    except ValueError:
        raise ParseError(_setting_needs(Setting.DM)) from None


def _setting_needs(setting: Setting) -> str:
    match setting:
        case Setting.DM:
            return "Say when you want a direct message: /heygen settings dm always, away or never."
        case Setting.VOICE | Setting.AVATAR:
            return f"Say which {setting}: /heygen settings {setting} NAME, or none for no {setting} of your own."


def _split(text: str, command: str) -> tuple[str, dict[str, str]]:
    """The words that are no flags, and the flags with their values ("" for a switch)."""
    words: list[str] = []
    flags: dict[str, str] = {}
    end = 0
    literal = {at for match in LITERAL.finditer(text) for at in range(*match.span())}
    for match in FLAG.finditer(text):
        if match.start() < end or match.start() in literal:  # inside the value of the flag before, or quoted
            continue
        name = match["name"].casefold()
        if match["dash"] != "--" and name not in (*VALUED[command], *SWITCHES[command]):
            continue  # a dash of the prose
        words.append(text[end : match.start()].rstrip(" \t"))
        value, end = _value(text, match, name, command)
        if name in flags:
            raise ParseError(f"--{name} is there twice. Keep one of them.")
        flags[name] = value
    words.append(text[end:])
    return "".join(words).strip(), flags


def _value(text: str, match: re.Match[str], name: str, command: str) -> tuple[str, int]:
    if name in SWITCHES[command]:
        if match["equals"]:
            raise ParseError(f"--{name} stands alone; it takes no value.")
        return "", match.end()
    if name not in VALUED[command]:
        raise ParseError(_unknown(match["name"], command))
    word = WORD.match(text, match.end())
    if word is None or FLAG.match(text, word.start(1)):
        raise ParseError(f"--{name} needs a value: --{name} {_example(name)}")
    if word[1][0] not in QUOTES:
        return word[1], word.end()
    return _quoted(text, word.start(1), name)


def _quoted(text: str, start: int, name: str) -> tuple[str, int]:
    closing = QUOTES[text[start]]
    end = next((at for at in range(start + 1, len(text)) if text[at] in closing and _ends_word(text, at)), None)
    if end is None:
        raise ParseError(f"The value of --{name} begins with a quotation mark that is never closed.")
    value = text[start + 1 : end].strip()
    if not value:
        raise ParseError(f"--{name} needs a value: --{name} {_example(name)}")
    return value, end + 1


def _ends_word(text: str, at: int) -> bool:
    return at + 1 == len(text) or not text[at + 1].isalnum()  # the apostrophe of 'Annie's look' does not close it


def _unquoted(value: str) -> str:
    closing = QUOTES.get(value[:1])
    return value[1:-1].strip() if closing and len(value) > 1 and value[-1] in closing else value


def _unknown(name: str, command: str) -> str:
    known = [*VALUED[command], *SWITCHES[command]]
    elsewhere = next((other for other in VALUED if name.casefold() in (*VALUED[other], *SWITCHES[other])), None)
    if elsewhere is not None:
        return f"--{name.casefold()} belongs to /{elsewhere}. /{command} knows {_listed(known)}."
    near = _nearest(name, known)
    hint = f"Did you mean --{near}?" if near else f"/{command} knows {_listed(known)}."
    return f"There is no flag --{_cut(name)}. {hint} To say it in your text, put it in quotes."


def _listed(flags: list[str]) -> str:
    return ", ".join(f"--{flag}" for flag in flags)


def _example(name: str) -> str:
    return {"speed": "1.2", "language": "English"}.get(name, '"Annabelle Smith"')


def _speed(value: str) -> float:
    try:
        speed = float(value.replace(",", "."))
    except ValueError:
        speed = 0.0
    if not SLOWEST <= speed <= FASTEST:
        raise ParseError(f"--speed is a number from {SLOWEST} to {FASTEST}; “{_cut(value)}” is not.")
    return speed


def _check_length(text: str, limit: int, what: str) -> None:
    if len(text) > limit:
        raise ParseError(f"The {what} has {len(text):,} characters; HeyGen takes at most {limit:,}. Please shorten it.")


def _nearest(word: str, known: list[str]) -> str | None:
    return next(iter(get_close_matches(word.casefold(), known, n=1, cutoff=0.5)), None)


def _did_you_mean(prefix: str, near: str | None, known: type[StrEnum]) -> str:
    return f"Did you mean {prefix}{near}?" if near else f"It knows: {', '.join(known)}."


def _cut(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:39]}…"
