"""Who is looked for."""

from dataclasses import dataclass, field

from service.errors import InvalidRequestError
from service.subjects.folding import letters_and_digits, words

_MOST = 50
_LONGEST = 320
_SHORTEST_IDENTIFIER = 5
_SHORTEST_NAME = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person: identifiers (e-mail addresses, numbers) and names, as written; both stay out of any repr.

    Raises InvalidRequestError for what would find everybody, or nobody.
    """

    identifiers: tuple[str, ...] = field(default=(), repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be looked for."""
        given = (*self.identifiers, *self.names)
        if not given:
            message = "name the person by an identifier or a name"
            raise InvalidRequestError(message)
        if len(given) > _MOST or any(len(one) > _LONGEST or "\x00" in one for one in given):
            message = f"at most {_MOST} identifiers and names, each of at most {_LONGEST} characters"
            raise InvalidRequestError(message)
        if any(len(letters_and_digits(one)) < _SHORTEST_IDENTIFIER for one in self.identifiers):
            message = f"an identifier has at least {_SHORTEST_IDENTIFIER} letters or digits"
            raise InvalidRequestError(message)
        if any(max((len(word.text) for word in words(one)), default=0) < _SHORTEST_NAME for one in self.names):
            message = "a name has at least one word of two letters"
            raise InvalidRequestError(message)
