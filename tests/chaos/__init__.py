"""Everything goes wrong at once, and what came of it is counted: `python -m tests.chaos --help`."""
