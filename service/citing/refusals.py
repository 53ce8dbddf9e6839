"""Tells a model's "the documents do not contain it" from an answer, in four languages."""

import re

from service.citing.words import flat

_EN = r"(?:documents?|sources?|texts?|passages?|context|excerpts?|materials?|information|pages?|files?)"
_DE = r"(?:dokument\w*|quelle\w*|unterlage\w*|text\w*|abschnitt\w*|kontext\w*|auszug\w*|passage\w*)"
_FR = r"(?:documents?|sources?|textes?|passages?|contexte|extraits?|informations?|pieces?)"
_ES = r"(?:documentos?|fuentes?|textos?|pasajes?|contexto|extractos?|fragmentos?|informacion)"
_NOT = r"(?: not|n't)"
_ENGLISH = (
    # The sources do not mention … · the context holds no … · none of the passages says …
    (
        rf"\b{_EN}\b.{{0,40}}\b(?:do|does|did|can){_NOT}\b (?:\w+ )?(?:contain|mention|say|provide|hold|include|"
        r"specify|state|answer|give|tell|discuss|cover|address|indicate|offer|list|have (?:any |enough )?information)"
    ),
    rf"\b{_EN}\b.{{0,30}}\b(?:contains?|holds?|includes?|provides?|mentions?|says?|gives?|has|have) (?:no\b|nothing)",
    (
        rf"\b(?:no|none of the|neither)\b.{{0,30}}\b{_EN}\b.{{0,40}}\b(?:contain|mention|say|provide|hold|include|"
        r"answer)\w*"
    ),
    # There is no information … · I cannot find … · it is not mentioned in the documents
    (
        r"\bthere (?:is|was|are) (?:no|not any|not enough|insufficient|nothing)\b.{0,60}\b(?:documents?|sources?|"
        r"information|context|mention|passages?|texts?|answer|details?)\b"
    ),
    (
        r"\b(?:i|we)\b.{0,20}\b(?:do not|don't|cannot|can't|could not|couldn't|am unable to|am not able to)\b (?:\w+ )?"
        r"(?:know|find|answer|determine|say|tell|see|have (?:any |enough |that |this |the )?(?:information|details?))"
    ),
    (
        rf"\b(?:not|never|\w+n't)\b.{{0,20}}\b(?:mentioned|stated|specified|provided|contained|included|given|found|"
        rf"answered|covered|available|determined)\b.{{0,30}}\b{_EN}\b"
    ),
    rf"\b(?:is|are|was|were){_NOT} (?:\w+ )?in (?:\w+ ){{0,2}}{_EN}\b",
    (
        r"\bno (?:\w+ )?(?:information|mention|details?|answer) (?:is|was|are|about|on|regarding|of|to|"
        r"in|available|found)\b"
    ),
)
_GERMAN = (
    (
        rf"\b{_DE}\b.{{0,60}}\b(?:enth\w*|nenn\w*|erwahn\w*|steh\w*|geb\w*|gibt|mach\w*|lief\w*|sag\w*|geht|"
        r"find\w*)\b.{0,60}\b(?:nicht|nichts|kein\w*)\b"
    ),
    (
        rf"\b(?:nicht|nichts|kein\w*)\b.{{0,60}}\b{_DE}\b.{{0,30}}\b(?:enth\w*|genannt|erwahnt|zu finden|angegeben|"
        r"hervor\w*|beantwort\w*)"
    ),
    (
        r"\b(?:ich|wir)\b.{0,30}\b(?:weiss|kann|konnte|finde|habe)\b.{0,60}\b(?:nicht|nichts|"
        r"kein\w* (?:angabe|information|antwort)\w*)"
    ),
    r"\b(?:keine|keinerlei) (?:angabe|information|auskunft|antwort|hinweis|erwahnung)\w*\b",
)
_FRENCH = (
    (
        rf"\b{_FR}\b.{{0,40}}\b(?:ne|n') ?(?:\w+['\s])?(?:contien\w*|mention\w*|di[st]\w*|fourni\w*|precis\w*|"
        r"indiqu\w*|comport\w*|donn\w*|permet\w*|parl\w*|repond\w*)"
    ),
    rf"\b(?:aucune?|pas d['e] ?)\s?(?:\w+ )?(?:{_FR}|reponse|mention|indication|precision)\b",
    r"\bje (?:ne|n') ?(?:\w+ )?(?:sais|peux|trouve|ai|suis)\b.{0,60}\b(?:pas|rien|aucun\w*)",
    (
        rf"\b(?:pas|ni)\b.{{0,20}}\b(?:mentionn\w*|precis\w*|indiqu\w*|fourni\w*|contenu\w*|disponible\w*)\b"
        rf".{{0,30}}\b{_FR}\b"
    ),
)
_SPANISH = (
    (
        rf"\b{_ES}\b.{{0,40}}\bno (?:\w+ )?(?:contien\w*|mencion\w*|dic\w*|proporcion\w*|especific\w*|indic\w*|"
        r"incluy\w*|ofrec\w*|dan?|respond\w*|habla\w*)"
    ),
    (
        r"\bno (?:hay|existe\w*|se (?:encuentra\w*|menciona\w*|especifica\w*|indica\w*|proporciona\w*)|"
        rf"dispongo|tengo|puedo|encuentro|he encontrado|consta)\b.{{0,60}}\b(?:{_ES}|respuesta|"
        rf"datos?|mencion|respond\w*|saber|determinar)\b"
    ),
    rf"\b(?:ninguna?|ningun) (?:{_ES}|respuesta|mencion|dato)\b",
    r"\bno (?:lo )?se\b[.!]?$",
)
_REFUSALS = tuple(re.compile(pattern) for pattern in (*_ENGLISH, *_GERMAN, *_FRENCH, *_SPANISH))
_LONGEST = 400


def declines(sentence: str) -> bool:
    """Whether a sentence says that the sources hold no answer."""
    low = " ".join(flat(sentence[:_LONGEST]).replace("\u2019", "'").split())
    return any(pattern.search(low) for pattern in _REFUSALS)
