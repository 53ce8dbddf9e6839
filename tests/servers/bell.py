"""A Celery worker with the product's configuration whose task notes every start and end in a folder."""

import os
import time
from pathlib import Path

from service.adapters.celery import configured
from service.ports import JobKind
from workers.alive import Alive

FOLDER, URL, SECONDS = "TEST_BELL_FOLDER", "TEST_BELL_URL", "TEST_BELL_SECONDS"


def _answer(_: str, job: str) -> None:
    folder = Path(os.environ[FOLDER])
    (folder / f"{job}-started-{os.getpid()}").touch()
    time.sleep(float(os.environ[SECONDS]))
    (folder / f"{job}-done-{os.getpid()}").touch()


if URL in os.environ:
    app = configured(os.environ[URL], visibility_seconds=3)
    app.conf.worker_concurrency = 1
    app.task(name=JobKind.INGEST.value)(_answer)
    app.steps["consumer"].add(Alive.in_folder(Path(os.environ[FOLDER])))
