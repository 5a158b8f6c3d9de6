"""What the playground prints: how to drive it from a terminal."""

from pathlib import Path


def how_to_drive(slack: str, heygen: str, *, state: Path, app_id: int | None) -> str:
    """A screenful; docs/playground.md has the rest."""
    return f"""
The playground runs: the real program, between a local Slack and a local HeyGen. Nothing leaves this machine.

Ask for a video as Ana, then look at what she sees (again and again; a video takes about twenty seconds):

  curl -s {slack}/control/command -d '{{"user": "U0ANA", "channel": "C0GENERAL",
    "command": "/video", "text": "a 30 s intro to our team, ask me"}}'
  curl -s {slack}/control/screen

Answer with a button; ts and action_id stand on the screen. Or write in the thread, before or after:

  curl -s {slack}/control/click -d '{{"user": "U0ANA", "channel": "C0GENERAL", "ts": "…", "action_id": "answer:1"}}'
  curl -s {slack}/control/post -d '{{"user": "U0ANA", "channel": "C0GENERAL", "thread_ts": "…",
    "text": "make it shorter"}}'

"ask me", "open question", "storyboard", "fail please" and "slow please" in a prompt make HeyGen do that.
docs/playground.md tells the rest: people, files, /speak, stop, and trouble at {heygen}.

  what the program does   tail -f {state / "app.log"}
  a crash                 kill -9 {app_id}   (it is started again and loses nothing)
  the end                 Ctrl-C
"""
