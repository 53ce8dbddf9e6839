"""`ringfence subjects locate`: who is looked for, and how what was found is shown (R40)."""

import pytest

from service.cli.subjects import people_of, show
from service.errors import SettingsError


def test_a_line_with_a_digit_or_an_at_is_an_identifier_and_any_other_a_name() -> None:
    text = "j.mueller@firma.de\n\n Jürgen Müller \n+49 30 1234567\n"
    assert people_of(text) == (["j.mueller@firma.de", "+49 30 1234567"], ["Jürgen Müller"])


def test_nobody_is_told_how_to_say_who() -> None:
    with pytest.raises(SettingsError, match="--identifier"):
        people_of("\n")


def test_everything_found_and_everything_unread_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    place = {"found_by": ["exact", "index"], "forms": ["initial"], "certain": False, "snippet": "Akte [J▇▇]"}
    document = {
        "document_id": "d1",
        "title": "Z▇▇",
        "certain": False,
        "chunks": [place | {"chunk": 3}],
        "fields": [{"field": "file_name", "forms": ["family"], "certain": False, "snippet": "M▇▇.pdf"}],
    }
    show(
        {
            "documents": [document],
            "turns": [place | {"turn_id": "t1", "conversation_id": "c1"}],
            "not_searched": [{"reason": "failed", "document_id": "d2", "turn_id": None}],
            "not_indexed": ["d1"],
            "searched_documents": 9,
            "searched_chunks": 30,
            "searched_turns": 2,
        }
    )
    told = capsys.readouterr().out
    for word in ("chunk 3", "file name", "possible", "exact, index", "Akte [J▇▇]", "turn t1", "1 possible"):
        assert word in told
    assert "document d2: could not be read in" in told
    assert "1 documents are not in the index yet" in told
