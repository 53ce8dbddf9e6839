"""Names of columns that say what lies under them: a diagnosis, an account, a salary, a password."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from functools import lru_cache

import re2

from ingestion.labelling.folding import folded_text
from ingestion.labelling.patterns.pattern import compiled
from ingestion.sensitivity import Category

_COLUMNS = {
    Category.PHI: (
        r"(?:\w+ )?diagnos(?:is|es|e|en|tics?|tico|tic)(?: code)?|icd(?:[ \-]?1[01])?(?:[ \-]cm)?(?: codes?)?|"
        r"medications?|medikation|medikamente?|prescriptions?|prescribed(?: drug)?|symptoms?|symptome?|allerg(?:y|ies|ien)|"
        r"blood (?:type|group)|blutgruppe|befund|krankheit\w*|condition \(medical\)|medical condition|disability|"
        r"behinderung|grad der behinderung|patient(?:in|en)?(?: (?:id|no|number|name|nummer))?|mrn|"
        r"(?:sick ?leave|absence) reason|traitement|maladie|enfermedad|tratamiento|paciente|health insurance(?: no| number)?"
    ),
    Category.PCI: (
        r"iban|(?:credit |debit |payment )?card(?: (?:no|nr|number))?|pan|cvv2?|cvc2?|"
        r"(?:bank )?account (?:no|nr|number)|bank account|bank details|kontonummer|kontonr|bankverbindung|"
        r"kreditkarten?(?:nummer)?|kartennummer|routing (?:no|number)|sort code|numero de (?:compte|carte)|rib|"
        r"compte bancaire|numero de (?:cuenta|tarjeta)|cuenta bancaria"
    ),
    Category.PII: (
        r"(?:\w+ ){0,2}(?:salary|salaries|wages?|payroll|pay rate|take[ \-]home pay)(?: \w+)?|(?:gross|net|base|annual|monthly) pay|"
        r"(?:\w+ )?compensation|gehalt|\w{1,12}gehalt|brutto|netto|bruttolohn|nettolohn|lohn|salaire(?: \w+)?|"
        r"remuneration|salario(?: \w+)?|sueldo(?: \w+)?|(?:date of birth|birth ?date|birthday|dob|d\.o\.b\.?)|geburtsdatum|"
        r"geburtstag|date de naissance|fecha de nacimiento|ssn|social security(?: no| number)?|"
        r"passport(?: no| number)?|national id(?: number)?|tax id|steuer-?id|"
        r"(?:home|private|personal) (?:address|phone|e-?mail|telephone)|privatadresse|"
        r"(?:first|last|given|family|full|employee|customer) name|surname|vorname|nachname|prenom|nombre y apellidos?|apellidos?"
    ),
    Category.TRADE_SECRET: (
        r"(?:\w+ )?(?:passwords?|passphrase|pwd)|passwor[dt]e?|kennwort|mot de passe|contrasena|clave|"
        r"(?:\w+ )?(?:api|secret|private|access)[ _\-]keys?|client[ _]secret|(?:\w+ )?secret|access tokens?|api tokens?"
    ),
}
_BRACKETED = re2.compile(r"\s*[(\[][^)\]]*[)\]]\s*")
_NOTHING = frozenset(
    ("", "-", "--", "\u2013", "\u2014", "n/a", "na", "none", "null", "tbd", "x", "yes", "no", "ja", "nein")
)


@lru_cache(maxsize=4_096)
def category_of(column: str) -> Category | None:
    """Return what the values under a column of this name are, None where the name does not say."""
    plain = _BRACKETED.sub(" ", folded_text(column)).replace("_", " ").strip(" .:*#").lower()
    return next((category for category, names in _COLUMNS.items() if compiled(names).fullmatch(plain)), None)


def tells(category: Category, value: str) -> bool:
    """Whether a value under such a column says something: no dash, and a number where there must be one."""
    plain = value.strip().lower()
    needs_number = category is Category.PCI
    return plain not in _NOTHING and (not needs_number or any(map(str.isdigit, plain)))
