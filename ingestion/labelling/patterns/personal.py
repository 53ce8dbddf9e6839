"""Personal identifiers (PII): mailboxes, telephones, addresses, dates of birth, documents."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.addresses import ADDRESSES
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.sensitivity import Category

_PII = Category.PII
_CALL = (
    r"(?i)\b(?:tel|telephone|telefon|telefono|phone|mobile|mobil|movil|cell|handy|portable|fax|desk|call|called|"
    r"calling|sms|whatsapp|text me|reach|rufnummer|durchwahl|anrufen|appel\w*|llam\w*|registered|contact|answering|joignables?|contacter|erreichbar\w*|rappel\w*|numero de (?:tel\w*|portable|movil)|whats ?app|signal|telegram|handynummer|dial|ring|hotline|pager|celular|"
    r"messages to|stop receiving|office|ph|tph|gsm|poste|secretariat)\b|\b(?:tel|ph)[.:]"
)
_NO_CALL = words(
    r"isbn|issn|order|invoice|serial|part|sku|version|article|artikel\w*|ean|euros?|eur|usd|figures?|table"
)
_EXTENSION = r"(?: ?(?:x|ext\.?|extension|poste|durchwahl|dw|-) ?\d{1,6})?"
_BORN = words(
    r"born|d\.?o\.?b|date of birth|birth ?date|birthday|geboren|geb|geburtsdatum|geburtstag|nee?|naissance|naiss|ddn|"
    r"nacid[oa]|nacimiento|date de nais\w*|mise au monde|nato|nata|geboortedatum|fodd|fodt|birth|d/n|f\. ?nac|fecha nac|ne le|nee le|anniversaire|cumpleanos"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|marz|mai|juni|juli|okt|dez|janvier|fevrier|"
    r"mars|avril|juin|juillet|aout|septembre|octobre|novembre|decembre|enero|febrero|marzo|abril|mayo|junio|julio|"
    r"agosto|septiembre|octubre|noviembre|diciembre)[a-z]*\.?"
)
_DATE = (
    rf"(?:\d{{1,2}}[./\- |_]{{1,2}}\d{{1,2}}[./\- |_]{{1,2}}(?:19|20)?\d{{2}}|(?:19|20)\d{{2}}[\-./ ]\d{{1,2}}[\-./ ]\d{{1,2}}|(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|"
    rf"\d{{1,2}}(?:st|nd|rd|th|er)?[.\-]? ?(?:de |of )?{_MONTH}[,\-]? ?(?:de |del )?(?:(?:19|20)\d{{2}}|'?\d{{2}})|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d{{2}}|{_MONTH},? (?:de |del )?(?:19|20)\d{{2}})"
)
PERSONAL = (
    Pattern(
        kind="email",
        category=_PII,
        shape=r"\b([A-Za-z0-9][A-Za-z0-9._%+'\-]{0,63}(?:@| @ | ?(?:\[at\]|\(at\)) ?)[A-Za-z0-9\-]{1,63}"
        r"(?:(?:\.|\[dot\]|\(dot\))[A-Za-z0-9\-]{1,63}){0,6}(?:\.|\[dot\]|\(dot\))[A-Za-z]{2,24})\b",
        valid=proofs.personal_mailbox,
        confidence=0.99,
        reversible=True,
    ),
    Pattern(kind="phone", category=_PII, shape=rf"(\+ ?\(?\d[\d ().\-/]{{6,22}}\d{_EXTENSION})\b", valid=proofs.phone),
    Pattern(
        kind="phone",
        category=_PII,
        shape=rf"((?:\+|\b|\()\d[\d().\-/ ]{{5,22}}\d{_EXTENSION})\b",
        valid=proofs.dialled,
        near=_CALL,
        confidence=0.8,
        reversible=True,
    ),
    Pattern(
        kind="phone",
        category=_PII,
        shape=rf"((?:\(\d{{3}}\)[ \-]?|\b(?:1[-. ])?\d{{3}}[-. ])\d{{3}}[-. ]\d{{4}}{_EXTENSION})\b",
        valid=proofs.phone_of("US"),
    ),
    Pattern(
        kind="phone",
        category=_PII,
        shape=r"(?:^|[^\w.\-/+:])(00\d{2}[ \d().\-/]{7,18}\d|0\d(?:[ ./\-]?\d{2}){4}|0\d{1,4}[ /\-]{1,3}\d{2,4}(?:[ \-]\d{2,5}){0,3}|0(?:1[5-7]\d{1,2}|[2-9]\d{1,4})[ /\-]{1,3}\d{5,8}|0(?:1[5-7]|7[1-9])\d{8,9}|"
        r"[6789]\d{2} \d{2,3} \d{2,3}(?: \d{2})?)\b",
        valid=proofs.phone_of("FR", "GB", "DE", "ES", "IT", "NL", "AT", "CH", "BE", "AU", "SE", "JP", "IN", "BR", "ZA"),
        unless=_NO_CALL,
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
        kind="patient_number",
        category=_PII,
        shape=r"(?i)(?:\b|[^A-Za-z])(?:ipp|nda|mrn|medical record(?: (?:no|number))?|patient (?:id|no|number)|patient(?:e)?(?: ?n[o\x7f]?)?|patienten(?:nummer|-?id)|fallnummer|"
        r"identifi\w+ (?:du |de la )?patiente?(?: \(ipp\))?|dossier(?: patient)?(?: n[o\x7f]?)?|nhc|historia clinica)[ :#.n\x7f)]{1,6}(?:est |le |is )?(\d{7,12})\b",
    ),
    Pattern(
        kind="profile",
        category=_PII,
        shape=r"(?i)\b((?:linkedin\.com/in|xing\.com/profile|facebook\.com|instagram\.com|tiktok\.com/@|t\.me|twitter\.com|x\.com)/@?[a-z0-9][a-z0-9._\-]{2,50})\b",
        unless=words(r"facebook\.com/(?:sharer|pages|groups|events)|twitter\.com/(?:intent|share|search|hashtag)"),
    ),
    Pattern(
        kind="vehicle_plate",
        category=_PII,
        shape=r"\b([A-Z]{1,3}[\- ][A-Z]{1,2}[\- ]?\d{1,4}[EH]?|[A-Z]{2}[\- ]?\d{3}[\- ]?[A-Z]{2}|[A-Z]{2}\d{2} ?[A-Z]{3}|\d{4} ?[B-DF-HJ-NP-TV-Z]{3}|\d?[A-Z]{3}[\- ]?\d{3,4})\b",
        near=words(
            r"licen[cs]e plate|number plate|plate (?:no|number)|registration plate|kennzeichen|plaque(?: d'immatriculation)?|immatricul\w*|matricula|targa|kenteken"
        ),
    ),
    Pattern(
        kind="crypto_wallet",
        category=_PII,
        shape=r"\b([13][a-km-zA-HJ-NP-Z1-9]{25,34}|(?i:bc1)[a-zA-Z0-9]{11,87})\b",
        valid=proofs.stdnum("bitcoin"),
    ),
    Pattern(
        kind="crypto_wallet",
        category=_PII,
        shape=r"\b(0x[0-9a-fA-F]{40})\b",
        valid=proofs.wallet_checksummed,
        unless=words(r"contract|token|commit|hash"),
    ),
    Pattern(
        kind="crypto_wallet",
        category=_PII,
        shape=r"\b(0x[0-9a-fA-F]{40})\b",
        near=words(r"wallet|eth|ether|ethereum|metamask|send (?:it )?to|donate"),
    ),
    *ADDRESSES,
)
