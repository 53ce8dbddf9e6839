"""What authors write over a text is recognised, misspelled too; talk about such marks is none (R1, R2)."""

# ruff: noqa: E501 - a table is read by its rows

import pytest

from ingestion.labelling import RingfenceLabeller
from ingestion.sensitivity import Category

_LABELLER = RingfenceLabeller.shipped()


def marked(text: str) -> set[Category]:
    (label,) = _LABELLER.label([text], None)
    return {finding.category for finding in label.findings if finding.detector == "markers"}


@pytest.mark.parametrize(
    "text",
    [
        "PRIVILEGED AND CONFIDENTIAL", "Priviledged & Confidential", "PRIVILEGDE AND CONFIDENTIAL", "Confidential - Privileged",
        "attorney/client privilege", "Attorney-Client Communication", "ATTORNY CLIENT PRIVILEGED", "A/C Priv.", "A/C Privileged",
        "attorney work-product", "Privileged / Attorney Work Product", "Confidential Atty Client Work Product", "Legal advice privilege applies to this note.",
        "Solicitor-client privileged", "Legal Professional Privilege", "Litigation privilege", "legally privileged",
        "For settlement purposes only, privileged", "WITHOUT PREJUDICE SAVE AS TO COSTS", "Without prejudice and confidential",
        "Prepared in anticipation of litigation", "Prepared at the direction of counsel", "Joint defense privilege",
        "Subject to attorney-client privilege", "Privileged memorandum",
        "Anwaltsgeheimnis", "Vertrauliche Anwaltskorrespondenz", "Unterliegt der anwaltlichen Verschwiegenheitspflicht",
        "Couvert par le secret professionnel de l'avocat", "Confidentiel - correspondance avocat", "Correspondance d'avocat",
        "Secreto profesional del abogado", "Comunicación confidencial entre abogado y cliente", "Confidencial y privilegiado",
    ],
)  # fmt: skip
def test_a_mark_of_privilege_is_recognised(text: str) -> None:
    assert Category.LEGAL_PRIVILEGE in marked(f"{text}\n\nPlease read before the meeting.")


@pytest.mark.parametrize(
    "text",
    [
        "This e-mail may contain confidential or privileged information.",
        "This message may contain information that is privileged and confidential.",
        "It might contain legally privileged material.",
        "What is attorney-client privilege?", "The definition of legal privilege differs by country.",
        "This letter is not privileged and confidential.", "You have the privilege of an early start.",
        "Users need administrator privileges.", "privileged mode of the container", "without prejudice to section 4",
        "A term such as work product may be unknown to you.", "Ce courriel peut contenir des informations confidentielles.",
        "Diese E-Mail kann vertrauliche Informationen enthalten.", "The privileged port range ends at 1023.",
    ],
)  # fmt: skip
def test_talk_about_privilege_and_standing_disclaimers_are_no_mark(text: str) -> None:
    """R2."""
    assert Category.LEGAL_PRIVILEGE not in marked(text)


@pytest.mark.parametrize(
    "text",
    [
        "Company Confidential", "STRICTLY CONFIDENTIAL", "Commercial in confidence", "Confidential: do not distribute",
        "For internal use only", "Trade secret - do not copy", "Proprietary and confidential", "Board confidential",
        "Streng vertraulich", "Geschäftsgeheimnis", "Nur für den internen Gebrauch", "Vertraulich - nicht weitergeben",
        "Strictement confidentiel", "Secret des affaires", "Usage interne uniquement", "Ne pas diffuser",
        "Estrictamente confidencial", "Secreto empresarial", "Solo para uso interno", "No difundir",
    ],
)  # fmt: skip
def test_a_mark_of_secrecy_is_recognised_in_four_languages(text: str) -> None:
    assert Category.TRADE_SECRET in marked(f"{text}\n\nPricing 2027")


@pytest.mark.parametrize(
    "text", ["This licence is not confidential.", "How to handle confidential waste", "The usage of internal links", "Das ist nicht streng vertraulich."]
)  # fmt: skip
def test_talk_about_secrecy_is_no_mark(text: str) -> None:
    assert marked(text) == set()
