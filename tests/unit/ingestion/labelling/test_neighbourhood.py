"""A piece of something sensitive is sensitive, wherever a document was cut (R1, R4, R5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.document import Chunk
from ingestion.labelling.labeller import RingfenceLabeller
from ingestion.labelling.neighbourhood import REACH, passages_of
from ingestion.sensitivity import Category, Verdict
from tests.unit.ingestion.labelling.doubles import HIGH, LOW, Reading, a_labeller, cut, cut_at, labels_of

_LABELLER = a_labeller()
_FILLER = "the cafeteria opens at noon and closes at two on every working day of the week "
_SECRETS = [
    ("card number ", "4111 1111 1111 1111", Category.PCI),
    ("IBAN ", "DE89 3704 0044 0532 0130 00", Category.PCI),
    ("", "Maria Gonzalez", Category.PII),
    ("", "Hans Peter Schneider", Category.PII),
    ("call ", "+49 30 901820", Category.PII),
    ("the password: ", "hunter2-Xk9", Category.TRADE_SECRET),
]
_ORDER = (Verdict.HARMLESS, Verdict.UNKNOWN, Verdict.SENSITIVE)
_TEXTS = st.lists(
    st.sampled_from([_FILLER, "\n\n", "## A heading\n\n", *(f"{told}{secret}. " for told, secret, _ in _SECRETS)]),
    min_size=1,
    max_size=12,
).map("".join)
_PLACES = st.lists(st.integers(1, 900), max_size=8)


def touching(chunks: tuple[Chunk, ...], start: int, end: int) -> list[int]:
    """Return the places of the chunks that hold some of `text[start:end]`."""
    return [place for place, chunk in enumerate(chunks) if chunk.start < end and chunk.end > start]


@pytest.mark.parametrize(("told", "secret", "category"), _SECRETS)
@pytest.mark.parametrize("overlap", [0, 4])
def test_no_half_of_a_secret_is_harmless_wherever_the_splitter_cuts_it(
    told: str, secret: str, category: Category, overlap: int
) -> None:
    """R1: found in one chunk or in both, with its words of context on either side of the border."""
    cuts = 0
    for words in range(1, 22):
        before = " ".join((_FILLER * 2).split()[:words]) + f" {told}"
        chunks = cut(f"{before}{secret} {_FILLER * 2}", max_tokens=16, overlap=overlap)
        halves = touching(chunks, len(before), len(before) + len(secret))
        labels = labels_of(chunks, _LABELLER)
        assert all(category in labels[half].categories for half in halves), words
        cuts += chunks[halves[0]].end < len(before) + len(secret) or chunks[halves[0]].start == len(before)
    assert cuts > 0 or overlap


def test_a_word_of_context_across_the_border_counts() -> None:
    text = "The number of the visit is M54.5 as coded. Patient: admitted"
    first, second = labels_of(cut_at(text, [text.index("as coded")]), _LABELLER)

    assert Category.PHI in first.categories
    assert second.verdict is not Verdict.SENSITIVE


def test_what_lies_beyond_the_border_alone_is_not_this_chunks() -> None:
    text = f"{_FILLER}\n\ncard number 4111 1111 1111 1111"
    first, second = labels_of(cut_at(text, [text.index("card")]), _LABELLER)

    assert first.harmless
    assert second.categories == {Category.PCI}


@settings(deadline=None, max_examples=120)
@given(text=_TEXTS.filter(str.strip), places=_PLACES)
def test_a_neighbourhood_only_adds_and_its_findings_lie_inside_the_chunk(text: str, places: list[int]) -> None:
    """R5: beside its neighbours no chunk is less sensitive than alone, and no span leaves it."""
    chunks = cut_at(text, places)
    alone = _LABELLER.label([chunk.text for chunk in chunks], None)
    labels = labels_of(chunks, _LABELLER)
    for chunk, by_itself, label in zip(chunks, alone, labels, strict=True):
        assert label.categories >= by_itself.categories
        assert set(label.findings) >= set(by_itself.findings)
        assert all(0 <= finding.start < finding.end <= len(chunk.text) for finding in label.findings)


@settings(deadline=None, max_examples=120)
@given(text=_TEXTS.filter(str.strip), places=_PLACES)
def test_cutting_a_document_anywhere_hides_nothing_that_is_found_in_all_of_it(text: str, places: list[int]) -> None:
    """R1: every chunk that holds a visible character of a finding of the whole has a finding of its kind.

    It holds for findings that are told by less than the reach of a chunk's neighbourhood, as all planted ones are.
    A word that nobody planted and the name tagger takes for a name (`IBAN`, rarely) is told by its whole sentence.
    """
    (whole,) = _LABELLER.label([text], None)
    chunks = cut_at(text, places)
    labels = labels_of(chunks, _LABELLER)
    planted = [finding for finding in whole.findings if _is_planted(text[finding.start : finding.end])]
    for finding in planted:
        for half in touching(chunks, finding.start, finding.end):
            assert finding.category in labels[half].categories
    assert frozenset().union(*(label.categories for label in labels)) >= {finding.category for finding in planted}


def _is_planted(found: str) -> bool:
    """Whether what was found holds a planted value, or a part of one that is a word by itself."""
    words = set(found.split())
    return any(secret in found or words & set(secret.split()) for _, secret, _ in _SECRETS)


@given(text=_TEXTS.filter(str.strip), places=_PLACES)
def test_what_adjoins_a_chunk_is_what_adjoins_it_in_its_document(text: str, places: list[int]) -> None:
    chunks = cut_at(text, places)
    blank = str.maketrans(" \n", "  ")
    for chunk, passage in zip(chunks, passages_of(chunks, title=None, file_name=None), strict=True):
        assert passage.text == chunk.text
        assert len(passage.before) <= REACH
        assert len(passage.after) <= REACH
        around = " ".join((passage.before + passage.text + passage.after).translate(blank).split())
        assert around in " ".join(text.translate(blank).split())


def test_chunks_that_overlap_give_their_document_back() -> None:
    text = " ".join(f"word{number}" for number in range(200))
    passages = passages_of(cut(text, max_tokens=20, overlap=8), title=None, file_name=None)

    assert all(passage.before + passage.text + passage.after in text for passage in passages)
    assert all(passage.after for passage in passages[:-1])
    assert all(passage.before for passage in passages[1:])


@pytest.mark.parametrize(
    ("probabilities", "verdicts"),
    [
        ([HIGH, LOW + 0.1, 0.0], ["sensitive", "sensitive", "harmless"]),  # doubtful beside sensitive
        ([HIGH, LOW - 0.1, 0.0], ["sensitive", "unknown", "harmless"]),  # nearly doubtful beside sensitive
        ([HIGH, 0.0, HIGH], ["sensitive", "unknown", "sensitive"]),  # between two
        ([HIGH, 0.0, 0.0], ["sensitive", "harmless", "harmless"]),  # far from any doubt
        ([0.0, LOW + 0.1, 0.0], ["harmless", "unknown", "harmless"]),  # a doubt is not handed on
        ([HIGH, LOW + 0.1, LOW + 0.1], ["sensitive", "sensitive", "unknown"]),  # nor is what a neighbour inherited
    ],
)
def test_what_a_head_sees_in_a_neighbour_tips_a_doubt(probabilities: list[float], verdicts: list[str]) -> None:
    """R5: a passage that is cut in two is told by its larger part."""
    texts = [f"The text of this part is worth [{probability}] points." for probability in probabilities]
    text = " ".join(texts)
    chunks = cut_at(text, [text.index(one) for one in texts[1:]] if len(set(texts)) == len(texts) else _places(texts))
    labels = labels_of(chunks, RingfenceLabeller((), Reading()))

    assert [label.verdict.value for label in labels] == verdicts


def _places(texts: list[str]) -> list[int]:
    return [sum(len(one) + 1 for one in texts[:count]) for count in range(1, len(texts))]
