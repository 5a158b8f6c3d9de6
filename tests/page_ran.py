"""Run by .ci/run on pytest's results: says how many of the browser's tests ran; fails when one did not."""

import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

FOLDER = Path("tests/page")


def modules(folder: Path) -> set[str]:
    """The test modules of the folder, as pytest's results name them."""
    return {".".join(path.with_suffix("").parts) for path in folder.glob("test_*.py")}


def outcome(expected: set[str], results: Iterable[str]) -> tuple[int, list[str]]:
    """How many tests ran, and what is missing: a module without a test that ran, or a test that was skipped."""
    ran, missing, seen = 0, [], set()
    for text in results:
        for case in ElementTree.fromstring(text).iter("testcase"):
            module = case.get("classname", "")
            if module not in expected:
                continue
            if case.find("skipped") is None:
                ran += 1
                seen.add(module)
            else:
                missing.append(f"{module} {case.get('name')} was skipped")
    return ran, missing + [f"{module} ran no test" for module in sorted(expected - seen)]


def main(paths: list[str]) -> int:
    """Prints the number and what is missing; 1 when anything is, or when there is nothing to run."""
    ran, missing = outcome(modules(FOLDER), (Path(path).read_text(encoding="utf-8") for path in paths))
    print(f"Tests in the browser: {ran} ran.")
    for one in missing:
        print(f"Tests in the browser: {one}.", file=sys.stderr)
    return 1 if missing or not ran else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
