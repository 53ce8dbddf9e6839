"""Words as they are compared: without case, accents and endings, and without those that every text holds."""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_SHORTEST = 3
_SHORTEST_STEM = 4
_LONGEST_STEM = 7
_SHORTEST_INNER = 5
_CLEAR = 2
_LAST_LATIN = 0x24F
_LANGUAGES = {
    "en": "the a an and or of to in on at for from with by is are was were be been it its this that these those there "
    "what which who whom whose how when where why do does did can could may might must shall should will would not no "
    "yes you your we our they their he she his her i my me us if as than then also only all any each per about into "
    "has have had up out so but just very much many more most other such between during until after before because "
    "according",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber von vom zu zum zur in im an am auf "
    "aus bei mit nach vor fur durch gegen ohne um uber unter bis ist sind war waren wird werden wurde sein es er sie "
    "ihr ihre wir ich du man was wer wo wie wann warum welche welcher welches nicht kein keine ja nein auch nur alle "
    "jede jeder jedes kann konnen darf durfen muss mussen soll sollen hat haben hatte habe als wenn dass so noch sehr "
    "viel viele mehr laut gemass dazu sich da dort hier",
    "fr": "le la les l un une des du de d et ou mais a au aux en dans sur sous par pour avec sans chez est sont etait "
    "etaient sera seront etre il elle ils elles on nous vous je tu ce cet cette ces son sa ses leur leurs mon ma mes "
    "notre nos votre vos que qui quoi quel quelle quels quelles comment quand pourquoi combien ne pas plus non oui "
    "aussi seulement tout tous toute toutes chaque peut peuvent doit doivent ont ai avait si comme entre pendant "
    "jusqu selon y se s n c j qu donc tres",
    "es": "el la los las lo un una unos unas de del al a y o u e pero en con sin por para sobre entre desde hasta "
    "segun es son era eran sera ser esta estan fue hay se su sus mi mis nuestro nuestra nuestros nuestras que quien "
    "cual cuales como cuando donde cuanto cuanta cuantos cuantas no si tambien solo todo todos toda todas cada puede "
    "pueden debe deben tiene tienen ha han muy mas le les me te nos este esta estos estas ese esa yo tu usted ustedes "
    "durante antes despues porque",
}
_FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _LANGUAGES.items()}
_STOP = frozenset().union(*_FUNCTION_WORDS.values())
_ENDINGS = (
    *("ements", "ement", "ments", "ungen", "ciones", "iones"),
    *("ment", "ings", "ing", "ung", "cion", "ions", "ion", "ern", "ers", "ees", "eur", "ados", "adas"),
    *("er", "es", "en", "em", "ed", "ee", "os", "as", "e", "s", "n", "o", "a", "t"),
)


@lru_cache(maxsize=4096)
def bare(character: str) -> str:
    """Return what a character is compared as: its compatibility letters without case and signs; maybe nothing."""
    taken_apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", character).casefold())
    return "".join(sign for sign in taken_apart if not unicodedata.combining(sign))


def flat(text: str) -> str:
    """Return the text without case and accents, each character in its place: positions stay what they were."""
    return "".join((bare(character) or character)[0] for character in text)


def stems(text: str) -> frozenset[str]:
    """Return the stems of the words that say something: no function word of the four languages, no number."""
    return frozenset(
        stem(word) for word in _words(text) if len(word) >= _SHORTEST and word not in _STOP and not word.isdigit()
    )


def stem(word: str) -> str:
    """Return a bare word without its ending, and without what goes beyond seven letters."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word.removesuffix(ending)
            break
    return word[:_LONGEST_STEM]


def held(wanted: frozenset[str], known: frozenset[str], text: str) -> frozenset[str]:
    """Return the wanted stems that a text holds: as a stem of it, or inside a longer word (`text` is flat)."""
    return frozenset(one for one in wanted if one in known or (len(one) >= _SHORTEST_INNER and one in text))


OTHER = "other"
"""A text in another script: its words cannot be compared here."""


def language_of(text: str) -> str | None:
    """Return en, de, fr or es where its function words say so clearly, OTHER for another script, else None."""
    words = _words(text)
    if sum(letter.isalpha() and ord(letter) > _LAST_LATIN for letter in text) * 2 > sum(map(str.isalpha, text)):
        return OTHER
    counts = sorted(
        ((sum(word in known for word in words), language) for language, known in _FUNCTION_WORDS.items()), reverse=True
    )
    (most, language), (second, _) = counts[:2]
    return language if most > second and most >= min(_CLEAR, len(words)) else None


def likeliest_language(text: str) -> str:
    """Return the language whose function words a question holds most of, of the four; English where none leads."""
    words = [word for word in _words(text) if len(word) > 1]
    score = {language: sum(word in known for word in words) for language, known in _FUNCTION_WORDS.items()}
    best = max(score.values())
    leading = [language for language, count in score.items() if count == best]
    return leading[0] if best and len(leading) == 1 else "en"


def _words(text: str) -> list[str]:
    return _WORD.findall("".join(map(bare, text)))
