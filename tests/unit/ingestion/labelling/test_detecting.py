"""Identifiers are found with proof, and what only looks like one stays harmless (R1, R2)."""

import pytest

from ingestion.labelling import RingfenceLabeller
from ingestion.sensitivity import Category, Label

_LABELLER = RingfenceLabeller.shipped()


def labelled(text: str) -> Label:
    """Return the label that the detectors alone give."""
    (label,) = _LABELLER.label([text], None)
    return label


@pytest.mark.parametrize(
    ("category", "kind", "text", "value"),
    [
        (Category.PCI, "card_number", "Card 4203 8950 2036 7512 was charged.", "4203 8950 2036 7512"),
        (Category.PCI, "iban", "IBAN: DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        (Category.PCI, "card_security_code", "Visa card, CVV 123", "123"),
        (Category.PII, "us_ssn", "SSN 536-90-4399", "536-90-4399"),
        (Category.PII, "fr_social_security", "n° 2 95 10 99 126 111 93", "2 95 10 99 126 111 93"),
        (Category.PII, "es_nie", "NIE X2482300W", "X2482300W"),
        (Category.PII, "de_tax_id", "Steuer-ID 36 574 261 809", "36 574 261 809"),
        (Category.PII, "email", "Write to jana.roth@beispiel-gmbh.de", "jana.roth@beispiel-gmbh.de"),
        (Category.PII, "phone", "Call +44 20 7946 0018 today", "+44 20 7946 0018"),
        (Category.PII, "ip_address", "from 41.173.96.26 at noon", "41.173.96.26"),
        (Category.PII, "date_of_birth", "born on 12 March 1987", "12 March 1987"),
        (Category.PII, "street_address", "er wohnt Lindenstraße 14", "Lindenstraße 14"),
        (Category.PII, "person_name", "ask Paul Greengrass about it", "Paul Greengrass"),
        (Category.PII, "person_name", "Herr Zwetschgenbaum ruft an", "Zwetschgenbaum"),
        (Category.PHI, "medical_record_number", "MRN: 00482913", "00482913"),
        (Category.PHI, "procedure_code", "Is procedure 99213 covered?", "99213"),
        (Category.PHI, "icd_code", "The patient's diagnosis is E11.9 since May", "E11.9"),
        (Category.TRADE_SECRET, "aws_access_key", "key AKIAQ3EGRT7UVW2XYZ45 here", "AKIAQ3EGRT7UVW2XYZ45"),
        (Category.TRADE_SECRET, "private_key", "-----BEGIN RSA PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"),
        (Category.TRADE_SECRET, "confidentiality_marker", "Streng vertraulich!", "Streng vertraulich"),
        (Category.LEGAL_PRIVILEGE, "privilege_marker", "PRIVILEGED AND CONFIDENTIAL", "PRIVILEGED AND CONFIDENTIAL"),
    ],
)
def test_an_identifier_is_found_exactly_where_it_stands(category: Category, kind: str, text: str, value: str) -> None:
    label = labelled(text)
    spans = {text[found.start : found.end] for found in label.findings if found.kind == kind}

    assert category in label.categories
    assert value in spans


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Your order 4203895020367511 has shipped.", id="fails the check digit"),
        pytest.param("Tracking number 4203895020367512", id="a parcel's number that passes it"),
        pytest.param("Vitamin B12 is found in fish; see section M25.", id="a vitamin, a section"),
        pytest.param("Chapter 8.3.1.2 explains version 10.4.2.1 of the router.", id="headings and versions"),
        pytest.param("The server listens on 192.168.0.1 and 127.0.0.1.", id="private addresses"),
        pytest.param("Write to support@beispiel-gmbh.de or info@beispiel-gmbh.de.", id="mailboxes of roles"),
        pytest.param("Set password = <your password> in the file.", id="a placeholder"),
        pytest.param("The ISBN is 978-3-16-148410-0.", id="a book"),
        pytest.param("We met in Paris, Florence and San Francisco in May.", id="places and a month"),
        pytest.param("This licence is not confidential.", id="a marker denied"),
    ],
)
def test_a_near_miss_is_no_finding(text: str) -> None:
    assert labelled(text).findings == ()


def test_a_finding_never_holds_the_value() -> None:
    label = labelled("Card 4203 8950 2036 7512 of jana.roth@beispiel-gmbh.de")

    assert "4203" not in repr(label)
    assert "jana" not in repr(label)
