"""Haystack and langchain, in a process of their own, on the same files."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.ingestion.corpus import Source
from service.adapters.sentence_transformers import model_folder

NAMES = ("haystack", "langchain")
_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "rivals"


@dataclass(slots=True)
class Indexed:
    """What one of them has indexed so far."""

    documents: int = 0
    chunks: int = 0
    seconds: float = 0.0
    processor: float = 0.0


class Rivals:
    """Takes part where `scripts/rivals setup` was run; a file that one of them cannot read counts for neither."""

    def __init__(self, precision: str) -> None:
        self._indexed = {name: Indexed() for name in NAMES}
        self._child: subprocess.Popen[str] | None = None
        if subprocess.run([sys.executable, str(_SCRIPT), "check"], check=False).returncode == 0:  # noqa: S603 - ours
            model = str(model_folder("packaged"))
            self._child = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, str(_SCRIPT), "serve", "--model", model, "--precision", precision],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for name in NAMES:
                self._asked(name, [Path(__file__)])  # warm

    def index(self, sources: Sequence[Source]) -> None:
        """Have both index these files, one after the other."""
        readable = [source.path for source in sources if _is_utf8(source)]
        for name, indexed in self._indexed.items():
            told = self._asked(name, readable)
            indexed.documents += len(readable) if told else 0
            indexed.chunks += int(told.get("chunks", 0))
            indexed.seconds += told.get("seconds", 0.0)
            indexed.processor += told.get("processor", 0.0)

    def ended(self) -> dict[str, Indexed]:
        """End the process and return what they did; nothing where they took no part."""
        if self._child is None:
            return {}
        self._child.communicate()
        return self._indexed

    def _asked(self, name: str, files: Sequence[Path]) -> dict[str, float]:
        if self._child is None or self._child.stdin is None or self._child.stdout is None:
            return {}
        print(json.dumps({"who": name, "files": [str(file) for file in files]}), file=self._child.stdin, flush=True)
        told: dict[str, float] = json.loads(self._child.stdout.readline())
        return told


def _is_utf8(source: Source) -> bool:
    if source.suffix == ".pdf":
        return True
    try:
        source.path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    return True
