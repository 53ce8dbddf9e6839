"""Looks for canaries where the product writes: its log, its metrics, every byte of PostgreSQL's folder (R54)."""

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from prometheus_client import generate_latest

from service import telemetry
from tests.proof.judging import forms
from tests.scan import scan
from tests.servers.postgres import PostgresDatabase, PostgresServer

_CONTROL = "a control canary in quartz"


@dataclass(slots=True)
class Sinks:
    """Where the product wrote while it was watched."""

    server: PostgresServer
    database: PostgresDatabase
    log: io.StringIO = field(default_factory=io.StringIO)

    def grepped(self, words: Sequence[str]) -> Mapping[str, int]:
        """Return how many canaries each sink holds, in any of their forms. Raises where a control is not found."""
        needles = {f"{number}": form for number, form in enumerate(form for word in words for form in forms(word))}
        texts = {"log": self.log.getvalue().encode(), "metrics": generate_latest()}
        found = {name: sum(form in text for form in needles.values()) for name, text in texts.items()}
        found["PostgreSQL's folder"] = sum(map(bool, self._scanned(needles).values()))
        return found

    def _scanned(self, needles: Mapping[str, bytes]) -> Mapping[str, list[Path]]:
        with psycopg.connect(self.database.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("create table if not exists control (word text)")
            connection.execute("insert into control values (%s)", [_CONTROL])
            connection.execute("checkpoint")
            (entries,) = connection.execute("select count(*) from audit_entries").fetchone() or (0,)
        folder = self.server.folder / "data"
        found = scan(folder, {**needles, "control": _CONTROL.encode()})
        if not found.pop("control") or not entries:
            message = "the scan did not find its control, or the run was not written there: it proves nothing"
            raise RuntimeError(message)
        return found


@contextlib.contextmanager
def watched(server: PostgresServer, database: PostgresDatabase) -> Iterator[Sinks]:
    """Keep what the product logs, through its own pipeline."""
    sinks = Sinks(server, database)
    with contextlib.redirect_stderr(sinks.log):
        telemetry.configure()
        yield sinks
