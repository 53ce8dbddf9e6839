"""Chunks: exact budgets and offsets over any text, with the tokenizer that the embedder really has."""

import time
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.document import Chunk, Document, Page
from ingestion.splitting import split
from service.adapters.memory.embedding import InMemoryTokenizer
from service.adapters.sentence_transformers import PackagedTokenizer

TOKENIZER = PackagedTokenizer()
ODD = st.sampled_from(
    [
        "\u200b",
        "\x1c",
        "\x85",
        "\u0301",
        "가",
        "契",
        "ﷺ",
        "\n\n",
        ". ",
        "a" * 120,
        "Z" * 101,
        " " * 400,
        "é",
        "😀",
        "\t",
    ]
)
WORDS = st.sampled_from(["contract ", "Unverständlichkeit ", "4111 1111 1111 1111", "x|y", "end.\n", "naïve", "I18N "])
TEXTS = st.lists(st.text(max_size=20) | ODD | WORDS, max_size=120).map("".join)


def a_document(text: str, *, page_length: int = 0) -> Document:
    """Return a document with pages of this length; without it, of one page."""
    starts = list(range(0, len(text), page_length)) if page_length and text else [0]
    ends = [*starts[1:], len(text)]
    pages = tuple(Page(number=n, start=s, end=e) for n, (s, e) in enumerate(zip(starts, ends, strict=True), 1))
    return Document(text=text, pages=pages, media_type="text/plain")


def uncovered(text: str, chunks: tuple[Chunk, ...]) -> str:
    inside = bytearray(len(text))
    for chunk in chunks:
        inside[chunk.start : chunk.end] = b"\x01" * (chunk.end - chunk.start)
    return "".join(character for character, covered in zip(text, inside, strict=True) if not covered)


@settings(max_examples=100, deadline=None)
@example("Z" * 97 + "  1000", 8, 1)  # the overlap alone fills the budget
@given(TEXTS, st.integers(8, 60), st.integers(1, 300))
def test_every_chunk_fits_the_budget_at_exact_offsets_and_nothing_is_left_out(
    text: str, max_tokens: int, page_length: int
) -> None:
    document = a_document(text, page_length=page_length)
    chunks = split(document, TOKENIZER, max_tokens=max_tokens, overlap=max_tokens // 4)
    for ordinal, chunk in enumerate(chunks):
        assert chunk.ordinal == ordinal
        assert chunk.text == text[chunk.start : chunk.end]
        assert chunk.text == chunk.text.strip() != ""
        assert len(TOKENIZER.offsets(chunk.text)) == chunk.tokens <= max_tokens or len(chunk.text) == 1
        assert (chunk.first_page, chunk.last_page) == document.pages_of(chunk.start, chunk.end)
    assert not uncovered(text, chunks).strip()
    assert chunks == split(document, TOKENIZER, max_tokens=max_tokens, overlap=max_tokens // 4)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 70_000,  # one word, longer than the vocabulary allows and than a segment
        "가" * 5_000,  # three tokens per character
        "QUJD" * 3_000 + " then prose follows. " * 200,
        " " * 100_000 + "x",
        "\u200b" * 10_000,  # no token at all, yet not white space
    ],
)
def test_texts_without_borders_are_cut_within_the_budget(text: str) -> None:
    chunks = split(a_document(text), TOKENIZER)
    assert all(len(TOKENIZER.offsets(chunk.text)) <= 254 for chunk in chunks)
    assert not uncovered(text, chunks).strip()


def test_a_chunk_ends_with_a_paragraph_rather_than_a_sentence_rather_than_a_word() -> None:
    sentence = "The tenant pays the rent on the first day of every month. "
    paragraphs = [(sentence * 6).strip(), (sentence * 5).strip(), "Plain words without an end " * 40]
    first, *others = split(a_document("\n\n".join(paragraphs)), TOKENIZER, max_tokens=120, overlap=20)
    assert first.text.endswith("month.")
    assert first.text == paragraphs[0]
    assert all(chunk.text.split()[-1] in {"month.", "Plain", "words", "without", "an", "end"} for chunk in others)


def test_rows_of_a_table_are_not_cut_in_the_middle() -> None:
    row = "Name: Dr. Ada Lovelace | IBAN: DE02 1203 0000 0000 2020 51"
    chunks = split(a_document("\n".join([row] * 50)), TOKENIZER)
    assert all(line == row for chunk in chunks for line in chunk.text.split("\n")[1:])
    assert all(chunk.text.endswith(row) for chunk in chunks)


def test_neighbours_overlap_so_that_a_sentence_at_the_border_is_whole_in_one() -> None:
    text = " ".join(f"Sentence number {number} says something." for number in range(200))
    chunks = split(a_document(text), TOKENIZER, overlap=32)
    for earlier, later in pairwise(chunks):
        assert later.start < earlier.end
        assert 0 < len(TOKENIZER.offsets(text[later.start : earlier.end])) <= 32


@pytest.mark.parametrize("filling", ["0,", "2024.", "7-", "12/", "契", "ab"])
@pytest.mark.parametrize("shift", range(0, 40, 3))
def test_a_number_in_a_text_without_blanks_is_whole_in_some_chunk(filling: str, shift: int) -> None:
    """R4: half a card number is no card number, so both halves would leave."""
    card = "4111111111111111"
    begin = split(a_document(filling * 2_000), TOKENIZER)[0].end
    before = (filling * begin)[: begin - shift]
    text = f"{before}{card}{filling * 300}"
    assert any(card in chunk.text for chunk in split(a_document(text), TOKENIZER))


def test_an_overlap_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="overlap"):
        split(a_document("x"), TOKENIZER, max_tokens=10, overlap=6)


def test_time_grows_with_the_length_of_the_text() -> None:
    def seconds(repetitions: int) -> float:
        document = a_document("Some words of one line\n" * repetitions)
        began = time.process_time()
        split(document, InMemoryTokenizer())
        return time.process_time() - began

    assert seconds(40_000) < 30 * max(seconds(5_000), 0.01)
