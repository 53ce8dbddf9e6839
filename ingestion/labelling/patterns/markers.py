"""What authors themselves write over a text: privileged, trade secret, company confidential; in four languages."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns.pattern import Pattern
from ingestion.sensitivity import Category

_DENIED = r"(?i)\b(?:not|no longer|isn't|nicht|keine|kein|n'est pas|no es|what is|was ist|definition|defined|means)\b[^.\n]{0,25}$"
_PRIVILEGE = (
    r"attorney[\s\-/]{1,3}client[\s\-]{1,2}(?:privileged?|communications?|confidential|work)",
    r"(?:attorney|lawyer|solicitor)['s]{0,2}[\s\-/]{1,3}client (?:privileged?|communication)",
    r"(?:solicitor|lawyer)[\s\-]client privileged?",
    r"attorney(?:'?s'?|s)? work[\s\-]product",
    r"privileged (?:and|&|/|-)? ?confidential",
    r"confidential ?(?:and|&|/|-)? ?(?:attorney[\s\-]client )?privileged",
    r"(?:legally|subject to(?: [a-z\-]+){0,3}|protected by(?: [a-z\-]+){0,3}|waive(?: [a-z\-]+){0,3}) privileged?",
    r"privileged (?:communication|legal|attorney|memorandum|document|material)",
    r"legal(?:ly)? (?:professional )?privileged?",
    r"(?:prepared|made) (?:in anticipation of litigation|at the (?:request|direction) of counsel)",
    r"anwaltsgeheimnis|anwaltlich(?:e|er|es)? (?:korrespondenz|verschwiegenheit\w*|beratung)|anwaltskorrespondenz",
    r"mandatsgeheimnis|vertrauliche anwalts\w+|berufsgeheimnis des anwalts",
    r"secret professionnel(?: de l'avocat)?|confidentiel avocat|correspondance (?:d')?avocat|avocat[\s\-]client",
    r"secreto profesional(?: del? abogado)?|comunicacion (?:privilegiada|confidencial) (?:entre )?abogado|abogado[\s\-]cliente",
)
_SECRET = (
    r"trade secrets? of|(?:contains|our|company|is a|are|constitutes?) trade secrets?",
    r"(?:company|business|commercially|commercial in|strictly|highly|internal) confidential(?: information)?",
    r"(?:company|strictly|highly)[\s\-]confidential",
    r"confidential (?:and|&|/) proprietary|proprietary (?:and|&|/) confidential|proprietary information of",
    r"(?:confidential|secret)[\s:\-]{1,3}(?:do not (?:distribute|share|forward|copy)|internal (?:use|only)|board only)",
    r"for internal use only|internal use only|do not distribute outside|not for (?:external )?distribution|need[\s\-]to[\s\-]know basis",
    r"(?:streng )?vertraulich\b.{0,3}(?:nur|intern|nicht)|streng vertraulich|betriebsgeheimnis|geschaftsgeheimnis|nur fur den internen gebrauch",
    r"strictement confidentiel|secret (?:d'affaires|des affaires|de fabrication)|usage interne (?:uniquement|exclusivement)|ne pas diffuser",
    r"estrictamente confidencial|secreto (?:comercial|empresarial|industrial)|solo para uso interno|no distribuir",
)


def _marked(kind: str, category: Category, shape: str) -> Pattern:
    return Pattern(
        kind=kind, category=category, shape=rf"(?i)\b({shape})", unless=_DENIED, before_only=True, confidence=0.9
    )


MARKERS = (
    *(_marked("privilege_marker", Category.LEGAL_PRIVILEGE, shape) for shape in _PRIVILEGE),
    *(_marked("confidentiality_marker", Category.TRADE_SECRET, shape) for shape in _SECRET),
)
