"""Which language a text is in: by its function words where they are clear, else by a trained identifier."""

import re
import unicodedata
from functools import cache
from typing import Any

from py3langid.langid import _load_identifier

from ingestion.labelling.folding import folded_text
from ingestion.sensitivity import UNDETERMINED

SUPPORTED = ("en", "de", "fr", "es")
_OTHERS = (
    "it", "nl", "pt", "sv", "da", "no", "fi", "pl", "cs", "sk", "hu", "ro", "hr", "sl", "bg", "ru", "uk", "el", "tr",
    "ar", "he", "fa", "hi", "bn", "ta", "th", "zh", "ja", "ko", "vi", "id", "ca", "lt", "lv", "et", "sw",
)  # fmt: skip
_FUNCTION_WORDS = {
    word: language
    for language, words in {
        "en": "the of and to is are was were what which who how when where why does do can this that these with from "
        "your you we our they have has been will would should must please than then there if it its be by an as at "
        "not or my me any new about after before get many much i",
        "de": "der das und ist sind wie wer wann warum ich wir ihr sie mit fur nicht ein eine einen einem einer "
        "eines auf den dem zu im am von bei werden wird kann muss haben hat auch nach oder uber aus wenn dass mein "
        "unser unsere welche viele gibt es zum zur vor bis durch sich",
        "fr": "le les des du et est sont une dans pour qui quel quelle quels comment quand pourquoi je nous vous il "
        "elle avec sur par ne pas ce cette ces mon ma mes notre nos votre vos aux au ou peut doit etre ont combien",
        "es": "el los las y es son una del que cual cuales como cuando cuanto cuantos cuantas por para con en se su "
        "mi nuestro nuestra al lo pero puede debe hay esta este estos ser tiene donde quien un",
    }.items()
    for word in words.split()
}
_TELLING = {
    word: language
    for language, words in {
        "en": "the and with from this that are were have which would their",
        "de": "der das und nicht mit fur eine einen ist wird sind auf",
        "fr": "dans pour une avec sont aux cette est du nous",
        "es": "los las y una del hay fue muy pero esta",
    }.items()
    for word in words.split()
}
"""Two of one language in a sentence are told from every neighbouring language, so that nobody else is asked."""
_WORD = re.compile(r"[a-z]+")
_MAX_READ = 2_000
_MIN_CLEAR = 2
_LEAD = 1.5
_SURE = 0.9
_FEW_LETTERS = 24
_FEW_WORDS = 3
_SENTENCE = re.compile(r"[^.!?\n\u3002]+")
_LATIN = ("LATIN", "MODIFIER LETTER", "FEMININE ORDINAL", "MASCULINE ORDINAL")
_TELLING_LETTERS = 30
"""In shorter sentences the identifier is sure of itself and wrong."""
_A_WORD_OF_ANOTHER_SCRIPT = 2
"""One foreign letter is a symbol such as pi; two are a word, in Chinese somebody's name."""


def language_of(text: str) -> str:
    """Return the ISO 639-1 code of the text's language, or UNDETERMINED when it could be several."""
    read = text[:_MAX_READ]
    counts = dict.fromkeys(SUPPORTED, 0)
    for word in _WORD.findall(folded_text(read).lower()):
        language = _FUNCTION_WORDS.get(word)
        if language:
            counts[language] += 1
    first, second = sorted(counts.values(), reverse=True)[:2]
    likely = max(counts, key=lambda language: counts[language])
    if first >= _MIN_CLEAR and first >= _LEAD * second and _mostly_ascii(read):
        return likely
    identified, probability = _identifier().classify(read)
    if probability >= _SURE:
        return str(identified)
    return likely if first > second and len(read) < 4 * _FEW_LETTERS and _mostly_ascii(read) else UNDETERMINED


def has_unsupported_passage(text: str) -> bool:
    """Whether some sentence is in a script or language that the heads were not trained on, whatever the rest is in."""
    if _letters_of_other_scripts(text) >= _A_WORD_OF_ANOTHER_SCRIPT:
        return True
    for sentence in _SENTENCE.findall(text):
        if sum(map(str.isalpha, sentence)) >= _TELLING_LETTERS and not _told(sentence):
            language, probability = _identifier().classify(sentence)
            if language not in SUPPORTED and probability >= _SURE:
                return True
    return False


def _told(sentence: str) -> bool:
    """Whether the function words of a supported language, and of no other supported one, stand in the sentence."""
    seen = {word: _TELLING[word] for word in _WORD.findall(folded_text(sentence).lower()) if word in _TELLING}
    return len(seen) > 1 and len(set(seen.values())) == 1


def _letters_of_other_scripts(text: str) -> int:
    if text.isascii():
        return 0
    letters = (letter for letter in unicodedata.normalize("NFKC", text) if letter.isalpha() and not letter.isascii())
    return sum(not unicodedata.name(letter, "").startswith(_LATIN) for letter in letters)


def too_short_to_tell(text: str) -> bool:
    """Whether a text is so short that no identifier could know its language: a word or two of plain letters."""
    return text.isascii() and len(text) <= _FEW_LETTERS and len(text.split()) <= _FEW_WORDS


def _mostly_ascii(text: str) -> bool:
    return sum(map(str.isascii, text)) >= 0.85 * len(text)


@cache
def _identifier() -> Any:  # noqa: ANN401 - py3langid ships no types
    """Return the identifier, restricted to languages that business text is likely to be in."""
    return _load_identifier(norm_probs=True, langs=[*SUPPORTED, *_OTHERS])
