"""How much room a knowledge base takes: bytes per chunk and document in each store, memory of each part.

`python -m bench.footprint FOLDER` starts `ringfence up` in a temporary folder, ingests what lies in FOLDER, and ends.
"""

import argparse
import tempfile
from pathlib import Path
from subprocess import CalledProcessError

import psutil
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from tests.acceptance.stack import PARTS, Stack

_PER_CHUNK = ("chunks", "subject_marks")
_SIZES = sa.text(
    "select relname, pg_total_relation_size(oid) from pg_class"
    " where relkind = 'r' and relnamespace = 'public'::regnamespace"
)
_COUNTS = sa.text("select (select count(*) from documents), (select count(*) from chunks)")
out = Console(highlight=False, soft_wrap=True)


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="files to ingest")
    given = parser.parse_args().folder
    with tempfile.TemporaryDirectory(prefix="ringfence-bench-") as folder:
        stack = Stack(Path(folder) / "data")
        stack.command("init")
        stack.start()
        try:
            stack.command("tenants", "add", "bench")
            _ingested(stack, given)
            out.print(_stores(stack), _memory(stack))
        finally:
            stack.stop()


def _ingested(stack: Stack, given: Path) -> None:
    try:
        stack.command("ingest", str(given), "--tenant", "bench", seconds=3_600)
    except CalledProcessError as error:
        out.print(f"some files were not ingested (exit code {error.returncode})")


def _stores(stack: Stack) -> Table:
    sizes, documents, chunks = _sql(stack)
    per_chunk = sum(sizes[name] for name in _PER_CHUNK)
    index = _size(stack.folder.edge)
    table = Table("store", f"per chunk ({chunks})", f"per document ({documents})", box=None)
    table.add_row("PostgreSQL", f"{per_chunk / chunks:,.0f}", f"{(sum(sizes.values()) - per_chunk) / documents:,.0f}")
    table.add_row("index", f"{index / chunks:,.0f}", "")
    table.add_row("keys", "", f"{_size(stack.folder.keys) / documents:,.0f}")
    table.add_row("vault", "", f"{_size(stack.folder.vault) / documents:,.0f}")
    return table


def _sql(stack: Stack) -> tuple[dict[str, int], int, int]:
    engine = sa.create_engine(stack.folder.database_owner_url)
    try:
        with engine.connect() as connection:
            sizes = {str(name): int(size) for name, size in connection.execute(_SIZES)}
            documents, chunks = connection.execute(_COUNTS).one()
    finally:
        engine.dispose()
    return sizes, documents, chunks


def _memory(stack: Stack) -> Table:
    table = Table("part", "processes", "MiB together", box=None)
    children = stack.children()
    for part in PARTS:
        mine = [one for one in children if _part(one) == part]
        table.add_row(part, str(len(mine)), f"{sum(one.memory_full_info().pss for one in mine) / 2**20:,.0f}")
    return table


def _part(process: psutil.Process) -> str | None:
    """Return which part a process belongs to, by what it and those above it were started with."""
    words = {"postgres": "postgres", "valkey-server": "valkey", "qdrant_edge.owner": "edge", "uvicorn": "api"}
    line = " ".join(process.cmdline())
    named = (part for word, part in words.items() if word in line)
    celery = next((part for part in ("worker", "beat") if f"workers.app {part}" in line), None)
    return celery or next(named, None)


def _size(folder: Path) -> int:
    return 512 * sum(file.stat().st_blocks for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
