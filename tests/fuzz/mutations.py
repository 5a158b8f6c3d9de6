"""Changes recorded JSON the way the world might: what is left out, of another kind, huge, deep or strange. Pure."""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

Path = tuple[str | int, ...]

MOST_CHANGES = 3
DEEP, MANY, LONG, HUGE = 200, 200, 5_000, 60_000
BRACES = 20_000  # deeper than any parser follows
WORDS = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud83d", "\u202egnp.exe", "\ufeff", "\u0301" * 50, "\U0001f6d1" * 20,
    "<!channel>", "<@U0ANA|ana>", "&lt;&amp;", "${jndi:x}", "'; DROP TABLE jobs; --", "../../etc/passwd", "%00%ff",
    "null", "undefined", "NaN", "true", "-1", "1e309", "1700000000.000100", "١٧٠٠", "answer:99", "a:b:c", "{", "[]",
    "line\r\nbreak", "a" * 250, "a" * LONG, "é" * HUGE,
)  # fmt: skip
NUMBERS = (0, 1, -1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, float("nan"), float("inf"), float("-inf"))
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"": ""}, {"id": None}, [{}], ["a", 1, None])


def mutated(recorded: Any, random: Random, *, pool: Sequence[Any] = ()) -> Any:
    """A copy with one to three things wrong. `pool` holds values that stand elsewhere in what was recorded."""
    changed = copy.deepcopy(recorded)
    for _ in range(random.randint(1, MOST_CHANGES)):
        paths = list(paths_of(changed))
        if not paths:
            return changed
        _change(changed, random.choice(paths), random, pool)
    return changed


def broken(raw: bytes, random: Random) -> bytes:
    """The bytes cut short, with some of them changed, doubled, or with something before or behind them."""
    at, end = sorted((random.randrange(len(raw) + 1), random.randrange(len(raw) + 1)))
    match random.randrange(6):
        case 0:
            return raw[:at]
        case 1:
            return raw[:at] + random.randbytes(random.randint(1, 8)) + raw[at:]
        case 2:
            return raw[:at] + raw[end:]
        case 3:
            return raw[:end] + raw[at:]
        case 4:
            return raw + random.choice((b"\x00", b"}", b",{}", b"\xff\xfe", b"\n" * LONG))
        case _:
            return random.choice((b"[", b'{"a":')) * BRACES + raw


def dumped(value: Any) -> bytes:
    """The value as JSON, NaN and lone surrogates included, as careless senders write them."""
    return json.dumps(value, allow_nan=True, ensure_ascii=True).encode()


def paths_of(value: Any, above: Path = ()) -> Iterator[Path]:
    """The way to everything inside, the value itself left out."""
    inner: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(value, dict):
        inner = iter(value.items())
    elif isinstance(value, list):
        inner = iter(enumerate(value))
    for name, one in inner:
        yield (*above, name)
        yield from paths_of(one, (*above, name))


def values_of(value: Any) -> list[Any]:
    """Everything that stands inside."""
    found = []
    for path in paths_of(value):
        inner = value
        for name in path:
            inner = inner[name]
        found.append(inner)
    return found


def _change(value: Any, path: Path, random: Random, pool: Sequence[Any]) -> None:
    holder, name = value, path[-1]
    for step in path[:-1]:
        holder = holder[step]
    if random.random() < 0.25:
        del holder[name]
        return
    if isinstance(holder, dict) and random.random() < 0.1:
        holder[random.choice(WORDS)] = holder.pop(name)
        return
    holder[name] = _other(holder[name], random, pool)


def _other(value: Any, random: Random, pool: Sequence[Any]) -> Any:
    makers: list[Callable[[], Any]] = [
        lambda: random.choice(WORDS),
        lambda: random.choice(NUMBERS),
        lambda: copy.deepcopy(random.choice(OTHERS)),
        lambda: _deep(value, random),
        lambda: [value, copy.deepcopy(value)],
        lambda: _near(value, random),
    ]
    if pool:
        makers.append(lambda: copy.deepcopy(random.choice(pool)))
    return random.choice(makers)()


def _deep(value: Any, random: Random) -> Any:
    for _ in range(random.choice((1, 2, DEEP))):
        value = [value] if random.random() < 0.5 else {"a": value}
    return value


def _near(value: Any, random: Random) -> Any:
    """Almost the same: what a careless or a newer sender might make of it."""
    match value:
        case bool():
            return random.choice((not value, str(value), int(value)))
        case int() | float():
            return random.choice((repr(value), value + 1, -value, value * 3))
        case str():
            at = random.randrange(len(value) + 1)
            return random.choice(
                (value[:at], f"{value[:at]}{random.choice(WORDS)}{value[at:]}", value.upper(), value * 3)
            )
        case list():
            return random.choice((value * 2, value[::-1], value * MANY, {str(at): one for at, one in enumerate(value)}))
        case dict():
            shouted = {str(name).upper(): one for name, one in value.items()}
            return random.choice(({**value, "new": 1}, list(value.values()), list(value), shouted))
        case _:
            return random.choice(WORDS)
