"""Train the shipped name tagger: `python -m ingestion.labelling.training.naming --shared FOLDER --columns FOLDER`."""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import structlog
import torch

from ingestion.labelling.names.tagger import WEIGHTS
from ingestion.labelling.training.naming.annotated import columns, own, shared
from ingestion.labelling.training.naming.tagging import stored, trained

_TARGET = Path(__file__).parent.parent.parent / "names" / WEIGHTS
_SEED = 7
_THRESHOLD = 0.23


def main() -> None:
    """Write the tagger's weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, help="folder of public labelled JSONL files")
    parser.add_argument("--columns", type=Path, help="folder of CoNLL files (*.conll) whose licences allow training")
    parser.add_argument("--threshold", type=float, default=_THRESHOLD, help="probability from which a token is a name")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    passages = [
        *own(),
        *(shared(chosen.shared) if chosen.shared else ()),
        *(columns(chosen.columns) if chosen.columns else ()),
    ]
    structlog.get_logger().info("name_tagger_training", **Counter(passage.source for passage in passages))
    np.savez_compressed(_TARGET, allow_pickle=False, **stored(trained(passages, _SEED), chosen.threshold))


if __name__ == "__main__":
    main()
