"""`python -m bot` is the `heygen-slack` command."""

import sys

from bot.cli import main

sys.exit(main())
