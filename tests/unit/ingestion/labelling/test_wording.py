"""Words are hashed into rows: the same everywhere, whatever the case, the accents or the value of a number."""

import numpy as np
import pytest

from ingestion.labelling.hashing import row_of
from ingestion.labelling.wording import mean_rows, rows_of

_ROWS = 1 << 10


def test_a_word_falls_into_the_same_row_on_every_machine() -> None:
    assert row_of("diagnosis", 1 << 15) == 3_901


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Traitement de la patiente", "TRAITEMENT DE LA PATIENTE"),
        ("Übelkeit und Fieber", "ubelkeit und fieber"),
        ("invoice 4711", "invoice 8254"),
    ],
)
def test_case_accents_and_digits_do_not_matter(one: str, other: str) -> None:
    assert rows_of(one, _ROWS).tolist() == rows_of(other, _ROWS).tolist()


def test_the_order_of_words_matters_a_little() -> None:
    texts = ("client advises counsel", "counsel advises client")
    first, second = (set(rows_of(text, _ROWS).tolist()) for text in texts)

    assert first != second
    assert first & second


def test_long_words_with_one_beginning_share_a_row() -> None:
    shared = set(rows_of("diagnosis", 1 << 15).tolist()) & set(rows_of("diagnostic", 1 << 15).tolist())

    assert len(shared) == 1


def test_a_text_without_words_stands_for_nothing() -> None:
    table = np.ones((_ROWS, 3), dtype=np.float32)

    assert mean_rows(table, rows_of("", _ROWS)).tolist() == [0, 0, 0]
    assert mean_rows(table, np.array([1, 2, 3, 4])).tolist() == [2, 2, 2]
