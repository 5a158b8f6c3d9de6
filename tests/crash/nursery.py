"""What the fork server imports: the program, and what it imports late or makes anew although it is always the same."""

import gc
import tempfile

import httpcore
from slack_bolt.async_app import AsyncApp

from storage.schema import migrate
from tests.crash import mortal

__all__ = ["httpcore", "mortal"]

with tempfile.TemporaryDirectory() as folder:
    migrate(f"sqlite:///{folder}/jobs.db")
AsyncApp(token="xoxb-local", signing_secret="local")  # Bolt asks `inspect` for its caller, which reads all modules
gc.freeze()
