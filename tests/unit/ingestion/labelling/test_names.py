"""Names of persons are found by their context, in any length of text, and never without weights (R1, R5)."""

import pytest

from ingestion.labelling.names import NameDetector
from ingestion.labelling.names.tagger import NameTagger
from ingestion.labelling.names.tokens import TOKEN
from ingestion.labelling.normalising import Views


def names_in(text: str) -> set[str]:
    """Return the texts of the findings."""
    return {text[found.start : found.end] for found in NameDetector().findings(Views.of(text))}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Yesterday Anna Kowalczyk met the auditors in Hamburg.", "Anna Kowalczyk"),
        ("Der Bericht wurde von Jürgen Osterkamp unterschrieben.", "Jürgen Osterkamp"),
        ("La réunion a été reportée à la demande de Mathilde Vasseur.", "Mathilde Vasseur"),
        ("El acta la firmó Rodrigo Etxeberria el lunes.", "Rodrigo Etxeberria"),
        ("please call anna becker tomorrow", "anna becker"),
        ("ask AnnaBecker about the printer", "AnnaBecker"),
        ("Bitte Anna\u200bBecker den Schlüssel geben", "Anna\u200bBecker"),
        ("Zeljko Vranjes-Otunba answered every question of the committee.", "Zeljko Vranjes-Otunba"),
    ],
)
def test_a_name_is_found_in_each_language_whether_it_is_on_a_list_or_not(text: str, name: str) -> None:
    assert name in names_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "The Reynolds number of the flow was high and the Mach number low.",
        "Der Bodensee und der Schwarzwald liegen in Süddeutschland.",
        "Le train pour Bordeaux part du quai numéro trois.",
        "La catedral de Sevilla se visita por la mañana.",
        "Please close the window before you leave the office.",
    ],
)
def test_a_capital_alone_makes_no_name(text: str) -> None:
    assert names_in(text) == set()


def test_a_name_is_found_wherever_a_long_text_is_looked_at_in_blocks() -> None:
    filler = "the committee approved the minutes of the last meeting and closed the session . "
    for repeats in range(24, 34):
        text = f"{filler * repeats}Afterwards Marta Lindqvist thanked the team. {filler * 5}"

        assert "Marta Lindqvist" in names_in(text)


def test_the_tagger_gives_one_probability_per_token_and_none_for_nothing() -> None:
    tagger = NameTagger.shipped()
    tokens = TOKEN.findall("Anna Kowalczyk lives here.")

    assert tagger.probabilities([]).shape == (0,)
    assert tagger.probabilities(tokens).shape == (len(tokens),)
    assert tagger.probabilities(["."]).shape == (1,)
