"""Personal identifiers (PII): mailboxes, telephones, addresses, dates of birth, documents."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.sensitivity import Category

_PII = Category.PII
_CALL = (
    r"(?i)\b(?:tel|telephone|telefon|telefono|phone|mobile|mobil|movil|cell|handy|portable|fax|desk|call|called|"
    r"calling|sms|whatsapp|text me|reach|rufnummer|durchwahl|anrufen|appel\w*|llam\w*|registered|contact|answering|"
    r"messages to|stop receiving|office|ph|tph|gsm|poste|secretariat)\b|\b(?:tel|ph)[.:]"
)
_BORN = words(
    r"born|d\.?o\.?b|date of birth|birth ?date|birthday|geboren|geb|geburtsdatum|geburtstag|nee?|naissance|naiss|ddn|"
    r"nacid[oa]|nacimiento"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|marz|mai|juni|juli|okt|dez|janvier|fevrier|"
    r"mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre|enero|febrero|marzo|abril|mayo|junio|julio|"
    r"agosto|septiembre|octubre|noviembre|diciembre)[a-z]*\.?"
)
_DATE = (
    rf"(?:\d{{1,2}}[./\- ]{{1,2}}\d{{1,2}}[./\- ]{{1,2}}(?:19|20)?\d{{2}}|(?:19|20)\d{{2}}-\d{{1,2}}-\d{{1,2}}|"
    rf"\d{{1,2}}\.? (?:de )?{_MONTH},? (?:de )?(?:19|20)\d{{2}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d{{2}})"
)
_TITLED = r"(?:[A-Z][A-Za-z'.\-]+|\d{1,3}(?:st|nd|rd|th))"
_STREET = (
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|way|terrace|close|crescent|square|"
    r"highway|hwy|parkway|pkwy|circle|cir|alley|loop|trail|row|gardens|grove|mews|hill|turnpike|plaza|pike)"
)
_WEG = r"(?:strasse|str\.|str|gasse|weg|allee|platz|ufer|damm|ring|gatan|vagen|gata|vej|gade|straat|laan|gracht|utca)"
_RUE = r"(?:rue|avenue|boulevard|bd|chemin|impasse|allee|place|quai|cours|route|square|passage)"
_CALLE = r"(?:calle|c/|avenida|avda\.?|plaza|paseo|camino|carretera|Via|viale|piazza|corso|rua|ulica|ul\.)"

PERSONAL = (
    Pattern(
        kind="email",
        category=_PII,
        shape=r"\b([A-Za-z0-9][A-Za-z0-9._%+'\-]{0,63} ?(?:@|\[at\]|\(at\)) ?[A-Za-z0-9\-]{1,63}"
        r"(?:(?:\.|\[dot\]|\(dot\))[A-Za-z0-9\-]{1,63}){0,6}(?:\.|\[dot\]|\(dot\))[A-Za-z]{2,24})\b",
        valid=proofs.personal_mailbox,
        confidence=0.99,
        reversible=True,
    ),
    Pattern(kind="phone", category=_PII, shape=r"(\+\d[\d ().\-/]{6,22}\d)\b", valid=proofs.phone),
    Pattern(
        kind="phone",
        category=_PII,
        shape=r"((?:\+|\b|\()\d[\d().\-/ ]{5,22}\d)\b",
        valid=proofs.dialled,
        near=_CALL,
        confidence=0.8,
        reversible=True,
    ),
    Pattern(
        kind="phone",
        category=_PII,
        shape=r"((?:\(\d{3}\) ?|\b\d{3}[-. ])\d{3}[-. ]\d{4})\b",
        valid=proofs.phone_of("US"),
    ),
    Pattern(
        kind="phone",
        category=_PII,
        shape=r"\b(0\d(?:[ ./\-]?\d{2}){4}|0\d{2,4}[ /\-]\d{3,4}[ \-]?\d{3,5}|[679]\d{2} \d{2,3} \d{2,3}(?: \d{2})?)\b",
        valid=proofs.phone_of("FR", "GB", "DE", "ES"),
        confidence=0.8,
    ),
    Pattern(
        kind="ip_address",
        category=_PII,
        shape=r"\b(\d{1,3}(?:\.\d{1,3}){3})\b",
        valid=proofs.public_address,
        unless=words(r"version|release|section|v|chapter"),
        reversible=True,
    ),
    Pattern(
        kind="ip_address",
        category=_PII,
        shape=r"(?i)(?:^|[^:0-9a-z])((?:[0-9a-f]{1,4}:){2,7}(?::?[0-9a-f]{1,4}){1,7})\b",
        valid=proofs.public_address,
        reversible=True,
    ),
    Pattern(
        kind="mac_address",
        category=_PII,
        shape=r"(?i)\b([0-9a-f]{2}(?:[:\-][0-9a-f]{2}){5})\b",
        valid=proofs.stdnum("mac"),
    ),
    Pattern(kind="date_of_birth", category=_PII, shape=rf"(?i)\b({_DATE})\b", near=_BORN, before_only=True),
    Pattern(
        kind="passport",
        category=_PII,
        shape=r"\b([A-Z]{0,3}\d[A-Z0-9]{5,9})\b",
        valid=proofs.mixed,
        near=words(r"passports?|reisepass\w*|ausweis\w*|passeport|pasaporte|identity card|id card|carte d'identite"),
    ),
    Pattern(
        kind="driving_licence",
        category=_PII,
        shape=r"\b([A-Z]{0,5}\d[A-Z0-9 \-]{4,17}[A-Z0-9])\b",
        valid=proofs.mixed,
        near=words(
            r"driver'?s?'? licen[cs]e|driving licen[cs]e|fuhrerschein\w*|permis de conduire|permiso de conducir|"
            r"licen[cs]e (?:number|no)|carne de conducir|license plate|number plate|kennzeichen"
        ),
    ),
    Pattern(
        kind="street_address",
        category=_PII,
        shape=rf"\b(\d{{1,6}}[A-Za-z]? (?:(?:[NSEW]\.?|\d{{1,6}}) )?(?:{_TITLED} ){{1,4}}(?i:{_STREET}))\b",
    ),
    Pattern(
        kind="street_address",
        category=_PII,
        shape=rf"\b([A-Z][A-Za-z.\-]* ?{_WEG}\.? \d{{1,4}}[a-z]?|[A-Z][A-Za-z\-]+ (?i:{_WEG})\.? \d{{1,4}}[a-z]?|"
        rf"\d{{1,6}} [A-Z][A-Za-z\-]*{_WEG} \d{{1,4}})\b",
        valid=lambda value: not value.startswith(("During", "Spring", "String", "Verarbeitung")),
    ),
    Pattern(
        kind="street_address",
        category=_PII,
        shape=r"(?i)\b(\d{2,6} [a-z\x7f][a-z.'\-\x7f]+(?: [a-z\x7f][a-z.'\-\x7f]+)?(?: (?:de |la |del )?[a-z\x7f]+)? \d{1,4})\b",
        near=words(
            r"suite|apt|address|meet(?:ing)?|located|lives at|drops you off|offices? (?:is|are)|send|moved|sent to|adresse|direccion"
        ),
    ),
    Pattern(
        kind="street_address",
        category=_PII,
        shape=rf"\b(\d{{1,4}},? ?(?:bis|ter|quater)?,? (?i:{_RUE}) (?:(?:de|du|des|la|le|les|l'|d') ?){{0,3}}[A-Z][A-Za-z'\-]+)",
    ),
    Pattern(
        kind="street_address",
        category=_PII,
        shape=rf"\b((?i:{_CALLE}) ?(?:[A-Za-z][A-Za-z.'\-]+ ){{0,4}}[A-Z][A-Za-z.'\-]+,? (?:n[.o]? ?)?\d{{1,4}})\b",
    ),
    Pattern(
        kind="street_address",
        category=_PII,
        shape=r"(?i)\b(p\.? ?o\.? box \d{1,6}|postfach \d{2,6}|psc \d{3,5},? box \d+|(?:apo|fpo|dpo) (?:aa|ae|ap) \d{5}|"
        r"(?:apt|suite|unit|apartment|wohnung)\.? #?\d{1,5},? [a-z]+)\b",
    ),
)
