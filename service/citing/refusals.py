"""Tells a model's "the documents do not contain it" from an answer, in four languages."""

import re

from service.citing.words import flat

_THINGS_EN = r"(?:documents?|sources?|texts?|passages?|context|excerpts?|materials?|information|pages?|files?)"
_THINGS_DE = r"(?:dokument\w*|quelle\w*|unterlage\w*|text\w*|abschnitt\w*|kontext\w*|auszug\w*|ausz\w*ge\w*|passage\w*)"
_THINGS_FR = r"(?:documents?|sources?|textes?|passages?|contexte|extraits?|informations?|pieces?)"
_THINGS_ES = r"(?:documentos?|fuentes?|textos?|pasajes?|contexto|extractos?|fragmentos?|informacion)"
_REFUSALS = tuple(
    re.compile(pattern)
    for pattern in (
        # The sources do not …
        rf"\b{_THINGS_EN}\b.{{0,40}}\b(?:do|does|did|can)(?: not|n't|n’t)\b (?:\w+ )?(?:contain|mention|say|provide|hold|include"
        r"|specify|state|answer|give|tell|discuss|cover|address|indicate|offer|list|have (?:any |enough )?information)",
        rf"\b{_THINGS_EN}\b.{{0,30}}\b(?:contains?|holds?|includes?|provides?|mentions?|says?|gives?|has|have) (?:no\b|nothing|neither)",
        rf"\b(?:no|none of the|neither)\b.{{0,30}}\b{_THINGS_EN}\b.{{0,40}}\b(?:contain|mention|say|provide|hold|include|answer|given|"
        r"provided|available|found|about|on)",
        r"\bthere (?:is|was|are) (?:no|not any|not enough|insufficient|nothing)\b.{0,60}\b(?:documents?|sources?|information|context|mention"
        r"|passages?|texts?|answer|details?)\b",
        r"\b(?:i|we)\b.{0,20}\b(?:do not|don't|don’t|cannot|can't|can’t|could not|couldn't|couldn’t|am unable to|am not able to)\b "
        r"(?:\w+ )?(?:know|find|answer|determine|say|tell|see|have (?:any |enough |that |this |the )?(?:information|details?))",
        rf"\b(?:not|n't|n’t|never)\b.{{0,20}}\b(?:mentioned|stated|specified|provided|contained|included|given|found|answered|"
        rf"covered|available|determined|in)\b.{{0,30}}\b{_THINGS_EN}\b",
        # Die Unterlagen enthalten keine …
        rf"\b{_THINGS_DE}\b.{{0,60}}\b(?:enth\w*|nenn\w*|erwahn\w*|steh\w*|geb\w*|gibt|mach\w*|lief\w*|sag\w*|geht|find\w*)\b.{{0,60}}"
        r"\b(?:nicht|nichts|kein\w*)\b",
        rf"\b(?:nicht|nichts|kein\w*)\b.{{0,60}}\b{_THINGS_DE}\b.{{0,30}}\b(?:enth\w*|genannt|erwahnt|zu finden|angegeben|hervor\w*|beantwort\w*)",
        r"\b(?:ich|wir)\b.{0,30}\b(?:weiss|kann|konnte|finde|habe)\b.{0,60}\b(?:nicht|nichts|kein\w* (?:angabe|information|antwort)\w*)",
        r"\b(?:keine|keinerlei) (?:angabe|information|auskunft|antwort|hinweis|erwahnung)\w*\b",
        # Les documents ne contiennent pas …
        rf"\b{_THINGS_FR}\b.{{0,40}}\b(?:ne|n'|n’) ?(?:\w+['’ ])?(?:contien\w*|mention\w*|di[st]\w*|fourni\w*|precis\w*|indiqu\w*|"
        r"comport\w*|donn\w*|permet\w*|parl\w*|repond\w*)",
        rf"\b(?:aucune?|pas d['’ ]?)\s?(?:\w+ )?(?:{_THINGS_FR}|information|reponse|mention|indication|precision)\b",
        r"\bje (?:ne|n['’]) ?(?:\w+ )?(?:sais|peux|trouve|ai|suis)\b.{0,60}\b(?:pas|rien|aucun\w*)",
        rf"\b(?:pas|ni)\b.{{0,20}}\b(?:mentionn\w*|precis\w*|indiqu\w*|fourni\w*|contenu\w*|disponible\w*)\b.{{0,30}}\b{_THINGS_FR}\b",
        # Los documentos no contienen …
        rf"\b{_THINGS_ES}\b.{{0,40}}\bno (?:\w+ )?(?:contien\w*|mencion\w*|dic\w*|proporcion\w*|especific\w*|indic\w*|incluy\w*|"
        r"ofrec\w*|dan?|respond\w*|habla\w*)",
        rf"\bno (?:hay|existe\w*|se (?:encuentra\w*|menciona\w*|especifica\w*|indica\w*|proporciona\w*)|dispongo|tengo|puedo|"
        rf"encuentro|he encontrado|consta)\b.{{0,60}}\b(?:{_THINGS_ES}|respuesta|datos?|mencion|respond\w*|saber|determinar)\b",
        rf"\b(?:ninguna?|ningun) (?:{_THINGS_ES}|respuesta|mencion|dato)\b",
        r"\bno (?:lo )?se\b[.!]?$",
    )
)
_LONGEST = 400


def declines(sentence: str) -> bool:
    """Whether a sentence says that the sources hold no answer."""
    low = " ".join(flat(sentence[:_LONGEST]).split())
    return any(pattern.search(low) for pattern in _REFUSALS)
