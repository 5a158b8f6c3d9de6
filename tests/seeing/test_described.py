"""The page and the dashboard speak of the metrics that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.seeing.metrics import Metrics
from bot.seeing.stock import Stock
from storage.figures import Figures

OPERATE = Path(__file__).parents[2] / "docs" / "operate"
ROW = re.compile(r"^\| `(heygen_slack_\w+)` \|([`\w ]*)\|", flags=re.MULTILINE)
HISTOGRAM_PARTS = ("_bucket", "_count", "_sum")
SCRAPED = {"job", "instance", "le"}  # labels that Prometheus itself adds


async def _unread() -> Figures:
    raise AssertionError("nobody asked")


def metrics_there_are() -> dict[str, str]:
    """Every metric by the name it is queried by, with its type."""
    metrics = Metrics()
    metrics.registry.register(Stock(_unread, places=8, steady=lambda: 0.0))
    return {
        family.name + ("_total" if family.type == "counter" else ""): family.type
        for family in metrics.registry.collect()
    }


THERE = metrics_there_are()
DOCUMENTED = {
    name: set(re.findall(r"\w+", labels)) for name, labels in ROW.findall((OPERATE / "seeing.md").read_text())
}


def dashboard() -> Any:
    return json.loads((OPERATE / "grafana.json").read_text(encoding="utf-8"))


def queries() -> Iterator[str]:
    """What the dashboard asks Prometheus for."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]


def queried(query: str) -> set[str]:
    """The metrics of a query, histograms by their own name."""
    names = set(re.findall(r"\b(?:heygen_slack|process)_\w+", query))
    return {base_of(name) for name in names}


def base_of(name: str) -> str:
    bases = [name.removesuffix(part) for part in HISTOGRAM_PARTS if name.endswith(part)]
    return next((base for base in bases if THERE.get(base) == "histogram"), name)


def labels_of(query: str) -> set[str]:
    """The labels that a query selects or groups by."""
    selected = re.findall(r"(\w+)[!=]~?\"", query)
    grouped = [label for group in re.findall(r"by \(([\w, ]+)\)", query) for label in group.split(", ")]
    return {*selected, *grouped} - SCRAPED


def test_every_metric_is_explained() -> None:
    """docs/operate/seeing.md has a row for each metric of ours, and none for one that does not exist."""
    assert set(DOCUMENTED) == {name for name in THERE if name.startswith("heygen_slack_")}


def test_the_dashboard_asks_for_what_exists() -> None:
    """Each query names metrics that there are, by labels that they have."""
    asked = list(queries())

    assert asked
    for query in asked:
        names = queried(query)
        assert names, query
        assert not names - set(THERE), query
        of_ours = [DOCUMENTED[name] for name in names if name in DOCUMENTED]
        assert labels_of(query) <= set().union(*of_ours), query


def test_the_dashboard_shows_every_metric() -> None:
    """Whatever the program tells of itself has its place on the dashboard."""
    shown = set().union(*(queried(query) for query in queries()))

    assert set(DOCUMENTED) <= shown


def test_what_deserves_a_look_exists() -> None:
    """The conditions on the page name metrics that there are."""
    page = (
        (OPERATE / "seeing.md").read_text(encoding="utf-8").partition("## What deserves a look")[2].partition("##")[0]
    )
    conditions = re.findall(r"^\| `([^`]+)`", page, flags=re.MULTILINE)

    assert conditions
    assert not [condition for condition in conditions if not queried(condition) or queried(condition) - set(THERE)]


def test_the_dashboard_can_be_imported() -> None:
    """Panels have ids of their own, do not overlap, and ask the data source that is chosen at the import."""
    panels = dashboard()["panels"]
    places = {
        (x, y)
        for panel in panels
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    }

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len(places) == sum(panel["gridPos"]["w"] * panel["gridPos"]["h"] for panel in panels)
    assert {panel["datasource"]["uid"] for panel in panels if "datasource" in panel} == {"${datasource}"}
