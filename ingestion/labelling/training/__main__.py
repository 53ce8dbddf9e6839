"""Train the shipped heads: `python -m ingestion.labelling.training [--shared FOLDER] [--cache FOLDER]`."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from ingestion.labelling.heads import WEIGHTS, Heads, Network
from ingestion.labelling.training.corpus import passages
from ingestion.labelling.training.embedding import embedded
from ingestion.labelling.training.fitting import Score, fitted
from ingestion.labelling.training.shared_data import shared_passages

_TARGET = Path(__file__).parent.parent / WEIGHTS
_REPORT = Path(__file__).parent / "report.json"
_SEED = 7


def main() -> None:
    """Write weights and thresholds, and the report of how they do on themes that they have not seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--shared", type=Path, help="folder of public labelled JSONL files whose licences allow training"
    )
    parser.add_argument("--cache", type=Path, help="folder in which embeddings are kept between runs")
    chosen = parser.parse_args()
    own = passages(_SEED)
    shared = shared_passages(chosen.shared) if chosen.shared else []
    vectors = [embedded([passage.text for passage in part], chosen.cache) for part in (own, shared) if part]
    heads, scores = fitted([*own, *shared], np.vstack(vectors), _SEED)
    _write(heads)
    _report(scores, own=len(own), shared=len(shared))


def _write(heads: Heads) -> None:
    np.savez_compressed(
        _TARGET,
        dimensions=np.int32(heads.dimensions),
        mean=heads.mean,
        scale=heads.scale,
        networks=np.int32(len(heads.networks)),
        slope=heads.slope,
        offset=heads.offset,
        low=heads.low,
        high=heads.high,
        allow_pickle=False,
        **_weights(heads.networks),
    )


def _weights(networks: tuple[Network, ...]) -> dict[str, NDArray[np.floating]]:
    return {
        f"{name}_{number}": weights
        for number, network in enumerate(networks)
        for name, weights in (
            ("words", network.words.astype(np.float16)),
            ("hidden_weights", network.hidden[0].astype(np.float16)),
            ("hidden_bias", network.hidden[1]),
            ("output_weights", network.output[0].astype(np.float16)),
            ("output_bias", network.output[1]),
        )
    }


def _report(scores: list[Score], *, own: int, shared: int) -> None:
    content = {
        "own_passages": own,
        "shared_passages": shared,
        "seed": _SEED,
        "heads": [asdict(score) for score in scores],
    }
    _REPORT.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    for score in scores:
        structlog.get_logger().info("head_trained", **asdict(score))


if __name__ == "__main__":
    main()
