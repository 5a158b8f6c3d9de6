"""The documentation names everything there is: settings, commands, scopes, events, states."""

import argparse
import ast
import dataclasses
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import yaml

from bot.cli import make_parser
from bot.config import Settings
from bot.jobs import outbox
from bot.jobs.moves import MOVES
from bot.jobs.receipt import Fate
from bot.manifest import scopes, socket_manifest
from bot.playground.guide import how_to_drive
from bot.playground.local_heygen import orders
from bot.playground.local_heygen.script import __doc__ as steering
from bot.playground.local_slack import control, temper
from bot.playground.local_slack.population import people, places
from bot.showing import shown_job
from handlers import parse
from storage.receipts import Receipt
from tests.slack.nouns import a_job, a_question, a_thread, an_effect

ROOT = Path(__file__).parents[1]
SETTINGS = sorted(name.upper() for name in Settings.model_fields)
MANIFEST = yaml.safe_load(socket_manifest())
COMMANDS = [command["command"] for command in MANIFEST["features"]["slash_commands"]]
EVENTS = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
FIRST_SCREEN_LINES = 15
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
REFUSALS = {"CannotListen", "CannotRun", "CannotTrace", "DatabaseUnusable"}
ROW = r"^\| `([^`]+)` \|"
LINK_TO_HEADING = re.compile(r"\]\(([\w./-]*)#([\w-]+)\)")
INLINE_LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def first_column(path: str) -> set[str]:
    """The words in backticks that begin a table's row."""
    return set(re.findall(ROW, text(path), flags=re.MULTILINE))


def flags_in(page: str) -> set[str]:
    """The flags that have a row of their own."""
    return {row.split()[0] for row in re.findall(ROW, page, flags=re.MULTILINE) if row.startswith("--")}


def flags_of_commands() -> dict[str, set[str]]:
    """The flags of each command of the terminal, as its parser knows them."""
    return {
        name: {flag for action in parser._actions for flag in action.option_strings} - {"-h", "--help"}
        for name, parser in commands_of(make_parser(), "")
    }


def commands_of(parser: argparse.ArgumentParser, before: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every command with its parser, those within a command too; an argument stands in capitals behind its name."""
    for group in parser._actions:
        if isinstance(group, argparse._SubParsersAction):
            for name, inner in group.choices.items():
                wanted = [str(one.metavar) for one in inner._actions if not one.option_strings and one.nargs is None]
                yield " ".join([before + name, *wanted]), inner
                yield from commands_of(inner, f"{before}{name} ")


FLAGS = flags_of_commands()


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


def test_every_word_of_heygen_is_explained() -> None:
    """docs/commands.md has a row for each word that /heygen understands, and for each setting."""
    explained = text("docs/commands.md")
    words = [*parse.Word, *(f"settings {setting}" for setting in parse.Setting)]

    assert not [word for word in words if not re.search(rf"^\| `/heygen {word}[ `]", explained, flags=re.MULTILINE)]


def test_every_terminal_command_and_flag_is_explained() -> None:
    """docs/commands.md has a heading for each command of the terminal and a row for each of its flags, and no other."""
    sections = re.findall(
        r"^### `heygen-slack ([\w ]+)`\n(.*?)(?=^###|\Z)", text("docs/commands.md"), re.MULTILINE | re.DOTALL
    )

    assert {command: flags_in(section) for command, section in sections} == FLAGS


def test_every_field_of_a_shown_job_is_explained() -> None:
    """docs/commands.md has a row for each field that `jobs show` prints and no other, and names each fate of a call."""
    page = text("docs/commands.md").partition("### `heygen-slack jobs show ID`\n")[2]
    kept = Receipt(job=a_job(), thread=a_thread(), questions=(a_question(),), effects=(an_effect(),))

    assert set(re.findall(ROW, page, flags=re.MULTILINE)) == {*fields_of(shown_job(kept, with_words=True)), "--words"}
    assert not [fate for fate in Fate if f"`{fate}`" not in page]


def fields_of(node: object, path: str = "") -> Iterator[str]:
    """The paths of all values, as docs/commands.md writes them."""
    match node:
        case dict():
            for name, value in node.items():
                yield from fields_of(value, f"{path}.{name}" if path else name)
        case list():
            yield from fields_of(node[0], f"{path}[]")
        case _:
            yield path


def test_the_playgrounds_flags_are_explained_on_its_page() -> None:
    """docs/playground.md explains the same flags."""
    assert flags_in(text("docs/playground.md")) == FLAGS["playground"]


def test_the_playgrounds_controls_are_explained() -> None:
    """docs/playground.md has a row for each deed, each setting and each trouble of the doubles, and no other."""
    page = text("docs/playground.md")
    slack, heygen = page.partition("## Act as people")[2].split("## Trouble at HeyGen")
    settings = {field.name for field in dataclasses.fields(temper.Temper)}

    assert set(re.findall(ROW, slack, flags=re.MULTILINE)) == {
        *control.VERBS,
        *settings,
        *temper.DEEDS,
        *temper.EVENT_DEEDS,
    }
    assert set(re.findall(ROW, heygen, flags=re.MULTILINE)) == set(orders.DEEDS)
    for kind in (orders.Plan, orders.Settings):
        assert not [field.name for field in dataclasses.fields(kind) if f"`{field.name}`" not in heygen]
    assert not [mode for mode in orders.WEBHOOK_MODES if f"`{mode}`" not in heygen]


def test_the_playgrounds_people_and_words_are_explained() -> None:
    """docs/playground.md names everybody and every channel of the local Slack, and the words that steer HeyGen."""
    page = text("docs/playground.md")
    words = re.findall(r'"([a-z ]+)"', steering or "")

    assert len(words) == 5
    assert not [user.id for user in people() if user.id not in page]
    assert not [place.id for place in places() if f"`{place.id}`" not in page]
    assert not [word for word in words if f'"{word}"' not in page]
    assert not [word for word in words if f'"{word}"' not in how_to_drive("", "", "", state=ROOT, app_id=1)]


def test_every_effect_and_its_steps_are_explained() -> None:
    """docs/how-it-works.md has a row for each kind of effect, which names the steps it goes through at Slack."""
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\w, ]+) \|", text("docs/how-it-works.md"), flags=re.MULTILINE))

    assert set(outbox.STEPS) | {"submit"} <= set(rows)
    for kind, step in [*outbox.STEPS.items(), *outbox.METHODS]:
        assert re.search(rf"\b{step}\b", rows[kind]), (kind, step)


def test_every_lane_is_explained() -> None:
    """docs/how-it-works.md gives each lane's pace and burst as the program keeps them."""
    table = re.findall(r"^\| `([\w.]+)` \| ([\d.]+)\D* \| (\d+) \|", text("docs/how-it-works.md"), flags=re.MULTILINE)
    slack = {method: pace for method, pace in outbox.PACE.items() if method != "heygen"}

    assert {method: (float(seconds), int(burst)) for method, seconds, burst in table} == slack


def test_the_diagram_is_the_transition_table() -> None:
    """The diagram in docs/how-it-works.md shows exactly the moves that bot/jobs/moves.py allows."""
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", text("docs/how-it-works.md"), flags=re.MULTILINE))

    assert drawn == {(str(state), str(target)) for state, targets in MOVES.items() for target in targets}


def test_every_state_is_explained() -> None:
    """docs/how-it-works.md has a row for each state of a job."""
    assert {str(state) for state in chain(MOVES, *MOVES.values())} <= first_column("docs/how-it-works.md")


def refusals() -> Iterator[str]:
    """The sentences that keep a command from beginning, up to their cure, with … for what is filled in."""
    for module in chain(ROOT.glob("bot/**/*.py"), ROOT.glob("storage/**/*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[words]) if name in REFUSALS and literal(words):
                    yield re.split(r"[;(]|\.$", literal(words))[0].strip()


def literal(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr(values=values):
            return "".join(literal(value) or "…" for value in values)
        case _:
            return ""


def test_every_sentence_that_ends_a_start_has_its_cure() -> None:
    """docs/operate/trouble.md has each of them in the first column of its table."""
    table = "\n".join(re.findall(r"^\| ([^|]+) \|", text("docs/operate/trouble.md"), flags=re.MULTILINE))
    found = set(refusals())

    assert len(found) > 10
    assert not sorted(sentence for sentence in found if sentence not in table)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link in a page names a file that exists."""
    links = INLINE_LINK.findall(page.read_text(encoding="utf-8"))

    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_a_heading(page: Path) -> None:
    """What stands behind # in a link is a heading of that page."""
    links = LINK_TO_HEADING.findall(page.read_text(encoding="utf-8"))

    assert not [f"{to}#{name}" for to, name in links if name not in headings((page.parent / to) if to else page)]


def headings(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}
