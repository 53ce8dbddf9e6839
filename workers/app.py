"""The Celery application of worker and beat: `python -m celery -A workers.app worker|beat`."""

from celery import Celery
from celery.signals import beat_init, setup_logging

from service import settings, telemetry
from service.adapters.celery import configured
from service.folder import DataFolder
from service.settings import Settings
from workers import draining
from workers.alive import Alive
from workers.schedule import SCHEDULE
from workers.tasks import TASKS

END = 0.9
"""Of the grace: then a worker that still works is ended by itself, before whoever asked it to stop kills it."""


def _application(read: Settings) -> Celery:
    folder = DataFolder(read.data_dir)
    made = configured(read.broker_url.get_secret_value() if read.broker_url else folder.broker_url)
    made.conf.update(
        worker_concurrency=read.worker_processes,
        # A child that has grown is replaced after its task: what it held is done or given back by then.
        worker_max_memory_per_child=read.worker_memory_bytes // 1024,
        beat_schedule=SCHEDULE,
        beat_schedule_filename=str(folder.run / "beat-schedule"),
        beat_sync_every=1,  # the schedule's file is also beat's sign of life
    )
    for name, task in TASKS.items():
        made.task(name=name)(task)
    alive = Alive.in_folder(folder.run)
    made.steps["consumer"].add(alive)
    draining.obey(END * read.worker_grace_seconds)
    beat_init.connect(lambda **_: alive.show(), weak=False)
    return made


def _tell_as_the_product_does(read: Settings) -> None:
    telemetry.configure()
    if read.traces_url is not None:
        telemetry.trace_to(read.traces_url)


_settings = settings.load()
setup_logging.connect(lambda **_: _tell_as_the_product_does(_settings), weak=False)
app = _application(_settings)
