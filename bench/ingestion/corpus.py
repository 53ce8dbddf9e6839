"""Real documents of mixed formats that came with the packages on this machine."""

import os
import sysconfig
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

ROOTS = (
    *(Path("/usr/share"), Path("/usr/lib"), Path("/usr/include"), Path("/usr/local")),
    Path(sysconfig.get_path("purelib")),
)
_PROSE = (".pdf", ".docx", ".pptx", ".xlsx", ".eml", ".html", ".htm", ".md", ".rst", ".txt", ".csv", ".tsv", "")
_CODE = (".py", ".pyi", ".pl", ".pm", ".h", ".c", ".js", ".sh", ".sql", ".css", ".vim", ".cmake", ".conf", ".toml")
_DATA = (".json", ".yaml", ".yml", ".xml", ".ini", ".cfg", ".service")
_SMALLEST = 80
_LARGER = 0.02
"""Share of documents that may be larger than the others: pages of documentation and PDFs."""
_LARGEST = 20_000
_HEAD = 512


@dataclass(frozen=True, slots=True)
class Source:
    """A file; its suffix tells the format."""

    path: Path
    size: int

    @property
    def suffix(self) -> str:
        """The ending of its name, in lower case."""
        return self.path.suffix.lower()


def documents(number: int, *, largest: int, roots: Sequence[Path] = ROOTS, seed: int = 6) -> list[Source]:
    """Return so many files in a mixed order, the same ones each time: all formats in turn.

    All but a few have at most `largest` bytes. Fewer where the machine has no more. Compressed, empty and binary files
    are left out.
    """
    small: defaultdict[str, list[Source]] = defaultdict(list)
    large: list[Source] = []
    for source in _found(roots):
        if source.size <= largest:
            small[source.suffix].append(source)
        elif source.size <= _LARGEST or source.suffix == ".pdf":
            large.append(source)
    random = Random(seed)
    random.shuffle(large)
    for files in small.values():
        random.shuffle(files)
    chosen = large[: int(number * _LARGER)]
    chosen += islice((one for one in _in_turn(small) if _is_text(one)), number - len(chosen))
    random.shuffle(chosen)
    return chosen


def _in_turn(files: dict[str, list[Source]]) -> Iterator[Source]:
    """Yield one of each format after the other, until all are used up."""
    left = [list(files[suffix]) for suffix in sorted(files)]
    while left:
        left = [kind for kind in left if kind]
        for kind in left:
            yield kind.pop()


def _found(roots: Sequence[Path]) -> Iterator[Source]:
    seen = set[tuple[int, int]]()
    for root in roots:
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                if path.suffix.lower() not in (*_PROSE, *_CODE, *_DATA) or path.is_symlink():
                    continue
                status = path.stat()
                if status.st_size >= _SMALLEST and (status.st_dev, status.st_ino) not in seen:
                    seen.add((status.st_dev, status.st_ino))
                    yield Source(path, status.st_size)


def _is_text(source: Source) -> bool:
    if source.suffix in {".pdf", ".docx", ".pptx", ".xlsx"}:
        return True
    with source.path.open("rb") as file:
        head = file.read(_HEAD)
    return b"\0" not in head
