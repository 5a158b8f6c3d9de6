"""Run by .ci/run on pytest's results: fails unless every test against HeyGen's API description ran and passed."""

import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

SUFFIX = "against_description"


def modules(tests: Path) -> set[str]:
    """The test modules that compare something with the description, as pytest's results name them."""
    return {".".join(path.with_suffix("").parts) for path in tests.rglob(f"test_*{SUFFIX}.py")}


def problems(expected: set[str], results: Iterable[str]) -> list[str]:
    """What is missing: a module without one passed test, or a test that was skipped."""
    passed, skipped = set(), []
    for text in results:
        for case in ElementTree.fromstring(text).iter("testcase"):
            name = case.get("classname", "")
            module = next((module for module in expected if name == module or name.startswith(f"{module}.")), None)
            if module is None and SUFFIX not in name:
                continue
            if case.find("skipped") is not None:
                skipped.append(f"{name} {case.get('name')} was skipped")
            elif module is not None:
                passed.add(module)
    if not expected:
        return [f"there is no test module named *{SUFFIX}.py"]
    return [f"{module} ran no test" for module in sorted(expected - passed)] + skipped


def main(paths: list[str]) -> int:
    """Prints what is missing; 1 when anything is."""
    found = problems(modules(Path("tests")), (Path(path).read_text(encoding="utf-8") for path in paths))
    for problem in found:
        print(f"Tests against HeyGen's API description: {problem}.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
