"""Keyed hashes (HMAC under the tenant's key) of whom a text names: equal ones meet, and reveal nothing (R40)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product

from ingestion.labelling.names.words import facts_of
from ingestion.sensitivity import Finding
from service.sealing import Key
from service.subjects.folding import Word, folded, stem, stems, words
from service.subjects.identifiers import EMAIL, email_of, number_of, phone_of
from service.subjects.matching import Form
from service.subjects.names import PersonName
from service.subjects.values import Subject

MARKS_VERSION = "subjects-1"
"""What marks are made of. Where this changes, every document is marked anew in the background."""
_NAME = "person_name"
_FEWEST, _MOST = 5, 64
"""Letters and digits of what is taken for a number-like identifier."""
_MOST_WORDS = 400
_CODE = re.compile(r"\b[A-Za-z]{1,5}-?\d{4,12}\b")
"""What may be somebody's number here and is no number anywhere else: `P-48213`."""

_Plain = tuple[str, str]
"""A purpose and a normalised value: what a mark is the hash of."""


def marks_of_text(key: Key, text: str, findings: Iterable[Finding]) -> frozenset[bytes]:
    """Return the marks of everybody whom the findings in the text, or an address or a staff number in it, name."""
    found: set[_Plain] = set()
    for finding in findings:
        value = text[finding.start : finding.end]
        found.update(_of_name(value) if finding.kind == _NAME else _of_identifier(value))
    for pattern in (EMAIL, _CODE):
        found.update(one for written in pattern.finditer(text) for one in _of_identifier(written.group()))
    return frozenset(_mark(key, one) for one in found)


def marks_of_words(key: Key, text: str) -> frozenset[bytes]:
    """Return the marks of whom a title, a file name or a turn may name, where no labeller looked for names.

    Every capital word that is no ordinary one may be a name, and so may two beside each other.
    """
    line = [word for word in words(text.replace("_", " ")) if word.capital][:_MOST_WORDS]
    names = [word.text for word in line if not _ordinary(word)]
    pairs = [pair for pair in pairwise(line) if not all(map(_ordinary, pair))]
    names += [f"{one.text} {other.text}" for pair in pairs for one, other in (pair, pair[::-1])]
    found = {one for name in names for one in _of_name(name)}
    found.update(one for address in EMAIL.finditer(text) for one in _of_identifier(address.group()))
    return frozenset(_mark(key, one) for one in found)


def marks_of_subject(key: Key, subject: Subject) -> Mapping[bytes, Form]:
    """Return the marks under which a text that names the person is found, with what each of them says."""
    plain = [(one, Form.IDENTIFIER) for identifier in subject.identifiers for one in _of_identifier(identifier)]
    plain += [(one, _FORMS[one[0]]) for name in subject.names for one in _of_name(name, every_case=True)]
    marks: dict[bytes, Form] = {}
    for one, form in plain:
        marks.setdefault(_mark(key, one), form)
    return marks


_FORMS = {"subject:name": Form.FULL_NAME, "subject:initial": Form.INITIAL, "subject:family": Form.FAMILY}


def _of_identifier(value: str) -> Iterator[_Plain]:
    email = email_of(value)
    if email is not None:
        yield "subject:email", email
        return
    number = number_of(value)
    if _FEWEST <= len(number) <= _MOST and any(sign.isdigit() for sign in number):
        yield "subject:number", number
    phone = phone_of(value)
    if phone is not None:
        yield "subject:phone", phone.national


def _of_name(value: str, *, every_case: bool = False) -> Iterator[_Plain]:
    """Yield given with family (in no order, for nobody knows which is which), initial with family, family.

    `every_case` for who is looked for: a text has one form of a name, and one mark for it.
    """

    def stems_of(word: str) -> Iterable[str]:
        return stems(word) if every_case else (stem(word),)

    name = PersonName.of(value)
    if name is None:
        return
    whole = ("".join(name.family),) if len(name.family) > 1 else ()
    families = [one for word in (*name.family, *name.whole_between, *whole) for one in stems_of(word)]
    for family in families:
        yield "subject:family", family
        if name.initial:
            yield "subject:initial", f"{name.initial} {family}"
    for given, family in product((one for word in name.whole_given for one in stems_of(word)), families):
        yield "subject:name", " ".join(sorted((given, family)))


def _mark(key: Key, plain: _Plain) -> bytes:
    purpose, value = plain
    return bytes.fromhex(key.fingerprint(value.encode(), purpose=purpose))


def _ordinary(word: Word) -> bool:
    facts = facts_of(folded(word.text))
    return facts.ordinary and not (facts.given or facts.surname)
