"""What is delivered: the wheel, the container's recipe, the lock files, the result check of CI."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.manifest import http_manifest, socket_manifest
from tests.description_ran import problems
from tests.page_ran import outcome

ROOT = Path(__file__).parents[1]
BUILD_SECONDS = 60
PAGE = "bot/playground/page"
LEFT_BEHIND = shutil.ignore_patterns(
    ".?*", "__pycache__", "node_modules", "built", "dist", "bench", "tests", "docs", "*.db*"
)
BUILT_PAGE = ["built/index.html", "built/LICENSES.txt", "built/assets/index-1a2b.js"]
UNSHIPPED_PAGE = ["node_modules/react/index.js", "node_modules/flatted/flatted.py", "src/more.ts"]
LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-build.txt", "requirements-page.txt"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a checkout in which the page has been built, built with what the lock has installed."""
    folder, checkout = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source") / "checkout"
    shutil.copytree(ROOT, checkout, ignore=LEFT_BEHIND)
    shutil.copy(ROOT / ".gitignore", checkout)
    for name in BUILT_PAGE + UNSHIPPED_PAGE:
        (checkout / PAGE / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / PAGE / name).write_text("", encoding="utf-8")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(checkout)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


def names(wheel: Path) -> list[str]:
    with ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_our_three_packages_alone(wheel: Path) -> None:
    """bot, handlers and storage come along; tests, bench and databases do not."""
    tops = {name.split("/")[0] for name in names(wheel)}

    assert tops == {"bot", "handlers", "storage", "heygen_slack-0.2.0.dist-info"}
    assert not [name for name in names(wheel) if re.search(r"\.db|__pycache__|(^|/)test", name)]


def test_the_wheel_holds_the_built_page_with_its_licences(wheel: Path) -> None:
    """Of the playground's page the built files are aboard, and neither its sources nor what builds it."""
    aboard = {name.removeprefix(f"{PAGE}/") for name in names(wheel) if name.startswith(PAGE)}

    assert aboard == set(BUILT_PAGE)


def test_an_installed_wheel_serves_its_own_page(wheel: Path, tmp_path: Path) -> None:
    """The unpacked wheel finds the page it brought along, and not that of a checkout."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "from bot.playground.front.built_page import BUILT; print(BUILT, (BUILT / 'index.html').is_file())"
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = [sys.executable, "-P", "-c", program]
    done = subprocess.run(run, capture_output=True, text=True, timeout=30, check=True, cwd=tmp_path, env=environ)

    assert done.stdout.split() == [str(tmp_path / PAGE / "built"), "True"]


def test_the_lock_of_the_page_names_no_registry() -> None:
    """npm's lock holds hashes and no address of where a package came from, and no package without a hash."""
    lock = json.loads((ROOT / PAGE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert packages
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert not [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")]


def test_the_lock_of_the_page_fits_every_machine() -> None:
    """No package is missing that another one may need on some platform: `npm ci` refuses such a lock."""
    packages = json.loads((ROOT / PAGE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    locked = {name.rpartition("node_modules/")[2] for name in packages}
    optional = {name for package in packages.values() for name in package.get("optionalDependencies", {})}

    assert optional <= locked


def test_each_name_is_owned_by_us_alone(wheel: Path, tmp_path: Path) -> None:
    """In an installed wheel the three generic package names belong to heygen-slack and nobody else."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    owned = {
        str(path).split("/")[0] for found in metadata.distributions(path=[str(tmp_path)]) for path in found.files or ()
    }
    others = [found for found in metadata.distributions() if found.metadata["Name"] != PROJECT["name"]]

    assert {"bot", "handlers", "storage"} <= owned
    for found in others:
        tops = {path.parts[0] for path in found.files or ()}
        assert not tops & {"bot", "handlers", "storage"}, found.metadata["Name"]


def test_the_wheel_holds_every_module_of_the_checkout(wheel: Path) -> None:
    """No module is left out, the migrations least of all."""
    sources = [path for package in ("bot", "handlers", "storage") for path in (ROOT / package).rglob("*.py")]
    expected = {path.relative_to(ROOT).as_posix() for path in sources if "node_modules" not in path.parts}

    assert expected <= set(names(wheel))
    assert "storage/migrations/env.py" in names(wheel)


def test_the_manifest_works_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """The unpacked wheel prints both variants of the manifest, like the checkout."""
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    program = "import json, bot.manifest as m; print(json.dumps([m.__file__, m.socket_manifest(), m.http_manifest('https://a.b')]))"
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    run = [sys.executable, "-P", "-c", program]
    done = subprocess.run(run, capture_output=True, text=True, timeout=30, check=True, cwd=tmp_path, env=environ)

    file, socket, http = json.loads(done.stdout)
    assert Path(file).is_relative_to(tmp_path)
    assert (socket, http) == (socket_manifest(), http_manifest("https://a.b"))


def test_the_wheel_has_the_command_and_stays_private(wheel: Path) -> None:
    """The command is heygen-slack, the licence is aboard, and an index would refuse the upload."""
    with ZipFile(wheel) as archive:
        entry_points = archive.read("heygen_slack-0.2.0.dist-info/entry_points.txt").decode()
        about = archive.read("heygen_slack-0.2.0.dist-info/METADATA").decode()

    assert "heygen-slack = bot.cli:main" in entry_points
    assert "Classifier: Private :: Do Not Upload" in about
    assert "heygen_slack-0.2.0.dist-info/licenses/LICENSE" in names(wheel)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    """Each requirement is one exact version followed by its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]

    assert requirements
    for line in requirements:
        assert re.match(r"[a-z0-9.-]+(\[[a-z,]+\])?==\S+ .*\\$", line), line
        assert text.split(line, 1)[1].lstrip().startswith("--hash=sha256:"), line


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_index_and_no_machine(lock: str) -> None:
    """A lock names packages and hashes: no address, no folder, no option."""
    text = (ROOT / lock).read_text(encoding="utf-8")

    assert not re.search(r"://|^-|\bindex\b|(^|\s)/\w+/", text, flags=re.MULTILINE)


def test_both_locks_agree() -> None:
    """Tests run with the very versions that are delivered."""
    runtime, everything = (
        set(
            re.findall(
                r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==(\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE
            )
        )
        for lock in LOCKS[:2]
    )
    assert runtime <= everything


def test_every_dependency_is_locked() -> None:
    """What pyproject.toml asks for stands in the lock."""
    locked = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    asked = [re.split(r"[\[<>=]", requirement)[0] for requirement in PROJECT["dependencies"]]

    assert not [name for name in asked if not re.search(rf"^{name}(\[|==)", locked, flags=re.MULTILINE)]


def test_the_container_is_plain_and_safe() -> None:
    """Pinned bases, an unprivileged user, no remote ADD, no secret, no shell between Docker and the program."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)
    users = re.findall(r"^USER (\S+)", DOCKERFILE, flags=re.MULTILINE)

    assert bases
    assert all(":" in base and not base.endswith(":latest") for base in bases)
    assert users
    assert users[-1] not in ("root", "0")
    assert not re.search(r"^ADD ", DOCKERFILE, flags=re.MULTILINE)
    assert not re.search(r"(TOKEN|SECRET|KEY|PASSWORD)\s*=|xoxb-|xapp-", DOCKERFILE)
    assert 'ENTRYPOINT ["heygen-slack"]' in DOCKERFILE
    assert 'CMD ["run"]' in DOCKERFILE
    assert "STOPSIGNAL SIGTERM" in DOCKERFILE


def test_the_container_keeps_its_database_and_tells_its_health() -> None:
    """The database lies on the volume, which belongs to the program's user; the health check asks /healthz."""
    assert 'VOLUME ["/data"]' in DOCKERFILE
    assert "DATABASE_URL=sqlite:////data/heygen-slack.db" in DOCKERFILE
    assert re.search(r"HEALTHCHECK .*--timeout=.*\\\n\s+CMD \[.*/healthz", DOCKERFILE)
    assert DOCKERFILE.index("/data\n") < DOCKERFILE.index("USER 10001")


def test_the_containers_health_check_is_a_program() -> None:
    """The health check's Python compiles, and fails when nobody answers."""
    line = next(line for line in DOCKERFILE.splitlines() if line.strip().startswith('CMD ["python", "-c"'))
    command = json.loads(line.strip().removeprefix("CMD "))
    done = subprocess.run(
        [sys.executable, *command[1:]], env={"PORT": "1"}, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode != 0
    assert "Connection refused" in done.stderr


def test_everything_the_container_copies_is_let_in() -> None:
    """What the Dockerfile copies exists and is not held back by .dockerignore."""
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, flags=re.MULTILINE)
    copied = [name for line in copies for name in line.split()]

    assert copied
    assert ignore[1] == "*"
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignore


RAN = '<testsuites><testcase classname="tests.a.test_x_against_description" name="one"/></testsuites>'
SKIPPED = RAN.replace("/>", "><skipped/></testcase>")
EXPECTED = {"tests.a.test_x_against_description"}


def test_ci_notices_description_tests_that_did_not_run() -> None:
    """CI is content only when each module against the description passed a test and skipped none."""
    assert problems(EXPECTED, [RAN]) == []
    assert problems(EXPECTED, [SKIPPED])
    assert problems(EXPECTED, [RAN, SKIPPED])
    assert problems(EXPECTED, ["<testsuites/>"]) == ["tests.a.test_x_against_description ran no test"]
    assert problems(set(), [RAN])


IN_BROWSER = '<testsuites><testcase classname="tests.page.test_x" name="one"/></testsuites>'


def test_ci_notices_browser_tests_that_did_not_run() -> None:
    """CI counts the tests in the browser, and is content only when each module ran some and skipped none."""
    expected = {"tests.page.test_x"}
    skipped = IN_BROWSER.replace("/>", "><skipped/></testcase>")

    assert outcome(expected, [IN_BROWSER, IN_BROWSER]) == (2, [])
    assert outcome(expected, [IN_BROWSER, skipped]) == (1, ["tests.page.test_x one was skipped"])
    assert outcome(expected, ["<testsuites/>"]) == (0, ["tests.page.test_x ran no test"])
    assert outcome(expected, [RAN]) == (0, ["tests.page.test_x ran no test"])
