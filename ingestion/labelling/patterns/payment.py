"""Payment data (PCI): cards, bank accounts, and what belongs to them."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns import cards, proofs
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.sensitivity import Category

_PCI = Category.PCI
_IS = r"(?: ?(?:code|number|nummer|no|nr|is|ist|est|es|lautet|was|of|de|card)\b){0,3}[ :#=.\-/]{0,4}"
_DIGITS = r"\d(?:[ \-.\n\r\t/_|,:*~+]{0,3}\d){11,200}"

PAYMENT = (
    Pattern(
        kind="card_number",
        category=_PCI,
        shape=rf"\b({_DIGITS})\b",
        valid=cards.issued,
        context=cards.not_named_otherwise,
    ),
    Pattern(
        kind="card_number",
        category=_PCI,
        shape=rf"(?:^|\D)({_DIGITS})(?:\D|$)",
        valid=cards.checked,
        context=cards.named_a_card,
        confidence=0.99,
        reversible=True,
    ),
    Pattern(
        kind="iban",
        category=_PCI,
        shape=r"(?i)(?:^|[^A-Z0-9])([A-Z]{2}[ \-.]?\d{2}(?:[ \-./_\n]{0,2}[A-Z0-9]){11,32})\b",
        valid=proofs.bank_account,
        confidence=0.99,
        reversible=True,
    ),
    Pattern(
        kind="card_security_code",
        category=_PCI,
        shape=r"(?i)\b(?:cvv2?|cvc2?|csc|card (?:security|verification|identification) (?:code|value|number)|"
        r"(?:karten)?prufnummer|kartenprufziffer|prufziffer der karte|cryptogramme(?: visuel)?|"
        r"(?:card |3[\- ]digit )security code|codigo (?:de seguridad|cvv|cvc)|code de securite)\b(?:/cv[vc]2?)?"
        rf"{_IS}(\d{{3,4}})\b",
    ),
    Pattern(
        kind="card_expiry",
        category=_PCI,
        shape=r"(?i)\b(?:exp(?:iry|ires?|iring|iration|\.)?(?: date| on)?|valid (?:thru|through|until|to)|good thru|gultig bis|ablaufdatum|"
        r"expire(?: le)?|date d'expiration|valable jusqu'au|caduca|caducidad|vencimiento|vence)\b[^\d\n]{0,10}"
        r"((?:0?[1-9]|1[0-2]) ?[/\-.] ?(?:20)?\d{2})\b",
        near=cards.STRICTLY,
    ),
    Pattern(
        kind="bic",
        category=_PCI,
        shape=r"\b([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b",
        valid=proofs.stdnum("bic"),
        near=words(r"bic|swift[ \-/]?(?:code|bic|adress\w*|nr)|iban|bankverbindung"),
    ),
    Pattern(
        kind="routing_number",
        category=_PCI,
        shape=r"\b(\d{9})\b",
        valid=proofs.stdnum("us.rtn"),
        near=words(r"routing|aba|rtn|wire transfer|ach"),
    ),
    Pattern(
        kind="bank_account",
        category=_PCI,
        shape=r"(?i)\b(?:(?:bank|checking|savings|giro)[ \-]?(?:account|acct|konto)|(?:account|acct|a/c)(?: ?(?:no|nr|num|number)\b\.?|#)|acct|a/c|"
        r"konto(?:nummer|-?nr\.?)?|(?:numero de )?(?:compte|cuenta)(?: bancaire| bancaria)?)"
        r"(?: ?(?:no|nr|num|number|numero|n)\b\.?)?[ :#.=]{0,4}(?:is |ist |est |es |lautet )?(\d[\d \-]{6,18}\d)\b",
        valid=proofs.dialled,
        unless=words(r"customer|kunden\w*|client|cliente|user|github|support|ticket|utility|meter"),
        confidence=0.8,
    ),
    Pattern(
        kind="sort_code",
        category=_PCI,
        shape=r"(?i)\b(?:sort[ \-]?code|blz|bankleitzahl)\b[ :#.=]{0,4}(?:is |ist |lautet )?(\d{2}[ \-]?\d{2}[ \-]?\d{2}(?:[ \-]?\d{2})?)\b",
    ),
)
