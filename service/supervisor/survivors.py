"""Processes of a data folder that outlived their supervisor, found by a mark in their environment.

A pid file can be stale and its number belong to somebody else by now; a mark is the process's own.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from service.folder import DataFolder

MARK = "SUPERVISED_BY_RINGFENCE"
_ANY_PART = ""


def mark(folder: DataFolder, part: str) -> dict[str, str]:
    """Return what the environment of a part, and so of every process that it starts, carries."""
    return {MARK: f"{_place(folder)}|{part}"}


def end(folder: DataFolder, part: str = _ANY_PART, *, stop: signal.Signals = signal.SIGTERM, grace: float = 0) -> int:
    """End what is left of a part (or of all parts), politely at first where there is grace; return how many."""
    left = list(_left(folder, part))
    found = len(left)
    if left and grace:
        _signal(_without_children(left), stop)
        psutil.wait_procs(left, timeout=grace)
        left = list(_left(folder, part))
    while left:  # again, in case one of them started another meanwhile
        _signal(left, signal.SIGKILL)
        psutil.wait_procs(left, timeout=5)
        left = list(_left(folder, part))
    return found


def _left(folder: DataFolder, part: str) -> Iterator[psutil.Process]:
    wanted = mark(folder, part)[MARK]
    for process in psutil.process_iter():
        if process.pid != os.getpid() and _belongs(process, wanted, folder):
            yield process


def _belongs(process: psutil.Process, wanted: str, folder: DataFolder) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        found = process.environ().get(MARK, "")
        if found == wanted or (wanted.endswith("|") and found.startswith(wanted)):
            return True
        # PostgreSQL's children write their title over their environment, but they work in its folder.
        is_postgres = wanted.endswith(("|", "|postgres")) and process.name() == "postgres"
        return is_postgres and Path(process.cwd()).is_relative_to(os.path.realpath(folder.postgres))
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


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.Error:  # it ended meanwhile
            continue


def _place(folder: DataFolder) -> str:
    return os.path.realpath(folder.path)
