"""Some hundred documents of a made-up company, in several languages and formats, from one seed; and whom they name."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from service.subjects import Subject
from service.subjects.folding import squeezed
from tests.documents import a_csv, a_docx, an_eml, an_xlsx
from tests.evaluation.persons.people import OTHERS, PEOPLE, Person

SEED = 20_261_124
_NEAR = 200
"""Letters and digits between the mark of a mention and its end, at most."""

_SENTENCES = {
    "de": ("Vorgang {}: In der Sitzung wurde {} erwähnt.", "{}: Bitte die Akte {} prüfen.", "{} - Rücksprache mit {}."),
    "en": ("Case {}: the team discussed {} at length.", "{}: please ask {} about the invoice.", "{} - signed by {}."),
    "fr": ("Dossier {} : nous avons parlé de {} hier.", "{} : transmettre à {} pour accord.", "{} - signé par {}."),
    "es": ("Caso {}: se habló de {} en la reunión.", "{}: consultar con {} la factura.", "{} - firmado por {}."),
    "pl": ("Sprawa {}: omówiono wniosek {} wczoraj.", "{}: prosimy zapytać {} o fakturę.", "{} - podpis {}."),
    "nl": ("Zaak {}: in het overleg is {} genoemd.", "{}: vraag het aan {} alstublieft.", "{} - akkoord {}."),
    "it": ("Pratica {}: si è parlato di {} ieri.", "{}: chiedere a {} la fattura.", "{} - firmato {}."),
    "tr": ("Dosya {}: toplant\u0131da {} konuşuldu.", "{}: lütfen {} ile görüşün.", "{} - imza {}."),
    "sv": ("Ärende {}: mötet talade om {} igår.", "{}: fråga {} om fakturan.", "{} - underskrivet av {}."),
}
_FILLERS = (
    "Die Lieferung der Ersatzteile erfolgt in der kommenden Woche und wird im Lager geprüft.",
    "The quarterly maintenance of the cooling units is planned for the last week of the month.",
    "La salle de réunion du deuxième étage sera fermée pendant les travaux de peinture.",
    "El almacén central recibe los pedidos por la mañana y los envía por la tarde.",
    "Parking spaces are given out in the order in which requests arrive at the front desk.",
    "Der Müller mahlt das Korn, und der Weber webt das Tuch: so steht es auf dem Wandbild.",
    "A new printer was installed beside the kitchen; the old one is recycled on Friday.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A place that names a person: `mark` stands beside it in the text, `said` is what names them there."""

    person: int
    kind: str
    mark: str
    said: str

    def stands_in(self, text: str) -> bool:
        """Whether a chunk with these letters and digits holds the whole of it."""
        start = text.find(squeezed(self.mark))
        return start >= 0 and squeezed(self.said) in text[start : start + _NEAR]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document to be handed in."""

    content: bytes
    file_name: str
    mentions: tuple[Mention, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The documents, and by person what there is to look for."""

    papers: tuple[Paper, ...]
    by_identifier: dict[int, Subject]
    by_name: dict[int, Subject]


def company(documents: int = 240, seed: int = SEED) -> Company:
    """Return the same company for the same seed."""
    chance = random.Random(seed)
    numbers = {place: _identifiers(place, person) for place, person in enumerate(PEOPLE)}
    pool = [
        *(_named for place, person in enumerate(PEOPLE) for _named in _forms(place, person)),
        *((place, kind, said) for place in numbers for kind, said in _spellings(numbers[place])),
        *((-1, "namesake", f"{chance.choice(OTHERS)} {person.family}") for person in PEOPLE),
    ]
    pool *= 1 + documents * 5 // len(pool)
    chance.shuffle(pool)
    papers = []
    for number in range(documents):
        drawn = [pool.pop() for _ in range(min(chance.randint(2, 6), len(pool)))]
        papers.append(_paper(number, drawn, chance))
    return Company(
        papers=tuple(papers),
        by_identifier={place: Subject(identifiers=tuple(numbers[place].values())) for place in numbers},
        by_name={place: Subject(names=(person.name,)) for place, person in enumerate(PEOPLE)},
    )


def _identifiers(place: int, person: Person) -> dict[str, str]:
    local = squeezed(person.given)[:1] + "." + squeezed(person.family)
    return {
        "email": f"{local}{place}@nordlicht-werke.example",
        "phone": f"+49 30 {8_140_000 + place * 137}",
        "iban": _iban(f"37040044{1_000_000_000 + place * 7_919:010d}"),
        "staff": f"NW-{40_000 + place * 13}",
    }


def _iban(account: str) -> str:
    check = 98 - int(f"{account}131400") % 97
    return f"DE{check:02d}{account}"


def _spellings(numbers: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each identifier as different people write it."""
    email, phone, iban, staff = numbers["email"], numbers["phone"], numbers["iban"], numbers["staff"]
    digits = phone.removeprefix("+49 30 ")
    for said in (email, email.title(), email.upper(), f"<{email}>", email.replace("@", " (at) ")):
        yield "e-mail", said
    for said in (phone, f"030/{digits}", f"0049 30 {digits[:3]} {digits[3:]}", f"+49 (0)30 {digits[:3]}-{digits[3:]}"):
        yield "phone", said
    for said in (iban, " ".join(iban[place : place + 4] for place in range(0, len(iban), 4)), iban.lower()):
        yield "IBAN", said
    for said in (staff, staff.replace("-", ""), staff.replace("-", " ")):
        yield "staff number", said


def _forms(place: int, person: Person) -> Iterator[tuple[int, str, str]]:
    given, family = person.given, person.family
    forms = [("plain", person.name), ("reversed", f"{family}, {given}"), ("capitals", person.name.upper())]
    forms += [("abbreviated", f"{given[0]}. {family}"), ("abbreviated", f"{family}, {given[0]}.")]
    forms += [("family initial", f"{given} {family.split()[-1][0].upper()}.")]
    forms += [("inflected", one) for one in person.inflected]
    forms += [("other spelling", one) for one in person.short]
    forms += [("family alone", person.salutation)]
    half = len(family) // 2
    forms += [("broken line", f"{given} {family[:half]}-\n{family[half:]}")] if family.isalpha() else []
    yield from ((place, kind, said) for kind, said in forms)


def _paper(number: int, drawn: Sequence[tuple[int, str, str]], chance: random.Random) -> Paper:
    mentions, lines = [], []
    for offset, (person, kind, said) in enumerate(drawn):
        mark = f"Z{number:04d}{offset}"
        language = PEOPLE[person].language if person >= 0 else "de"
        lines.append(chance.choice(_SENTENCES[language]).format(mark, said))
        mentions.append(Mention(person=person, kind=kind, mark=mark, said=said))
    fillers = [" ".join(chance.choices(_FILLERS, k=chance.randint(1, 5))) for _ in lines]
    body = [piece for pair in zip(lines, fillers, strict=True) for piece in pair]
    ending, made = chance.choice(_FORMATS)
    content = made(body, [(mention.mark, mention.said.replace("-\n", "")) for mention in mentions])
    return Paper(content=content, file_name=f"paper-{number:04d}.{ending}", mentions=tuple(mentions))


def _row(marked: tuple[str, str]) -> list[str]:
    """Return a row with family and given name in cells of their own, where it is a name with both."""
    mark, said = marked
    family, comma, given = said.partition(", ")
    return [mark, family, given if comma else "", "offen"]


def _table(marked: Sequence[tuple[str, str]]) -> list[list[str]]:
    return [["Vorgang", "Name", "Vorname", "Stand"], *map(_row, marked)]


def _html(body: Sequence[str], _: Sequence[tuple[str, str]]) -> bytes:
    return f"<html><body>{''.join(f'<p>{escape(piece)}</p>' for piece in body)}</body></html>".encode()


_Make = Callable[[Sequence[str], Sequence[tuple[str, str]]], bytes]
_FORMATS: tuple[tuple[str, _Make], ...] = (
    ("txt", lambda body, _: "\n\n".join(body).encode()),
    ("md", lambda body, _: ("# Protokoll\n\n" + "\n\n".join(body)).encode()),
    ("eml", lambda body, _: an_eml("\n\n".join(body), Subject="Protokoll")),
    ("html", _html),
    ("docx", lambda body, _: a_docx(*body)),
    ("csv", lambda _, marked: a_csv(_table(marked))),
    ("xlsx", lambda _, marked: an_xlsx({"Liste": _table(marked)})),
)
