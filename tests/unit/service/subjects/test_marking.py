"""Marks of a text and marks of a person meet where the text names the person, and reveal nothing (R40)."""

import pytest

from ingestion.sensitivity import Category, Finding
from service.sealing import Key
from service.subjects import Form, Subject, marks_of_subject, marks_of_text, marks_of_words

_KEY = Key(b"k" * 32)


def _marks(text: str, kind: str) -> frozenset[bytes]:
    finding = Finding(category=Category.PII, kind=kind, start=0, end=len(text), confidence=1.0, detector="test")
    return marks_of_text(_KEY, text, [finding])


def _met(subject: Subject, marks: frozenset[bytes], key: Key = _KEY) -> set[Form]:
    return {form for mark, form in marks_of_subject(key, subject).items() if mark in marks}


@pytest.mark.parametrize(
    ("name", "written", "form"),
    [
        ("Jürgen Müller", "Jürgen Müllers", Form.FULL_NAME),
        ("Jürgen Müller", "MUELLER JUERGEN", Form.FULL_NAME),
        ("Jürgen Müller", "Müller, Jürgen", Form.FULL_NAME),
        ("Jürgen Müller", "J. Müller", Form.INITIAL),
        ("Jürgen Müller", "Dr. Müller", Form.FAMILY),
        ("J. Müller", "Jürgen Müller", Form.INITIAL),
        ("Jan Kowalski", "Janem Kowalskim", Form.FULL_NAME),
    ],
)
def test_a_person_meets_the_forms_of_their_name(name: str, written: str, form: Form) -> None:
    assert form in _met(Subject(names=(name,)), _marks(written, "person_name"))


@pytest.mark.parametrize(
    ("identifier", "written", "kind"),
    [
        ("max@firma.de", "Max@Firma.de", "email"),
        ("+49 30 1234567", "030 / 1234567", "phone"),
        ("DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "iban"),
    ],
)
def test_a_person_meets_the_spellings_of_an_identifier(identifier: str, written: str, kind: str) -> None:
    assert _met(Subject(identifiers=(identifier,)), _marks(written, kind)) == {Form.IDENTIFIER}


def test_names_in_titles_and_file_names_are_marked_without_a_labeller() -> None:
    marks = marks_of_words(_KEY, "Arbeitsvertrag_Müller_Jürgen.pdf")
    assert Form.FULL_NAME in _met(Subject(names=("Jürgen Müller",)), marks)


def test_addresses_and_staff_numbers_are_marked_where_no_labeller_found_them() -> None:
    marks = marks_of_text(_KEY, "NW-40013 schreibt an max@firma.de", [])
    assert _met(Subject(identifiers=("nw40013",)), marks) == {Form.IDENTIFIER}
    assert _met(Subject(identifiers=("MAX@firma.de",)), marks) == {Form.IDENTIFIER}


def test_marks_under_another_key_never_meet() -> None:
    """R30: another tenant's marks are other marks."""
    other = Key(b"o" * 32)
    assert _met(Subject(names=("Jürgen Müller",)), _marks("Jürgen Müller", "person_name"), other) == set()


def test_marks_are_hashes_of_one_length() -> None:
    marks = _marks("Jürgen Müller", "person_name") | marks_of_words(_KEY, "Müller Jürgen max@firma.de")
    assert {len(mark) for mark in marks} == {32}
