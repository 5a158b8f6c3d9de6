"""The table: what was measured and how, the figure, its bound, and whether it holds."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HEADINGS = ("measured", "how", "figure", "bound", "result")
PASSED, MISSED, UNBOUND = "pass", "FAIL", "–"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table. `holds` is None for a figure that only stands there for comparison."""

    measured: str
    how: str
    figure: str
    bound: str = ""
    holds: bool | None = None

    @property
    def result(self) -> str:
        """The verdict as a word."""
        return UNBOUND if self.holds is None else PASSED if self.holds else MISSED


def at_least(bound: float, figure: float, shown: Callable[[float], str], *, measured: str, how: str) -> Row:
    """A row that holds when the figure reaches the bound."""
    return Row(measured=measured, how=how, figure=shown(figure), bound=f"≥ {shown(bound)}", holds=figure >= bound)


def at_most(bound: float, figure: float, shown: Callable[[float], str], *, measured: str, how: str) -> Row:
    """A row that holds when the figure stays within the bound."""
    return Row(measured=measured, how=how, figure=shown(figure), bound=f"≤ {shown(bound)}", holds=figure <= bound)


def table(rows: Iterable[Row]) -> str:
    """All rows in columns, as Markdown."""
    cells = [HEADINGS, *((row.measured, row.how, row.figure, row.bound, row.result) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = ["| " + " | ".join(_padded(line, widths)) + " |" for line in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def exit_code(rows: Iterable[Row]) -> int:
    """1 when a bound is missed."""
    return 1 if any(row.holds is False for row in rows) else 0


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of them does not exceed, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios of runs that were made side by side."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def _padded(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
