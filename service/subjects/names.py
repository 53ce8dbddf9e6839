"""Takes a name apart: title, given name, names between, family name, in either order."""

from dataclasses import dataclass

from ingestion.labelling.names.words import PARTICLES, TITLES, facts_of, known
from service.subjects.folding import Word, folded, linked, words


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """The words of a name as written. `given` is empty where only one word was said; each hyphenated part is a word.

    `between` may be second given names or a first surname: nobody can tell.
    """

    given: tuple[str, ...]
    between: tuple[str, ...]
    family: tuple[str, ...]

    @classmethod
    def of(cls, name: str) -> "PersonName | None":
        """Return the parts of a name, None where there is no word in it. `Müller, Jürgen` begins with the family."""
        before, comma, after = name.partition(",")
        family, given = _groups(before), _groups(after)
        if comma and family and given:
            middle = _flat(given[1:])
            return cls(given=_flat(given[:1]), between=middle, family=_flat(family))
        groups = family + given
        if not groups:
            return None
        if len(groups) > 1 and _family_first(groups):
            return cls(given=_flat(groups[-1:]), between=(), family=_flat(groups[:-1]))
        if len(groups) == 1:
            return cls(given=(), between=(), family=_flat(groups))
        return cls(given=_flat(groups[:1]), between=_flat(groups[1:-1]), family=_flat(groups[-1:]))

    @property
    def initial(self) -> str:
        """The first letter of the given name, folded, or nothing."""
        return folded(self.given[0])[:1] if self.given else ""

    @property
    def whole_given(self) -> tuple[str, ...]:
        """The given names that are more than a letter."""
        return tuple(one for one in self.given if len(one) > 1)

    @property
    def whole_between(self) -> tuple[str, ...]:
        """The names between that are more than a letter."""
        return tuple(one for one in self.between if len(one) > 1)


_ADDRESSES = frozenset(
    {
        *("pan", "pana", "panu", "panem", "pani", "panie", "sayin", "bay", "bayan", "sig", "signor", "signora", "dott"),
        *("dottssa", "ssa", "avv", "heer", "meneer", "mevrouw", "dhr", "mevr", "mw", "fru", "hr", "fr", "kollege"),
        *("kollegin", "collega", "don", "dona", "maitre", "mgr", "inz", "pani", "ssa"),
    }
)
"""How people are addressed in further languages, folded."""


def is_title(word: str) -> bool:
    """Whether the word only says how a person is addressed."""
    return folded(word) in TITLES or folded(word) in _ADDRESSES


def is_particle(word: str) -> bool:
    """Whether the word only joins a name, as `van` and `de` do."""
    return folded(word) in PARTICLES


def is_given(word: str) -> bool:
    """Whether the word is known as a given name, and as no ordinary word."""
    written = folded(word).removesuffix("'s")
    return facts_of(written).given and written not in known("common")


def _groups(text: str) -> list[list[Word]]:
    groups = linked(text, words(text))
    named = [group for group in groups if not (len(group) == 1 and is_title(group[0].text))]
    kept = [group for group in named if not (len(group) == 1 and is_particle(group[0].text))]
    return kept or named


def _flat(groups: list[list[Word]]) -> tuple[str, ...]:
    return tuple(word.text for group in groups for word in group)


def _family_first(groups: list[list[Word]]) -> bool:
    """Whether an initial stands behind: `Müller J.`."""
    return all(len(word.text) == 1 for word in groups[-1]) and len(groups[0][0].text) > 1
