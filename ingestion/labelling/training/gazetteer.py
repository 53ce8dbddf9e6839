"""Make the name lists from the Faker package (MIT): `python -m ingestion.labelling.training.gazetteer`."""

import pkgutil
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

import structlog

from ingestion.labelling.folding import folded_text

_TARGET = Path(__file__).parent.parent / "names"
_MIN_LETTERS = 3
_MAX_LETTERS = 18
_GIVEN = ("first_names", "first_names_male", "first_names_female", "first_names_nonbinary")
_SURNAMES = ("last_names", "last_names_male", "last_names_female")
_STILL_NAMES = frozenset(
    (
        *(
            "antonio",
            "carlos",
            "felipe",
            "fernando",
            "francisco",
            "garcia",
            "gonzalez",
            "jorge",
            "jose",
            "juan",
            "lopez",
        ),
        *("luis", "manuel", "maria", "martin", "miguel", "pablo", "pedro", "rafael", "rodriguez", "santiago"),
    )
)
"""Frequent Spanish names that Faker's Spanish words hold."""
_PLACES = ("cities", "city_names", "countries", "states", "regions", "departments", "state_names", "provinces")


def main() -> None:
    """Write given names, surnames, places that are also names, and common words: folded, sorted, one a line."""
    given, surnames = _words(_values("person", _GIVEN)), _words(_values("person", _SURNAMES))
    lists = {
        "given": given,
        "surnames": surnames,
        "places": _words(_values("address", _PLACES)) & (given | surnames),
        "common": (_words(_values("lorem", ("word_list",))) | _own_words()) - _STILL_NAMES,
    }
    for name, words in lists.items():
        (_TARGET / f"{name}.txt").write_text("\n".join(sorted(words)) + "\n", encoding="ascii")
        structlog.get_logger().info("name_list_written", list=name, words=len(words))


def _values(provider: str, attributes: Iterable[str]) -> Iterator[str]:
    package = import_module(f"faker.providers.{provider}")
    for module in pkgutil.iter_modules(package.__path__):
        kind = getattr(import_module(f"{package.__name__}.{module.name}"), "Provider", None)
        if provider == "lorem" and not module.name.startswith(("en", "de", "fr", "es")):
            continue
        for attribute in attributes:
            yield from _strings(getattr(kind, attribute, ()))


def _strings(values: object) -> Iterator[str]:
    if isinstance(values, str):
        yield values
    elif isinstance(values, Iterable):
        for value in values:
            yield from _strings(value)


def _words(values: Iterable[str]) -> frozenset[str]:
    latin = (word for value in values for word in value.replace("-", " ").split() if _latin(word))
    folded = {folded_text(word).lower() for word in latin}
    return frozenset(word for word in folded if _MIN_LETTERS <= len(word) <= _MAX_LETTERS and word.isalpha())


def _latin(word: str) -> bool:
    return word.isalpha() and all(character < "\u0250" for character in word)


def _own_words() -> frozenset[str]:
    """Return the words that the training templates write in small letters: they are no names."""
    folder = Path(__file__).parent / "templates"
    lines = (line for path in sorted(folder.glob("*.txt")) for line in path.read_text(encoding="utf-8").splitlines())
    texts = (line for line in lines if line and not line.startswith(("@", "=")))
    return _words(word.strip(".,;:?!()\"'") for text in texts for word in text.split() if word[:1].islower())


if __name__ == "__main__":
    main()
