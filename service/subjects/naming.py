"""Finds one name in a text: inflected, abbreviated, in either order; and tells namesakes apart where the text does."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.subjects.folding import Word, folded, is_form_of, is_one_apart, plain, stems, words
from service.subjects.names import PersonName, is_given, is_particle, is_title
from service.subjects.spans import Span

_FULL, _INITIAL, _FAMILY = "full_name", "initial", "family"
NAMESAKE = "namesake"
"""Not the person: somebody else with the same initial and family name, so that an initial tells the two not apart."""
_BESIDE = re.compile(r"[ \t\n\u00a0.\-\u2010\u2011\"(]{0,4}")
_BEHIND = re.compile(r"[ \t\u00a0]?[,|\t][ \t\n\u00a0]{0,2}|[ \u00a0]")
_JOINED = re.compile(r"[ \u00a0]|\.?[ \u00a0]?[\-\u2010\u2011]\n?|\.[ \u00a0]?")
_HYPHEN = ("-", "\u2010", "\u2011")
_FURTHEST_BEFORE = 4
_MOST_OWN = 8
"""Words of one name on either side; a list of nothing but namesakes is not one name of all its words."""
_SURE = 2
_VOWELS = "aeiouy"
_SHORTEST_RESEMBLING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NameMatcher:
    """One name of a person, and what may be searched for before anything is looked at closely."""

    name: PersonName
    stems: frozenset[str]

    @classmethod
    def of(cls, name: str) -> "NameMatcher | None":
        """Return the matcher of a name, None where there is no word in it."""
        parts = PersonName.of(name)
        if parts is None:
            return None
        whole = ("".join(parts.family),) if len(parts.family) > 1 else ()
        families = (*parts.family, *parts.whole_between, *whole)
        return cls(name=parts, stems=frozenset().union(*map(stems, families)))

    def may_be_in(self, plain_text: str) -> bool:
        """Whether a text that folds to this can hold the name."""
        if any(one in plain_text for one in self.stems):
            return True
        return any(one in plain_text for given in self.name.whole_given for one in stems(given))

    def tells_by_initial(self, plain_text: str) -> bool:
        """Whether a text that folds to this may name somebody with the family name, where an initial is to tell who."""
        return bool(self.name.initial) and any(one in plain_text for one in self.stems)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield every place where the name stands."""
        line = words(text)
        for place, word in enumerate(line):
            fit = self._family_fit(word)
            if fit:
                yield from _Neighbours(text=text, line=line, place=place, name=self.name, fit=fit).judged()
            elif self._is_given(word):
                yield from self._given_with_initial(text, line, place)

    def resembling(self, text: str) -> Iterator[Span]:
        """Yield words that are one letter away from the family name."""
        wanted = [plain(one) for one in self.name.family if len(plain(one)) >= _SHORTEST_RESEMBLING]
        for word in words(text):
            if word.capital and any(is_one_apart(plain(word.text), one) for one in wanted):
                yield Span(start=word.start, end=word.end, sure=False, form=_FAMILY)

    def _family_fit(self, word: Word) -> int:
        """Return 2 for the family name, 1 for a case of it or one of the names between, 0 for another word."""
        if word.stem not in self.stems and not any(plain(word.text).startswith(one) for one in self.stems):
            return 0
        whole = ("".join(self.name.family),) if len(self.name.family) > 1 else ()
        best = max(is_form_of(word.text, one) for one in (*self.name.family, *whole))
        if best:
            return best if word.capital or not word.text.islower() or len(self.name.family) > 1 else 1
        return int(any(is_form_of(word.text, one) for one in self.name.whole_between))

    def _is_given(self, word: Word) -> bool:
        return word.capital and any(is_form_of(word.text, one) for one in self.name.whole_given)

    def _given_with_initial(self, text: str, line: Sequence[Word], place: int) -> Iterator[Span]:
        """Yield `Jürgen M.`, which may be him."""
        after = line[place + 1] if place + 1 < len(line) else None
        if after is None or len(after.text) != 1 or not after.capital or not self.name.family:
            return
        beside = text[line[place].end : after.start] == " " and text[after.end : after.end + 1] == "."
        if beside and folded(after.text) == folded(self.name.family[0])[:1]:
            yield Span(start=line[place].start, end=after.end, sure=False, form=_FAMILY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Neighbours:
    """A word of a text that fits the family name, among the words beside it."""

    text: str
    line: Sequence[Word]
    place: int
    name: PersonName
    fit: int

    def judged(self) -> Iterator[Span]:
        """Yield what this word is: with the given name, with its initial, alone; nothing where it is somebody else."""
        found = self._before() or self._behind()
        if found is None and self.line[self.place].capital:
            found = _FAMILY, self.place, False
        if found is not None and (found[0] != NAMESAKE or self._same_initial(found[1])):
            form, other, sure = found
            first, last = self._extended(min(self.place, other), max(self.place, other))
            yield Span(start=self.line[first].start, end=self.line[last].end, sure=sure and self._whole(), form=form)

    def _before(self) -> tuple[str, int, bool] | None:
        """Return what stands in front: form, the place of its word, how surely. `NAMESAKE` is another person."""
        other = None
        nearest = True
        for place in range(self.place - 1, max(self.place - _FURTHEST_BEFORE, 0) - 1, -1):
            word, gap = self.line[place], self._gap(place)
            if not _BESIDE.fullmatch(gap) or (not nearest and "\n" in gap):
                break
            fit = self._given_fit(word)
            if fit == _SURE or (fit and len(word.text) > 1):
                return self._begun(word, place, fit)
            if fit:
                other = self._begun(word, place, fit)  # of `H.-P.` the P says less than the H before it
            elif nearest and self._somebody_else(word):
                other = NAMESAKE, place, False
            if not (_joins(word) or word.capital):
                break
            nearest = nearest and _joins(word)
        return other

    def _begun(self, word: Word, place: int, fit: int) -> tuple[str, int, bool]:
        if len(word.text) == 1:
            return _INITIAL, place, fit == _SURE and self._is_family()
        if self.fit == fit:
            return _FULL, place, fit == _SURE or self._is_family()
        # `Jana Nowaka` is Jan Nowak and `Jana Nowak` is not; but Anna Nowak is also `Anny Nowak`.
        keeps = fit == _SURE or any(plain(one)[-1] in _VOWELS for one in self.name.whole_given)
        return _FULL, place, keeps and self._is_family()

    def _behind(self) -> tuple[str, int, bool] | None:
        """Return what stands behind: `Müller, Jürgen`, `Müller J.`, a cell of the same row."""
        word = self.line[self.place]
        after = self.line[self.place + 1] if self.place + 1 < len(self.line) else None
        if after is None or not _BEHIND.fullmatch(self.text[word.end : after.start]):
            return None
        sure = self.fit == _SURE and not self._named_already() and not self._goes_on(after)
        if self._given_fit(after):
            single = len(after.text) == 1
            if single and self.text[word.end : after.start] in {" ", "\u00a0"} and not self._dotted(after):
                return None
            return (_INITIAL if single else _FULL), self.place + 1, sure
        if sure and is_given(after.text) and self.name.given and "," in self.text[word.end : after.start]:
            return NAMESAKE, self.place + 1, False
        return None

    def _given_fit(self, word: Word) -> int:
        """Return how well a word fits the given name; one letter is its initial."""
        if not self.name.given:
            return 0
        letters = [folded(one)[:1] for one in self.name.given]
        if len(word.text) == 1:
            if not word.capital or folded(word.text) not in letters:
                return 0
            return _SURE if folded(word.text) == self.name.initial else 1
        if len(letters) > 1 and word.text.isupper() and folded(word.text) == "".join(letters):
            return _SURE
        if all(len(one) == 1 for one in self.name.given):
            # Only an initial is known: any given name that begins so may be it.
            return 1 if word.capital and is_given(word.text) and folded(word.text)[:1] == self.name.initial else 0
        best = max(is_form_of(word.text, one) for one in self.name.given)
        return best or self._shortened(word)

    def _shortened(self, word: Word) -> int:
        """Return 1 for `Jürg.`: the beginning of the given name with a full stop."""
        if not self._dotted(word) or is_title(word.text) or len(word.text) < _SURE:
            return 0
        return int(any(plain(one).startswith(plain(word.text)) for one in self.name.whole_given)) * _SURE

    def _somebody_else(self, word: Word) -> bool:
        """Whether a word in front is a given name, or the initial of one, that is not the person's."""
        if not self.name.given:
            return False
        if len(word.text) == 1:
            # In French `M. Fournier` is Monsieur Fournier, whatever he is called.
            return word.capital and self._dotted(word) and folded(word.text) not in {self.name.initial, "m"}
        return word.capital and is_given(word.text) and not is_title(word.text) and not self._between(word)

    def _between(self, word: Word) -> bool:
        return any(is_form_of(word.text, one) for one in (*self.name.whole_between, *self.name.family))

    def _same_initial(self, place: int) -> bool:
        """Whether the given name at this place begins as the person's does, and is more than a letter."""
        other = self.line[place].text
        return len(other) > 1 and folded(other)[:1] == self.name.initial

    def _is_family(self) -> bool:
        """Whether the word is a form of the family name, and not of a name between."""
        names = (*self.name.family, "".join(self.name.family))
        return any(is_form_of(self.line[self.place].text, one) for one in names)

    def _extended(self, first: int, last: int) -> tuple[int, int]:
        """Return the places of the first and the last word, further ones of the same name included."""
        begin, end = max(first - _MOST_OWN, 0), min(last + _MOST_OWN, len(self.line) - 1)
        while first > begin and self._own(self.line[first - 1]) and _JOINED.fullmatch(self._gap(first - 1)):
            first -= 1
        while last < end and self._own(self.line[last + 1]) and _JOINED.fullmatch(self._gap(last)):
            last += 1
        return first, last

    def _own(self, word: Word) -> bool:
        """Whether the word is one of the person's names, or the initial of a given one."""
        if len(word.text) == 1:
            return word.capital and folded(word.text) in {folded(one)[:1] for one in self.name.given}
        return self._between(word) or any(is_form_of(word.text, one) for one in self.name.whole_given)

    def _whole(self) -> bool:
        """Whether the family name is not half of a double name that the person is not known by."""
        before = self.line[self.place - 1] if self.place else None
        after = self.line[self.place + 1] if self.place + 1 < len(self.line) else None
        return not (
            (before is not None and before.capital and self._gap(self.place - 1) in _HYPHEN and not self._own(before))
            or (after is not None and after.capital and self._gap(self.place) in _HYPHEN and not self._own(after))
        )

    def _gap(self, place: int) -> str:
        """Return what stands between the word at this place and the next."""
        return self.text[self.line[place].end : self.line[place + 1].start]

    def _named_already(self) -> bool:
        """Whether a given name of somebody stands in front, so that what follows a comma is the next person."""
        before = self.line[self.place - 1] if self.place else None
        if before is None or not re.fullmatch(r"[ \u00a0]", self.text[before.end : self.line[self.place].start]):
            return False
        return before.capital and is_given(before.text)

    def _goes_on(self, after: Word) -> bool:
        """Whether a family name of its own follows what stands behind."""
        following = self.place + 2
        if following >= len(self.line):
            return False
        word = self.line[following]
        return word.capital and len(word.text) > 1 and self.text[after.end : word.start] in {" ", "\u00a0"}

    def _dotted(self, word: Word) -> bool:
        return self.text[word.end : word.end + 1] == "."


def _joins(word: Word) -> bool:
    """Whether a word only joins a name, or says how its bearer is addressed: `van`, `v.`, `Dr.`."""
    return is_title(word.text) or is_particle(word.text) or (len(word.text) == 1 and not word.capital)
