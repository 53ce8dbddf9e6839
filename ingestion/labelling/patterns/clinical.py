"""Health identifiers and codes (PHI), which mean something only in a clinical context."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.sensitivity import Category

_PHI = Category.PHI
_CLINIC = words(
    r"icd(?:-?10)?(?:-?cm)?|diagnos\w*|dx|patient\w*|admitted|admission|claims?|billed|coded|clinic\w*|comorbid\w*|"
    r"entlass\w*|befund\w*|diagnostic\w*|paciente|historia clinica|hospital\w*|discharge\w*"
)
_PATIENT = r"patients?|patientin|paciente|pt|chart|hospital|clinic"

CLINICAL = (
    Pattern(
        kind="medical_record_number",
        category=_PHI,
        shape=r"(?i)\b(?:mrn|medical record(?: (?:no|number))?|patient (?:id|no|number)|chart (?:no|number)|"
        r"patienten(?:nummer|-?id)|fallnummer|ipp|nda|numero de dossier|historia clinica(?: n\w*)?|nhc)\b[ :#.n]{0,6}"
        r"([A-Z]{0,4}[\- ]?\d(?:[ \-]?[\dA-Z]){3,13})\b",
        valid=proofs.mixed,
        confidence=0.95,
    ),
    Pattern(
        kind="icd_code",
        category=_PHI,
        shape=r"\b([A-TV-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?)\b",
        near=_CLINIC,
        unless=words(r"vitamin|room|gate|section|paper size|socket|motorway|highway|form|raum|saal"),
        confidence=0.8,
    ),
    Pattern(
        kind="procedure_code",
        category=_PHI,
        shape=r"(?i)\b(?:procedure|cpt|hcpcs|billing|service|visit|treatment)(?: code)?s?[ :#]{1,3}(\d{4}[0-9FTU]|[A-V]\d{4})\b",
        unless=words(r"purchase|invoice|order|model|helpdesk|printer|form"),
        confidence=0.85,
    ),
    Pattern(
        kind="provider_number",
        category=_PHI,
        shape=r"\b([12]\d{9})\b",
        valid=proofs.npi,
        near=words(r"npi|national provider|provider (?:id|number)"),
    ),
    Pattern(
        kind="prescriber_number",
        category=_PHI,
        shape=r"\b([ABCDEFGHJKLMPRSTUX][A-Z9]\d{7})\b",
        valid=proofs.dea,
        near=words(r"dea|prescriber"),
    ),
    Pattern(
        kind="health_insurance_number",
        category=_PHI,
        shape=r"(?i)\b(?:member id|policy (?:no|number|id)|subscriber id|health plan(?: id)?|medicare|medicaid|"
        r"krankenversicherten\w*|versichertennummer|kvnr|carte vitale|tarjeta sanitaria)\b[ :#.]{0,4}"
        r"([A-Z0-9][A-Z0-9\-]{6,16})\b",
        valid=proofs.mixed,
        near=words(rf"{_PATIENT}|health|medical|insur\w+|medic\w+|kranken\w*|kvnr|versicherten\w*|sante|sanitaria"),
    ),
    Pattern(
        kind="health_insurance_number",
        category=_PHI,
        shape=r"\b([A-Z]\d{9})\b",
        valid=proofs.health_card,
        near=words(r"kvnr|krankenversicher\w*|versicherten\w*|gesundheitskarte|krankenkasse|egk"),
    ),
    Pattern(
        kind="health_insurance_number",
        category=_PHI,
        shape=r"\b([1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y0-9]\d-?[AC-HJKMNP-RT-Y]{2}\d{2})\b",
        near=words(r"medicare|mbi|beneficiary|member|insurance|patient"),
    ),
    Pattern(
        kind="health_insurance_number",
        category=_PHI,
        shape=r"(?i)\b(?:cip(?:a|-sns)?|nuss|numero de afiliacion|tarjeta sanitaria|ehic|tessera sanitaria)\b[ :#.n]{0,5}([A-Z]{0,4} ?\d[\dA-Z \-]{7,18})\b",
        valid=proofs.mixed,
    ),
    Pattern(
        kind="dosage",
        category=_PHI,
        shape=r"(?i)\b([a-z]{5,20}(?:in|ol|am|ide|ine|ate|one|pril|tan|il|um|ab|ib) \d{1,4}(?:[.,]\d{1,2})? ?(?:mg|mcg|ug|ml|iu))\b",
        near=words(
            r"daily|twice|bid|tid|qid|qd|po|prn|b\.i\.d|p\.o|t\.i\.d|refills?|taglich|morgens|abends|par jour|matin|soir|"
            r"al dia|cada|tablets?|capsules?|prescribed|prescription|rezept|ordonnance|receta|once a day|every \d+ hours"
        ),
        unless=words(r"rats?|mice|dogs?|rabbits?|vitro|per kg|groups?|volunteers|trial|study|studies"),
        confidence=0.8,
    ),
)
