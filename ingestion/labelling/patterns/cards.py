"""Payment card numbers: issuers' ranges and lengths, the check digit, the grouping, and what the number is called."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

import re
from collections.abc import Iterator
from itertools import pairwise

from stdnum import luhn

from ingestion.labelling.patterns.pattern import compiled, nearest, words

STRICTLY = words(
    r"cards?|cc (?:no|num|number)|visa|master ?card|maestro|amex|american express|discover|diners|jcb|unionpay|pan|kreditkarten?\w*|"
    r"karten?(?:nummer)?|ec-karte|girocard|girokarte|carte (?:bancaire|bleue|de credit)|carte|tarjetas?|cardholder|cvv|cvc"
)
"""Words that mean a payment card and hardly anything else."""
_CALLED_CARD = words(
    r"(?:[a-z]+)?cards?|cc (?:no|num|number)|credit|debit|visa|maestro|amex|american express|discover|diners|jcb|unionpay|pan|"
    r"kreditkarten?\w*|karten?(?:nummer)?|girokarte|carte|tarjetas?|cardholder|charged?|charging|pay|payment|paid|billed|"
    r"bezahl\w*|abbuch\w*|belasten|belastet|zahlung\w*|payer|paiement|debiter|pagar|pago|cobrar|cobre|cobro"
)
_CALLED_OTHERWISE = words(
    r"orders?|tracking|shipments?|parcel|packages?|consignment|waybill|awb|isbn|issn|imei|imsi|meid|iccid|sim(?: cards?)?|serials?|"
    r"parts?|sku|tickets?|references?|ref|artikel\w*|bestell\w*|auftrag\w*|sendung\w*|serien\w*|commande|suivi|serie|colis|"
    r"pedido|seguimiento|envio|barcodes?|ean|gtin|upc|assets?|case|models?|meters?|zahler\w*|compteur|contador|licen[cs]e|"
    r"invoices?|rechnung\w*|facture|factura|lots?|batch|charge[n]?nummer|devices?|timestamps?|epoch|unix|transactions?|"
    r"receipts?|containers?|polic(?:y|e|ies)|contracts?|vertrag\w*|contrat|contrato|customer (?:no|number|id)|kundennummer|"
    r"member(?:ship)?(?: (?:no|number|id|card))?|loyalty(?: card)?|library card|gift ?cards?|memory card|graphics card|"
    r"id|uid|uuid|guid|hash|checksum|build|version|sessions?|messages?|vouchers?|coupons?|products?|items?|catalog\w*|"
    r"phone|tel|telephone|mobile|fax|vin|lei|isin|doi|pid|seed|counter|bytes|offset|crc|key|index|row|sensor|chassis|"
    r"frame|firmware|register|registration|permit|bibliothek\w*|sample|specimen|ppn|nummer der sendung|numero de serie"
)
_CLOSE = 34
_SENTENCE_END = re.compile(r"[.!?;][\s\"')]+(?=[A-Z])|\n\s*\n")
_GROUPS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (8, 8), (4, 4, 4, 3), (4, 5, 6), (6, 13)}
_MOST_GROUPS = 5
_GROUPED = re.compile(r"\d+")
_LENGTHS = range(12, 20)
_RANGES: tuple[tuple[int, int, int, tuple[int, ...]], ...] = (
    # issuer prefixes: first, last, digits compared, and lengths
    (4, 4, 1, (16, 19)),  # Visa
    (51, 55, 2, (16,)), (2221, 2720, 4, (16,)),  # Mastercard
    (34, 34, 2, (15,)), (37, 37, 2, (15,)),  # American Express
    (300, 305, 3, (14, 16)), (36, 36, 2, (14, 16)), (38, 39, 2, (14, 16)),  # Diners Club
    (6011, 6011, 4, (16, 19)), (644, 649, 3, (16, 19)), (65, 65, 2, (16, 19)),  # Discover
    (3528, 3589, 4, (16, 19)),  # JCB
    (62, 62, 2, (16, 17, 18, 19)),  # UnionPay
    (50, 50, 2, (16, 19)), (56, 58, 2, (16, 19)), (6304, 6304, 4, (16, 19)), (6759, 6763, 4, (16, 19)),  # Maestro
    (2200, 2204, 4, (16, 19)),  # Mir
    (60, 60, 2, (16,)), (81, 82, 2, (16,)), (9792, 9792, 4, (16,)), (5019, 5019, 4, (16,)),  # RuPay, Troy, Dankort
)  # fmt: skip


def issued(value: str) -> bool:
    """Whether digits as cards print them hold a number of some issuer: its prefix, its length, the check digit."""
    return any(map(_issued, _candidates(value)))


def checked(value: str) -> bool:
    """Whether digits, however they are grouped, hold a number with the length and the check digit of a card."""
    whole = "".join(_GROUPED.findall(value))
    decimal = re.fullmatch(r"\d+[.,]\d+", value)
    marks = {mark for mark in value if not mark.isdigit() and not mark.isspace()}
    return not decimal and ((len(marks) <= 1 and _luhn(whole)) or any(map(_luhn, _candidates(value))))


def not_named_otherwise(before: str, after: str) -> bool:
    """Whether nothing calls the number after this text something else than a card: an order, a parcel, a device."""
    if before.endswith("+"):
        return False
    clause = _last_sentence(before)
    other = nearest(clause, _CALLED_OTHERWISE)
    if other >= 0:
        return nearest(clause, _CALLED_CARD) > other
    return nearest(clause, _CALLED_CARD) >= 0 or not compiled(_CALLED_OTHERWISE).search(after[:_CLOSE])


def named_a_card(before: str, after: str) -> bool:
    """Whether the number after this text is called a card, and nothing else more closely."""
    called, other = nearest(before, _CALLED_CARD), nearest(_last_sentence(before), _CALLED_OTHERWISE)
    if called >= 0:
        return other < 0 or called - len(before) > other - len(_last_sentence(before))
    return other < 0 and compiled(STRICTLY).search(after) is not None


def _last_sentence(before: str) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


def _candidates(value: str) -> Iterator[str]:
    """Yield numbers that a run of digits may hold, by its groups: with an expiry date behind it, say."""
    groups = [(match.group(), match.start(), match.end()) for match in _GROUPED.finditer(value)]
    if len({len(digits) for digits, _, _ in groups}) == 1 and len(groups[0][0]) < 4:  # noqa: PLR2004 - cards come in fours
        yield "".join(digits for digits, _, _ in groups)
    for first in range(len(groups)):
        for last in range(first + 1, min(first + _MOST_GROUPS, len(groups)) + 1):
            chosen = groups[first:last]
            gaps = {value[a[2] : b[1]].strip() for a, b in pairwise(chosen)}
            sizes = tuple(len(digits) for digits, _, _ in chosen)
            if len(gaps) <= 1 and (len(sizes) == 1 or sizes in _GROUPS):
                yield "".join(digits for digits, _, _ in chosen)


def _issued(number: str) -> bool:
    return _luhn(number) and any(
        first <= int(number[:size]) <= last and len(number) in lengths for first, last, size, lengths in _RANGES
    )


def _luhn(number: str) -> bool:
    return len(number) in _LENGTHS and len(set(number)) > 1 and bool(luhn.is_valid(number))
