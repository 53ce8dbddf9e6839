"""A figure of an answer must be in its source, however either writes it (R13)."""

# ruff: noqa: RUF001 - minus signs are what is tested

import pytest

from service.citing.figures import Figures, figures


def held(answer: str, source: str) -> list[bool]:
    known = Figures(source)
    return [known.holds(figure, answer[figure.start : figure.end]) for figure in figures(answer)]


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("The fee is 1,234.50 euros.", "Fee: 1.234,50 €"),
        ("It has 20 000 members.", "20.000 Mitglieder"),
        ("It has 1240 members.", "1,240 people"),
        ("Revenue was 1.5 million dollars.", "USD 1,500,000"),
        ("Il y a 1,84 million d'euros.", "1.84 Mio. EUR"),
        ("40 % of it", "40 percent"),
        ("40 pour cent", "40 %"),
        ("You get thirty days.", "30 days"),
        ("You get 25 days.", "twenty-five days"),
        ("fünfundzwanzig Tage", "25 Tage"),
        ("vingt-cinq jours", "25 jours"),
        ("treinta y un días", "31 días"),
        ("on 5 March 2026", "2026-03-05"),
        ("on March 5, 2026", "05.03.2026"),
        ("am 5. März", "on 5 March 2027"),
        ("el 31 de marzo de 2027", "31/03/2027"),
        ("le 1er janvier 2027", "1. Januar 2027"),
        ("in March 2026", "on 2026-03-05"),
        ("It opens at 8 am.", "opens at 8:00"),
        ("It opens at 10:30 pm.", "22 h 30"),
        ("It closes at 14 h.", "14:00 Uhr"),
        ("It opens at 8.", "at eight"),
        ("open on Wednesdays", "Monday to Friday"),
        ("mercredi", "Montag bis Freitag"),
        ("order A-10231", "the order A-10231 was sent"),
        ("version 4.2.1", "Version 4.2.1"),
        ("card 4111111111111111", "4111 1111 1111 1111"),
        ("a 5-day week", "five days"),
        ("−5 degrees", "at -5 degrees"),
    ],
)
def test_the_same_figure_in_another_spelling_is_held(answer: str, source: str) -> None:
    assert held(answer, source)
    assert all(held(answer, source))


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("You get 30 weeks.", "30 days"),
        ("It costs 40 euros.", "40 dollars"),
        ("It costs 40 euros.", "140 euros"),
        ("It rose by 40 %.", "by 40 euros"),
        ("It rose by 1.5.", "by 15"),
        ("1.84 milliards d'euros", "1,84 Mio. Euro"),
        ("on 5 March 2026", "6 March 2026"),
        ("on 5 March 2026", "5 March 2025"),
        ("in April", "in May"),
        ("at 8 am", "20:00"),
        ("at 10:30", "10:45"),
        ("open on Sundays", "Monday to Friday"),
        ("order A-10232", "A-10231"),
        ("version 4.2.2", "4.2.1"),
        ("You get forty days.", "30 days"),
        ("achtundzwanzig Urlaubstage", "dreißig Urlaubstage"),
        ("−5 degrees", "5 degrees"),
        ("card 4111111111111112", "4111 1111 1111 1111"),
    ],
)
def test_another_figure_is_not_held(answer: str, source: str) -> None:
    assert held(answer, source)
    assert not all(held(answer, source))


@pytest.mark.parametrize(
    "text",
    [
        "1. Do this\n2) Do that",
        "one of them",
        "once a week",
        "ein Haus",
        "un nouveau plan est neuf",
        "May I?",
        "no digits",
    ],
)
def test_what_states_no_figure_claims_none(text: str) -> None:
    assert figures(text) == ()
