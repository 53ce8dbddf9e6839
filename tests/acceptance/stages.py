"""Stops a worker or the API at a stage that a test names, so that a kill meets it there and not by luck.

Processes of the product run with these functions wrapped; the product knows nothing of it. A test arms a stage by a
file. The first process that gets there takes the file, which then tells its number, and stands still until the file is
gone or the process is.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from celery.signals import task_prerun

FOLDER = "TEST_STAGES"
_LONGEST_SECONDS = 300.0
_LOOK_SECONDS = 0.02


class Stage(StrEnum):
    """A moment in the life of a document. The first two are the API's, the others a worker's."""

    KEPT = "kept"
    RINGING = "ringing"
    READING = "reading"
    PARSING = "parsing"
    SPLITTING = "splitting"
    EMBEDDING = "embedding"
    LABELLING = "labelling"
    WRITING = "writing"
    POINTED = "pointed"
    COMMITTED = "committed"


EXPLAINED = {
    Stage.KEPT: "key and original are kept, the row is not",
    Stage.RINGING: "row and job are written, the bell is not rung",
    Stage.READING: "the job is taken, the original is being read",
    Stage.PARSING: "before the parser",
    Stage.SPLITTING: "while the text is cut",
    Stage.EMBEDDING: "before the encoder",
    Stage.LABELLING: "before the labeller",
    Stage.WRITING: "in the transaction, before the first row",
    Stage.POINTED: "the points are written, the transaction is not committed",
    Stage.COMMITTED: "committed, the message not acknowledged",
}
OF_THE_API = frozenset({Stage.KEPT, Stage.RINGING})
OF_A_WORKER = tuple(stage for stage in Stage if stage not in OF_THE_API)

# What is wrapped are the adapters, which the use cases cannot go around, and the use case itself for the end.
_BEFORE = {
    Stage.RINGING: ("service.adapters.celery", "CeleryJobQueue", "ring"),
    Stage.READING: ("service.adapters.vault", "DirectoryVault", "get"),
    Stage.PARSING: ("service.adapters.sandbox", "SandboxedParser", "parse"),
    Stage.SPLITTING: ("service.adapters.sentence_transformers", "PackagedTokenizer", "offsets"),
    Stage.EMBEDDING: ("service.adapters.sentence_transformers", "SentenceTransformersEmbedder", "embed"),
    Stage.LABELLING: ("ingestion.labelling", "RingfenceLabeller", "label_passages"),
    Stage.WRITING: ("service.adapters.database.documents", "SqlChunkTable", "replace"),
}
_AFTER = {
    Stage.KEPT: ("service.adapters.vault", "DirectoryVault", "put"),
    Stage.POINTED: ("service.adapters.qdrant_edge", "QdrantEdgeChunkIndex", "replace_all"),
    Stage.COMMITTED: ("service.ingesting", "Ingestion", "run"),
}


@contextmanager
def armed(folder: Path, stage: Stage) -> Iterator[Callable[[], int | None]]:
    """Arm a stage; yield how to ask which process stands there. Whoever does goes on at the end."""
    (folder / f"{stage}.armed").touch()

    def standing() -> int | None:
        return next((int(path.suffix[1:]) for path in folder.glob(f"{stage}.*") if path.suffix != ".armed"), None)

    try:
        yield standing
    finally:
        for path in folder.glob(f"{stage}.*"):
            path.unlink(missing_ok=True)


def create_app() -> Any:  # noqa: ANN401 - uvicorn calls it
    """Return the API with its stages."""
    from service.app import create_app as product  # noqa: PLC0415 - a worker needs none of it

    _install(tuple(OF_THE_API))
    return product()


@cache
def _install(stages: tuple[Stage, ...]) -> None:
    """Wrap what belongs to these stages: a worker keeps and rings, too."""
    for stage in stages:
        after = stage in _AFTER
        _wrap(*(_AFTER if after else _BEFORE)[stage], _stopping(stage, after=after))


def _wrap(module: str, owner: str, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    kind = getattr(import_module(module), owner)
    setattr(kind, name, wrapper(getattr(kind, name)))


def _stopping(stage: Stage, *, after: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrapper(inner: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(inner)
        def stopped(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            if not after:
                _reach(stage)
            result = inner(*arguments, **named)
            if after:
                _reach(stage)
            return result

        return stopped

    return wrapper


def _reach(stage: Stage) -> None:
    folder = Path(os.environ[FOLDER])
    standing = folder / f"{stage}.{os.getpid()}"
    try:
        (folder / f"{stage}.armed").rename(standing)
    except FileNotFoundError:
        return
    deadline = time.monotonic() + _LONGEST_SECONDS
    while standing.exists() and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


if FOLDER in os.environ:
    from workers.app import app  # noqa: F401 - what `celery -A` looks for

    # In the child, at its first task: what the use cases import is slow to load and would hinder its start.
    task_prerun.connect(lambda **_: _install(OF_A_WORKER), weak=False)
