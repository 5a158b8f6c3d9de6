"""What the playground prints: the page first, then how to drive it from a terminal."""

from pathlib import Path


def how_to_drive(page: str, slack: str, heygen: str, *, state: Path, app_id: int | None) -> str:
    """A few lines; docs/playground.md has the rest."""
    return f"""
The playground runs: the real program, between a local Slack and a local HeyGen. Nothing leaves this machine.

  {page}

is all of it in a browser. From a terminal, as Ana, and then what she sees:

  curl -s {slack}/control/command -d '{{"user": "U0ANA", "channel": "C0GENERAL",
    "command": "/video", "text": "a 30 s intro to our team, ask me"}}'
  curl -s {slack}/control/screen

"ask me", "open question", "storyboard" (seen with --review), "fail please" and "slow please" in a prompt make HeyGen
do that. docs/playground.md tells the rest, such as trouble at {heygen}.

  what the program does   tail -f {state / "app.log"}
  a crash                 kill -9 {app_id}   (it is started again and loses nothing)
  the end                 Ctrl-C
"""
