"""The measures of `make bench`, as small as they can be: that they run, not what they find."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bench import acks, calls, delivery, flight, page, played, relay, replicas
from bench.__main__ import measured
from bench.calls import Course
from bench.processes import Failed
from bench.report import Row, at_least, at_most, exit_code, median_ratio, percentile, table

SHORT = Course(minutes=1, thinking_seconds=15, webhooks=True, heygen_bound=20, slack_bound=15, speed=60.0)


def shown(value: float) -> str:
    return f"{value:g}"


def test_the_verdict_is_a_word() -> None:
    """A row passes or fails by its bound, the bound included; one without a bound does neither."""
    assert "pass" == at_least(0.2, 0.2, shown, measured="x", how="y").result
    assert "FAIL" == at_least(0.2, 0.19, shown, measured="x", how="y").result
    assert "pass" == at_most(15, 15, shown, measured="x", how="y").result
    assert "FAIL" == at_most(15, 16, shown, measured="x", how="y").result
    assert "–" == Row(measured="x", how="y", figure="1").result


def test_the_exit_code_tells_of_a_missed_bound() -> None:
    """1 when any bound is missed, 0 when none is, however many rows have no bound."""
    kept, missed = at_most(2, 1, shown, measured="a", how=""), at_most(1, 2, shown, measured="b", how="")
    assert 0 == exit_code([kept, Row(measured="c", how="", figure="3")])
    assert 1 == exit_code([kept, missed])


async def test_a_measure_that_cannot_be_made_does_not_take_the_others_along() -> None:
    """Where Chromium is missing, say, the table has a line that says so, and the code is 1."""

    async def fine(folder: Path) -> list[Row]:
        return [at_most(2, 1, shown, measured="a", how=folder.name)]

    async def broken(folder: Path) -> list[Row]:
        raise Failed("There is no Chromium.\nand what its log says")

    async def broken_beside_others(folder: Path) -> list[Row]:
        raise ExceptionGroup("of a TaskGroup", [Failed("It ended at once.")])

    rows = await measured(["page", "calls", "acks"], {"page": broken, "calls": broken_beside_others, "acks": fine})
    assert [("page", "There is no Chromium.", "FAIL"), ("calls", "It ended at once.", "FAIL"), ("a", "1", "pass")] == [
        (row.measured, row.figure, row.result) for row in rows
    ]
    assert 1 == exit_code(rows)


def test_the_table_has_a_line_for_each_row() -> None:
    """Headings, a rule, the rows; every line is as wide as the next."""
    lines = table([at_most(15, 12, shown, measured="Slack calls", how="5 min")]).splitlines()
    assert 3 == len(lines)
    assert ["Slack calls", "5 min", "12", "≤ 15", "pass"] == [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert 1 == len({len(line) for line in lines})


def test_percentiles_are_by_nearest_rank() -> None:
    """The 95th percentile of a hundred values is the 95th, and of few values the largest."""
    hundred = [float(value) for value in range(100, 0, -1)]
    assert 95.0 == percentile(hundred, 0.95)
    assert 50.0 == percentile(hundred, 0.5)
    assert 3.0 == percentile([1.0, 3.0, 2.0], 0.99)
    assert 7.0 == percentile([7.0], 0.5)


def test_a_ratio_is_taken_within_each_pair() -> None:
    """A machine that is slow for a while slows both of a pair, and the ratio stays."""
    assert 0.5 == median_ratio([100.0, 10.0, 90.0], [200.0, 20.0, 100.0])


SMALLEST: dict[str, Callable[[Path], Awaitable[list[Row]]]] = {
    "acks": lambda folder: acks.measure(folder, rounds=1, seconds=0.3, running=2, burst=10),
    "delivery": lambda folder: delivery.measure(folder, jobs=1, apart=0.0, making=1.0),
    "calls": lambda folder: calls.measure(folder, courses=(SHORT,), asks=(5.0,), question_speed=30.0),
    "relay": lambda folder: relay.measure(folder, video_bytes=2_000_000, rounds=1),
    "flight": lambda folder: flight.measure(folder, jobs=150, seconds=2.0),
    "replicas": lambda folder: replicas.measure(folder, rounds=1, seconds=0.5, jobs=4),
    "page": lambda folder: page.measure(folder, messages=60, loads=1, wheels=10, sent=1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST)
async def test_the_measure_runs(tmp_path: Path, name: str) -> None:
    """Its smallest run finds a figure for each of its bounds."""
    if name == "page" and (reason := played.why_not()):
        pytest.skip(reason)
    rows = await SMALLEST[name](tmp_path / name)
    assert any(row.holds is not None for row in rows)
    assert all(row.figure for row in rows)
