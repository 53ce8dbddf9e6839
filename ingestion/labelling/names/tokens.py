"""What the name tagger sees of each token: the word, its shape, its ends, and what the lists know of it."""

import re
from functools import lru_cache

from ingestion.labelling.hashing import row_of
from ingestion.labelling.names.words import AFTER_OTHERS, BEFORE_PLACES, PARTICLES, TITLES, facts_of

TOKEN = re.compile(r"[A-Za-z][A-Za-z'\-]{0,40}|\d+|\n|[^\sA-Za-z0-9]")
"""Words, numbers, line breaks and single signs, in folded text."""
ROWS = 1 << 15
_REPEATED = re.compile(r"(.)\1+")
_LONGEST = 9


@lru_cache(maxsize=65_536)
def rows_of(token: str) -> tuple[int, ...]:
    """Return the rows of the trained table whose sum stands for this token."""
    if not token[0].isalpha():
        return (row_of(f"sign {_shape(token)}", ROWS),)
    word = token.lower().removesuffix("'s").rstrip("'-")
    facts = facts_of(word)
    shape = _shape(token)
    known = "".join("ny"[flag] for flag in (facts.given, facts.surname, facts.common, facts.ordinary, facts.never))
    roles = "".join("ny"[word in words] for words in (TITLES, PARTICLES, BEFORE_PLACES, AFTER_OTHERS))
    seen = (
        f"word {word}",
        f"shape {shape}",
        f"known {known} {shape[0]}",
        f"begins {word[:3]}",
        f"ends {word[-3:]}",
        f"ends {word[-2:]}",
        f"length {min(len(word), _LONGEST)} {shape[0]}",
        f"role {roles} {shape[0]}",
    )
    return tuple(row_of(one, ROWS) for one in seen)


def _shape(token: str) -> str:
    if token[0].isdigit():
        return "#" * min(len(token), 5)
    if not token[0].isalpha():
        return token
    letters = "".join("X" if part.isupper() else "x" if part.islower() else part for part in token)
    return _REPEATED.sub(r"\1+", letters)
