"""Lengths, times and money in words. Prices are HeyGen's self-serve rates; an estimate says "about"."""

import math
import re

VIDEO_USD_PER_SECOND = 0.0333  # of finished Video Agent video: https://docs.heygen.com/docs/pricing
SPEECH_USD_PER_SECOND = 0.000667
USD_PER_SECOND = {"agent": VIDEO_USD_PER_SECOND, "speech": SPEECH_USD_PER_SECOND}  # by the kind of a job
SPOKEN_WORDS_PER_SECOND = 2.5
LONGEST_SECONDS = 30 * 60

LENGTH = re.compile(
    r"(?<![\w.,:])(?P<number>\d{1,4}(?:[.,]\d+)?)(?P<gap>[\s-]*)(?P<unit>s|secs?|seconds?|mins?|minutes?)\b",
    re.IGNORECASE,
)
JOINED = re.compile(r"[\s,]*(?:and\s+)?")
WITHIN = re.compile(r"\b(?:first|last|next|after|every|within|at|than|in|ago)(?:\s+the)?\s+$", re.IGNORECASE)
DECADES = frozenset({"20", "30", "40", "50", "60", "70", "80", "90"})
MADE = re.compile(
    r"[\s-]*(?:long\b|video|clip|intro|outro|ad\b|spot|teaser|trailer|explainer|film|movie)", re.IGNORECASE
)


def stated_seconds(prompt: str) -> int | None:
    """The length a prompt asks for; None when it names none, or several, or one of only a part."""
    found: list[float] = []
    end = None
    for match in LENGTH.finditer(prompt):
        if not _is_length(prompt, match):
            continue
        seconds = float(match["number"].replace(",", ".")) * (60 if match["unit"][0] in "mM" else 1)
        continues = found and end is not None and JOINED.fullmatch(prompt, end, match.start())
        if continues and match["unit"][0] in "sS":  # 1 minute 30 seconds
            found[-1] += seconds
        else:
            found.append(seconds)
        end = match.end()
    if len(set(found)) != 1 or not 1 <= found[0] <= LONGEST_SECONDS:
        return None
    return round(found[0])


def _is_length(prompt: str, match: re.Match[str]) -> bool:
    if WITHIN.search(prompt, 0, match.start()):
        return False
    if match["unit"] == "s" and not match["gap"] and match["number"] in DECADES:  # an 80s look
        return MADE.match(prompt, match.end()) is not None
    return True


def video_cost(prompt: str) -> str:
    """What a video is likely to cost: of the length it states, else of a minute."""
    seconds = stated_seconds(prompt)
    if seconds is None:
        return f"about {money(60 * VIDEO_USD_PER_SECOND)} per finished minute"
    return f"about {money(seconds * VIDEO_USD_PER_SECOND)} for {length(seconds)}"


def speech_cost(text: str) -> str:
    """What speaking a text is likely to cost."""
    return _about(len(text.split()) / SPOKEN_WORDS_PER_SECOND * SPEECH_USD_PER_SECOND)


def likely_cost(kind: str, prompt: str) -> str:
    """What something is likely to cost before it is made."""
    return speech_cost(prompt) if kind == "speech" else video_cost(prompt)


def finished_cost(kind: str, seconds: float) -> str:
    """What something finished costs at HeyGen's rates."""
    return f"{_about(seconds * USD_PER_SECOND[kind])} for {length(seconds)}"


def _about(dollars: float) -> str:
    return "less than $0.01" if dollars < 0.01 else f"about {money(dollars)}"


def money(dollars: float) -> str:
    """An amount, rounded up to the cent."""
    return f"${math.ceil(round(dollars * 100, 4)) / 100:,.2f}"


def length(seconds: float) -> str:
    """How long a video is."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def elapsed(seconds: float) -> str:
    """How long something has been going on, as precise as anybody wants to know."""
    minutes = int(max(0.0, seconds) // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    if minutes >= 48 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes // 60} h {minutes % 60} min"


def days(seconds: float) -> str:
    """A span still to come, in days, or in hours when it is short."""
    hours = max(1, round(seconds / 3600))
    if hours < 48:
        return "an hour" if hours == 1 else f"{hours} hours"
    return f"{round(hours / 24)} days"
