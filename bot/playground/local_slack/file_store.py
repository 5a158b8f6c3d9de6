"""Keeps the bytes of files on disk, streamed in and never held in memory."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from bot.playground.local_slack.records import BOT_USER, File, FileState
from bot.playground.local_slack.world import World


class FileStore:
    """Files of the workspace; their bytes lie in `folder`."""

    def __init__(self, folder: Path, world: World) -> None:
        self._folder = folder
        self._world = world

    def expect(self, name: str, length: int, mimetype: str, alt_text: str) -> File:
        """A file of the app whose bytes are still to come."""
        return self._add(name, length, mimetype, BOT_USER, "awaiting_bytes", alt_text)

    def keep(self, name: str, mimetype: str, content: bytes, user: str) -> File:
        """A person's file, complete."""
        file = self._add(name, len(content), mimetype, user, "complete")
        file.path.write_bytes(content)
        return file

    async def receive(self, file: File, chunks: AsyncIterator[bytes]) -> bool:
        """Write the upload to disk; says whether exactly the announced length came."""
        received = 0
        with self._writable(file) as target:
            async for chunk in chunks:
                received += len(chunk)
                target.write(chunk)
        if received != file.size:
            return False
        file.state = "uploaded"
        self._world.journal.tell("file", {"id": file.id, "state": file.state})
        return True

    def delete(self, file: File) -> None:
        file.state = "deleted"
        file.path.unlink(missing_ok=True)
        for channel_id, ts, _ in file.shares:
            channel = self._world.channels.get(channel_id)
            message = channel.messages.get(ts) if channel else None
            if message is not None and file.id in message.files:
                message.files.remove(file.id)
                self._world.touch(message)

    def clear(self) -> None:
        for path in self._folder.iterdir():
            path.unlink()

    def _writable(self, file: File) -> BinaryIO:
        return file.path.open("wb")

    def _add(self, name: str, size: int, mimetype: str, user: str, state: FileState, alt_text: str = "") -> File:
        file_id = self._world.new_id("F")
        file = File(
            file_id,
            name,
            name,
            mimetype,
            size,
            user,
            created=int(self._world.clock()),
            path=self._folder / file_id,
            state=state,
            alt_text=alt_text,
        )
        self._world.files[file_id] = file
        return file
