# ruff: noqa: RUF001 - texts in the scripts of the world
"""Text files are read in the encoding that they are written in, and say so where that is a guess (R61, R5)."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.document import Remark
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import Limits, parse
from ingestion.parsing.encoding import read

GERMAN = "Größe, Übermut und Äpfel: die Straße führt über die Brücke nach Köln."
FRENCH = "Élève, garçon, Noël: à côté de l'entrepôt, l'été dernier, Hélène a reçu une lettre; où est la clé ?"
RUSSIAN = "Все люди рождаются свободными и равными в своем достоинстве и правах."
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"
CHINESE = "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心。"

KNOWN = [
    (GERMAN, "utf-8"),
    (GERMAN, "utf-8-sig"),
    (GERMAN, "utf-16"),
    (GERMAN, "utf-16-le"),
    (GERMAN, "utf-16-be"),
    (GERMAN, "utf-32"),
    (GERMAN, "utf-32-le"),
    (GERMAN, "utf-32-be"),
    (RUSSIAN, "utf-16-le"),
    (RUSSIAN, "utf-32-be"),
    (JAPANESE + "\n", "utf-16-le"),
    (JAPANESE + "\n", "utf-16-be"),
    (GERMAN, "latin-1"),
    (GERMAN, "cp1252"),
    ("Das kostet 5 € – „geprüft“ in München … und zwar für alle Gäste.", "cp1252"),
    (FRENCH * 4, "cp1252"),
    (RUSSIAN, "koi8-r"),
    (RUSSIAN, "cp1251"),
    (RUSSIAN, "cp866"),
    ("Договор подписан вчера в Москве", "koi8-r"),
    ("int x = 0; /* начальное значение переменной */", "koi8-r"),
    (JAPANESE, "shift_jis"),
    ("契約書は昨日署名されました。秘密保持契約", "shift_jis"),
    ("氏名,住所,電話\n山田太郎,東京都千代田区,03-1234-5678\n", "cp932"),
    (JAPANESE, "euc_jp"),
    (CHINESE, "gb18030"),
    ("姓名,地址\n王小明,北京市朝阳区\n", "gb18030"),
    ("人人生而自由，在尊嚴和權利上一律平等。他們賦有理性和良心。", "big5"),
    ("모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.", "euc_kr"),
    ("Umowa została podpisana w Łodzi przez spółkę. Zażółć gęślą jaźń.", "cp1250"),
    ("Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια.", "cp1253"),
    ("يولد جميع الناس أحراراً متساوين في الكرامة والحقوق.", "cp1256"),
]
GUESSES = [
    ("# Über", "cp1252"),  # one letter tells nothing
    ("Dupont, Hélène: clé", "cp1252"),
    ("A ação não é possível; coração e mãe", "cp1252"),  # as good a Romanian
    ("כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.", "cp1255"),
]


@pytest.mark.parametrize(("text", "encoding"), KNOWN)
def test_text_is_read_in_its_encoding_and_that_is_sure(text: str, encoding: str) -> None:
    found = read(text.encode(encoding))
    assert (found.text, found.sure) == (text, True)


@pytest.mark.parametrize(("text", "encoding"), GUESSES)
def test_where_the_bytes_fit_several_encodings_the_likeliest_is_taken_and_said_to_be_a_guess(
    text: str, encoding: str
) -> None:
    document = parse(text.encode(encoding), name="a.txt", limits=Limits())
    assert (document.text, document.remarks) == (text, (Remark.ENCODING_UNCERTAIN,))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<?xml version="1.0" encoding="koi8-r"?><p>Да</p>'.encode("koi8-r"), "Да"),
        ("# -*- coding: euc-jp -*-\n# 初期化".encode("euc_jp"), "初期化"),
        ('<meta charset="iso-8859-1"><p>5 €'.encode("cp1252"), "5 €"),  # everybody means Windows' superset
    ],
)
def test_a_file_that_declares_its_encoding_is_believed(content: bytes, text: str) -> None:
    found = read(content)
    assert text in found.text
    assert found.sure


def test_a_declared_encoding_that_the_bytes_contradict_is_not_believed() -> None:
    assert read(b"charset=ascii-8 \n" + RUSSIAN.encode("koi8-r")).text.endswith(RUSSIAN)


def test_utf8_with_one_damaged_character_is_still_utf8() -> None:
    text = read((RUSSIAN * 3).encode() + b"\xd0").text
    assert text == RUSSIAN * 3 + "\ufffd"


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03" * 9, b"\x01\x02\xff" * 50, bytes(range(128, 256)) * 3])
def test_what_is_no_text_in_any_encoding_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableError) as refusal:
        read(content)
    assert refusal.value.reason is Unreadable.UNSUPPORTED_TYPE


def test_random_bytes_are_never_taken_for_text() -> None:
    for _ in range(50):
        with pytest.raises(UnreadableError):
            read(os.urandom(500))


@given(st.text(min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_any_text_in_a_marked_encoding_comes_back(text: str, encoding: str) -> None:
    if encoding != "utf-8" or "\x00" not in text:
        assert read(text.encode(encoding, "surrogatepass")).encoding
    if text.isprintable():
        assert read(text.encode(encoding)).text == text


@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        reason = None
        read(content)
    except UnreadableError as error:
        reason = error.reason
    assert reason in {None, Unreadable.UNSUPPORTED_TYPE}
