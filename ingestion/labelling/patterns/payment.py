"""Payment data (PCI): cards, bank accounts, and what belongs to them."""

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.sensitivity import Category

_PCI = Category.PCI
_CARD = words(
    r"cards?|cc|credit|debit|visa|master ?card|amex|american express|pan|kreditkarten?(?:nummer)?|karten?(?:nummer)?|"
    r"carte|tarjeta|cardholder"
)
_NOT_CARD = words(
    r"order|tracking|shipment|parcel|isbn|issn|imei|serial|part|sku|ticket|reference|ref|artikel\w*|bestell\w*|"
    r"sendungs\w*|serien\w*|commande|suivi|serie|pedido|seguimiento|barcode|ean|gtin|asset|case|model|meter|licen[cs]e"
)
_DIGITS = r"\d(?:[ \-.\n]{0,2}\d){11,18}"

PAYMENT = (
    Pattern(kind="card_number", category=_PCI, shape=rf"\b({_DIGITS})\b", valid=proofs.card, unless=_NOT_CARD),
    Pattern(
        kind="card_number",
        category=_PCI,
        shape=rf"(?:^|\D)({_DIGITS})(?:\D|$)",
        valid=proofs.luhn_number,
        near=_CARD,
        confidence=0.99,
        reversible=True,
    ),
    Pattern(
        kind="iban",
        category=_PCI,
        shape=r"(?i)(?:^|[^A-Z0-9])([A-Z]{2}\d{2}(?:[ \-.]?[A-Z0-9]){11,32})\b",
        valid=proofs.bank_account,
        confidence=0.99,
        reversible=True,
    ),
    Pattern(
        kind="card_security_code",
        category=_PCI,
        shape=r"(?i)\b(?:cvv2?|cvc2?|csc|card (?:security|verification) (?:code|value)|kartenprufnummer|prufziffer|"
        r"cryptogramme|codigo de seguridad)\b\D{0,15}(\d{3,4})\b",
    ),
    Pattern(
        kind="card_expiry",
        category=_PCI,
        shape=r"(?i)\b(?:exp(?:iry|ires?|iration|\.)?(?: date)?|valid (?:thru|through|until)|gultig bis|expire le|"
        r"caduca|vencimiento)\b[^\d\n]{0,10}((?:0[1-9]|1[0-2]) ?[/\-] ?(?:20)?\d{2})\b",
        near=_CARD,
    ),
    Pattern(
        kind="bic",
        category=_PCI,
        shape=r"\b([A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?)\b",
        valid=proofs.stdnum("bic"),
        near=words(r"bic|swift|iban"),
    ),
    Pattern(
        kind="routing_number",
        category=_PCI,
        shape=r"\b(\d{9})\b",
        valid=proofs.stdnum("us.rtn"),
        near=words(r"routing|aba|rtn|wire|ach"),
    ),
    Pattern(
        kind="bank_account",
        category=_PCI,
        shape=r"(?i)\b(?:account|acct|a/c|konto|kontonummer|compte(?: bancaire)?|cuenta(?: bancaria)?)"
        r"(?: ?(?:no|nr|num|number|numero|n)\b\.?)?[ :#.]{0,4}(?:is |ist |est |es )?(\d[\d \-]{6,18}\d)\b",
        valid=proofs.dialled,
        confidence=0.8,
    ),
    Pattern(
        kind="sort_code",
        category=_PCI,
        shape=r"(?i)\b(?:sort code|blz|bankleitzahl)\b\D{0,6}(\d{2}[ \-]?\d{2}[ \-]?\d{2}(?:\d{2})?)\b",
    ),
)
