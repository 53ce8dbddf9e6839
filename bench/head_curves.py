"""How many false positives each recall of a head costs, on labelled rows: `python -m bench.head_curves FOLDER...`.

Rows that the heads were trained on are left out. A head that is told by meaning alone can be set anywhere on this
curve; the shipped thresholds are in the weights.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.labellers import unseen
from ingestion.document import Document, Page
from ingestion.labelling.heads import KINDS, Heads
from ingestion.sensitivity import Category
from ingestion.splitting import split
from service import bootstrap, settings, telemetry
from service.evaluation.rows import Kind, Row, read
from service.labels import LabellerParts

_OWN = Path("tests/evaluation/rows")
_RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
_WHOSE: dict[str, Category | Kind] = {
    "clinical": Category.PHI,
    "counsel": Category.LEGAL_PRIVILEGE,
    "business": Kind.BUSINESS,
    "source_code": Kind.CODE,
}


def main() -> None:
    """Print one line per head: recall where one row in a hundred, fifty, twenty, ten or five is a false positive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "paths", nargs="*", type=Path, default=[_OWN], help="JSONL files of labelled rows, or folders of them"
    )
    chosen = parser.parse_args()
    telemetry.warnings_only()
    rows = [row for file in read(chosen.paths) for row in unseen(file).rows if not row.variant]
    likely = _probabilities(rows, bootstrap.labeller_parts(settings.load()))
    print(f"{'head':12} {'+':>5} {'-':>5}  " + "  ".join(f"recall at {rate:.0%}" for rate in _RATES))
    for place, kind in enumerate(KINDS):
        if kind in _WHOSE:
            positive, negative = _split(rows, likely[:, place], _WHOSE[kind])
            if len(positive) and len(negative):
                shares = "  ".join(f"{share:12.2f}" for share in _recalls(positive, negative))
                print(f"{kind:12} {len(positive):5} {len(negative):5}  {shares}")


def _probabilities(rows: Sequence[Row], parts: LabellerParts) -> NDArray[np.float32]:
    """Return, per row and head, the highest probability among the row's chunks."""
    pieces = [[chunk.text for chunk in split(_document(row.text), parts.tokenizer)] or [" "] for row in rows]
    flat = [text for some in pieces for text in some]
    judged = Heads.shipped().probabilities(flat, parts.embedder.embed(flat))
    ends = np.cumsum([len(some) for some in pieces])
    return np.stack([judged[end - len(some) : end].max(axis=0) for end, some in zip(ends, pieces, strict=True)])


def _document(text: str) -> Document:
    return Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain")


def _split(
    rows: Sequence[Row], likely: NDArray[np.float32], what: Category | Kind
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    scored = np.array([what in (row.scored_kinds if isinstance(what, Kind) else row.scored) for row in rows])
    truly = np.array([what in (row.positive_kinds if isinstance(what, Kind) else row.positive) for row in rows])
    return likely[scored & truly], likely[scored & ~truly]


def _recalls(positive: NDArray[np.float32], negative: NDArray[np.float32]) -> Iterator[float]:
    for rate in _RATES:
        yield float((positive >= np.quantile(negative, 1 - rate)).mean())


if __name__ == "__main__":
    main()
