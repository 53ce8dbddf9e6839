"""The token budget is on the safe side of a real model's tokenizer (R13)."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from service.adapters.sentence_transformers import PackagedTokenizer
from service.answering.budget import MARGIN, Budget
from service.policy.prompt import Origin
from tests.prompts import a_part, a_prompt

_ROOT = Path(__file__).parents[2]
_TOKENIZER = _ROOT / ".build" / "models" / "SmolLM2-135M-Instruct" / "tokenizer.json"
_PASSAGES = _ROOT / "ingestion" / "labelling" / "training" / "passages"
_PROMPTS_PER_FILE = 20


def _prompts() -> Iterator[list[str]]:
    """Yield four passages of one kind: prose in four languages, mail, tables, source code."""
    chosen = random.Random(1)
    for file in sorted(_PASSAGES.glob("*.txt")):
        lines = [line for line in file.read_text("utf-8").splitlines() if line.strip() and not line.startswith("@")]
        for _ in range(_PROMPTS_PER_FILE):
            yield [line.replace("\\n", "\n") for line in chosen.sample(lines, 4)]


@pytest.mark.skipif(not _TOKENIZER.exists(), reason="no local model is set up here: run make local-model")
def test_no_prompt_has_more_tokens_than_were_counted() -> None:
    real = Tokenizer.from_file(str(_TOKENIZER))
    budget = Budget(tokenizer=PackagedTokenizer("packaged"), answer_tokens=0, local_context=2_048, cloud_context=2_048)
    shares = []
    for sources in _prompts():
        prompt = a_prompt(sources=sources)
        text = "\n".join([prompt.instructions(), *(turn.text for turn in prompt.messages())])
        shares.append(len(real.encode(text).ids) / (budget.count(text) * MARGIN))
    assert len(shares) >= 500
    assert max(shares) < 1


def test_a_part_costs_no_less_than_its_text() -> None:
    budget = Budget(tokenizer=PackagedTokenizer("packaged"), answer_tokens=0, local_context=2_048, cloud_context=2_048)
    assert budget.fitted(a_prompt(), context=2_048).parts
    assert budget.count(a_part(Origin.CHUNK, "eight words of the plain English language here").text) >= 8
