"""Bare encoding in a process of its own: the same model, precision and number of threads, and nothing around it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter, process_time

from bench.ingestion.measuring import Spent
from service.adapters.sentence_transformers import POSITIONS, model_folder

_BATCH = 32
"""What SentenceTransformer.encode takes at once unless told otherwise."""


class Bare:
    """Encodes samples and counts the seconds; its memory is none of the worker's."""

    def __init__(self, precision: str) -> None:
        self.texts = 0
        self.spent = Spent()
        self._child = subprocess.Popen(  # noqa: S603 - this very module
            [sys.executable, "-m", "bench.ingestion.bare", precision],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._asked(["warm"])

    def encode(self, texts: Sequence[str]) -> None:
        """Encode these and count them."""
        wall, processor = self._asked(texts)
        self.texts += len(texts)
        self.spent.wall += wall
        self.spent.processor += processor

    def end(self) -> None:
        """End the process."""
        self._child.communicate()

    def _asked(self, texts: Sequence[str]) -> tuple[float, float]:
        if self._child.stdin is None or self._child.stdout is None:
            raise RuntimeError
        print(json.dumps(list(texts)), file=self._child.stdin, flush=True)
        wall, processor = json.loads(self._child.stdout.readline())
        return wall, processor


def _serve(precision: str) -> None:
    import torch  # noqa: PLC0415 - seconds of import that only the child pays
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415 - the same

    torch.set_num_threads(1)
    kwargs = {"dtype": torch.bfloat16 if precision == "bf16" else torch.float32}
    model = SentenceTransformer(str(model_folder("packaged")), device="cpu", model_kwargs=kwargs)
    model.max_seq_length = POSITIONS
    for line in sys.stdin:
        texts = json.loads(line)
        wall, processor = perf_counter(), process_time()
        model.encode(texts, batch_size=_BATCH, show_progress_bar=False)
        print(json.dumps([perf_counter() - wall, process_time() - processor]), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1])
