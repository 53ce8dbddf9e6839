"""A Celery worker with the product's configuration whose task notes every start and end in a folder."""

import os
import time
from pathlib import Path

from service.adapters.celery import configured
from service.ports import JobKind
from workers import draining
from workers.alive import Alive

FOLDER, URL, SECONDS = "TEST_BELL_FOLDER", "TEST_BELL_URL", "TEST_BELL_SECONDS"
GRACE, MEMORY = "TEST_BELL_GRACE", "TEST_BELL_MEMORY"


def _answer(_: str, job: str) -> None:
    folder = Path(os.environ[FOLDER])
    (folder / f"{job}-started-{os.getpid()}").touch()
    until = time.monotonic() + float(os.environ[SECONDS])
    while time.monotonic() < until:
        if draining.asked():
            (folder / f"{job}-told-{os.getpid()}").touch()
        time.sleep(0.02)
    (folder / f"{job}-done-{os.getpid()}").touch()


if URL in os.environ:
    app = configured(os.environ[URL], visibility_seconds=3)
    app.conf.worker_concurrency = 1
    app.conf.worker_max_memory_per_child = int(os.environ.get(MEMORY, "0")) or None
    draining.obey(float(os.environ.get(GRACE, "60")))
    app.task(name=JobKind.INGEST.value)(_answer)
    app.steps["consumer"].add(Alive.in_folder(Path(os.environ[FOLDER])))
