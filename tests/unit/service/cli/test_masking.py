"""What was found is never printed: no character of it, however findings lie, and nothing where nobody knows (R54)."""

from dataclasses import dataclass
from io import StringIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ingestion.document import Chunk, Document, Page
from ingestion.labelling import RingfenceLabeller
from ingestion.pipeline import LabelledChunk
from ingestion.sensitivity import Category, Finding, Label, Verdict, highest
from service.cli.labelling import Labelled, rendered
from service.cli.masking import MASK, Covered, covered, printable, stretches

VECTOR = np.zeros(1, dtype=np.float32)
SECRET, SHOWN = "Ж", "·"
"""Letters that occur in no word that the command prints."""


@dataclass(frozen=True, slots=True)
class Span:
    """A finding inside a chunk, in characters of the chunk."""

    start: int
    end: int


def a_finding(span: Span, kind: str = "email") -> Finding:
    return Finding(
        category=Category.PII, kind=kind, start=span.start, end=span.end, confidence=0.9, detector="personal"
    )


def a_chunk(text: str, *spans: Span, start: int = 0, reasons: tuple[str, ...] = ()) -> LabelledChunk:
    chunk = Chunk(ordinal=0, start=start, end=start + len(text), text=text, tokens=1, first_page=1, last_page=1)
    findings = tuple(map(a_finding, spans))
    verdict = Verdict.SENSITIVE if findings else Verdict.UNKNOWN if reasons else Verdict.HARMLESS
    categories = frozenset({Category.PII} if findings else ())
    label = Label(
        verdict=verdict, labeller_version="1", findings=findings, categories=categories, reasons=reasons, language="en"
    )
    return LabelledChunk(chunk=chunk, label=label, vector=VECTOR)


def printed(*chunks: LabelledChunk, reveal: bool = False) -> str:
    """Return everything that the command prints about these chunks."""
    text = "".join(one.chunk.text for one in chunks)
    document = Document(text=text, pages=(Page(number=1, start=0, end=len(text)),), media_type="text/plain")
    label = highest(one.label for one in chunks)
    console = Console(file=StringIO(), width=200)
    for part in rendered(Labelled(name="note.txt", document=document, chunks=chunks, label=label), reveal=reveal):
        console.print(part, soft_wrap=True)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def spans_within(length: int) -> st.SearchStrategy[list[Span]]:
    places = st.tuples(st.integers(0, length), st.integers(0, length))
    return st.lists(places.map(lambda both: Span(min(both), max(both))), max_size=8)


@st.composite
def neighbours(draw: st.DrawFn) -> list[LabelledChunk]:
    """Chunks that repeat each other's text, with findings that overlap; what a finding covers is SECRET."""
    borders = draw(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=4))
    spans = [draw(spans_within(length)) for _, length in borders]
    text = [SHOWN] * 60
    for (begin, _), some in zip(borders, spans, strict=True):
        for span in some:
            text[begin + span.start : begin + span.end] = SECRET * (span.end - span.start)
    whole = "".join(text)
    return [
        a_chunk(whole[begin : begin + length], *some, start=begin)
        for (begin, length), some in zip(borders, spans, strict=True)
    ]


@given(neighbours())
def test_no_character_of_any_finding_is_printed_and_every_other_one_is(chunks: list[LabelledChunk]) -> None:
    shown = printed(*chunks)

    assert SECRET not in shown
    assert shown.count(SHOWN) == sum(one.chunk.text.count(SHOWN) for one in chunks)


@given(st.text(max_size=60), st.data())
def test_the_masks_stand_exactly_in_the_places_of_the_findings(text: str, data: st.DataObject) -> None:
    spans = data.draw(spans_within(len(text)))
    cut = stretches(text, [Covered(start=span.start, end=span.end, kind="email") for span in spans])
    places = {place for span in spans for place in range(span.start, span.end)}

    assert "".join(stretch.text for stretch in cut) == text
    masked = "".join(stretch.masked for stretch in cut)
    assert len(masked) == len(text)
    assert all(masked[place] == MASK for place in places)
    assert all(masked[place] == text[place] for place in range(len(text)) if place not in places)


def test_a_mask_names_the_kinds_beneath_it() -> None:
    covers = [Covered(start=0, end=4, kind="email"), Covered(start=3, end=6, kind="person_name")]

    (first, rest) = stretches("abcdefgh", covers)

    assert (first.masked, first.kinds, rest.masked, rest.kinds) == (MASK * 6, ("email", "person_name"), "gh", ())


def test_a_finding_of_the_neighbour_covers_the_text_that_both_chunks_hold() -> None:
    first = a_chunk(SHOWN * 5 + SECRET * 5, Span(5, 10))
    second = a_chunk(SECRET * 5 + SHOWN * 5, start=5)

    assert SECRET not in printed(first, second)


@pytest.mark.parametrize(
    "reason",
    [
        "detector_failed:payment",
        "detector_failed:heads",
        "detector_failed:x",
        "detector_timed_out:payment",
    ],
)
def test_nothing_is_shown_of_a_chunk_that_was_not_fully_examined(reason: str) -> None:
    """R5: the detector that failed might have found anything in it."""
    assert SECRET not in printed(a_chunk(SECRET * 9, reasons=(reason,)))


def test_a_chunk_in_doubt_is_shown() -> None:
    assert SECRET in printed(a_chunk(SECRET * 9, reasons=("uncertain:clinical",)))


def test_nothing_is_shown_of_a_chunk_with_more_findings_than_a_label_keeps() -> None:
    text = "".join(f"a{number}@example.org\n" for number in range(500))
    (label,) = RingfenceLabeller.shipped().label([text], None)
    (short,) = RingfenceLabeller.shipped().label([text[:100]], None)
    chunk = a_chunk(text).chunk

    lost = covered([LabelledChunk(chunk=chunk, label=label, vector=VECTOR)])

    assert len(label.findings) < 500
    assert {stretch.masked for stretch in stretches(text, lost)} == {f"{MASK * 3} {len(text)} characters "}
    assert not any(cover.whole for cover in covered([LabelledChunk(chunk=chunk, label=short, vector=VECTOR)]))


def test_revealing_shows_the_text_and_what_was_found_in_it() -> None:
    shown = printed(a_chunk(SHOWN + SECRET * 3, Span(1, 4)), reveal=True)

    assert f"{SHOWN}{SECRET * 3}[email]" in shown


@given(st.text(max_size=40))
def test_no_character_of_a_text_steers_the_terminal(text: str) -> None:
    shown = printable(text)

    assert len(shown) == len(text)
    assert printable("a\x1b[2J\u202eb\n") == "a\ufffd[2J\ufffdb\n"
    assert not any(character < " " and character not in "\n\t" for character in shown)


def test_a_text_that_would_clear_the_screen_is_only_shown() -> None:
    assert "\x1b" not in printed(a_chunk("a\x1b[2Jb"))


def test_markup_in_a_text_is_only_text() -> None:
    assert "[red]x[/red]" in printed(a_chunk("[red]x[/red]"))
