"""What authors themselves write over a text: privileged, trade secret, company confidential; in four languages."""

# ruff: noqa: E501 - an expression cut into pieces is harder to read than a long one

from ingestion.labelling.patterns.pattern import Pattern
from ingestion.sensitivity import Category

_DENIED = (
    r"(?i)\b(?:not|no longer|isn't|is no|nicht|keine|kein|n'est pas|no es|what is|was ist|definition|defined|means|may (?:contain|include|be)|might (?:contain|be)|could (?:contain|be)|"
    r"can be|should i|when is|how to|example of|called|term|glossary|peut (?:contenir|etre)|puede (?:contener|ser)|konnen|kann)\b[^.\n]{0,60}$"
)
_PRIV = r"(?:priv[ie]?l[ie]?d?g[ed]{1,3}|privelidged?|priv\.)"
_AC = r"(?:attorn(?:e|i)?y?|atty|lawyer|solicitor|counsel|barrister)(?:'?s'?)?[\s\-/&]{1,3}(?:and )?client"
_PRIVILEGE = (
    rf"{_AC}[\s\-/:]{{1,3}}(?:{_PRIV}|communications?|confidential|work|conversation|correspondence|advice)",
    rf"a[/\-]c[ \-](?:{_PRIV}|priv)\b",
    r"attorn(?:e|i)?ys?(?:'s|s')? work[\s\-]product|(?:privileged|confidential)[ ,&/\-]{1,3}(?:attorney )?work[\s\-]product|opinion work[\s\-]product|work[\s\-]product (?:doctrine|privilege|protected|protection)",
    rf"{_PRIV} ?(?:and|&|/|-|,|\+)? ?(?:strictly )?confidential",
    rf"confidential ?(?:and|&|/|-|,|\+)? ?(?:attorney[\s\-]client )?{_PRIV}",
    rf"(?:legally|subject to(?: [a-z\-]+){{0,3}}|protected by(?: [a-z\-]+){{0,3}}|waive(?: [a-z\-]+){{0,3}}|assert(?: [a-z\-]+){{0,2}}|covered by(?: [a-z\-]+){{0,3}}) {_PRIV}",
    rf"{_PRIV} (?:communication|legal|attorney|memorandum|memo|document|material|advice|correspondence|draft)",
    rf"legal(?:ly)? (?:professional |advice )?{_PRIV}|litigation {_PRIV}|(?:settlement|without prejudice|common interest|joint defen[cs]e) {_PRIV}",
    rf"for settlement purposes only|{_PRIV} settlement|without prejudice(?: (?:save as to costs|and (?:privileged|confidential|subject to contract)|communication|offer|correspondence|discussion|meeting|-))|(?:joint defen[cs]e|common interest) (?:agreement|material)",
    r"(?:prepared|made|drafted|sent|written) (?:in (?:anticipation|contemplation) of litigation|(?:at|by) the (?:request|direction|instruction) of (?:our |legal |outside |in-house )?counsel|for the purpose of (?:giving|obtaining|seeking) legal advice)",
    r"anwaltsgeheimnis|anwaltlich(?:e|er|es)? (?:korrespondenz|verschwiegenheit\w*|beratung)|anwaltskorrespondenz|anwalts?privileg|verteidigerpost|verteidigerkorrespondenz",
    r"mandatsgeheimnis|mandantengeheimnis|vertrauliche anwalts\w+|berufsgeheimnis des anwalts|(?:unterliegt|geschutzt durch)(?: [a-z]+){0,4} (?:verschwiegenheitspflicht|mandatsgeheimnis|anwaltsgeheimnis)",
    r"secret professionnel(?: de l'avocat)|confidentiel[ \-:]{1,3}(?:correspondance )?avocat|correspondance (?:d'|entre )?avocats?|avocat[\s\-/]client|couvert par le secret professionnel|confidentiel(?:le)? et privilegie\w*|privilegie\w* et confidentiel\w*|secret des correspondances entre avocats",
    r"secreto profesional(?: del? (?:abogado|letrado))|amparad[oa] por el secreto profesional|comunicacion (?:privilegiada|confidencial) (?:entre )?abogado|abogado[\s\-/](?:y )?cliente|privilegio (?:abogado|legal)|confidencial y privilegiad[oa]",
)
_SECRET = (
    r"trade secrets? of|(?:contains|our|company|is a|are|constitutes?) trade secrets?|trade secret[ \-:]{1,3}(?:do not|confidential)",
    r"(?:company|business|commercially|commercial[ \-]in|strictly|highly|internal) confidential(?: information)?|commercial in confidence|commercially sensitive",
    r"(?:company|strictly|highly)[\s\-]confidential|most confidential|top secret|board confidential|confidential[ \-:]{1,3}(?:board|management|executive)",
    r"confidential (?:and|&|/) proprietary|proprietary (?:and|&|/) confidential|proprietary information of",
    r"(?:confidential|secret)[\s:\-]{1,3}(?:do not (?:distribute|share|forward|copy)|internal (?:use|only)|board only|not for distribution)",
    r"for internal use only|internal use only|do not distribute outside|not for (?:external )?distribution|need[\s\-]to[\s\-]know basis|eyes only|under nda|nda required",
    r"(?:streng )?vertraulich\b.{0,3}(?:nur|intern|nicht)|(?:streng|hochst) vertraulich|(?:betriebs|geschafts|firmen)geheimnis|nur (?:fur den|zum) internen gebrauch|verschlusssache|nicht (?:zur weitergabe|weitergeben)",
    r"(?:strictement|hautement|tres) confidentiel|confidentiel entreprise|secret (?:d'affaires|des affaires|de fabrication|industriel)|(?:a )?usage (?:strictement )?interne(?: uniquement| exclusivement| seulement)?|ne pas diffuser|diffusion restreinte",
    r"(?:estrictamente|altamente|muy) confidencial|secreto (?:comercial|empresarial|industrial)|(?:solo|exclusivamente) para uso interno|uso interno exclusivo|no (?:distribuir|difundir|divulgar)|informacion confidencial de la empresa",
)


def _marked(kind: str, category: Category, shape: str) -> Pattern:
    return Pattern(
        kind=kind, category=category, shape=rf"(?i)\b({shape})", unless=_DENIED, before_only=True, confidence=0.9
    )


MARKERS = (
    *(_marked("privilege_marker", Category.LEGAL_PRIVILEGE, shape) for shape in _PRIVILEGE),
    *(_marked("confidentiality_marker", Category.TRADE_SECRET, shape) for shape in _SECRET),
)
