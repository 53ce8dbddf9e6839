"""The process inside the confinement that has every parser imported and forks a fresh child for each document.

It is started by its path, sees nothing of the service, and never reads a document: it is handed two nameless files,
passes them on and tells how the child ended. What it has in memory is what every child starts with, so nothing of a
document may ever get there.

Each document has its own process, user, network, and process-id namespace, as far as the kernel allows: nothing that a
child starts outlives it, and it can neither see nor signal the zygote or the child of the next document.
"""

import ctypes
import gc
import os
import select
import signal
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pkgutil import iter_modules
from typing import NoReturn

_CLONE_NEWIPC = 0x08000000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWPID = 0x20000000
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_CONTROL = 0
_SIGNALLED = 128
_FILES = 2

_kernel = ctypes.CDLL(None, use_errno=True)


def main() -> NoReturn:
    """Serve documents over the socket on standard input until whoever holds the other end lets go."""
    _kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _kernel.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # or a child could look at the zygote's files and memory
    _warm()
    with socket.socket(fileno=os.dup(_CONTROL)) as control:
        os.dup2(1, _CONTROL)  # taken, or a document's file could get that number
        with suppress(OSError):
            control.send(b"\0" * struct.calcsize("i"))
            while files := socket.recv_fds(control, 1, _FILES)[1]:
                control.send(struct.pack("i", _served(control, files)))
    os._exit(0)


def _warm() -> None:
    """Import whatever a document may need, so that no child has to."""
    package = import_module("ingestion.parsing")
    for module in iter_modules(package.__path__, "ingestion.parsing."):
        with suppress(ImportError):  # a parser whose library is not installed
            import_module(module.name)
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page


def _served(control: socket.socket, files: Sequence[int]) -> int:
    """Have one document parsed and return its child's exit status, 128 and the signal where one ended it."""
    keeper = os.fork()
    if keeper == 0:
        control.close()
        _keep(files)
    for file in files:
        os.close(file)
    with os.fdopen(os.pidfd_open(keeper)) as end:
        waiting = select.poll()
        waiting.register(end, select.POLLIN)
        waiting.register(control, select.POLLIN)
        if any(file == control.fileno() for file, _ in waiting.poll()):
            os._exit(0)  # nobody waits for the answer any more; the kernel takes the child along
    return _status(os.waitpid(keeper, 0)[1])


def _keep(files: Sequence[int]) -> NoReturn:
    """Fork the child in namespaces of its own, wait for it, and leave nothing of it behind."""
    apart = _kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWPID | _CLONE_NEWIPC) == 0
    _die_with_parent()
    # The first process of a namespace takes the others along, but the kernel spares it most signals: so it only waits.
    first = os.fork() if apart else 0
    if apart and first == 0:
        _die_with_parent()
        for file in files:
            os.close(file)
        while True:
            signal.pause()
    child = os.fork()
    if child == 0:
        _parse(files)
    for file in files:
        os.close(file)
    status = _status(os.waitpid(child, 0)[1])
    if apart:
        os.kill(first, signal.SIGKILL)
        os.waitpid(first, 0)
    os._exit(status)


def _parse(files: Sequence[int]) -> NoReturn:
    """Be the child: the document on standard input, the answer on standard output."""
    try:
        _die_with_parent()
        for target, file in enumerate(files):
            os.dup2(file, target)
            os.close(file)
        import_module("ingestion.parsing.__main__").main()
    finally:
        os._exit(1)


def _die_with_parent() -> None:
    _kernel.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _status(waited: int) -> int:
    code = os.waitstatus_to_exitcode(waited)
    return _SIGNALLED - code if code < 0 else code
