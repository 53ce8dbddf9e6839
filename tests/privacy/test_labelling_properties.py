"""Whatever a text holds, every finding lies in it, nothing raises, and work grows no faster than the text (R4, R5)."""

# ruff: noqa: E501 - a table is read by its rows

import base64
import time
import urllib.parse

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.labelling.labeller import RingfenceLabeller, shipped_detectors
from ingestion.labelling.normalising import Views
from ingestion.sensitivity import Finding

_DETECTORS = shipped_detectors()
_UNITS = (
    "a", "A", "1", " ", "\n", "é", "\u200b", "=", "%", "&", "<", "*", "@", ".", "-", "\\", "я", "王", "🙂", "\ud800", "\x00",
    "1 ", "a ", "one ", "%41", "%25", "&#", "aA", "4 -", "<b>", "a@", "a.b@", "12/", "alpha ", "=\n", "zl ", "QQ", "4111 1111 ",
    "Via a ", "MIIB", "1:", "key=", "x dot ", "\\u0041",
)  # fmt: skip
_KNOWN = (
    "4426466582780038",
    "selma@teleworm.us",
    "SSN 157-36-8193",
    "forty-two",
    "p4ssw0rd: x9Z",
    "MTYuMjQ0LjExLjE0MQ==",
)


def findings_in(text: str) -> list[Finding]:
    """Run every detector; none may raise, since an error would only show as "unknown" in a label."""
    views = Views.of(text)
    return [finding for detector in _DETECTORS for finding in detector.findings(views)]


def assert_inside(text: str) -> None:
    for finding in findings_in(text):
        assert 0 <= finding.start < finding.end <= len(text)


@settings(deadline=None, max_examples=300)
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=300))
def test_every_finding_in_any_text_lies_in_it(text: str) -> None:
    """Lone surrogates included."""
    assert_inside(text)


@settings(deadline=None, max_examples=300)
@given(
    pieces=st.lists(
        st.one_of(st.sampled_from(_KNOWN), st.sampled_from(_UNITS), st.text(max_size=12), st.sampled_from("\n .,;:<>")),
        max_size=12,
    )
)
def test_every_finding_lies_in_a_text_around_identifiers(pieces: list[str]) -> None:
    assert_inside("".join(pieces))


@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=300))
def test_any_bytes_read_as_text_are_labelled_without_an_error(content: bytes) -> None:
    assert_inside(content.decode("latin-1"))
    assert_inside(content.decode("utf-8", errors="replace"))
    assert_inside(content.decode("utf-8", errors="surrogateescape"))
    assert_inside(base64.b64encode(content).decode())


@pytest.mark.parametrize("unit", _UNITS)
def test_a_long_run_of_one_thing_is_read_in_time_that_grows_with_its_size(unit: str) -> None:
    """R4: twice the text, about twice the time; a wide bound, since other processes share the machine."""

    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        start = time.process_time()
        views = Views.of(text)
        assert len(views.plain.text) <= 4 * len(text) + 4
        return time.process_time() - start

    assert seconds(300_000) < 30 * seconds(30_000) + 0.5


@pytest.mark.parametrize("unit", ["a", "1", "é", "\u200b", "=", "one ", "<b>"])
def test_a_megabyte_of_one_thing_ends(unit: str) -> None:
    """R4: with every detector; too many look-alikes make the text unknown, and nothing makes it crawl or raise."""
    (label,) = RingfenceLabeller(_DETECTORS, None).label([unit * (1_000_000 // len(unit))], None)

    assert not label.harmless
    assert all(0 <= finding.start < finding.end <= 1_000_000 for finding in label.findings)


@pytest.mark.parametrize("unit", _UNITS)
def test_detectors_read_long_runs_in_time_that_grows_with_their_size(unit: str) -> None:
    """Too many look-alikes may end a detector's work, which makes a text unknown; nothing may make it crawl."""

    def seconds(size: int) -> float:
        views = Views.of(unit * (size // len(unit)))
        start = time.process_time()
        for detector in _DETECTORS:
            try:
                list(detector.findings(views))
            except Exception as error:  # noqa: BLE001 - the labeller turns any into "unknown"; here only time counts
                assert type(error).__name__ == "TooManyMatchesError"  # noqa: PT017 - nothing else may be raised
        return time.process_time() - start

    assert seconds(80_000) < 30 * seconds(8_000) + 0.5


def test_a_hundred_thousand_nested_encodings_end() -> None:
    """Percent signs can be nested at two characters each; only the first few levels are opened."""
    nested = "%" + "25" * 100_000 + "40"
    assert_inside(f"anna{nested}example.com")


def test_three_nested_encodings_are_opened() -> None:
    inner = "card 4426466582780038"
    for encode in (
        lambda text: base64.b64encode(text.encode()).decode(),
        lambda text: text.encode().hex(),
        urllib.parse.quote,
    ):
        inner = encode(inner)
    assert any(finding.kind == "card_number" for finding in findings_in(f"see {inner} please"))
