"""Sentences are cut where they end, in four languages, and nowhere else (R13: a citation belongs to its sentence)."""

import pytest

from service.citing.sentences import sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["One. ", "Two! ", "Three?"],
        ["Dr. J. Meyer approves it. ", "Mr. Hale does not."],
        ["It costs 3.50 euros, i.e. little. ", "See No. 4 on p. 12."],
        ["Bring a coat, e.g. A warm one. ", "Done."],
        ["Anträge stellt man z. B. über das Portal. ", "Das gilt ab dem 1. Januar. ", "Fertig."],
        ["Im 3. Stock sitzt Hr. Dr. Weber, vgl. Abs. 2. ", "Er ist um 14 Uhr da."],
        ["Les demandes, p. ex. M. Lefèvre, sont validées. ", "Voir art. 5."],
        ["Lo aprueba la Sra. Ruiz, p. ej. en el portal. ", "Véase pág. 3."],
        ["He came at 5 p.m. ", "Then he left."],
        ["What? ", "¿Qué? ", "¡Hola!"],
        ["The limit is 12. ", "Visitors may stay."],
        ["Parking is free [1]. ", "Lunch is not [2]."],
        ["Parking is free. [1] ", "Lunch is not. [2][3]"],
        ["Parking is free [1]. ", "[2] says that lunch is not."],
        ['He said "Stop. Go." to us. ', "We went."],
        ['"Stop." ', "We stopped."],
        ["Wait… ", "Now."],
        ["Version 4.2.1 is at example.org now. ", "Yes."],
        ["The items are:\n", "1. Germany: 28 [1]\n", "2. France: 33 [1]\n", "- Spain: 30"],
        ["A heading\n", "\nA line that is\nwrapped by a printer. ", "Next."],
        ["窓口は八時に開きます。", "土曜は休みです。"],
        ["Das kostet 1.234,50 Euro. ", "Mehr nicht."],
    ],
)
def test_a_text_is_cut_into_its_sentences(parts: list[str]) -> None:
    assert cut("".join(parts)) == [part.strip() for part in parts]


@pytest.mark.parametrize("text", ["", " \n ", "."])
def test_a_text_without_words_has_at_most_its_signs(text: str) -> None:
    assert "".join(cut(text)) == text.strip()
