"""The process that owns the embedded index: `python -m service.adapters.qdrant_edge.owner`."""

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from service import telemetry
from service.adapters.qdrant_edge.serving import Listener
from service.adapters.qdrant_edge.shard import REWRITTEN_BESIDE
from service.adapters.qdrant_edge.store import Store
from service.adapters.storage import check_room, refused
from service.errors import PartUnavailableError

ALREADY_OWNED = 3
"""Exit code where another process owns the folder."""

_STOP = (signal.SIGTERM, signal.SIGINT)
_LOOK_SECONDS = 2.0
_log = structlog.get_logger()


class FolderOwnedError(Exception):
    """Another process owns this folder."""


def main() -> int:
    """Own the folder until SIGTERM or SIGINT; return the exit code."""
    arguments = _arguments()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)  # before any thread: they inherit it, so `sigwait` gets them
    telemetry.configure()
    if not _disk_awaited(arguments.folder):
        return os.EX_OK
    try:
        with _owned(arguments.folder):
            _serve(arguments)
    except FolderOwnedError:
        # Past the gate of telemetry: a line for whoever started it by hand.
        (sys.__stderr__ or sys.stderr).write(f"the index in {arguments.folder} already belongs to a running owner\n")
        return ALREADY_OWNED
    return os.EX_OK


def _serve(arguments: argparse.Namespace) -> None:
    store = Store(arguments.folder, rewritten_beside=arguments.rewritten_beside)
    listener = Listener(arguments.socket, store)
    _log.info("index_opened")
    signal.sigwait(_STOP)
    listener.stop()
    store.close()
    _log.info("index_closed")


def _disk_awaited(folder: Path) -> bool:
    """Wait until the folder can be written and has room; return False where told to stop meanwhile.

    The engine cannot even be opened without: it maps its files, and the kernel kills whoever writes where no page is.
    """
    while True:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_room(folder, store="index")
        except OSError as error:
            refused(error, store="index")
        except PartUnavailableError:
            pass
        else:
            return True
        if signal.sigtimedwait(_STOP, _LOOK_SECONDS) is not None:
            return False


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Hold the folder's lock. The kernel lets go of it when the process ends, however it ends."""
    os.umask(0o077)
    with (folder / "owner.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderOwnedError from None
        yield


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="service.adapters.qdrant_edge.owner", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the collections lie")
    parser.add_argument("--socket", type=Path, required=True, help="where to listen")
    beside = "points from which a collection is rewritten in another process"
    parser.add_argument("--rewritten-beside", type=int, default=REWRITTEN_BESIDE, help=beside)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
