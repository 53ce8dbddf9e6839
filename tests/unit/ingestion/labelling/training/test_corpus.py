"""The training corpus is reproducible, without duplicates, and every line of it can be written out."""

import random
import re
from collections import Counter
from pathlib import Path

import pytest

import ingestion.labelling.training
from ingestion.labelling.heads import KINDS
from ingestion.labelling.training import framing
from ingestion.labelling.training.corpus import NONE, passages, themes_of

_FOLDER = Path(ingestion.labelling.training.__file__).parent
_FILES = sorted([*(_FOLDER / "templates").glob("*.txt"), *(_FOLDER / "passages").glob("*.txt")])
_SLOTS = {"person": ["Anna Weber", "Omar Haddad"], "year": ["2024"], "company": ["Halvorsen"]}


def test_a_seed_writes_the_same_corpus_again() -> None:
    assert passages(3) == passages(3)


def test_no_passage_is_written_twice_and_none_keeps_a_slot_or_an_alternative() -> None:
    texts = [passage.text for passage in passages(7) if passage.language != "code"]
    slots = (_FOLDER / "templates" / "slots.txt").read_text(encoding="utf-8").splitlines()
    left = re.compile("|".join(rf"\{{{line.removeprefix('= ').partition(':')[0]}\}}" for line in slots))

    assert len(texts) == len(set(texts))
    assert [text for text in texts if left.search(text)] == []


def test_every_head_has_thousands_of_passages_in_four_languages() -> None:
    counts = Counter(passage.label for passage in passages(7))
    languages = {(passage.label, passage.language) for passage in passages(7)}

    assert all(counts[kind] > 1_000 for kind in (*KINDS, NONE))
    wanted = {(kind, tongue) for kind in ("clinical", "counsel", "business") for tongue in ("en", "de", "fr", "es")}
    assert wanted <= languages


@pytest.mark.parametrize("path", [path for path in _FILES if path.name != "slots.txt"], ids=lambda path: path.stem)
def test_a_file_names_its_themes_once_and_labels_each(path: Path) -> None:
    themes = list(themes_of(path.read_text(encoding="utf-8").split("\n")))

    assert len({theme.key for theme in themes}) == len(themes)
    assert {theme.label for theme in themes} <= {*KINDS, NONE}
    assert all(theme.sentences for theme in themes)


def test_a_theme_stands_in_one_file_only() -> None:
    keys = Counter(
        theme.key
        for path in _FILES
        if path.name != "slots.txt"
        for theme in themes_of(path.read_text(encoding="utf-8").split("\n"))
    )

    assert [key for key, count in keys.items() if count > 1] == []


def test_a_cut_keeps_a_part_of_the_text_and_a_mail_keeps_all_of_it() -> None:
    chance = random.Random(1)
    text = " ".join(f"word{number}" for number in range(60))
    for _ in range(20):
        assert framing.cut(text, "", _SLOTS, chance) in text
        assert "word0" in framing.mailed(text, "some other text", _SLOTS, chance)
