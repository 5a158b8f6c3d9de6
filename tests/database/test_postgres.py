"""What PostgreSQL adds: several writers at once, and a server that may go away."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import make_url, text

from bot.jobs.heartbeat import DEAD_SECONDS
from bot.jobs.outcomes import Refused
from storage import arrivals, preferences, threads
from storage.database import Database, DatabaseFault, DatabaseUnusable, Transaction, open_database
from storage.database.postgres import engine_of
from storage.records import JobState, Thread
from storage.schema import MIGRATING, is_current, migrate
from tests.database.postgres import PostgresServer, postgres
from tests.jobs.desk import Desk

pytestmark = pytest.mark.slow


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


def a_thread(thread_id: str) -> Thread:
    return Thread(
        id=thread_id, enterprise_id=None, workspace_id="T1", channel_id="C1", is_im=False, root_ts=None, card_ts=None,
        session_id=None, hold=None, gather_at=None, edited_at=0.0, created_at=1.0,
    )  # fmt: skip


def count_up(tx: Transaction, thread_id: str) -> None:
    """Reads and writes: two at once without a lock would count one."""
    threads.lock(tx, thread_id)
    seen = threads.thread(tx, thread_id).edited_at or 0.0
    threads.change_thread(tx, thread_id, edited_at=seen + 1.0)


async def test_what_happens_to_one_thread_happens_one_after_the_other(database: Database, url: str) -> None:
    """Two replicas change the same thread forty times: nothing is overwritten."""
    await database.write(lambda tx: threads.add_thread(tx, a_thread("t1")))
    other = await open_database(url)
    await asyncio.gather(*(each.write(lambda tx: count_up(tx, "t1")) for each in (database, other) * 20))
    await other.close()
    assert 40.0 == (await database.read(lambda tx: threads.thread(tx, "t1"))).edited_at


async def test_two_that_wait_for_each_other_are_run_again(database: Database) -> None:
    """A deadlock is found by PostgreSQL; whoever was given up is run again, and nobody hears of it."""
    for name in ("a", "b"):
        await database.write(partial(_set, name=name, at=0.0))
    both = asyncio.gather(
        database.write(lambda tx: _set_both(tx, "a", "b")), database.write(lambda tx: _set_both(tx, "b", "a"))
    )
    async with asyncio.timeout(20):
        await both


async def test_what_is_held_too_long_is_not_ended_while_something_else_happens_to_it(url: str) -> None:
    """Its thread was not locked: an invitation of that very moment was overwritten, or the whole chore given up."""
    desk = await Desk.open_at(url)
    job = await desk.ask()
    [tried] = await desk.due("slack")
    await desk.settle(tried, Refused("invite"))
    desk.now += 8 * 24 * 3600
    engine = engine_of(make_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(lambda tx: threads.lock(tx, job.thread_id))
        await desk.engine.tidy()
    assert JobState.QUEUED is (await desk.job(job)).state
    await desk.engine.tidy()
    assert JobState.FAILED is (await desk.job(job)).state
    await engine.dispose()
    await desk.database.close()


def _set(tx: Transaction, *, name: str, at: float) -> None:
    preferences.set_preference(tx, "T1", name, dm_channel_id=str(at))


def _set_both(tx: Transaction, first: str, second: str) -> None:
    _set(tx, name=first, at=1.0)
    tx.exec_driver_sql("SELECT pg_sleep(0.3)")
    _set(tx, name=second, at=1.0)


async def test_a_short_outage_is_seen_by_nobody() -> None:
    """The server is started anew under the program: writes and reads wait for it."""
    with postgres() as server:
        database = await _opened(server)
        await database.write(lambda tx: arrivals.first_time(tx, "before", 1.0))
        for at_once in (False, True):
            restart = asyncio.create_task(asyncio.to_thread(server.restart, at_once=at_once))
            async with asyncio.timeout(20):
                while not restart.done():
                    assert not await database.write(lambda tx: arrivals.first_time(tx, "before", 1.0))
                    assert await database.read(lambda tx: arrivals.is_member(tx, "T1", "C1")) is None
            await restart
        await database.close()


async def test_a_long_outage_is_a_fault_and_over_when_the_server_is_back() -> None:
    """Nobody waits for ever: the fault is told after two seconds, and nothing has to be started anew."""
    with postgres() as server:
        database = await _opened(server)
        server.stop()
        with pytest.raises(DatabaseFault):
            await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0))
        with pytest.raises(DatabaseFault):
            await database.read(lambda tx: arrivals.is_member(tx, "T1", "C1"))
        server.start()
        assert await database.write(lambda tx: arrivals.first_time(tx, "a", 1.0))
        await database.close()


async def _opened(server: PostgresServer) -> Database:
    url = server.new_database()
    await asyncio.to_thread(migrate, url)
    return await open_database(url)


async def test_words_of_any_length_and_kind_are_kept(database: Database) -> None:
    """SQLite takes every string; what PostgreSQL takes no part of is left out, and nothing else."""
    long = "x" * 5000
    kept = await database.write(lambda tx: preferences.set_preference(tx, "T1", "U1", voice_name=f"a\0b{long}"))
    assert f"ab{long}" == kept.voice_name


async def test_the_server_misses_a_machine_that_is_gone(database: Database) -> None:
    """Whether or not it has something to tell it: within fifteen seconds, before the instance counts as dead."""
    names = ("tcp_user_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
    shown = await database.read(lambda tx: [tx.execute(text(f"SHOW {name}")).scalar_one() for name in names])
    assert ["15000", "5", "5", "2"] == shown  # milliseconds, seconds, seconds, times
    assert 15.0 < DEAD_SECONDS


async def test_several_replicas_migrate_at_once(postgres_server: PostgresServer) -> None:
    """One of them does it, the others wait and find it done."""
    url = postgres_server.new_database()
    done = await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(3)))
    assert [False, False, True] == sorted(done)
    assert is_current(url)
    postgres_server.drop(url)


async def test_a_long_migration_of_another_replica_is_waited_for(postgres_server: PostgresServer) -> None:
    """After two seconds it used to end with *lock timeout*, and a start of several replicas with it."""
    url = postgres_server.new_database()
    database, held = await open_database(url), asyncio.Event()

    def migrating(tx: Transaction) -> None:
        tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        held.set()
        tx.exec_driver_sql("SELECT pg_sleep(4)")

    long = asyncio.create_task(database.write(migrating))
    await held.wait()
    assert await asyncio.to_thread(migrate, url)
    await long
    await database.close()
    postgres_server.drop(url)


async def test_a_database_that_is_not_there_is_one_sentence(postgres_server: PostgresServer) -> None:
    """The server is there, the database is not."""
    with pytest.raises(DatabaseUnusable, match="has no database no_such_database"):
        await open_database(postgres_server.url("no_such_database"))


async def test_who_has_no_rights_is_told_which(postgres_server: PostgresServer, url: str) -> None:
    """A role that is not there, or that may make no tables: one sentence with the cure, and nothing is made."""
    stranger = url.replace("postgres@", "stranger:secret@")
    with pytest.raises(DatabaseUnusable, match="does not take the user or password of DATABASE_URL; mend them") as said:
        await open_database(stranger)
    assert "secret" not in str(said.value)
    database = await open_database(url)
    await database.write(lambda tx: tx.execute(text("CREATE ROLE stranger LOGIN")))
    with pytest.raises(DatabaseUnusable, match=r"permission denied for schema public\); make the role of .* its owner"):
        await asyncio.to_thread(migrate, stranger)
    tables = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert 0 == await database.read(lambda tx: tx.execute(tables).scalar_one())
    await database.write(lambda tx: tx.execute(text("DROP ROLE stranger")))
    await database.close()


async def test_a_server_without_tls_is_told_in_words(url: str) -> None:
    """Where `sslmode` asks for it; what was said was the name of an error."""
    secured = make_url(url).update_query_dict({"sslmode": "require"}).render_as_string(hide_password=False)
    with pytest.raises(DatabaseUnusable, match=r"cannot be reached \(it did not agree to TLS, see sslmode\); check"):
        await open_database(secured)


async def test_a_schema_that_is_too_new_is_left_alone(url: str) -> None:
    """As in a file: whoever asks is told which release it needs, and nothing is changed."""
    migrate(url)
    database = await open_database(url)
    for statement in (
        "UPDATE alembic_version SET version_num = '9999'",
        "UPDATE schema_notes SET oldest_release = '9.1'",
    ):
        await database.write(lambda tx, statement=statement: tx.execute(text(statement)))  # type: ignore[misc]
    for act in (is_current, migrate):
        with pytest.raises(DatabaseUnusable, match=r"made for heygen-slack 9\.1 or newer; install that release"):
            await asyncio.to_thread(act, url)
    assert "9999" == await database.read(
        lambda tx: tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    )
    await database.close()


async def test_a_server_that_is_not_there_is_one_sentence() -> None:
    """Nothing listens; the password is not repeated."""
    with pytest.raises(DatabaseUnusable, match=r"PostgreSQL at 127\.0\.0\.1:1 cannot be reached") as said:
        await open_database("postgresql://someone:secret@127.0.0.1:1/jobs")
    assert "secret" not in str(said.value)
