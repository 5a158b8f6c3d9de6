"""Bad input to the real commands: one sentence with the cure, exit code 1, and not a byte touched."""

import asyncio
import ctypes
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.schema import migrate
from tests.journeys.world import ANA, GENERAL, World, world

VALUES = {"SLACK_BOT_TOKEN": "xoxb-local", "SLACK_APP_TOKEN": "xapp-local", "HEYGEN_API_KEY": "local-heygen-key"}
NOWHERE = {"SLACK_API_URL": "http://127.0.0.1:9/api/", "HEYGEN_API_URL": "http://127.0.0.1:9"}
SLOW = pytest.mark.slow  # each is a process of its own
SECONDS = 60
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2

Files = dict[str, tuple[bytes, int]]


def files(folder: Path) -> Files:
    """Every file with its bytes and the time it was changed."""
    return {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in folder.iterdir() if one.is_file()}


def names(folder: Path) -> set[str]:
    """The files' names alone: who reads a database that the same process uses drops its locks, for such are POSIX's."""
    return {one.name for one in folder.iterdir()}


def told(command: str, folder: Path, url: str) -> tuple[int, str]:
    """The exit code, and what is said about the database."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", command], env={"PATH": os.defpath, **VALUES, **NOWHERE, "DATABASE_URL": url},
        cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False, preexec_fn=obey_permissions,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    if command != "check":
        [sentence] = done.stderr.splitlines()
        return done.returncode, sentence
    [finding] = [line for line in done.stdout.splitlines() if line.startswith("FAIL") and "atabase" in line]
    return done.returncode, finding


def obey_permissions() -> None:
    """Root may write and enter everywhere; a program that root starts after this may not."""
    for right in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, right)


def database(folder: Path) -> Path:
    """One of this release, closed in order."""
    migrate(f"sqlite:///{folder}/jobs.db")
    with sqlite3.connect(folder / "jobs.db") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return folder / "jobs.db"


def too_new(folder: Path) -> str:
    with sqlite3.connect(database(folder)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("UPDATE schema_notes SET oldest_release = '9.1'")
    connection.close()
    return "made for heygen-slack 9.1 or newer; install that release"


def of_another_program(folder: Path) -> str:
    with sqlite3.connect(folder / "jobs.db") as connection:
        connection.execute("CREATE TABLE jobs (id INTEGER PRIMARY KEY, words TEXT)")
    connection.close()
    return "belongs to another program"


def garbage(folder: Path) -> str:
    (folder / "jobs.db").write_bytes(b"certainly not SQLite " * 400)
    return "file is not a database"


def damaged(folder: Path) -> str:
    with database(folder).open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xa5" * 4096 * 4)
    return "malformed|damaged"


@pytest.mark.parametrize("command", ["run", *(pytest.param(one, marks=SLOW) for one in ("migrate", "jobs", "check"))])
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "must be a database URL such as sqlite:///heygen-slack.db"),
        ("mysql://u:secret-word@h/d", "must begin with sqlite:///"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:///jobs.db?mode=ro&uri=true", "takes nothing after a question mark"),
        ("postgresql://u:a@secret-word@127.0.0.1:1/d", "DATABASE_URL has more than one @; write those of"),
        ("postgresql://u:a@secret-word:b@127.0.0.1:1/d", "DATABASE_URL has more than one @; write those of"),
        ("postgresql://u:a@secret-word?b@127.0.0.1:1/d", "DATABASE_URL has more than one @; write those of"),
        ("postgresql://one..two/jobs", "PostgreSQL at one..two:5432 cannot be reached"),
        ("postgresql://127.0.0.1:99999/jobs", "PostgreSQL at 127.0.0.1:99999 cannot be reached"),
        ("postgresql://u:secret-word@h/d?sslmode=requires", "cannot be reached (`sslmode` parameter must be one of: "),
        ("sqlite:////nowhere/jobs.db", "folder /nowhere of DATABASE_URL does not exist; create it first"),
    ],
)
def test_a_wrong_address_is_told(tmp_path: Path, command: str, url: str, words: str) -> None:
    """By every command that needs the database, and without the password in it."""
    code, said = told(command, tmp_path, url)
    assert code == 1
    assert words in said
    assert "secret-word" not in said
    assert files(tmp_path) == {}


def behind_a_closed_door(folder: Path) -> str:
    (folder / "jobs").mkdir(mode=0o000)
    return "jobs/jobs.db"


def behind_links_in_a_ring(folder: Path) -> str:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    return "a"


def of_too_long_a_name(_: Path) -> str:
    return "x" * 300


@pytest.mark.parametrize("command", ["run", *(pytest.param(one, marks=SLOW) for one in ("migrate", "jobs", "check"))])
@pytest.mark.parametrize("make", [behind_a_closed_door, behind_links_in_a_ring, of_too_long_a_name])
def test_a_file_that_cannot_be_reached_is_told(tmp_path: Path, command: str, make: Callable[[Path], str]) -> None:
    """It used to be a traceback, and `run` said that it was the port."""
    name = make(tmp_path)
    before = names(tmp_path)
    code, said = told(command, tmp_path, f"sqlite:///{name}")
    assert code == 1
    assert f"{name} of DATABASE_URL cannot be reached" in said
    assert names(tmp_path) == before


@pytest.mark.parametrize("command", ["run", *(pytest.param(one, marks=SLOW) for one in ("migrate", "jobs", "check"))])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_told(tmp_path: Path, command: str, make: Callable[[Path], None]) -> None:
    """A folder was said to have no room; beside a pipe a lock was made."""
    make(tmp_path / "jobs.db")
    code, said = told(command, tmp_path, "sqlite:///jobs.db")
    assert code == 1
    assert f"{tmp_path}/jobs.db of DATABASE_URL is no file" in said
    assert names(tmp_path) == {"jobs.db"}


def test_a_lock_of_somebody_elses_is_told(tmp_path: Path) -> None:
    """By its own name: the folder, which was named, can be written."""
    lock = database(tmp_path).with_name("jobs.db.lock")
    lock.touch(mode=0o000)
    code, said = told("run", tmp_path, "sqlite:///jobs.db")
    assert code == 1
    assert f"The lock {lock} cannot be opened (Permission denied); make it and its folder writable" in said


@pytest.mark.parametrize("command", ["jobs", pytest.param("check", marks=SLOW)])
def test_who_only_looks_tells_of_a_folder_that_cannot_be_written(tmp_path: Path, command: str) -> None:
    """SQLite needs its own log there even to read; its words alone told nobody what to do."""
    place = tmp_path / "disk"
    place.mkdir()
    path = database(place)
    before = files(place)
    place.chmod(0o555)
    try:
        code, said = told(command, tmp_path, f"sqlite:///{path}")
    finally:
        place.chmod(0o755)
    assert code == 1
    assert "make it and its folder writable" in said
    assert files(place) == before


def of_no_release(folder: Path) -> str:
    return _altered(folder, "DELETE FROM alembic_version")


def of_two_releases(folder: Path) -> str:
    return _altered(folder, "INSERT INTO alembic_version VALUES ('9999')")


def of_an_unreadable_release(folder: Path) -> str:
    return _altered(
        folder, "UPDATE alembic_version SET version_num = '9999'", "UPDATE schema_notes SET oldest_release = 'x'"
    )


def _altered(folder: Path, *statements: str) -> str:
    with sqlite3.connect(database(folder)) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return "docs/operate/backup-and-restore.md tells"


UNCLEAR = [of_no_release, of_two_releases, of_an_unreadable_release]


@pytest.mark.parametrize("command", ["run", pytest.param("migrate", marks=SLOW)])
@pytest.mark.parametrize("make", [too_new, of_another_program, garbage, damaged, *UNCLEAR])
def test_a_file_that_does_not_fit_is_left_as_it_was(tmp_path: Path, command: str, make: Callable[[Path], str]) -> None:
    """Too new, somebody else's, no database, damaged: neither opened for writing nor given a lock or a log."""
    words = make(tmp_path)
    before = files(tmp_path)
    code, said = told(command, tmp_path, f"sqlite:///{tmp_path}/jobs.db")
    assert code == 1
    assert any(word in said for word in words.split("|")), said
    assert files(tmp_path) == before


@pytest.mark.parametrize("command", ["jobs", "check"])
@pytest.mark.parametrize(
    "make", [too_new, *(pytest.param(one, marks=SLOW) for one in (of_another_program, garbage, *UNCLEAR))]
)
def test_who_only_looks_touches_nothing_either(tmp_path: Path, command: str, make: Callable[[Path], str]) -> None:
    """`jobs` and `check` refuse the same files, and make none."""
    make(tmp_path)
    before = files(tmp_path)
    code, _ = told(command, tmp_path, f"sqlite:///{tmp_path}/jobs.db")
    assert code == 1
    assert files(tmp_path) == before


@pytest.mark.parametrize("what", ["folder", "file", "empty folder"])
def test_a_read_only_disk_is_told(tmp_path: Path, what: str) -> None:
    """With the file or the folder by name, and what to do."""
    place = tmp_path / "disk"
    place.mkdir()
    path = place / "jobs.db" if what == "empty folder" else database(place)
    locked = path if what == "file" else place
    before, mode = files(place), locked.stat().st_mode
    locked.chmod(0o444 if what == "file" else 0o555)
    try:
        code, said = told("run", tmp_path, f"sqlite:///{path}")
    finally:
        locked.chmod(mode)
    assert code == 1
    assert f"{locked} of DATABASE_URL cannot be written; make it writable" in said
    assert files(place) == before


@pytest.mark.slow
async def test_a_second_program_is_refused_and_looking_is_not(tmp_path: Path) -> None:
    """Beside a running one `run` and `migrate` change nothing; `jobs` and `check` work."""
    async with world(tmp_path, HEYGEN_POLL_SECONDS="30") as made:
        made.heygen.plan_next(stuck=True)
        await made.video("A film")
        await made.settled()
        before = names(tmp_path)
        code, said = await _beside(made, "run", tmp_path)
        assert (code, "Another heygen-slack runs on" in said) == (1, True)
        code, said = await _beside(made, "migrate", tmp_path)
        assert (code, said) == (0, "The schema was up to date.")
        code, said = await _beside(made, "jobs", tmp_path)
        assert code == 0
        assert ANA in said
        assert GENERAL in said
        _, said = await _beside(made, "check", tmp_path)
        assert "ok    database       can be opened, its schema is up to date" in said
        assert names(tmp_path) == before
        assert len(await made.jobs()) == 1


async def _beside(made: World, command: str, folder: Path) -> tuple[int, str]:
    environment = {"PATH": os.defpath, **VALUES, **NOWHERE, "DATABASE_URL": made.settings.database_url, "PORT": "0"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", command, env=environment, cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode is not None
    return process.returncode, said.decode().strip()
