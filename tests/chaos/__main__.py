"""`make chaos`: the full run, and its table."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.audit import bound
from tests.chaos.run import Outcome, Plan, play
from tests.database.postgres import postgres


def main() -> int:
    """Returns 1 when anything was lost or double."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=None, help="where the replicas' logs are kept")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(jobs=options.jobs, replicas=options.replicas, seed=options.seed)
    with postgres() as server:
        outcome = asyncio.run(play(plan, folder, url=server.new_database(), server=server))
    print(table(outcome))
    return 0 if outcome.findings.is_right else 1


def table(outcome: Outcome) -> str:
    """The figures as a table in Markdown, with what is wrong below it."""
    found, n = outcome.findings, max(outcome.acknowledged, 1)
    rows = [
        ("asked", f"{outcome.asked.total():,}: {_counts(outcome.asked)}"),
        ("acknowledged (n)", f"{outcome.acknowledged:,}"),
        ("errors told", ", ".join(f"{count:,} {words[:60]}" for words, count in outcome.errors.items()) or "0"),
        ("jobs ended as", _counts(outcome.states)),
        ("replies became", _counts(outcome.fates)),
        ("said, not acknowledged, and heard all the same", f"{len(found.found_late):,}"),
        ("said, and never heard, for no event arrived", f"{len(found.unheard):,}"),
        ("a person was asked", f"{outcome.in_doubt:,}"),
        ("replicas killed", f"{outcome.kills:,}"),
        ("PostgreSQL restarted", f"{outcome.restarts:,}"),
        *((f"{side}: answers {', '.join(faults)}", ", ".join(f"{count:,}" for count in faults.values()))
          for side, faults in outcome.suffered.items()),
        ("Slack's events", _counts(outcome.events)),
        ("minutes", f"{outcome.seconds / 60:.0f}"),
        ("**lost**", _share(len(found.lost), n)),
        ("**posted twice**", _share(len(found.double_posts), n)),
        ("**charged twice**", _share(len(found.double_charges), n)),
        ("half done without an acknowledgement", f"{len(found.halves):,}"),
        ("calls left open", f"{len(found.open_effects):,}"),
        ("cards that do not show how things have ended", f"{len(found.untrue_cards):,}"),
    ]  # fmt: skip
    wrong = [*found.lost, *found.double_posts, *found.double_charges, *found.halves, *found.open_effects,
             *found.untrue_cards]  # fmt: skip
    lines = ["| what | count |", "|---|---|", *(f"| {what} | {count} |" for what, count in rows), *wrong[:50]]
    return "\n".join(lines)


def _counts(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in counted.items()) or "0"


def _share(count: int, n: int) -> str:
    return f"0 (95 %: below {bound(n):.3%})" if count == 0 else f"**{count:,}**"


if __name__ == "__main__":
    sys.exit(main())
