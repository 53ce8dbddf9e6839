"""Exactly these bytes may leave, after a scan of every string in them (R11)."""

import json
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ingestion.sensitivity import Category, Label
from service.policy import egress
from service.policy.egress import CloudPermit
from service.policy.prompt import Origin, Part, Prompt
from service.policy.routing import Cause, Deny, Permit, Reason, Route
from tests.prompts import VERSION, a_cloud_permit, a_life, a_part, a_prompt, harmless, scanned_harmless, sensitive

CLOUD = Permit(route=Route.CLOUD, reasons=())
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PARTS = st.builds(Part, origin=st.sampled_from(Origin), text=TEXT, label=st.just(harmless()))
PROMPTS = st.builds(Prompt, parts=st.lists(PARTS, min_size=1, max_size=5).map(tuple))


def minted(
    prompt: Prompt, *, permit: Permit = CLOUD, scan: egress.Scan = scanned_harmless, stream: bool = False
) -> CloudPermit | Deny:
    return egress.mint(prompt, permit, model="model-1", max_tokens=64, stream=stream, scan=scan, life=a_life())


def strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)


@given(prompt=PROMPTS, stream=st.booleans())
def test_every_string_that_leaves_was_scanned(prompt: Prompt, *, stream: bool) -> None:
    seen: list[str] = []

    def scan(texts: Sequence[str]) -> Label:
        seen.extend(texts)
        return harmless()

    permit = minted(prompt, scan=scan, stream=stream)
    assert isinstance(permit, CloudPermit)
    protocol = {"model-1", "user", "assistant"}
    assert sorted(seen) == sorted(text for text in strings(json.loads(permit.body)) if text not in protocol)
    for part in prompt.parts:
        assert part.origin is Origin.INSTRUCTIONS or any(_as_data(part.text) in text for text in seen)


def _as_data(text: str) -> str:
    return text.replace("<|", "&lt;|").replace("<\uff5c", "&lt;\uff5c")


@given(prompt=PROMPTS, place=st.integers(0, 5), word=st.text("abcdefgh", min_size=3, max_size=8))
def test_a_scan_that_objects_to_any_part_stops_everything(prompt: Prompt, place: int, word: str) -> None:
    canary = f"canary-{word}"
    chunk = a_part(Origin.CHUNK, canary)
    prompt = Prompt(parts=(*prompt.parts[:place], chunk, *prompt.parts[place:]))

    def scan(texts: Sequence[str]) -> Label:
        return sensitive(Category.PII) if any(canary in text for text in texts) else harmless()

    assert minted(prompt, scan=scan) == Deny(reasons=(Reason(cause=Cause.EGRESS_SCAN, categories=(Category.PII,)),))


@pytest.mark.parametrize(
    ("prompt", "permit", "cause"),
    [
        (a_prompt(), Permit(route=Route.LOCAL, reasons=()), Cause.EGRESS_SCAN),
        (Prompt(parts=()), CLOUD, Cause.NOTHING_LABELLED),
        (Prompt(parts=(Part(origin=Origin.CHUNK, text="x", label=None),)), CLOUD, Cause.EGRESS_SCAN),
        (Prompt(parts=(a_part(Origin.CHUNK, label=sensitive()),)), CLOUD, Cause.EGRESS_SCAN),
        (Prompt(parts=(a_part(Origin.CHUNK, label=Label.unknown("x", version=VERSION)),)), CLOUD, Cause.EGRESS_SCAN),
        # A permit that was made for another prompt, or before the labeller changed.
        (Prompt(parts=(a_part(Origin.CHUNK, label=harmless("older")),)), CLOUD, Cause.STALE_LABEL),
        # Half a surrogate pair has no bytes to scan.
        (Prompt(parts=(a_part(Origin.CHUNK, "\ud800"),)), CLOUD, Cause.EGRESS_SCAN),
    ],
)
def test_nothing_is_minted_in_doubt(prompt: Prompt, permit: Permit, cause: Cause) -> None:
    """R5, R10: even where a caller holds a CLOUD permit that it should not have."""
    assert minted(prompt, permit=permit) == Deny(reasons=(Reason(cause=cause),))


@pytest.mark.parametrize("label", [Label.unknown("detector_failed", version=VERSION), sensitive()])
def test_a_scan_that_cannot_tell_refuses(label: Label) -> None:
    """R5."""
    assert isinstance(minted(a_prompt(), scan=lambda _texts: label), Deny)


@given(place=st.integers(min_value=0), change=st.integers(1, 255))
def test_a_changed_byte_is_not_covered(place: int, change: int) -> None:
    permit = a_cloud_permit(model="model-1", stream=False)
    body = bytearray(permit.body)
    body[place % len(body)] ^= change
    assert permit.covers(permit.body)
    assert not permit.covers(bytes(body))


@given(other=st.binary(max_size=64))
def test_other_bytes_are_not_covered(other: bytes) -> None:
    permit = a_cloud_permit(model="model-1", stream=False)
    assume(other)
    assert not permit.covers(permit.body + other)
    assert not permit.covers(other)


def test_the_same_prompt_gives_the_same_bytes_for_a_stream_but_for_the_word() -> None:
    whole, stream = (a_cloud_permit(model="model-1", stream=stream) for stream in (False, True))
    assert json.loads(whole.body) | {"stream": True} == json.loads(stream.body)
    assert (whole.stream, stream.stream) == (False, True)


def test_a_cloud_permit_cannot_be_made_or_remade_outside() -> None:
    permit = a_cloud_permit(model="model-1", stream=False)
    with pytest.raises(TypeError, match=r"minted by policy\.egress"):
        CloudPermit(body=b"{}", sha256=permit.sha256, model="model-1", stream=False, life=a_life(), seal=object())
    with pytest.raises(ValueError, match="seal"):
        replace(permit, model="another")  # type: ignore[call-arg] # the very mistake
    assert not hasattr(permit, "seal")
    assert copy(permit) == permit


def test_a_cloud_permit_is_bound_to_its_bytes() -> None:
    with pytest.raises(ValueError, match="bound to the bytes"):
        CloudPermit(
            body=b"{}",
            sha256="0",
            model="m",
            stream=False,
            life=a_life(),
            seal=egress._SEAL,  # noqa: SLF001 - to get past it
        )


def test_a_permit_is_good_from_its_minting_until_its_end_and_not_a_moment_longer() -> None:
    life = a_life(seconds=30)
    permit = a_cloud_permit(model="model-1", stream=False, life=life)
    moment = timedelta(microseconds=1)
    times = [life.minted_at - moment, life.minted_at, life.valid_until - moment, life.valid_until]
    assert [permit.alive(time) for time in times] == [False, True, True, False]
