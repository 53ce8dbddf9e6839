"""Identifiers are found however they are disguised (R4): evaded recall against clean recall, per family."""

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.labelling import RingfenceLabeller
from ingestion.sensitivity import Category, Label

_SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
_FLOOR = 0.9
_LABELLER = RingfenceLabeller.shipped()
_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LOOK_ALIKES = str.maketrans({"a": "\u0430", "e": "\u0435", "o": "\u043e", "c": "\u0441", "p": "\u0440"})


def _spelled(value: str) -> str:
    return " ".join(_ONES[int(part)] if part.isdigit() else part for part in value if not part.isspace())


def _full_width(value: str) -> str:
    return "".join(chr(ord(part) + 0xFEE0) if "!" <= part <= "~" else part for part in value)


def _mathematical(value: str) -> str:
    return "".join(chr(0x1D7CE + int(part)) if part.isdigit() else part for part in value)


_DISGUISES: dict[str, Callable[[str], str]] = {
    "full width": _full_width,
    "zero width": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "look-alikes": lambda value: value.translate(_LOOK_ALIKES),
    "mathematical": _mathematical,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 twice": lambda value: base64.b64encode(base64.b64encode(value.encode())).decode(),
    "base32": lambda value: base64.b32encode(value.encode()).decode(),
    "hex": lambda value: value.encode().hex(),
    "percent": lambda value: "".join(f"%{ord(part):02X}" for part in value),
    "entities": lambda value: "".join(f"&#{ord(part)};" for part in value),
    "escapes": lambda value: "".join(f"\\u{ord(part):04x}" for part in value),
    "backwards": lambda value: value[::-1],
}
_DIGIT_DISGUISES: dict[str, Callable[[str], str]] = {
    "spelled out": _spelled,
    "gaps": " ".join,
    "dots": ".".join,
    "split lines": lambda value: f"{value[:8]}\n{value[8:]}",
}
_SENTENCES = (
    (Category.PCI, "Please charge my credit card {} today.", "4203895020367512"),
    (Category.PCI, "card number {}", "5500005555555559"),
    (Category.PCI, "Meine Kreditkarte lautet {}.", "378282246310005"),
    (Category.PII, "My e-mail is {} as you know.", "selma.hansen@teleworm.us"),
    (Category.PII, "You can write to {} any time.", "jpoapcode@journalpedia.com"),
)


def labelled(text: str) -> Label:
    """Return the label that the detectors alone give."""
    (label,) = _LABELLER.label([text], None)
    return label


@pytest.mark.parametrize(
    ("category", "sentence", "value", "disguise"),
    [
        pytest.param(category, sentence, value, disguise, id=f"{name}-{value[:6]}")
        for category, sentence, value in _SENTENCES
        for name, disguise in (_DISGUISES | (_DIGIT_DISGUISES if value.isdigit() else {})).items()
    ],
)
def test_a_disguised_identifier_is_found_where_it_stands(
    category: Category, sentence: str, value: str, disguise: Callable[[str], str]
) -> None:
    hidden = disguise(value)
    text = sentence.format(hidden)
    start = text.index(hidden)

    found = [finding for finding in labelled(text).findings if finding.category is category]

    assert any(finding.start < start + len(hidden) and finding.end > start for finding in found)


@pytest.mark.parametrize("number", ["4203895020367511", "9999999999999999", "1234567890123456", "4203 8950 2036"])
def test_a_number_that_is_no_card_stays_harmless_however_it_is_written(number: str) -> None:
    for disguise in (str, _full_width, "\u200b".join, _spelled):
        assert Category.PCI not in labelled(f"The parcel has the tracking number {disguise(number)}.").categories


def test_each_family_keeps_nine_tenths_of_the_clean_recall_on_public_rows() -> None:
    """Evaded ÷ clean recall for PII and PCI on rows of presidio-research, obfuscated by others than us."""
    path = _SHARED / "evasion" / "presidio_synth_evasion9.jsonl"
    if not path.exists():
        pytest.skip("the public evasion rows lie beside the checkout and are absent here")
    clean = {row["id"]: row for row in _rows(_SHARED / "labelled" / "pii_pci_presidio_synth_v2.jsonl")}
    ratios = {}
    for variant, category, pairs in _by_family(_rows(path)):
        before = sum(category in labelled(clean[row["id"].split("/")[0]]["text"]).categories for row in pairs)
        after = sum(category in labelled(row["text"]).categories for row in pairs)
        ratios[f"{variant} {category.value}"] = after / before
    print("\n" + "\n".join(f"{family}: {ratio:.2f}" for family, ratio in ratios.items()))  # noqa: T201 - for people
    assert {family: ratio for family, ratio in ratios.items() if ratio < _FLOOR} == {}


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").strip().split("\n")]


def _by_family(rows: list[dict[str, str]]) -> list[tuple[str, Category, list[dict[str, str]]]]:
    families = sorted({row["variant"] for row in rows})
    return [
        (family, category, random.Random(3).sample(fitting, min(60, len(fitting))))
        for family in families
        for category in (Category.PII, Category.PCI)
        if (fitting := [row for row in rows if row["variant"] == family and category.value in row["labels"]])
    ]
