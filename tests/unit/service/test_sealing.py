"""What is sealed opens with its own key at its own place, unchanged, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import DamagedError
from service.sealing import KEY_BYTES, Key, Sealed

KEY = Key(bytes(range(KEY_BYTES)))
PLACE = "tenant|document|chunk|7"


@given(plain=st.binary(max_size=300), place=st.text(max_size=60))
def test_what_is_sealed_opens_at_its_place(plain: bytes, place: str) -> None:
    assert KEY.open(KEY.seal(plain, place=place), place=place) == plain


@given(plain=st.binary(max_size=100), place=st.text(max_size=60), other=st.text(max_size=60))
def test_it_opens_at_no_other_place(plain: bytes, place: str, other: str) -> None:
    """R30: a ciphertext moved to another tenant, document or chunk is not readable."""
    sealed = KEY.seal(plain, place=place)
    if other != place:
        with pytest.raises(DamagedError):
            KEY.open(sealed, place=other)


@given(plain=st.binary(max_size=100), data=st.data())
def test_no_bit_can_be_changed_unseen(plain: bytes, data: st.DataObject) -> None:
    sealed = bytearray(KEY.seal(plain, place=PLACE))
    position = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[position // 8] ^= 1 << position % 8
    with pytest.raises(DamagedError):
        KEY.open(Sealed(bytes(sealed)), place=PLACE)


@given(plain=st.binary(max_size=100), data=st.data())
def test_nothing_can_be_cut_off(plain: bytes, data: st.DataObject) -> None:
    sealed = KEY.seal(plain, place=PLACE)
    kept = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(DamagedError):
        KEY.open(Sealed(sealed[:kept]), place=PLACE)


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(DamagedError):
        Key.fresh().open(KEY.seal(b"text", place=PLACE), place=PLACE)


def test_equal_texts_do_not_look_equal_when_sealed() -> None:
    sealed = {KEY.seal(b"the same text", place=PLACE) for _ in range(50)}
    assert len(sealed) == 50
    assert b"the same" not in b"".join(sealed)


def test_a_key_does_not_show_itself() -> None:
    """R54."""
    key = Key(b"topsecret" + b"." * (KEY_BYTES - 9))
    assert "topsecret" not in f"{key!r} {key} {[key]}"


@pytest.mark.parametrize("length", [0, 16, KEY_BYTES - 1, KEY_BYTES + 1])
def test_a_key_of_the_wrong_size_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Key(b"k" * length)


@given(value=st.binary(max_size=100), other=st.binary(max_size=100))
def test_a_fingerprint_finds_equal_values_only(value: bytes, other: bytes) -> None:
    made = KEY.fingerprint(value, purpose="content")
    assert (made == KEY.fingerprint(other, purpose="content")) == (value == other)
    assert len(made) == 64


def test_a_fingerprint_depends_on_key_and_purpose() -> None:
    """R7: equal contents of two tenants do not look equal."""
    made = KEY.fingerprint(b"value", purpose="content")
    assert made != KEY.fingerprint(b"value", purpose="external_id")
    assert made != Key.fresh().fingerprint(b"value", purpose="content")
