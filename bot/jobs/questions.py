"""Reads the agent's questions. Pure."""

import re

FEWEST, MOST = 2, 5
LONGEST = 75  # what fits on a button of Slack
ITEM = re.compile(r"\s*(?:(?P<bullet>[-*•–])|\(?(?P<number>\d{1,2}|[A-Za-z])[.)])\s+(?P<label>\S.*)")
EMPHASIS = re.compile(r"(\*\*|__|`)(.+?)\1")


def options_of(text: str) -> tuple[str, ...]:
    """The labels of the short list that a question closes with; empty when it closes otherwise.

    Two to five different labels of at most 75 characters: anything else is left to be answered in words.
    """
    items: list[re.Match[str]] = []
    for line in reversed(text.rstrip().splitlines()):
        match = ITEM.fullmatch(line)
        if match is None and line.strip():
            break
        if match is not None:
            items.insert(0, match)
    labels = tuple(_label(item["label"]) for item in items)
    fits = all(0 < len(label) <= LONGEST for label in labels)
    if not FEWEST <= len(labels) <= MOST or not fits or len({label.casefold() for label in labels}) < len(labels):
        return ()
    return labels if _is_one_list(items) else ()


def _is_one_list(items: list[re.Match[str]]) -> bool:
    """Whether the lines are marked alike; numbers and letters count up from the first."""
    numbers = [item["number"] for item in items]
    if not any(numbers):
        return len({item["bullet"] for item in items}) == 1
    first = "1" if (numbers[0] or "").isdigit() else "a"
    expected = [str(at + 1) if first == "1" else chr(ord("a") + at) for at in range(len(items))]
    return [(number or "").casefold() for number in numbers] == expected


def _label(words: str) -> str:
    return EMPHASIS.sub(r"\2", words).strip().rstrip(";,").strip()
