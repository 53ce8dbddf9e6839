"""Rewrites a copy of a collection in a process of its own, so that the owner answers meanwhile.

The engine holds the interpreter's lock for as long as it rewrites: seconds in which threads beside it stand still.
`python -m service.adapters.qdrant_edge.rewriting SOURCE COPY DIMENSIONS OWNER_PID`
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

_UNFINISHED, _FINISHED, _REPLACED = ".new", ".next", ".old"
"""Endings: a copy being written, one that is to take its collection's place, and what had that place before."""
_NICE = 10
_PR_SET_PDEATHSIG = 1


class NotRewrittenError(Exception):
    """The copy could not be made or rewritten."""


def copied_and_rewritten(source: Path, *, dimensions: int) -> None:
    """Leave a copy without any byte of deleted points beside the collection, ready to take its place.

    Nobody may write to the collection meanwhile. Raises NotRewrittenError.
    """
    unfinished = source.with_name(source.name + _UNFINISHED)
    words = (sys.executable, "-m", __name__, str(source), str(unfinished), str(dimensions), str(os.getpid()))
    try:
        subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
        unfinished.rename(source.with_name(source.name + _FINISHED))
    except (OSError, subprocess.CalledProcessError) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise NotRewrittenError from error


def exchanged(source: Path) -> None:
    """Put the finished copy where the collection is. What was there lies beside it until `cleared`."""
    source.rename(source.with_name(source.name + _REPLACED))
    source.with_name(source.name + _FINISHED).rename(source)
    _sync(source.parent)


def removed(source: Path) -> None:
    """Remove a collection: its name first, so that no kill leaves half of one."""
    replaced = source.with_name(source.name + _REPLACED)
    source.rename(replaced)
    _sync(source.parent)
    shutil.rmtree(replaced)
    _sync(source.parent)


def cleared(folder: Path) -> None:
    """Finish in this folder of collections what a kill interrupted, and remove what no collection needs."""
    for unfinished in folder.glob(f"*{_UNFINISHED}"):
        shutil.rmtree(unfinished)
    for finished in folder.glob(f"*{_FINISHED}"):
        source = finished.with_suffix("")
        if source.exists():
            shutil.rmtree(source)
        finished.rename(source)
    for replaced in folder.glob(f"*{_REPLACED}"):
        shutil.rmtree(replaced)
    _sync(folder)


def main() -> None:
    """Copy, rewrite, end; die with the owner, whose next start may not find anybody writing."""
    source, copy, dimensions, owner = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(owner):
        sys.exit(os.EX_TEMPFAIL)
    os.nice(_NICE)
    os.umask(0o077)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, copy_function=shutil.copyfile)
    # Imported late: a second in which the owner could already have died.
    from service.adapters.qdrant_edge.shard import Shard  # noqa: PLC0415

    shard = Shard.load(Path(copy), dimensions=int(dimensions))
    shard.rewrite_alone()
    shard.close()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    main()
