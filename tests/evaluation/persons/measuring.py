"""Hands the company in, locates everybody in it, and counts: `python -m tests.evaluation.persons` prints the table."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ingestion.labelling import RingfenceLabeller
from service.adapters.sentence_transformers import PackagedTokenizer, SentenceTransformersEmbedder
from service.documents import Upload
from service.locating import FoundBy, Located
from service.policy.access import DocumentId, Principal
from service.subjects import Subject
from service.subjects.folding import squeezed
from tests.assembled import World, a_world, exchanged
from tests.evaluation.persons.company import Company, Mention, company

IDENTIFIERS = frozenset({"e-mail", "phone", "IBAN", "staff number"})
Place = tuple[DocumentId, int]


@dataclass(slots=True)
class Counts:
    """Chunks that name somebody in one kind of form: all, those located, for certain, and those the index led to."""

    all: int = 0
    located: int = 0
    certain: int = 0
    indexed: int = 0

    @property
    def recall(self) -> float:
        """The share of the chunks that were located."""
        return self.located / self.all if self.all else 0.0


@dataclass(slots=True)
class Findings:
    """What was measured. `claimed` are the places told as certain, `right` those of them that name the person."""

    by_kind: dict[str, Counts] = field(default_factory=dict)
    claimed: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    missed: list[Mention] = field(default_factory=list)
    wrong: list[tuple[int, str]] = field(default_factory=list)

    def recall(self, kinds: Iterable[str]) -> float:
        """Return the recall over these kinds of form."""
        counts = [self.by_kind[kind] for kind in kinds]
        return sum(one.located for one in counts) / sum(one.all for one in counts)

    def precision(self, way: str) -> float:
        """Return which share of what was told as certain names the person; `way` is `names` or `identifiers`."""
        return self.right[way] / self.claimed[way]

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds of form that are names of people who are looked for."""
        return tuple(sorted(set(self.by_kind) - IDENTIFIERS))


def measured(made: Company | None = None) -> Findings:
    """Return how the shipped labeller and the index do on the company."""
    made = made or company()
    embedder = SentenceTransformersEmbedder("packaged")
    labeller = RingfenceLabeller.shipped(embedder=embedder.name)
    world = exchanged(a_world(), labelling=(embedder, PackagedTokenizer("packaged"), labeller))
    who, _ = world.person("nordlicht")
    texts, mentions = _handed_in(world, who, made)
    findings = Findings()
    for way, subjects in (("identifiers", made.by_identifier), ("names", made.by_name)):
        for person, subject in subjects.items():
            _count(findings, way, person, _located(world, who, subject), texts, mentions)
    return findings


def _handed_in(
    world: World, who: Principal, made: Company
) -> tuple[Mapping[Place, str], Mapping[DocumentId, tuple[Mention, ...]]]:
    """Return the letters and digits of every chunk, and what each document was made to say."""
    mentions = {}
    for paper in made.papers:
        view, _ = world.product.documents.register(who, Upload(content=paper.content, file_name=paper.file_name))
        mentions[view.id] = paper.mentions
    world.work()
    texts = {
        (document_id, chunk.ordinal): squeezed((chunk.text or "").replace("-\n", ""))
        for document_id in mentions
        for chunk in world.product.reviewing.chunks(who, document_id, limit=1_000)
    }
    return texts, mentions


def _located(world: World, who: Principal, subject: Subject) -> Located:
    return world.product.locating.locate(who, subject)


def _count(
    findings: Findings,
    way: str,
    person: int,
    located: Located,
    texts: Mapping[Place, str],
    mentions: Mapping[DocumentId, tuple[Mention, ...]],
) -> None:
    hits = {(document.id, hit.ordinal): hit for document in located.documents for hit in document.hits}
    of_person: set[Place] = set()
    for place, text in texts.items():
        for mention in mentions[place[0]]:
            if mention.person != person:
                continue
            if squeezed(mention.mark) in text:
                of_person.add(place)  # whatever names them there: an address holds a name, too
            if (mention.kind in IDENTIFIERS) == (way == "identifiers") and mention.stands_in(text):
                _add(findings, mention, hits.get(place))
    certain = {place for place, hit in hits.items() if hit.certain}
    findings.claimed[way] += len(certain)
    findings.right[way] += len(certain & of_person)
    findings.wrong += [(person, texts[place]) for place in sorted(certain - of_person)]


def _add(findings: Findings, mention: Mention, hit: object) -> None:
    counts = findings.by_kind.setdefault(mention.kind, Counts())
    counts.all += 1
    if hit is None:
        findings.missed.append(mention)
        return
    counts.located += 1
    counts.certain += bool(getattr(hit, "certain", False))
    counts.indexed += FoundBy.INDEX in getattr(hit, "found_by", ())
