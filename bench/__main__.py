"""`python -m bench [NAME …]`: makes the measures one after the other and prints their table."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from bench import acks, calls, delivery, flight, page, relay, replicas
from bench.processes import Failed
from bench.report import Row, exit_code, table

Measure = Callable[[Path], Awaitable[list[Row]]]

MEASURES: dict[str, Measure] = {
    "acks": acks.measure,
    "delivery": delivery.measure,
    "calls": calls.measure,
    "relay": relay.measure,
    "flight": flight.measure,
    "replicas": replicas.measure,
    "page": page.measure,
}


async def measured(names: list[str], measures: Mapping[str, Measure] = MEASURES) -> list[Row]:
    """The rows of these measures; each has a folder of its own. One that cannot be made is a missed row."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        for name in names:
            began = time.perf_counter()
            try:
                rows += await measures[name](Path(folder) / name)
            except* Failed as failed:
                for one in failed.exceptions:
                    print(f"{name}: {one}", file=sys.stderr, flush=True)
                    why, *_ = str(one).splitlines()
                    rows.append(Row(measured=name, how="could not be measured", figure=why, holds=False))
            print(f"{name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASURES)}; all of them without one")
    names = parser.parse_args().names
    if unknown := sorted(set(names) - set(MEASURES)):
        parser.error(f"there is no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    rows = asyncio.run(measured(names or list(MEASURES)))
    print(table(rows))
    return exit_code(rows)


if __name__ == "__main__":
    sys.exit(main())
