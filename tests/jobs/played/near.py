"""A database for thousands of small steps."""

from pathlib import Path
from typing import TypeVar

from sqlalchemy import StaticPool, create_engine

from storage.database import Database, open_database
from storage.database.terms import Change

T = TypeVar("T")


class NearDatabase:
    """The real one, but reads are made at once on a connection of their own: a thread for each takes long."""

    is_shared = False
    is_refusing = False

    def __init__(self, real: Database, path: Path) -> None:
        self._real = real
        self._near = create_engine(f"sqlite:///{path}", poolclass=StaticPool)

    @classmethod
    async def open(cls, path: Path) -> "NearDatabase":
        """On a file that was migrated already."""
        return cls(await open_database(f"sqlite:///{path}"), path)

    async def read(self, look: Change[T]) -> T:
        with self._near.connect() as connection:
            return look(connection)

    async def write(self, change: Change[T]) -> T:
        return await self._real.write(change)

    async def close(self) -> None:
        self._near.dispose()
        await self._real.close()
