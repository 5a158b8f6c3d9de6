"""The documentation names everything there is: settings, commands, scopes, events, states."""

import re
from itertools import chain
from pathlib import Path

import pytest
import yaml

from bot.config import Settings
from bot.jobs.moves import MOVES
from bot.manifest import scopes, socket_manifest

ROOT = Path(__file__).parents[1]
SETTINGS = sorted(name.upper() for name in Settings.model_fields)
MANIFEST = yaml.safe_load(socket_manifest())
COMMANDS = [command["command"] for command in MANIFEST["features"]["slash_commands"]]
EVENTS = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
FIRST_SCREEN_LINES = 15
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
INLINE_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def first_column(path: str) -> set[str]:
    """The words in backticks that begin a table's row."""
    return set(re.findall(r"^\| `([^`]+)` \|", text(path), flags=re.MULTILINE))


def test_the_readme_opens_with_the_two_commands() -> None:
    """Both commands stand in the README's first screen."""
    first_screen = text("README.md").splitlines()[:FIRST_SCREEN_LINES]

    assert any(line.startswith("make playground") for line in first_screen)
    assert any(line.startswith("make test") for line in first_screen)


def test_the_readme_leads_to_a_real_workspace() -> None:
    """The README names the manifest, the three values and the two commands of a first run."""
    readme = text("README.md")

    for word in ("manifest.yaml", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "HEYGEN_API_KEY"):
        assert word in readme
    assert readme.index("heygen-slack check") < readme.index("heygen-slack run")


def test_every_setting_is_in_the_example_with_its_default() -> None:
    """.env.example holds every setting once and nothing else; what is commented out shows the default."""
    lines = re.findall(r"^(#?)([A-Z_]+)=(.*)$", text(".env.example"), flags=re.MULTILINE)

    assert sorted(name for _, name, _ in lines) == SETTINGS
    for mark, name, value in lines:
        default = Settings.model_fields[name.lower()].default if mark else None
        shown = "" if not mark or default in (None, ()) else f"{default:g}" if isinstance(default, float) else default
        assert value == str(shown), name


def test_every_setting_is_explained() -> None:
    """docs/configure.md has a row for each setting, and none for one that does not exist."""
    assert sorted(first_column("docs/configure.md")) == SETTINGS


def test_every_scope_and_event_has_a_reason() -> None:
    """docs/slack-app.md has a row for each scope and each event of the manifest, and no other."""
    assert first_column("docs/slack-app.md") == {*scopes(), *EVENTS}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_slash_command_has_a_heading(command: str) -> None:
    """docs/commands.md explains each slash command under a heading of its own."""
    assert f"### `{command}`" in text("docs/commands.md").splitlines()


def test_every_flag_of_the_usage_hints_is_explained() -> None:
    """What Slack shows while a command is typed stands in docs/commands.md."""
    hints = " ".join(command["usage_hint"] for command in MANIFEST["features"]["slash_commands"])
    explained = text("docs/commands.md")

    assert not [flag for flag in re.findall(r"--[a-z]+", hints) if f"`{flag}" not in explained]
    assert not [word for word in COMMANDS if word not in explained]


def test_the_diagram_is_the_transition_table() -> None:
    """The diagram in docs/how-it-works.md shows exactly the moves that bot/jobs/moves.py allows."""
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", text("docs/how-it-works.md"), flags=re.MULTILINE))

    assert drawn == {(str(state), str(target)) for state, targets in MOVES.items() for target in targets}


def test_every_state_is_explained() -> None:
    """docs/how-it-works.md has a row for each state of a job."""
    assert {str(state) for state in chain(MOVES, *MOVES.values())} <= first_column("docs/how-it-works.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link in a page names a file that exists."""
    links = INLINE_LINK.findall(page.read_text(encoding="utf-8"))

    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]
