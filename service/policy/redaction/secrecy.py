"""Which value stands behind which placeholder: in memory only, and nothing that prints or stores objects gets at it."""

from collections.abc import Collection, Iterator
from typing import NoReturn, final

from service.policy.redaction.placeholders import Placeholder

_FORMS = "BCDEFGHIJKLMNOPQRSTUVWXYZ"


@final
class Mapping:
    """The values of one prompt by placeholder. It shows how many they are and nothing else of them.

    It cannot be pickled, copied, compared by content or iterated, so that no log, queue or cache can take it along.
    """

    __slots__ = ("__numbers", "__placeholders", "__reserved", "__values")

    def __init__(self, reserved: Collection[tuple[str, int]] = ()) -> None:
        """Make an empty one that never gives out a kind and number that the texts already spell out."""
        self.__reserved = frozenset(reserved)
        self.__numbers: dict[str, tuple[str, int]] = {}
        self.__placeholders: dict[tuple[str, str], Placeholder] = {}
        self.__values: dict[Placeholder, str] = {}

    def placeholder(self, value: str, kind: str, spelled: str) -> Placeholder:
        """Return the placeholder of this spelling of a value, the same for the same one every time."""
        known = self.__placeholders.get((value, spelled))
        if known is not None:
            return known
        kind, number = self.__numbers.get(value) or self.__fresh(kind)
        self.__numbers[value] = kind, number
        made = next((one for one in _forms(kind, number) if one not in self.__values), None)
        made = made or Placeholder(*self.__fresh(kind))  # more spellings than letters: a value of its own
        self.__placeholders[value, spelled] = made
        self.__values[made] = spelled
        return made

    def value(self, placeholder: Placeholder) -> str | None:
        """Return what stands behind a placeholder; None for one that was never given out."""
        return self.__values.get(placeholder)

    def __fresh(self, kind: str) -> tuple[str, int]:
        taken = {one.number for one in self.__values if one.kind == kind}
        taken |= {number for other, number in self.__reserved if other == kind}
        return kind, next(number for number in range(1, len(taken) + 2) if number not in taken)

    def __len__(self) -> int:
        """Return how many values are hidden, however often and in however many spellings."""
        return len(self.__numbers)

    def __repr__(self) -> str:
        return f"<{len(self)} redacted values>"

    __str__ = __repr__

    def __format__(self, _specification: str) -> str:
        return repr(self)

    def _refuse(self, *_: object) -> NoReturn:
        message = "redacted values stay where they are: they are neither stored nor copied"
        raise TypeError(message)

    __reduce__ = __reduce_ex__ = __getstate__ = __copy__ = __deepcopy__ = _refuse
    __iter__: None = None


def _forms(kind: str, number: int) -> Iterator[Placeholder]:
    yield Placeholder(kind, number)
    for letter in _FORMS:
        yield Placeholder(kind, number, letter)
