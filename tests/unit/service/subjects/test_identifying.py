"""An identifier is found however it is grouped, and never inside a longer one (R40)."""

import pytest

from service.errors import InvalidRequestError
from service.subjects import Matcher, Subject


def _found(identifier: str, text: str) -> list[tuple[str, bool]]:
    matcher = Matcher(Subject(identifiers=(identifier,)))
    return [(text[one.start : one.end], one.certain) for one in matcher.matches(text)]


@pytest.mark.parametrize(
    ("identifier", "text", "found"),
    [
        ("max.mustermann@firma.de", "An Max.Mustermann@Firma.DE,", "Max.Mustermann@Firma.DE"),
        ("max@firma.de", "max (at) firma (punkt) de", "max (at) firma (punkt) de"),
        ("+49 30 1234567", "Tel. 030/1234567", "030/1234567"),
        ("030 1234567", "Tel. +49 (0)30 123 45 67", "+49 (0)30 123 45 67"),
        ("+49301234567", "0049 30 1234567", "0049 30 1234567"),
        ("+1 555 010 9999", "(555) 010-9999", "(555) 010-9999"),
        ("DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("DE89 3704 0044 0532 0130 00", "de89370400440532013000", "de89370400440532013000"),
        ("4111111111111111", "4111-1111-1111-1111", "4111-1111-1111-1111"),
        ("P-48213", "Personalnummer P 48213", "P 48213"),
    ],
)
def test_an_identifier_is_found_in_every_spelling(identifier: str, text: str, found: str) -> None:
    assert _found(identifier, text) == [(found, True)]


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("max@firma.de", "amax@firma.de"),
        ("max@firma.de", "max@firma.des"),
        ("max@firma.de", "x.max@firma.de"),
        ("+49 30 1234567", "030 12345678"),
        ("+49 30 1234567", "9301234567"),
        ("48213", "482134"),
        ("48213", "Konto 148213"),
    ],
)
def test_a_longer_identifier_is_another_one(identifier: str, text: str) -> None:
    assert _found(identifier, text) == []


@pytest.mark.parametrize(
    ("identifiers", "names"),
    [((), ()), (("1234",), ()), ((), ("J",)), ((), ("",)), (("x" * 400,), ()), (("12345",) * 60, ())],
    ids=["nothing", "short", "letter", "empty", "long", "many"],
)
def test_what_would_find_everybody_or_nobody_is_refused(identifiers: tuple[str, ...], names: tuple[str, ...]) -> None:
    with pytest.raises(InvalidRequestError):
        Subject(identifiers=identifiers, names=names)


def test_a_subject_does_not_show_itself() -> None:
    assert "max" not in repr(Subject(identifiers=("max@firma.de",), names=("Max Muster",)))
