"""What the labeller scored when its weights were last trained: `python -m tests.evaluation.floors` writes it anew.

Every score carries its interval, and CI fails when one falls out of it on the wrong side.
"""

from pathlib import Path

import msgspec

from bench.labellers import unseen
from service import bootstrap, settings
from service.evaluation.classifying import RingfenceClassifier
from service.evaluation.rows import read
from service.evaluation.running import Report, evaluate

_HERE = Path(__file__).parent
SHARED = _HERE.parents[2] / "shared" / "data"
OWN_FLOORS, PUBLIC_FLOORS = _HERE / "floors_own.json", _HERE / "floors_public.json"
_ROWS = 120


def own() -> Report:
    """Return how the labeller does on our own rows, which no weight was trained on."""
    return evaluate(read([_HERE / "rows"]), _classifier())[0]


def public() -> Report:
    """Return how it does on a sample of public rows that no weight was trained on. Raises RowsError without them."""
    files = [unseen(file) for file in read([SHARED / "labelled", SHARED / "evasion"])]
    return evaluate(files, _classifier(), limit=_ROWS)[0]


def _classifier() -> RingfenceClassifier:
    return RingfenceClassifier(bootstrap.labeller_parts(settings.load()))


def main() -> None:
    """Write both files."""
    for path, measure in ((OWN_FLOORS, own), (PUBLIC_FLOORS, public)):
        path.write_bytes(msgspec.json.format(msgspec.json.encode(measure()), indent=1) + b"\n")


if __name__ == "__main__":
    main()
