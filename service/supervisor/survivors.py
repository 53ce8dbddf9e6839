"""Processes of a data folder that outlived their supervisor, found by a mark in their environment.

A pid file can be stale and its number belong to somebody else by now; a mark is the process's own.
"""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from service.folder import DataFolder

MARK = "SUPERVISED_BY_RINGFENCE"
_ANY_PART = ""
_KILL_SECONDS = 5.0
_TICK_SECONDS = 0.02


def mark(folder: DataFolder, part: str) -> dict[str, str]:
    """Return what the environment of a part, and so of every process that it starts, carries."""
    return {MARK: f"{_place(folder)}|{part}"}


def end(folder: DataFolder, part: str = _ANY_PART, *, stop: signal.Signals = signal.SIGTERM, grace: float = 0) -> int:
    """End what is left of a part (or of all parts), politely at first where there is grace; return how many."""
    left = _left(folder, part)
    found = len(left)
    if left and grace:
        _signal(_without_children(left), stop)
        _wait(left, grace)
        left = _left(folder, part)
    while left:  # again, in case one of them started another meanwhile
        _signal(left, signal.SIGKILL)
        _wait(left, _KILL_SECONDS)
        left = _left(folder, part)
    return found


def _left(folder: DataFolder, part: str) -> list[psutil.Process]:
    wanted = mark(folder, part)[MARK]
    homes = {name: home for name, home in _homes(folder).items() if part in (_ANY_PART, home.name)}
    return [process for process in psutil.process_iter() if _belongs(process, wanted, homes)]


def _homes(folder: DataFolder) -> dict[str, Path]:
    """Return where programs work that write a title over their environment, mark and all."""
    return {"postgres": folder.postgres, "valkey-server": folder.valkey}


def _belongs(process: psutil.Process, wanted: str, homes: Mapping[str, Path]) -> bool:
    try:
        if process.pid == os.getpid() or not _is_alive(process):
            return False
        found = process.environ().get(MARK, "")
        if found == wanted or (wanted.endswith("|") and found.startswith(wanted)):
            return True
        home = homes.get(process.name())
        return home is not None and Path(process.cwd()).is_relative_to(os.path.realpath(home))
    except (psutil.Error, OSError):
        return False


def _without_children(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Return those that no other of them started: they stop their children themselves."""
    pids = {process.pid for process in processes}
    return [process for process in processes if _parent(process) not in pids]


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _wait(processes: list[psutil.Process], seconds: float) -> None:
    """Wait until all have ended; psutil's own wait goes on until somebody has collected the dead, too."""
    deadline = time.monotonic() + seconds
    while any(map(_is_alive, processes)) and time.monotonic() < deadline:
        time.sleep(_TICK_SECONDS)


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.Error:  # it ended meanwhile
            continue


def _place(folder: DataFolder) -> str:
    return os.path.realpath(folder.path)
