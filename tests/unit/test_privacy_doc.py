"""docs/privacy.md follows one question through every decision: what it names exists, and every guard is named."""

import importlib
import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_TEXT = (_ROOT / "docs" / "privacy.md").read_text()
_SYMBOL = re.compile(r"`((?:service|ingestion|workers)(?:\.\w+)+)`")
_TEST = re.compile(r"`(tests/[\w/]+\.py)`")


@pytest.mark.parametrize("name", sorted(set(_SYMBOL.findall(_TEXT))))
def test_every_symbol_named_exists(name: str) -> None:
    assert _found(name), name


@pytest.mark.parametrize("path", sorted(set(_TEST.findall(_TEXT))))
def test_every_test_named_exists(path: str) -> None:
    assert (_ROOT / path).exists(), path


def test_the_page_names_enough_to_follow_a_question() -> None:
    assert len(set(_SYMBOL.findall(_TEXT))) >= 30


def _found(name: str) -> bool:
    parts = name.split(".")
    for place in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:place]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[place:]:
            if not hasattr(found, attribute) and attribute not in getattr(found, "__annotations__", {}):
                return False
            found = getattr(found, attribute, None)
        return True
    return False
