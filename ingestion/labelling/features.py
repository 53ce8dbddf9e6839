"""Cheap features of a text that its embedding blurs: how code-like it is, and words that go with a category."""

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ingestion.labelling.folding import folded_text

_MAX_READ = 4_000
_CODE_WORD = re.compile(
    r"\b(?:def|class|return|import|include|void|int|char|public|private|static|function|var|let|const|struct|enum|"
    r"namespace|template|typedef|elif|else|endif|begin|end|select|insert|update|foreach|lambda|async|await|println|"
    r"printf|echo|nil|null|true|false|self|this|module|require|extends|implements|throws|fn|func|impl|mut|proc|sub)\b"
)
_WORDS = tuple(
    re.compile(rf"\b(?:{alternatives})")
    for alternatives in (
        # clinical
        (
            r"patient|diagnos|prescri|symptom|mg\b|daily|history of|denies|complain|surgery|clinic|doctor|blood|pain|"
            r"medicat|discharge|admit|therap|chronic|allerg|arzt|schmerz|befund|traitement|douleur|antecedent|paciente|"
            r"dolor|tratamiento|anamnese|consult"
        ),
        # counsel
        (
            r"counsel|attorney|lawyer|litigat|lawsuit|privilege|legal advice|plaintiff|defendant|settle|deposition|"
            r"subpoena|liabilit|anwalt|klage|rechtsanwalt|kanzlei|avocat|litige|contentieux|abogad|demanda|litigio"
        ),
        # business secrets
        (
            r"acqui|merger|valuation|margin|pricing|discount|roadmap|unannounced|confidential|forecast|due diligence|"
            r"term sheet|board|ebitda|pipeline|competitor|unreleased|strategy|ubernahme|preis|marge|vertraulich|"
            r"rachat|fusion|remise|strategie|adquisicion|margen|precio|estrategia"
        ),
        # personnel
        (
            r"employee|salary|performance|warning|disciplin|resign|terminat|bonus|appraisal|colleague|manager|mitarbeiter|"
            r"gehalt|abmahnung|salarie|avertissement|empleado|salario|sueldo"
        ),
        # a particular person
        r"he\b|she\b|his\b|her\b|er\b|sie\b|ihr|il\b|elle\b|el\b|ella\b|su\b|my\b|mein|mon\b|ma\b|mi\b|i\b|ich\b|je\b",
        # rules and instructions for anyone
        r"you\b|your\b|employees\b|guests\b|please|must|may\b|should|policy|customers\b|how do|what is|where|when can",
    )
)
NAMES = ("symbols", "line_ends", "indents", "humps", "code_words", "digits", "lines", "length", *"cbpeai", "question")


def features(text: str) -> NDArray[np.float32]:
    """Return one value in 0…1 for each of NAMES."""
    read = text[:_MAX_READ]
    size = max(1, len(read))
    lines = read.splitlines() or [""]
    lowered = folded_text(read).lower()
    words = max(1, lowered.count(" ") + len(lines))
    values = [
        6 * sum(map(read.count, "{}()[]<>=;_/\\$#@&|*+%~^`")) / size,
        sum(line.rstrip().endswith((";", "{", "}", ")", ":", ",", ">")) for line in lines) / len(lines),
        sum(line.startswith(("  ", "\t")) for line in lines) / len(lines),
        20 * _humps(read) / size,
        8 * len(_CODE_WORD.findall(read)) / words,
        4 * sum(map(read.count, "0123456789")) / size,
        len(lines) / 12,
        size / 1_200,
        *(6 * len(expression.findall(lowered)) / (words + 6) for expression in _WORDS),
        1.0 if "?" in read[-40:] else 0.0,
    ]
    return np.minimum(np.asarray(values, dtype=np.float32), 1.0)


def _humps(text: str) -> int:
    return sum(a.islower() and b.isupper() for a, b in pairwise(text))
