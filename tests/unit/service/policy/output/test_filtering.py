"""The output filter: nothing of a watched span is said, everything else is, however the answer is cut (R19)."""

import hmac
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.answering.saying import credentials_in
from service.policy.output import (
    STEM,
    CanaryWatch,
    Cause,
    CredentialWatch,
    ForeignWatch,
    OutputFilter,
    Watch,
    Watched,
    canonical,
    shingles,
)

TOKEN = "bovadu-kelomi-rasute-fonika"  # noqa: S105 - a canary
OTHER = "bovadu-bovadu-nitali-pomade"
SECRET = "ghp_" + "q7Zk3Rt9Xb2Lw8Vn5Mc1Hd6Js4Pf0YgAb12Cd"
FOREIGN = "the sensor division will be bought in may for ninety million euros in cash and shares"
Made = Callable[[], Watch]


def fingerprint(text: str) -> str:
    return hmac.digest(b"key", text.encode(), "sha256").hex()


def watched(token: str) -> Watched:
    plain = canonical(token)
    return Watched(
        reference=token[:6], length=len(plain), stem=fingerprint(plain[:STEM]), fingerprint=fingerprint(plain)
    )


def a_canary_watch(*shown: str) -> CanaryWatch:
    return CanaryWatch([watched(TOKEN), watched(OTHER)], fingerprint=fingerprint, shown=shown)


def a_credential_watch(*shown: str) -> CredentialWatch:
    return CredentialWatch(credentials_in, shown=shown)


def a_foreign_watch(*shown: str) -> ForeignWatch:
    return ForeignWatch(frozenset(shingles(FOREIGN)).__contains__, shown=shown)


def every_watch(*shown: str) -> list[Watch]:
    return [a_canary_watch(*shown), a_credential_watch(*shown), a_foreign_watch(*shown)]


def said(watches: Sequence[Watch], text: str, cuts: Sequence[int] = ()) -> tuple[str, OutputFilter]:
    guard, out, read = OutputFilter(watches), "", 0
    for length in cuts:
        out += guard.feed(text[read : read + length])
        read += length
    return out + guard.feed(text[read:]) + guard.finish(), guard


def spellings() -> Iterator[str]:
    yield TOKEN
    yield TOKEN.upper()
    yield TOKEN.replace("-", "")
    yield TOKEN.replace("-", "\n\n")
    yield " ".join(TOKEN)
    yield "\u200b".join(TOKEN)
    yield "*".join(TOKEN.replace("-", " "))
    yield TOKEN.replace("o", "\u043e").replace("a", "\u0430")
    yield "".join(chr(ord(letter) + 0xFEE0) if letter.isalpha() else letter for letter in TOKEN)


@pytest.mark.parametrize("spelled", [*spellings()])
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_canary_is_stopped_however_it_is_spelled(spelled: str, size: int) -> None:
    text = f"It says: {spelled} and so on."
    out, guard = said([a_canary_watch()], text, [size] * len(text))
    assert out == text[: len(out)]
    assert len(out) <= text.index(spelled)
    assert guard.stopped is not None
    assert (guard.stopped.cause, guard.stopped.reference) == (Cause.CANARY, TOKEN[:6])


def test_a_canary_that_a_shown_text_holds_may_be_said() -> None:
    text = f"It says {TOKEN.upper()}."
    assert said([a_canary_watch(f"the code is {TOKEN}")], text)[0] == text


def test_a_canary_of_which_a_shown_text_holds_a_part_is_stopped() -> None:
    assert said([a_canary_watch(TOKEN[:-1])], f"It says {TOKEN}")[1].stopped


def test_what_only_begins_like_a_canary_is_said_at_the_latest_at_the_end() -> None:
    text = f"{TOKEN[:-2]} bovadu bova"
    assert said([a_canary_watch()], text, [1] * 60)[0] == text


def test_a_watch_for_canaries_holds_back_three_characters_and_what_begins_like_one() -> None:
    guard = OutputFilter([a_canary_watch()])
    assert guard.feed("The door opens at noon.") == "The door opens at n"
    assert guard.feed(" The bovadu-kelomi") == "oon. The "
    assert guard.feed("x is no") == ""
    assert guard.feed(" canary at all") == "bovadu-kelomix is no canary at "


@pytest.mark.parametrize(
    "text",
    [
        f"Use {SECRET} for it.",
        "The database password is " + "hunter2-Xy9, as everybody knows here.",
        "DB_PASSWORD=" + "Tr0ub4dor&3x\nand then restart.",
        "postgres://app:" + "s3cr3tPw9@db.internal:5432/prod is where it lies",
        "-----BEGIN " + "PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    ],
)
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_credential_that_nobody_showed_is_stopped(text: str, size: int) -> None:
    begin = min(start for _, start, _ in credentials_in(text))
    out, guard = said([a_credential_watch()], text, [size] * len(text))
    assert out == text[: len(out)]
    assert len(out) <= begin
    assert guard.stopped is not None
    assert guard.stopped.cause is Cause.CREDENTIAL


def test_a_credential_from_a_shown_text_may_be_said() -> None:
    text = f"Use {SECRET} for it."
    assert said([a_credential_watch(f"the token: {SECRET}")], text, [3] * 30)[0] == text


def test_plain_words_wait_for_nothing_but_their_own_end() -> None:
    guard = OutputFilter([a_credential_watch()])
    assert guard.feed("The doors open at 17:30 [1]. They clo") == "The doors open at 17:30 [1]. They "


def test_twelve_words_from_a_text_that_was_shown_to_somebody_else_are_stopped() -> None:
    text = f"I can tell you that {FOREIGN}."
    out, guard = said([a_foreign_watch()], text, [5] * 40)
    assert out == "I can tell you that "
    assert guard.stopped is not None
    assert guard.stopped.cause is Cause.OUT_OF_SCOPE


@pytest.mark.parametrize("shown", ["", FOREIGN], ids=["a few of its words", "all of it, and the asker was shown it"])
def test_what_is_no_leak_is_said(shown: str) -> None:
    text = FOREIGN if shown else " ".join(FOREIGN.split()[:11])
    assert said([a_foreign_watch(shown)], text, [2] * 60)[0] == text


_PLAIN = ("The", "door", "opens", "at", "noon.", "[1]", "17:30", "\n\n", "sensor", "division", "will", "be", "is")
_ODD = (
    "key",
    "password",
    "x=1",
    "a1b2",
    "bo",
    "bovadu",
    "kelomi",
    "rasute",
    "\u200b",
    "-",
    "日本語",
    "https://x.test/a",
)
_WORDS = st.sampled_from([*_PLAIN, *_ODD, "**", TOKEN[:9], SECRET[:12]])
_TEXTS = st.lists(_WORDS, max_size=30).map(" ".join)
_CUTS = st.lists(st.integers(0, 9), max_size=60)


@given(text=_TEXTS, cuts=_CUTS)
def test_an_answer_without_anything_watched_is_passed_unchanged_for_every_cut(text: str, cuts: list[int]) -> None:
    """R19. A credential that the words make up by chance is shown in a source, so that it may be said."""
    assert said(every_watch(text), text, cuts)[0] == text


@given(before=_TEXTS, after=_TEXTS, span=st.sampled_from([*spellings(), SECRET, FOREIGN]), cuts=_CUTS)
def test_nothing_of_a_watched_span_is_said_for_any_cut(before: str, after: str, span: str, cuts: list[int]) -> None:
    """R19: what stands around it is in a source, so that only the span itself is watched for."""
    text = f"{before} {span} {after}"
    out, guard = said(every_watch(before, after), text, cuts)
    assert guard.stopped is not None
    assert text.startswith(out)
    assert len(out) <= len(before) + 1
