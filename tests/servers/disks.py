"""A small disk of its own for a folder, to fill up, to make read-only, and to give room again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_BLOCK = b"\0" * 65_536


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system in memory, mounted at `folder`."""

    folder: Path

    def fill(self) -> None:
        """Leave no byte."""
        descriptor = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            while os.write(descriptor, _BLOCK):
                pass
        except OSError:
            return
        finally:
            os.close(descriptor)

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        """Let nobody write to it. Fails while a file is open for writing."""
        _called("mount", "-o", "remount,ro", self.folder)

    def open(self) -> None:
        """Let everybody write to it again."""
        _called("mount", "-o", "remount,rw", self.folder)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Disk]:
    """Mount one at the folder, which is made; skips the test where that is not permitted."""
    folder.mkdir(mode=0o711, parents=True, exist_ok=True)
    try:
        _called("mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", folder)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here: run as root, or in a container that may mount")
    try:
        yield Disk(folder)
    finally:
        _called("umount", "--lazy", folder)


def _called(*words: str | Path) -> None:
    """Run a program of the machine. Raises CalledProcessError where it fails."""
    subprocess.run(words, check=True, capture_output=True)
