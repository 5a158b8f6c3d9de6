"""The load generator, a process of its own: sends signed commands and prints as JSON how they were answered.

It speaks HTTP over plain streams, because a full HTTP client would be slower than the servers it measures.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator

from bench import signed
from bench.processes import LOCAL


class Connection:
    """One kept-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def is_accepted(self, raw: bytes) -> bool:
        """Sends one request; whether it was answered 200 and without a word."""
        self._writer.write(raw)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0] or 0)
        await self._reader.readexactly(length)
        return " 200 " in head.split("\r\n", 1)[0] and length == 0

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


class Load:
    """Connections, and what became of what was sent over them."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self.seconds: list[float] = []
        self.refused = 0

    async def flood(self, connections: list[Connection], *, seconds: float) -> float:
        """Every connection sends the next request as soon as the last one is answered. Returns the time it took."""
        began = time.perf_counter()
        until = began + seconds
        await asyncio.gather(*(self._flood_one(connection, until) for connection in connections))
        return time.perf_counter() - began

    async def burst(self, connections: list[Connection], *, count: int, within: float) -> float:
        """Sends so many requests evenly over a time, whether earlier ones are answered or not."""
        began = time.perf_counter()
        idle: asyncio.Queue[Connection] = asyncio.Queue()
        for connection in connections:
            idle.put_nowait(connection)
        async with asyncio.TaskGroup() as tasks:
            for number in range(count):
                due = began + within * number / count
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                tasks.create_task(self._send_from(idle, due))
        return time.perf_counter() - began

    async def _flood_one(self, connection: Connection, until: float) -> None:
        while time.perf_counter() < until:
            await self._send(connection, time.perf_counter())

    async def _send_from(self, idle: asyncio.Queue[Connection], due: float) -> None:
        connection = await idle.get()
        await self._send(connection, due)
        idle.put_nowait(connection)

    async def _send(self, connection: Connection, due: float) -> None:
        accepted = await connection.is_accepted(next(self._requests))
        self.seconds.append(time.perf_counter() - due)
        self.refused += not accepted


async def main(options: argparse.Namespace) -> None:
    """Runs one flood or one burst."""
    ports = [int(port) for port in options.ports.split(",")]
    connections = [
        Connection(*await asyncio.open_connection(LOCAL, ports[number % len(ports)]))
        for number in range(options.connections)
    ]
    load = Load(
        signed.requests(
            port=ports[0], secret=options.secret, channels=options.channels.split(","),
            people=options.people.split(","), mark=options.mark,
        )
    )  # fmt: skip
    if options.count:
        took = await load.burst(connections, count=options.count, within=options.seconds)
    else:
        took = await load.flood(connections, seconds=options.seconds)
    for connection in connections:
        await connection.close()
    print(json.dumps({"took": took, "seconds": load.seconds, "refused": load.refused}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ports", required=True, help="of replicas, with commas; the connections are spread over them")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--channels", required=True)
    parser.add_argument("--people", required=True)
    parser.add_argument("--mark", required=True)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--count", type=int, help="a burst of so many within the seconds, in place of a flood")
    asyncio.run(main(parser.parse_args()))
