"""A folder and a real PostgreSQL: what is erased is counted gone, and a second run writes no row (R42, R60)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from service.adapters.database import SqlDatabase
from service.adapters.memory.keeping import InMemoryKeyStore
from service.adapters.sources import AllowedSources, TomlSourceRegister
from service.policy.access import Principal
from service.policy.erasures import ErasureState
from service.ports import GonePolicy, SourceKind, SourceSettings
from service.sources import Asked, NewSource, RunView, SourceView
from tests.assembled import World, a_world
from tests.servers.postgres import PostgresDatabase, migrated_database, postgres

__all__ = ["migrated_database", "postgres"]

_TABLES = ("documents", "chunks", "jobs", "source_items", "sources", "tombstones", "erasures", "refusals")


@pytest.fixture
def world(migrated_database: PostgresDatabase, tmp_path: Path) -> Iterator[World]:
    keys = InMemoryKeyStore()
    database = SqlDatabase(migrated_database.app_url, keys=keys)
    (tmp_path / "sources.toml").write_text(f'[[root]]\npath = "{tmp_path}"\ntenants = ["boats"]\n')
    opener = AllowedSources(TomlSourceRegister(tmp_path / "sources.toml"), largest=100_000)
    yield a_world(database=database, keys=keys, adapted=lambda twins: replace(twins, opener=opener))
    database.close()


@pytest.fixture
def share(tmp_path: Path) -> Path:
    made = tmp_path / "share"
    made.mkdir()
    for number in range(6):
        (made / f"{number}.txt").write_text(f"Rule number {number} of the boat house.")
    return made


def ran(world: World, who: Principal, source: SourceView, **asked: bool) -> RunView:
    """Run the source once, and let workers and beat work until nothing is left to do."""
    run = world.product.sources.run(who, source.id, Asked(**asked))
    world.product.syncing.tick()
    for _ in range(4):
        world.work()
        world.product.erasures.executing.advance_all()
    return next(one for one in world.product.sources.runs(who, source.id, limit=50) if one.id == run.id)


def versions(database: PostgresDatabase) -> list[tuple[object, ...]]:
    """Return which transaction wrote each row last: a row that is written again has another one."""
    engine = create_engine(database.owner_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        rows = [
            (table, *row)
            for table in _TABLES
            for row in connection.execute(text(f"select xmin::text, ctid::text from {table} order by 1, 2"))  # noqa: S608 - our own names
        ]
    engine.dispose()
    return rows


def test_change_move_and_delete_at_the_source_then_nothing(
    world: World, migrated_database: PostgresDatabase, share: Path
) -> None:
    who, _ = world.person("boats")
    settings = SourceSettings(location=str(share), groups=frozenset({"*"}))
    wanted = NewSource(name="Boats", kind=SourceKind.FOLDER, settings=settings, gone=GonePolicy.ERASE)
    source = world.product.sources.add(who, wanted)
    assert ran(world, who, source).counts == {"met": 6, "new": 6}
    (share / "0.txt").write_text("Rule number 0 was changed.")
    (share / "1.txt").rename(share / "moved.txt")
    (share / "2.txt").unlink()
    (share / "3-again.txt").write_bytes((share / "3.txt").read_bytes())
    foretold = ran(world, who, source, dry=True)
    expected = {"changed": 1, "copied": 2, "erased": 1, "lost": 1, "met": 6, "moved": 1, "unchanged": 3}
    assert foretold.counts == expected
    assert ran(world, who, source).counts == expected
    (request,) = world.product.erasures.reading.page(who, limit=9)
    assert request.record.state is ErasureState.VERIFIED
    assert len(world.product.documents.page(who, limit=99)) == 5
    before = versions(migrated_database)
    assert ran(world, who, source).counts == {"met": 6, "unchanged": 6}
    assert ran(world, who, source, verify=True).counts == {"met": 6, "unchanged": 6}
    assert versions(migrated_database) == before
    world.product.sources.remove(who, source.id)
