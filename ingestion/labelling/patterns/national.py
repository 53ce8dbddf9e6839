"""National numbers (PII) of some fifty countries: python-stdnum proves the check digits, words nearby prove the meaning."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns import proofs
from ingestion.labelling.patterns.pattern import Pattern, words
from ingestion.sensitivity import Category

_TAX = r"tax|steuer\w*|fiscal\w*|tin|contribuable"
_PERSON = r"id|identity|identifi\w+|personal\w*|national\w*|citizen|social|security|ssn|insurance|pension"

_NIR = r"[ .]?(?:\d{2}|2[AB])(?:[ .]?\d{3}){2}[ .]?\d{2}"

# kind, python-stdnum module, shape, words that must stand nearby (None: the check digits are proof enough)
_NUMBERS: tuple[tuple[str, str, str, str | None], ...] = (
    ("us_ssn", "us.ssn", r"\d{3}[ \-.]\d{2}[ \-.]\d{4}", None),
    ("us_ssn", "us.ssn", r"\d{9}", r"ssn|social security"),
    ("us_itin", "us.itin", r"9\d{2}[ \-]?\d{2}[ \-]?\d{4}", rf"itin|{_TAX}"),
    ("gb_nhs_number", "gb.nhs", r"\d{3}[ \-]?\d{3}[ \-]?\d{4}", r"nhs|patient"),
    ("gb_tax_reference", "gb.utr", r"\d{10}K?", r"utr|unique taxpayer|tax reference"),
    ("de_tax_id", "de.idnr", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", rf"{_TAX}|id[ \-]?nr\w*|identifikationsnummer"),
    ("fr_social_security", "fr.nir", rf"[12][ .]?\d{{2}}[ .]?(?:0[1-9]|1[0-2]){_NIR}", None),
    (
        "fr_social_security",
        "fr.nir",
        rf"[1-478][ .]?\d{{2}}[ .]?\d{{2}}{_NIR}",
        r"securite sociale|secu|nir|insee|assure\w*",
    ),
    ("fr_tax_id", "fr.nif", r"[0-3]\d(?: ?\d){11}", _TAX),
    ("es_dni", "es.dni", r"\d{2}\.?\d{3}\.?\d{3}[ \-]?[A-Z]", r"dni|nif|documento|identidad|d\.n\.i"),
    ("es_nie", "es.nie", r"[XYZ][ \-]?\d{7}[ \-]?[A-Z]", None),
    ("it_fiscal_code", "it.codicefiscale", r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", None),
    ("nl_bsn", "nl.bsn", r"\d{4}[. ]?\d{2}[. ]?\d{3}", r"bsn|burgerservicenummer|sofi\w*"),
    (
        "be_national_number",
        "be.nn",
        r"\d{2}[.]?\d{2}[.]?\d{2}[\- ]?\d{3}[. ]?\d{2}",
        r"rijksregister\w*|insz|niss|registre|national",
    ),
    ("pt_nif", "pt.nif", r"\d{3} ?\d{3} ?\d{3}", r"nif|contribuinte"),
    ("pt_citizen_card", "pt.cc", r"\d{8}[ \-]?\d ?[A-Z]{2}\d", r"cartao|cidadao|cc"),
    ("pl_pesel", "pl.pesel", r"\d{11}", r"pesel"),
    ("pl_tax_id", "pl.nip", r"\d{3}[ \-]?\d{3}[ \-]?\d{2}[ \-]?\d{2}", r"nip"),
    ("se_personal_number", "se.personnummer", r"(?:19|20)?\d{6}[+\-]?\d{4}", r"person\w*|id"),
    ("dk_cpr", "dk.cpr", r"\d{6}[ \-]?\d{4}", r"cpr\w*|personnummer"),
    ("fi_personal_code", "fi.hetu", r"\d{6}[+\-A-FU-Y]\d{3}[0-9A-Y]", r"hetu|henkilo\w*|personal\w*|id"),
    ("no_birth_number", "no.fodselsnummer", r"\d{6} ?\d{5}", r"fodsels\w*|personnummer|birth number"),
    ("is_kennitala", "is_.kennitala", r"\d{6}-?\d{4}", r"kennitala|kt"),
    ("ie_pps", "ie.pps", r"\d{7}[A-W][AHWTX]?", r"pps\w*"),
    ("ch_ahv", "ch.ssn", r"756[.]?\d{4}[.]?\d{4}[.]?\d{2}", None),
    ("at_social_security", "at.vnr", r"\d{4} ?\d{6}", r"svnr|sozialversicherung\w*|versicherungsnummer"),
    ("gr_amka", "gr.amka", r"\d{11}", r"amka"),
    ("ro_cnp", "ro.cnp", r"[1-9]\d{12}", rf"cnp|{_PERSON}"),
    ("cz_birth_number", "cz.rc", r"\d{6}/?\d{3,4}", r"rodne|rc|birth number"),
    ("sk_birth_number", "sk.rc", r"\d{6}/?\d{3,4}", r"rodne|rc|birth number"),
    ("si_emso", "si.emso", r"\d{13}", r"emso"),
    ("hr_oib", "hr.oib", r"\d{11}", r"oib"),
    ("bg_egn", "bg.egn", r"\d{10}", r"egn"),
    ("ee_personal_code", "ee.ik", r"[1-6]\d{10}", rf"isikukood|{_PERSON}"),
    ("lt_personal_code", "lt.asmens", r"[1-6]\d{10}", r"asmens|personal code"),
    ("lv_personal_code", "lv.pvn", r"\d{6}-?\d{5}", r"personas"),
    ("ua_tax_number", "ua.rntrc", r"\d{10}", r"rntrc|ipn|tax"),
    ("ru_tax_number", "ru.inn", r"\d{12}", r"inn|tax"),
    ("in_aadhaar", "in_.aadhaar", r"[2-9]\d{3}[ \-]?\d{4}[ \-]?\d{4}", r"aadhaar|aadhar|uidai"),
    ("in_pan", "in_.pan", r"[A-Z]{5}\d{4}[A-Z]", rf"pan|permanent account|{_TAX}"),
    ("pk_cnic", "pk.cnic", r"\d{5}-?\d{7}-?\d", rf"cnic|nadra|{_PERSON}"),
    ("cn_identity_card", "cn.ric", r"\d{17}[0-9X]", None),
    ("kr_resident_number", "kr.rrn", r"\d{6}-\d{7}", None),
    ("th_identity_number", "th.pin", r"\d-?\d{4}-?\d{5}-?\d{2}-?\d", _PERSON),
    ("my_identity_card", "my.nric", r"\d{6}-\d{2}-\d{4}", rf"nric|mykad|ic|{_PERSON}"),
    ("il_identity_number", "il.idnr", r"\d{9}", r"teudat|zehut|israeli id|id number"),
    ("tr_identity_number", "tr.tckimlik", r"[1-9]\d{10}", rf"kimlik|tc|{_PERSON}"),
    ("za_identity_number", "za.idnr", r"\d{13}", _PERSON),
    ("mu_identity_card", "mu.nid", r"[A-Z]\d{12}[0-9A-Z]", rf"nic|{_PERSON}"),
    ("ca_sin", "ca.sin", r"\d{3}[ \-]?\d{3}[ \-]?\d{3}", r"sin|social insurance|nas"),
    ("au_tfn", "au.tfn", r"\d{3} ?\d{3} ?\d{3}", r"tfn|tax file"),
    ("nz_ird", "nz.ird", r"\d{2,3}-?\d{3}-?\d{3}", r"ird"),
    ("br_cpf", "br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d{2}", None),
    ("br_cpf", "br.cpf", r"\d{11}", r"cpf|cadastro"),
    ("mx_curp", "mx.curp", r"[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d", None),
    ("mx_rfc", "mx.rfc", r"[A-Z]{4}\d{6}[A-Z0-9]{3}", r"rfc|fiscal\w*"),
    ("ar_cuit", "ar.cuit", r"\d{2}-?\d{8}-?\d", r"cuit|cuil"),
    ("cl_rut", "cl.rut", r"\d{1,2}[.]?\d{3}[.]?\d{3}-[0-9Kk]", r"rut|run"),
    ("co_nit", "co.nit", r"\d{3}\.?\d{3}\.?\d{3}-?\d", r"nit"),
    ("ec_identity_card", "ec.ci", r"\d{9}-?\d", r"cedula"),
    ("do_identity_card", "do.cedula", r"\d{3}-?\d{7}-?\d", r"cedula"),
    ("pe_identity_card", "pe.cui", r"\d{8}-?[0-9A-K]", r"dni|cui"),
    ("ve_rif", "ve.rif", r"[VEJPG]-?\d{8}-?\d", r"rif"),
)
_UNPROVED = (
    ("gb_national_insurance", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", None),
    (
        "de_social_insurance",
        r"\d{2} ?\d{6} ?[A-Z] ?\d{3}",
        r"sozialversicherung\w*|rentenversicherung\w*|sv[ \-]?nr\w*",
    ),
    (
        "de_identity_card",
        r"[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d?",
        r"personalausweis\w*|ausweis(?:nummer|nr)",
    ),
    ("us_ssn", r"\d{3}-\d{2}-\d{4}", r"ssn|social security|social"),
    ("us_ssn", r"\d{3}[ \-.,]{0,2}\d{2}[ \-.,]{0,2}\d{4}", r"ssn|social security(?: number| no)?"),
    (
        "fr_social_security",
        r"[12](?: ?\d){12}(?: ?\d{2})?",
        r"securite sociale|secu|nir|immatriculation|assurance maladie|n\x7f? ?d'id\w*(?: national)?",
    ),
    (
        "employee_number",
        r"[A-Z]{0,4}-?\d{4,8}",
        r"employee (?:id|number|no)|personalnummer|matricule|numero de empleado",
    ),
    ("hk_identity_card", r"[A-Z]{1,2}\d{6}\([0-9A]", None),
    ("sg_identity_number", r"[STFGM]\d{7}[A-Z]", r"nric|fin|singapore"),
    ("jp_my_number", r"\d{4}[ \-]?\d{4}[ \-]?\d{4}", r"my number|individual number"),
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
