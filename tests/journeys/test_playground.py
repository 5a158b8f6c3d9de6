"""`heygen-slack playground` as people start it: the page and three processes, driven over HTTP, and ended again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest

from bot.cli import main

ANA, BEN, GENERAL, OPEN = "U0ANA", "U0BEN", "C0GENERAL", "C0OPEN"
SECONDS = 30.0
PAUSE = 0.05
TEMPTING = {"SLACK_BOT_TOKEN": "xoxb-real", "HEYGEN_API_KEY": "real-key", "SLACK_API_URL": "https://slack.com/api/"}
ENVIRONMENT = {
    "ADMIN_USERS", "DATABASE_URL", "HEYGEN_API_KEY", "HEYGEN_API_URL", "HEYGEN_POLL_SECONDS", "HEYGEN_WEBHOOK_SECRET",
    "HOST", "LANG", "PATH", "PORT", "PYTHONUNBUFFERED", "SLACK_API_URL", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN",
}  # fmt: skip


T = TypeVar("T")


class Playing:
    """One playground that runs, and ways to act and look as a person with a terminal has."""

    def __init__(self, process: subprocess.Popen[str], state: Path, printed: Path) -> None:
        self.process = process
        self.state = state
        self._printed = printed
        self.says("Ctrl-C")
        self.page = re.findall(r"^  (http://\S+)$", self.printed, flags=re.MULTILINE)[0]
        self.slack = re.findall(r"(http://\S+)/control/screen", self.printed)[0]
        self.heygen = re.findall(r"trouble at (http://\S+\d)", self.printed)[0]

    @property
    def printed(self) -> str:
        return self._printed.read_text(encoding="utf-8")

    def says(self, words: str) -> str:
        """Waits until it has printed the words."""

        def look() -> str | None:
            ended = self.process.poll() is not None
            said = self.printed
            assert words in said or not ended, said
            return said if words in said else None

        return until(look, lambda: self.printed)

    def children(self) -> dict[str, psutil.Process]:
        """Its processes by the module each of them runs."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return {child.cmdline()[2]: child for child in found}

    def act(self, deed: str, **arguments: Any) -> Any:
        answer = httpx.post(f"{self.slack}/control/{deed}", json={"user": ANA, "channel": GENERAL, **arguments})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def video(self, text: str, **where: str) -> None:
        assert self.act("command", command="/video", text=text, **where) == {"status": 200, "body": None, "error": None}

    def screen(self, user: str = ANA) -> str:
        return httpx.get(f"{self.slack}/control/screen", params={"user": user}).text

    def shows(self, pattern: str, user: str = ANA) -> re.Match[str]:
        """Waits until the person sees it."""
        return until(
            lambda: re.search(pattern, self.screen(user), flags=re.DOTALL),
            lambda: f"{pattern} is not on the screen:\n{self.screen(user)}",
        )

    def order(self, order: str, **arguments: str) -> None:
        """What the page's buttons do to the program."""
        httpx.post(f"{self.page}/app/{order}", json=arguments).raise_for_status()

    def app(self) -> Any:
        return httpx.get(f"{self.page}/app").json()

    def runs(self, mode: str) -> Any:
        """Waits until the program runs in this mode; its state."""

        def look() -> Any:
            now = self.app()
            return now if (now["state"], now["mode"]) == ("running", mode) else None

        return until(look, lambda: str(self.app()))

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


def until(look: Callable[[], T | None], otherwise: Callable[[], str]) -> T:
    """The first true value."""
    deadline = time.monotonic() + SECONDS
    while not (value := look()):
        assert time.monotonic() < deadline, otherwise()
        time.sleep(PAUSE)
    return value


@contextmanager
def playground(folder: Path, *options: str) -> Iterator[Playing]:
    """Starts it in a folder with a tempting .env and tempting variables; whatever is left at the end is killed."""
    folder.mkdir(exist_ok=True)
    (folder / ".env").write_text("SLACK_BOT_TOKEN=xoxb-from-file\nPORT=1\n", encoding="utf-8")
    printed = folder / "printed.txt"
    command = [sys.executable, "-m", "bot", "playground", "--port", "0", "--speed", "20", *options]
    with printed.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **TEMPTING}, stdout=out, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield Playing(process, folder / ".playground", printed)
    finally:
        for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
            child.kill()
        process.kill()
        process.wait(SECONDS)


def listening(sockets: Iterable[Any]) -> list[Any]:
    return [one for one in sockets if one.status == psutil.CONN_LISTEN]


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playing]:
    with playground(tmp_path_factory.mktemp("playing")) as started:
        yield started


def test_what_is_printed_can_be_typed(playing: Playing) -> None:
    """The first command on the screen makes a video, as printed; its question, file, DM and second version appear."""
    first, look = re.findall(r"^  (curl .*?)(?=\n  curl|\n\n)", playing.printed, flags=re.DOTALL | re.MULTILINE)[:2]

    subprocess.run(["sh", "-c", first], check=True, capture_output=True, timeout=SECONDS)
    asked = playing.shows(r"\n    (\S+)  @heygen\n      \| @ana HeyGen asks:[^=]*\[Beach: (answer:1)\]")
    shown = subprocess.run(["sh", "-c", look], check=True, capture_output=True, text=True, timeout=SECONDS).stdout
    assert asked[0] in shown
    playing.act("click", ts=asked[1], action_id=asked[2])
    playing.shows(r"video-v1\.mp4 http.*== direct messages.*Your video is ready")
    card = playing.shows(r"== #general \(C0GENERAL\)\n(\S+)  @heygen")[1]
    playing.act("post", thread_ts=card, text="make it shorter")
    made = playing.shows(r"video-v2\.mp4 (http\S+)")
    assert httpx.get(made[1]).content[4:8] == b"ftyp"


@pytest.mark.slow
def test_speech_and_stop_by_another_person(playing: Playing) -> None:
    """Ben has a text spoken, and stops a slow video, over the same control API."""
    playing.act("command", user=BEN, channel=OPEN, command="/speak", text="Good morning --voice Annabelle")
    playing.shows(r"speech\.\w+ http", BEN)
    playing.video("a long one, slow please", user=BEN, channel=OPEN)
    playing.shows(r"a long one, slow please\n  \| \*(Sending|Planning)", BEN)
    playing.act("command", user=BEN, channel=OPEN, command="/heygen", text="stop")
    playing.shows(r"\*Stopped by @ben\*", BEN)


def test_what_nobody_can_see_is_explained(playing: Playing) -> None:
    """The screen of somebody who is not there, or of a channel the person is not in, says so."""
    for query, words in (("user=U0NOBODY", "nobody here has the id"), (f"channel=D0{BEN[2:]}", "is in no channel")):
        answer = httpx.get(f"{playing.slack}/control/screen?{query}")
        assert answer.status_code == 400
        assert words in answer.text


def test_the_program_is_real_and_its_environment_made_from_nothing(playing: Playing) -> None:
    """It runs `bot run` with addresses of this machine; no .env and no variable of ours reaches it."""
    app = playing.children()["bot"]

    assert app.cmdline()[1:] == ["-m", "bot", "run"]
    environment = app.environ()
    assert set(environment) == ENVIRONMENT
    assert environment["SLACK_BOT_TOKEN"] == "xoxb-local"
    assert environment["SLACK_API_URL"] == f"{playing.slack}/api/"
    assert environment["HEYGEN_API_URL"] == playing.heygen
    assert "xoxb-real" not in str(environment)


def test_nothing_but_this_machine(playing: Playing) -> None:
    """Every socket of the page and the three processes, listening or connected, is at 127.0.0.1 on both ends."""
    processes = playing.children()
    assert set(processes) == {"bot", "bot.playground.local_slack", "bot.playground.local_heygen"}
    everyone = [psutil.Process(playing.process.pid), *processes.values()]
    sockets = [one for process in everyone for one in process.net_connections("inet")]

    assert len(listening(sockets)) == 4
    assert {ip for one in sockets for ip in (*one.laddr[:1], *one.raddr[:1])} == {"127.0.0.1"}


def test_a_crash_in_the_middle_loses_nothing(playing: Playing) -> None:
    """The program is killed while a video is made: it is started again, and delivers that video, once."""
    before = playing.children()["bot"]
    httpx.post(
        f"{playing.heygen}/control/next", json={"on": "session_plan", "generating_seconds": 80}
    ).raise_for_status()
    playing.video("crash in the middle", channel=OPEN)
    card = playing.shows(
        r"\n(\S+)  @heygen\n  \| \*Video v1\* for @ana\n  \| crash in the middle\n  \| \*(?:Planning|Rendering)"
    )[1]
    before.kill()

    playing.says("The program was killed by SIGKILL; it is started again and goes on.")
    again = int(re.findall(r"runs again, as process (\d+)", playing.says("runs again, as process"))[-1])
    assert again == playing.children()["bot"].pid != before.pid
    playing.shows(r"crash in the middle\n  \| \*Done\*")
    thread = httpx.get(f"{playing.slack}/control/messages", params={"channel": OPEN, "thread_ts": card}).json()
    assert [file["name"] for reply in thread for file in reply.get("files", [])].count("video-v1.mp4") == 1
    sessions = httpx.get(f"{playing.heygen}/control/state").json()["sessions"]
    assert json.dumps(sessions).count("crash in the middle") >= 1
    assert len([one for one in sessions if "crash in the middle" in json.dumps(one)]) == 1


def test_the_page_has_all_of_it_at_one_address(playing: Playing) -> None:
    """The first address printed serves the page, both control APIs, the manifest and the program's state."""
    assert "text/html" in httpx.get(playing.page).headers["Content-Type"]
    for path in ("/slack/state", "/heygen/state", "/manifest"):
        assert httpx.get(f"{playing.page}{path}").status_code == 200
    assert playing.app()["pid"] == playing.children()["bot"].pid
    assert playing.printed.index(playing.page) < playing.printed.index("curl")


@pytest.mark.slow
def test_deployed_another_way_in_the_middle_nothing_is_lost(playing: Playing) -> None:
    """A video is begun by Socket Mode, changed while nobody runs, and finished over HTTP and back; each part once."""
    words = "deployed in between"
    playing.video(words, channel=OPEN)
    card = playing.shows(rf"\n(\S+)  @heygen\n  \| \*Video v1\* for @ana\n  \| {words}")[1]
    playing.order("mode", mode="http")
    until(lambda: playing.app()["pid"] is None or playing.app()["mode"] == "http", lambda: str(playing.app()))
    playing.act("post", channel=OPEN, thread_ts=card, text="make it blue")
    now = playing.runs("http")
    assert "SLACK_SIGNING_SECRET" in psutil.Process(now["pid"]).environ()
    playing.shows(r"make it blue\n  \| \*Done\*.*video-v2\.mp4 http")
    assert "http" in httpx.get(f"{playing.page}/slack/state").json()["request_url"]

    playing.order("mode", mode="socket")
    playing.runs("socket")
    thread = httpx.get(f"{playing.slack}/control/messages", params={"channel": OPEN, "thread_ts": card}).json()
    files = [file["name"] for reply in thread for file in reply.get("files", [])]
    assert [files.count(f"video-v{version}.mp4") for version in (1, 2, 3)] == [1, 1, 0]


@pytest.mark.slow
def test_stopped_it_stays_down_until_it_is_started(playing: Playing) -> None:
    """While the program is down a command says that nothing answers; started it goes on."""
    playing.order("stop")
    until(lambda: playing.app()["state"] == "ended", lambda: str(playing.app()))
    arguments = {"user": ANA, "channel": GENERAL, "command": "/heygen", "text": "help"}
    answer = httpx.post(f"{playing.slack}/control/command", json=arguments, timeout=SECONDS).json()
    assert answer["error"] in {"operation_timeout", "dispatch_failed"}  # as the connection was gone, or just going
    playing.order("start")
    playing.runs("socket")
    assert playing.act("command", command="/heygen", text="help")["error"] is None


def test_a_second_one_in_the_folder_is_refused(playing: Playing, capsys: pytest.CaptureFixture[str]) -> None:
    """Two playgrounds cannot share a folder: the second says so and ends, and what the first one has there stays."""
    has = {path.name: path.stat().st_ino for path in playing.state.iterdir()}
    assert {"heygen-slack.db", "passing", "app.log"} <= set(has)

    assert main(["playground", "--port", "0", "--fresh", "--state", str(playing.state)]) == 1
    said = f"Another playground runs in {playing.state}; end it first, or choose another folder with --state."
    assert capsys.readouterr().err == f"heygen-slack: {said}\n"
    assert {path.name: path.stat().st_ino for path in playing.state.iterdir()}.items() >= has.items()


def test_a_taken_port_is_a_sentence(playing: Playing, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A port that another process uses is named, with the flag that chooses another."""
    port = playing.slack.rpartition(":")[2]

    assert main(["playground", "--port", port, "--state", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"heygen-slack: Port {port} of this machine cannot be used (Address already in use)")
    assert "--port" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--port", "87oo"], "'87oo' is not a port number"),
        (["--port", "65534"], "the first of four is at most 65532"),
        (["--speed", "0"], "'0' is not a number from 0.01"),
        (["--speed", "nan"], "'nan' is not a number from 0.01"),
    ],
)
def test_mistyped_options_are_sentences(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistyped port or speed says what may stand there, with exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(["playground", *options])

    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_missing_renderers_name_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without PyAV the extra that brings it is named, and nothing is started."""
    monkeypatch.setitem(sys.modules, "av", None)

    assert main(["playground", "--state", str(tmp_path / "new")]) == 1
    assert "the extra called playground; install it with `make setup`" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_fresh_takes_away_only_what_is_ours(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--fresh in somebody's own folder removes the playground's files and nothing else; a file is no folder."""
    theirs, ours = tmp_path / "letter.txt", tmp_path / "heygen-slack.db"
    for file in (theirs, ours):
        file.write_text("words", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(min(taken.getsockname()[1], 65_532))
        assert main(["playground", "--fresh", "--state", str(tmp_path), "--port", port]) == 1
    assert theirs.exists()
    assert not ours.exists()

    assert main(["playground", "--state", str(theirs)]) == 1
    assert f"The folder {theirs} cannot be used (File exists)" in capsys.readouterr().err


def test_over_http_until_a_double_is_gone(tmp_path: Path) -> None:
    """With --http Slack delivers over HTTP; without the local HeyGen the playground ends, saying so."""
    with playground(tmp_path, "--http") as playing:
        app = playing.children()["bot"]
        assert "SLACK_APP_TOKEN" not in app.environ()
        playing.act("command", command="/heygen", text="help")
        playing.shows("How to make|Make a video")
        playing.children()["bot.playground.local_heygen"].kill()

        assert playing.process.wait(SECONDS) == 1
        assert "heygen-slack: The local HeyGen was killed by SIGKILL" in playing.printed
        assert not app.is_running()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    """Ctrl-C or SIGTERM ends everything with code 0, frees the ports, and leaves files in its own folder alone."""
    with playground(tmp_path) as playing:
        processes = [psutil.Process(playing.process.pid), *playing.children().values()]
        ports = {one.laddr.port for process in processes for one in listening(process.net_connections("inet"))}

        assert len(ports) == 4
        assert playing.end(number) == 0
        assert not [process for process in processes if process.is_running()]
        assert not ports & {one.laddr.port for one in listening(psutil.net_connections("inet"))}
        assert {path.name for path in tmp_path.iterdir()} == {".env", "printed.txt", ".playground"}
        assert "Traceback" not in playing.printed


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a mark that Linux alone knows")
def test_a_playground_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    """SIGKILL of the playground itself: its three processes used to go on, holding their ports and the database."""
    with playground(tmp_path) as playing:
        processes = list(playing.children().values())
        assert len(processes) == 3
        playing.process.kill()
        playing.process.wait(SECONDS)
        _, left = psutil.wait_procs(processes, timeout=SECONDS)
        for process in left:
            process.kill()
        assert not left


@pytest.mark.slow
def test_begun_again_the_program_remembers(tmp_path: Path) -> None:
    """The doubles begin anew, the program does not: a job that was under way says that HeyGen lost it, and offers to
    start again; --fresh makes it forget."""
    with playground(tmp_path) as playing:
        playing.video("the one from before, slow please")
        playing.shows(r"from before, slow please\n  \| \*Planning")
        assert playing.end() == 0
    with playground(tmp_path) as playing:
        playing.shows(r"HeyGen no longer knows this conversation.*\[Start again: retry\]")
        assert playing.end() == 0
    with playground(tmp_path, "--fresh") as playing:
        assert main(["playground", "--port", "0", "--state", str(playing.state)]) == 1
        assert "from before" not in (playing.state / "heygen-slack.db").read_bytes().decode(errors="replace")
