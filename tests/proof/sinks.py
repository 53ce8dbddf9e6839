"""Looks for canaries where the product writes: its log, its metrics, every byte of PostgreSQL's folder (R54)."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from prometheus_client import generate_latest

from service import telemetry
from tests.proof.judging import forms
from tests.scan import scan
from tests.servers.postgres import PostgresDatabase, PostgresServer

_STDERR = 2
_CONTROL = "a control canary in quartz"


@dataclass(slots=True)
class Sinks:
    """Where the product wrote while it was watched."""

    server: PostgresServer
    database: PostgresDatabase
    log: IO[bytes]

    def grepped(self, words: Sequence[str]) -> Mapping[str, int]:
        """Return how many canaries each sink holds, in any of their forms. Raises where a control is not found."""
        needles = {f"{number}": form for number, form in enumerate(form for word in words for form in forms(word))}
        texts = {"log": self._logged(), "metrics": generate_latest()}
        found = {name: sum(form in text for form in needles.values()) for name, text in texts.items()}
        found["PostgreSQL's folder"] = sum(map(bool, self._scanned(needles).values()))
        return found

    def _logged(self) -> bytes:
        """Return the log; something is always in it, for every dead cloud is told of."""
        self.log.seek(0)
        written = self.log.read()
        if b"cloud_answer_failed" not in written:
            message = "the log holds no line of the run, so it proves nothing"
            raise RuntimeError(message)
        return written

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


@contextmanager
def watched(server: PostgresServer, database: PostgresDatabase) -> Iterator[Sinks]:
    """Keep whatever this process writes to its standard error, through the product's own pipeline or past it."""
    with tempfile.TemporaryFile() as log:
        terminal = os.dup(_STDERR)
        os.dup2(log.fileno(), _STDERR)
        try:
            telemetry.configure()
            yield Sinks(server, database, log)
        finally:
            os.dup2(terminal, _STDERR)
            os.close(terminal)
