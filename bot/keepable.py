"""JSON from outside without what no database keeps: NUL, and halves of characters. Pure."""

import re
from typing import Any

UNKEPT = re.compile(r"[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def keepable(value: Any) -> Any:
    """The value with such characters replaced; what is inside it is changed in place."""
    match value:
        case str():
            return UNKEPT.sub(REPLACEMENT, value)
        case dict():
            value.update((name, keepable(one)) for name, one in value.items())
        case list():
            value[:] = map(keepable, value)
    return value
