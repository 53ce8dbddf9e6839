"""The tagger's training text: marks become exact spans, swapped names keep their shape and their marks."""

import random
from pathlib import Path

from ingestion.labelling.training.naming.annotated import Annotated, columns, own
from ingestion.labelling.training.naming.swapping import Swapper


def marked(passage: Annotated) -> list[str]:
    """Return what the spans of a passage hold."""
    return [passage.text[start:end] for start, end in passage.spans]


def test_own_passages_hold_names_in_four_languages_and_no_mark_is_left() -> None:
    passages = list(own())

    assert {passage.source for passage in passages} >= {f"own/{language}" for language in ("en", "de", "fr", "es")}
    assert [passage.text for passage in passages if "<<" in passage.text or ">>" in passage.text] == []
    assert all(name.strip() == name and name for passage in passages for name in marked(passage))
    named = sum(bool(passage.spans) for passage in passages) / len(passages)
    assert 0.4 < named < 0.7


def test_a_file_in_columns_becomes_sentences_as_people_space_them(tmp_path: Path) -> None:
    lines = "Anna B-PER\nWeber I-PER\n's O\nbook O\n( O\nthe O\nfirst O\n) O\n. O\n\nNo O\nname O\n"
    (tmp_path / "tiny.conll").write_text(lines, encoding="utf-8")

    first, second = columns(tmp_path)

    assert first.text == "Anna Weber's book (the first)."
    assert marked(first) == ["Anna Weber"]
    assert (second.text, second.spans, second.source) == ("No name", (), "tiny")


def test_swapped_names_stand_where_the_spans_say_and_the_rest_stays() -> None:
    text = "Dr. Marta de la Cruz and J. Weber met Ute."
    passage = Annotated(text=text, spans=((4, 20), (25, 33), (38, 41)), source="test")
    swapper = Swapper(random.Random(5))

    for _ in range(50):
        swapped = swapper.swapped(passage)
        one, two, three = marked(swapped)
        assert swapped.text == f"Dr. {one} and {two} met {three}."
        assert " de la " in one
        assert two.startswith("J. ")
        assert " " not in three
