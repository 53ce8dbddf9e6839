"""National numbers (PII): python-stdnum proves the check digits, words nearby prove the meaning."""

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.sensitivity import Category

_TAX = r"tax|steuer\w*|fiscal\w*|tin|contribuable"
_PERSON = r"id|identity|identifi\w+|personal\w*|national\w*|citizen|social|security|ssn|insurance|pension"

# kind, python-stdnum module, shape, words that must stand nearby (None: the check digits are proof enough)
_NUMBERS: tuple[tuple[str, str, str, str | None], ...] = (
    ("us_ssn", "us.ssn", r"\d{3}[ \-]\d{2}[ \-]\d{4}", None),
    ("us_ssn", "us.ssn", r"\d{9}", r"ssn|social security"),
    ("us_itin", "us.itin", r"9\d{2}[ \-]?\d{2}[ \-]?\d{4}", rf"itin|{_TAX}"),
    ("gb_nhs_number", "gb.nhs", r"\d{3}[ \-]?\d{3}[ \-]?\d{4}", r"nhs|patient"),
    ("de_tax_id", "de.idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", rf"{_TAX}|id[ \-]?nr\w*|identifikationsnummer"),
    (
        "fr_social_security",
        "fr.nir",
        r"[12378][ .]?\d{2}[ .]?\d{2}[ .]?(?:\d{2}|2[AB])(?:[ .]?\d{3}){2}[ .]?\d{2}",
        None,
    ),
    ("fr_tax_id", "fr.nif", r"[0-3]\d(?: ?\d){11}", _TAX),
    ("es_dni", "es.dni", r"\d{8}[ \-]?[A-Z]", r"dni|nif|documento|identidad|d\.n\.i"),
    ("es_nie", "es.nie", r"[XYZ][ \-]?\d{7}[ \-]?[A-Z]", None),
    ("it_fiscal_code", "it.codicefiscale", r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", None),
    ("nl_bsn", "nl.bsn", r"\d{9}", r"bsn|burgerservicenummer|sofi\w*"),
    (
        "be_national_number",
        "be.nn",
        r"\d{2}[.]?\d{2}[.]?\d{2}[\-]?\d{3}[.]?\d{2}",
        r"rijksregister\w*|registre|national",
    ),
    ("pt_nif", "pt.nif", r"\d{9}", r"nif|contribuinte"),
    ("pl_pesel", "pl.pesel", r"\d{11}", r"pesel"),
    ("se_personal_number", "se.personnummer", r"(?:19|20)?\d{6}[+\-]?\d{4}", r"personnummer|personal\w*|id"),
    ("dk_cpr", "dk.cpr", r"\d{6}-?\d{4}", r"cpr\w*|personnummer"),
    ("fi_personal_code", "fi.hetu", r"\d{6}[+\-A]\d{3}[0-9A-Y]", r"hetu|henkilo\w*|personal\w*|id"),
    ("no_birth_number", "no.fodselsnummer", r"\d{6} ?\d{5}", r"fodsels\w*|personnummer|birth number"),
    ("ie_pps", "ie.pps", r"\d{7}[A-W][AHWTX]?", r"pps\w*"),
    ("ch_ahv", "ch.ssn", r"756[.]?\d{4}[.]?\d{4}[.]?\d{2}", None),
    ("at_social_security", "at.vnr", r"\d{4} ?\d{6}", r"svnr|sozialversicherung\w*|versicherungsnummer"),
    ("in_aadhaar", "in_.aadhaar", r"[2-9]\d{3} ?\d{4} ?\d{4}", r"aadhaar|uidai"),
    ("in_pan", "in_.pan", r"[A-Z]{5}\d{4}[A-Z]", rf"pan|permanent account|{_TAX}"),
    ("br_cpf", "br.cpf", r"\d{3}[.]?\d{3}[.]?\d{3}-?\d{2}", r"cpf|cadastro"),
    ("ca_sin", "ca.sin", r"\d{3}[ \-]?\d{3}[ \-]?\d{3}", r"sin|social insurance|nas"),
    ("au_tfn", "au.tfn", r"\d{3} ?\d{3} ?\d{3}", r"tfn|tax file"),
    ("mx_curp", "mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", None),
    ("cn_identity_card", "cn.ric", r"\d{17}[0-9X]", None),
    ("kr_resident_number", "kr.rrn", r"\d{6}-\d{7}", None),
    ("za_identity_number", "za.idnr", r"\d{13}", _PERSON),
    ("tr_identity_number", "tr.tckimlik", r"[1-9]\d{10}", rf"kimlik|tc|{_PERSON}"),
    ("ro_cnp", "ro.cnp", r"[1-9]\d{12}", rf"cnp|{_PERSON}"),
    ("cz_birth_number", "cz.rc", r"\d{6}/?\d{3,4}", r"rodne|rc|birth number"),
    ("hr_oib", "hr.oib", r"\d{11}", r"oib"),
    ("bg_egn", "bg.egn", r"\d{10}", r"egn"),
    ("ee_personal_code", "ee.ik", r"[1-6]\d{10}", rf"isikukood|{_PERSON}"),
    ("gr_amka", "gr.amka", r"\d{11}", r"amka"),
    ("cl_rut", "cl.rut", r"\d{1,2}[.]?\d{3}[.]?\d{3}-[0-9Kk]", r"rut|run"),
)
_UNPROVED = (
    ("gb_national_insurance", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", None),
    (
        "de_social_insurance",
        r"\d{2} ?\d{6} ?[A-Z] ?\d{3}",
        r"sozialversicherung\w*|rentenversicherung\w*|sv[ \-]?nr\w*",
    ),
    ("us_ssn", r"\d{3}-\d{2}-\d{4}", r"ssn|social security|social"),
    (
        "employee_number",
        r"[A-Z]{0,4}-?\d{4,8}",
        r"employee (?:id|number|no)|personalnummer|matricule|numero de empleado",
    ),
)

NATIONAL = tuple(
    Pattern(
        kind=kind,
        category=Category.PII,
        shape=rf"\b({shape})\b",
        valid=proofs.stdnum(module),
        near=words(near) if near else None,
        confidence=0.95,
        reversible=kind == "us_ssn" and not near,
    )
    for kind, module, shape, near in _NUMBERS
) + tuple(
    Pattern(
        kind=kind, category=Category.PII, shape=rf"\b({shape})\b", near=words(near) if near else None, confidence=0.8
    )
    for kind, shape, near in _UNPROVED
)
