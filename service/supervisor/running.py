"""Starts parts in order, brings back those that die, stops them in reverse."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import FrameType

from service.folder import DataFolder
from service.supervisor import survivors
from service.supervisor.part import Part, PartFailedError, StopRequestedError
from service.supervisor.progress import Progress

_TICK_SECONDS = 0.05
_QUICK_SECONDS = 30.0
"""A part that dies sooner than this after it was ready died quickly."""
_QUICK_DEATHS = 4
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 8.0
_COMPLAINT = re.compile("fatal|panic|error", re.IGNORECASE)


@dataclass(slots=True)
class _Running:
    part: Part
    process: subprocess.Popen[bytes]
    ready_at: float
    quick_deaths: int = 0


class Supervisor:
    """Runs parts. Use it inside `obeying_signals`, in the main thread."""

    def __init__(self, folder: DataFolder, progress: Progress) -> None:
        self._folder = folder
        self._progress = progress
        self._stop = Event()
        self._hurry = False
        self._running: list[_Running] = []

    @contextmanager
    def obeying_signals(self) -> Iterator[None]:
        """Let Ctrl-C, SIGTERM and a closed terminal ask to stop; a second one stops without grace."""
        wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._asked) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def end_survivors(self, parts: Sequence[Part]) -> None:
        """Stop what an earlier supervisor left behind when it was killed."""
        ended = sum(
            survivors.end(self._folder, part.name, stop=part.stop_signal, grace=part.grace_seconds)
            for part in reversed(parts)
        )
        if ended + survivors.end(self._folder):
            self._progress.say("stopped what an earlier run had left behind")

    def start(self, parts: Sequence[Part]) -> None:
        """Start parts that do not need each other; wait for all. Raises PartFailedError or StopRequestedError."""
        began = time.monotonic()
        started = []
        for part in parts:
            _set_aside(part.log)
            started.append(_Running(part=part, process=self._spawn(part), ready_at=0))
            self._running.append(started[-1])
        for running in started:
            self._await_ready(running)
            self._progress.ready(running.part.title, running.ready_at - began)

    def watch(self) -> None:
        """Bring back what dies, until somebody asks to stop. Raises PartFailedError when it is hopeless."""
        while not self._stop.wait(_TICK_SECONDS):
            for running in self._running:
                if running.process.poll() is not None:
                    try:
                        self._bring_back(running)
                    except StopRequestedError:
                        return

    def stop(self) -> None:
        """Stop every part, the last one started first; what does not stop in its time is killed."""
        while self._running:
            running = self._running.pop()
            part, process = running.part, running.process
            if process.poll() is None:
                process.send_signal(part.stop_signal)
                self._await_end(process, part.grace_seconds)
            survivors.end(self._folder, part.name)
            process.wait()

    def _asked(self, _: int, __: FrameType | None) -> None:
        self._hurry = self._stop.is_set()
        self._stop.set()

    def _bring_back(self, running: _Running) -> None:
        part = running.part
        while True:
            lived = time.monotonic() - running.ready_at
            running.quick_deaths = running.quick_deaths + 1 if lived < _QUICK_SECONDS else 1
            if running.quick_deaths > _QUICK_DEATHS:
                message = f"{part.title} died {running.quick_deaths} times; see {part.log}"
                raise PartFailedError(message)
            self._progress.say(f"{part.title} ended ({_how(running.process.returncode)}); starting it again")
            survivors.end(self._folder, part.name)
            if self._stop.wait(min(_FIRST_PAUSE_SECONDS * 2**running.quick_deaths, _LONGEST_PAUSE_SECONDS)):
                raise StopRequestedError
            began = time.monotonic()
            running.process = self._spawn(part)
            try:
                self._await_ready(running)
            except PartFailedError:
                running.ready_at = began
                continue
            self._progress.ready(part.title, running.ready_at - began)
            return

    def _spawn(self, part: Part) -> subprocess.Popen[bytes]:
        try:
            part.clear()
            with os.fdopen(os.open(part.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
                return subprocess.Popen(  # noqa: S603 - our own words, no shell
                    part.command,
                    env={**part.environment, **survivors.mark(self._folder, part.name)},
                    cwd="/",
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    umask=0o077,
                    process_group=0,  # Ctrl-C reaches only the supervisor, which stops the parts in order
                    user=part.user,
                    group=part.user,
                    extra_groups=None if part.user is None else (),
                )
        except OSError as error:
            message = f"{part.title} did not start: {error.strerror}"
            raise PartFailedError(message) from error

    def _await_ready(self, running: _Running) -> None:
        part, process = running.part, running.process
        deadline = time.monotonic() + part.start_seconds
        while not part.ready(process.pid):
            if process.poll() is not None:
                raise PartFailedError(_reason(part, _how(process.returncode)))
            if time.monotonic() > deadline:
                process.kill()
                process.wait()
                raise PartFailedError(_reason(part, f"not ready after {part.start_seconds:.0f} s"))
            if self._stop.wait(_TICK_SECONDS):
                raise StopRequestedError
        running.ready_at = time.monotonic()

    def _await_end(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline and not self._hurry:
            time.sleep(_TICK_SECONDS)


def _reason(part: Part, what: str) -> str:
    lines = part.log.read_text(errors="replace").strip().splitlines() if part.quotes_log else []
    complaints = [line for line in lines if _COMPLAINT.search(line)]
    return f"{part.title} did not start: {(complaints or lines or [what])[-1]}; see {part.log}"


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _set_aside(log: Path) -> None:
    """Keep the log of the run before as `NAME.log.1`, and no older one."""
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
