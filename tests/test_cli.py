"""The command line: exit codes, one sentence for whatever is wrong, and never a traceback."""

import asyncio
import json
import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from bot.app import DRAIN_SECONDS
from bot.cli import main
from bot.manifest import http_manifest, socket_manifest
from storage.schema import migrate
from tests.journeys.once import said
from tests.journeys.world import ANA, GENERAL, doubles, settings_for, world
from tests.ports import free_port

NOWHERE = "http://127.0.0.1:9"  # the discard port, where nobody listens
VALUES = {"SLACK_BOT_TOKEN": "xoxb-local", "SLACK_APP_TOKEN": "xapp-local", "HEYGEN_API_KEY": "local-heygen-key"}
SECONDS = 30
ROOT = Path(__file__).parents[1]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, with the three values in the environment."""
    monkeypatch.chdir(tmp_path)
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@asynccontextmanager
async def running(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """`heygen-slack run` as a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env={"PATH": os.defpath, **environment}, cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def refused(folder: Path, environment: Mapping[str, str]) -> str:
    """What `run` says when it cannot begin: the one line that is no log line."""
    async with running(folder, environment) as process:
        _, said = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 1
    text = said.decode()
    assert "Traceback" not in text
    [sentence] = [line for line in text.splitlines() if line.startswith("heygen-slack: ")]
    assert text.splitlines()[-1] == sentence
    return sentence


async def until_logged(process: asyncio.subprocess.Process, words: bytes) -> None:
    assert process.stderr is not None
    async with asyncio.timeout(SECONDS):
        while words not in (line := await process.stderr.readline()):
            assert line, "the program ended"


def database(folder: Path) -> str:
    return f"sqlite:///{folder}/jobs.db"


def test_no_command_is_a_mistake_of_use(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command, or with a wrong one, the exit code is 2 and the commands are listed."""
    for argv in ([], ["fly"], ["jobs", "--limit", "none"], ["run", "--fast"]):
        with pytest.raises(SystemExit) as ended:
            main(argv)
        assert ended.value.code == 2
    said = capsys.readouterr().err
    assert (
        "run, playground, check, migrate, manifest, jobs" in said.replace("'", "").replace("\n", " ") or "fly" in said
    )
    assert "'none' is not a number from 1 on" in said


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """--help lists the six commands, each with some words on what it does."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    for command in ("run", "playground", "check", "migrate", "manifest", "jobs"):
        assert re.search(rf"^    {command}\s+\w+", said, flags=re.MULTILINE)


def test_missing_settings_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without settings `run`, which needs them, names all that is missing, in one line, and ends with 1."""
    monkeypatch.chdir(tmp_path)
    assert main(["run"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("heygen-slack: ")
    assert "SLACK_BOT_TOKEN is missing" in line
    assert "HEYGEN_API_KEY is missing" in line


def test_the_database_can_be_looked_after_without_any_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """migrate and jobs need DATABASE_URL alone, from .env too, whatever else is missing or wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///there.db\nPORT=many\n", encoding="utf-8")
    assert main(["migrate"]) == 0
    assert main(["jobs"]) == 0
    assert (tmp_path / "there.db").exists()
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("DATABASE_URL", "there.db")
    for command in (["migrate"], ["jobs"], ["jobs", "show", "j1"]):
        assert main(command) == 1
        assert "DATABASE_URL must be a database URL" in capsys.readouterr().err


def test_a_job_that_does_not_exist_is_one_sentence(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the cure, exit code 1, and nothing on standard output."""
    assert main(["migrate"]) == 0
    capsys.readouterr()
    assert main(["jobs", "show", "j9"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "heygen-slack: There is no job 'j9'; `heygen-slack jobs` lists the newest ones with their ids.\n"


async def test_jobs_show_prints_one_job_as_json(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside the running program; the prompt only with --words; never a link of HeyGen's, nor a secret."""
    async with world(here) as made:
        await made.heygen.wait_for(lambda heygen: any(call.op == "styles" for call in heygen.calls))
        assert (await made.slack.command(ANA, GENERAL, "/speak", "a secret word --voice Annabelle")).ok
        await made.slack.wait_for(lambda slack: said(slack).get("speech.mp3"))
        await made.settled()
        monkeypatch.setenv("DATABASE_URL", made.settings.database_url)
        [job] = await made.jobs()
        assert await asyncio.to_thread(main, ["jobs", "show", job.id]) == 0
        printed = capsys.readouterr().out
        assert await asyncio.to_thread(main, ["jobs", "show", job.id, "--words"]) == 0
        with_words = json.loads(capsys.readouterr().out)
        [kept] = [effect for effect in await made.effects(job) if effect.kind == "submit"]

    shown = json.loads(printed)
    assert (shown["job"], shown["state"], shown["asked"]["by"]) == (job.id, "completed", ANA)
    assert datetime.fromisoformat(shown["asked"]["at"]).timestamp() == pytest.approx(job.created_at, abs=0.001)
    [speech] = [call for call in shown["calls"] if call["what"] == "speech"]
    assert (speech["fate"], speech["tries"], shown["cost"]["times_asked"]) == ("done", 1, 1)
    assert shown["cost"]["estimated_usd"] == pytest.approx(shown["heygen"]["seconds"] * 0.000667, abs=1e-4)
    assert kept.evidence["audio_url"].startswith("http")
    assert "://" not in printed
    assert "secret word" not in printed
    assert with_words["words"]["prompt"] == "a secret word"
    assert "://" not in json.dumps(with_words)


def test_check_lists_what_is_wrong_with_the_settings(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """check prints a line for each wrong setting, without its value, and ends with 1."""
    (here / ".env").write_text("PORT=many\nADMIN_USERS=ana\n", encoding="utf-8")

    assert main(["check"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line[:25] for line in lines] == ["FAIL  configuration  ADMI", "FAIL  configuration  PORT"]


async def test_traces_without_their_extra_are_one_sentence(here: Path) -> None:
    """Where a collector is set and the extra is missing, run names the cure, ends with 1 and touches nothing."""
    program = "import sys; sys.modules['opentelemetry'] = None; from bot.cli import main; sys.exit(main(['run']))"
    environment = {**VALUES, "PATH": os.defpath, "OTEL_EXPORTER_OTLP_ENDPOINT": NOWHERE, "PYTHONPATH": str(ROOT)}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], env=environment, cwd=here, capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip

    assert done.returncode == 1
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("heygen-slack: OTEL_EXPORTER_OTLP_ENDPOINT is set and opentelemetry")
    assert "`traces`" in sentence
    assert list(here.iterdir()) == []


async def test_check_tells_by_its_exit_code(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 when all is well, 1 when something is not."""
    port = free_port()
    async with doubles(here, port, http=False, webhooks=False, media=False) as (slack, heygen):
        for name, value in settings_for(here, slack, heygen, port, http=False, webhooks=False).items():
            monkeypatch.setenv(name, value)
        assert await asyncio.to_thread(main, ["check"]) == 0
        assert "FAIL" not in capsys.readouterr().out
        heygen.set(wallet=0.0)
        assert await asyncio.to_thread(main, ["check"]) == 1
        assert capsys.readouterr().out.count("FAIL") == 1


def test_the_manifest_is_printed_in_both_variants(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --http the manifest as shipped; with it the variant for that address. Needs no settings."""
    assert main(["manifest"]) == 0
    assert capsys.readouterr().out == socket_manifest()
    assert main(["manifest", "--http", "https://videos.example.com/"]) == 0
    printed = capsys.readouterr().out
    assert printed == http_manifest("https://videos.example.com")
    assert yaml.safe_load(printed)["settings"]["socket_mode_enabled"] is False


@pytest.mark.parametrize("address", ["videos.example.com", "http://videos.example.com", "https://a.b/?c", "foo"])
def test_a_mistyped_address_makes_no_manifest(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An address that Slack would refuse is refused here, in a sentence."""
    with pytest.raises(SystemExit) as ended:
        main(["manifest", "--http", address])

    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert "argument --http: must b" in said.err


def test_a_reader_that_leaves_early_is_no_error(here: Path) -> None:
    """`heygen-slack manifest | head -1` ends quietly."""
    program = f"{sys.executable} -m bot manifest; echo code $? >&2"
    run = ["bash", "-c", f"({program}) | true"]
    root = Path(__file__).parents[1]
    done = subprocess.run(run, cwd=root, capture_output=True, text=True, timeout=SECONDS, check=False)

    assert done.stderr == "code 0\n"


def test_migrate_makes_the_schema_and_says_so(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first time it changes something, the second time it has nothing to do."""
    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out.splitlines() == ["The schema is now up to date.", "The schema was up to date."]
    assert (here / "heygen-slack.db").exists()


def test_jobs_needs_a_database(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where there is no database, jobs says so and makes none."""
    assert main(["jobs"]) == 1
    assert "`heygen-slack migrate` makes it" in capsys.readouterr().err
    assert list(here.iterdir()) == []


async def test_jobs_lists_beside_the_running_program(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Newest first, with state, age, channel and requester, and without the prompt; --limit shortens the list."""
    async with world(here) as made:
        for prompt in ("the first secret wish, ask me", "the second one, ask me"):
            await made.video(prompt)
        await made.until(lambda made: made.creates() == 2)
        monkeypatch.setenv("DATABASE_URL", made.settings.database_url)
        assert await asyncio.to_thread(main, ["jobs"]) == 0
        everything = capsys.readouterr().out.splitlines()
        assert await asyncio.to_thread(main, ["jobs", "--limit", "1"]) == 0
        newest = capsys.readouterr().out.splitlines()
        listed = [job.id for job in await made.jobs()]

    assert [line.split()[0] for line in everything] == ["job", *listed]
    assert all(ANA in line and GENERAL in line for line in everything[1:])
    assert "secret wish" not in "".join(everything)
    assert [line.split()[0] for line in newest] == ["job", listed[0]]


@pytest.mark.parametrize("command", ["run", "migrate", "jobs"])
async def test_garbage_is_no_database(
    here: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no database is named as such, and left as it was."""
    (here / "jobs.db").write_bytes(b"certainly not SQLite " * 100)
    monkeypatch.setenv("DATABASE_URL", database(here))

    if command == "run":
        sentence = await refused(here, {**VALUES, "DATABASE_URL": database(here)})
    else:
        assert await asyncio.to_thread(main, [command]) == 1
        sentence = capsys.readouterr().err
    assert "jobs.db cannot be" in sentence
    assert "file is not a database" in sentence
    assert (here / "jobs.db").read_bytes().startswith(b"certainly")


@pytest.mark.parametrize("command", ["run", "migrate", "jobs"])
async def test_a_schema_of_a_later_release_is_left_alone(
    here: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A database that needs a newer release says which one to install."""
    migrate(database(here))
    with sqlite3.connect(here / "jobs.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE schema_notes SET oldest_release = '9.1'")
    connection.close()
    monkeypatch.setenv("DATABASE_URL", database(here))

    if command == "run":
        sentence = await refused(here, {**VALUES, "DATABASE_URL": database(here)})
    else:
        assert await asyncio.to_thread(main, [command]) == 1
        sentence = capsys.readouterr().err
    assert "made for heygen-slack 9.1 or newer; install that release" in sentence


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "Slack does not take SLACK_BOT_TOKEN (invalid_auth)"),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "Slack does not take SLACK_APP_TOKEN (invalid_auth)"),
        (
            {"SLACK_API_URL": f"{NOWHERE}/api/"},
            "Slack cannot be reached at http://127.0.0.1:9/api/ (Connect call failed",
        ),
        ({"HOST": "192.0.2.1"}, "of 192.0.2.1 cannot be opened (Cannot assign requested address)"),
        ({"HOST": "one..two"}, "of one..two cannot be opened (no name of a host)"),
        ({"DATABASE_URL": "sqlite:////nowhere/jobs.db"}, "The folder /nowhere of DATABASE_URL does not exist"),
        ({"DATABASE_URL": "postgresql://u:secret-word@127.0.0.1:1/d"}, "PostgreSQL at 127.0.0.1:1 cannot be reached"),
    ],
    ids=["bot token", "app token", "no slack", "host", "no host", "folder", "postgres"],
)
async def test_run_says_why_it_cannot_begin(tmp_path: Path, wrong: dict[str, str], words: str) -> None:
    """What keeps it from beginning is one sentence with the cause, exit code 1, and no secret in it."""
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=False, media=False) as (slack, heygen):
        environment = settings_for(tmp_path, slack, heygen, port, http=False, webhooks=False)
        sentence = await refused(tmp_path, environment | wrong)

    assert words in sentence
    assert "wrong" not in sentence
    assert "secret-word" not in sentence


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_what_the_system_refuses_is_told_as_what_it_is(tmp_path: Path, command: str) -> None:
    """With too few open files allowed `run` said that its port cannot be opened, the others ended in a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", command], env={"PATH": os.defpath, **VALUES}, cwd=tmp_path, capture_output=True,
        text=True, timeout=SECONDS, check=False, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5)),
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(  # what asyncio says of its half-made loop may follow
        "heygen-slack: The system refused something (Too many open files); docs/operate/trouble.md says what to do.\n"
    )


async def test_run_needs_its_port_and_its_file_to_itself(tmp_path: Path) -> None:
    """A busy port is named; a second program on the same file is refused; after a stop the next one begins."""
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=False, media=False) as (slack, heygen):
        environment = settings_for(tmp_path, slack, heygen, port, http=False, webhooks=False)
        with socket.create_server(("127.0.0.1", port)):
            sentence = await refused(tmp_path, environment)
        assert f"Port {port} of 127.0.0.1 cannot be opened (Address already in use)" in sentence
        async with running(tmp_path, environment) as first:
            await until_logged(first, b"Listening on port")
            assert "Another heygen-slack runs on" in await refused(tmp_path, {**environment, "PORT": "0"})
            first.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(first.wait(), SECONDS) == 0


async def test_run_begins_without_heygen(tmp_path: Path) -> None:
    """HeyGen out of reach is no reason not to begin: requests are kept, and go on when it is back."""
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=False, media=False) as (slack, heygen):
        environment = settings_for(tmp_path, slack, heygen, port, http=False, webhooks=False)
        async with running(tmp_path, {**environment, "HEYGEN_API_URL": NOWHERE}) as process:
            await until_logged(process, b"Listening on port")
            assert (await slack.command(ANA, GENERAL, "/video", "something")).ok
            await slack.wait_for(lambda slack: slack.messages(GENERAL))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_run_stops_in_order(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and SIGINT end it with code 0 and its last log line."""
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=False, media=False) as (slack, heygen):
        environment = settings_for(tmp_path, slack, heygen, port, http=False, webhooks=False)
        async with running(tmp_path, environment) as process:
            await until_logged(process, b"Listening on port")
            process.send_signal(number)
            await until_logged(process, b"Stopped.")
            assert await asyncio.wait_for(process.wait(), SECONDS) == 0


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """The first one waits for a call under way, up to twenty seconds; who signals again does not want to wait."""
    port = free_port()
    async with doubles(tmp_path, port, http=False, webhooks=False, media=False) as (slack, heygen):
        environment = settings_for(tmp_path, slack, heygen, port, http=False, webhooks=False)
        async with running(tmp_path, environment) as process:
            await until_logged(process, b"Listening on port")
            heygen.fail_next("create", "timeout_after_commit")
            assert (await slack.command(ANA, GENERAL, "/video", "A film")).ok
            await heygen.wait_for(lambda heygen: heygen.sessions)
            process.send_signal(signal.SIGTERM)
            await until_logged(process, b"Stopping")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), DRAIN_SECONDS / 4) == -signal.SIGTERM
