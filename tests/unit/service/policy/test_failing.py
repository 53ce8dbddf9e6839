"""Every code that a job may end with is in one table, and the table is in the documentation (R60)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.errors import Unreadable
from service.policy.failing import REASONS, Remedy, Setback, reason_of
from tests.failure_codes import page

_ROOT = Path(__file__).parents[4]
_ENDS_JOBS = ("service/ingesting", "service/jobs", "service/erasure", "service/backup", "service/relabelling.py")


def test_every_code_there_is_has_its_words() -> None:
    assert set(REASONS) == {code.value for code in (*Unreadable, *Setback)}
    for reason in REASONS.values():
        assert reason.meaning.endswith("."), reason.code
        assert reason.advice.endswith("."), reason.code


def test_no_code_means_two_things() -> None:
    assert len(REASONS) == len(Unreadable) + len(Setback)


def test_a_code_of_another_version_is_said_to_be_unknown() -> None:
    assert reason_of("of_tomorrow").code == "of_tomorrow"
    assert reason_of("of_tomorrow").remedy is Remedy.RETRY


def _modules() -> list[Path]:
    roots = [_ROOT / one for one in (*_ENDS_JOBS, "service/lease.py")]
    return sorted(file for root in roots for file in ([root] if root.is_file() else root.rglob("*.py")))


def _written(tree: ast.AST) -> Iterator[str]:
    """Yield every literal that is written as the failure or setback of a job, or given to whoever fails one."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        given = [word.value for word in call.keywords if word.arg in {"failure", "setback"}]
        given += call.args[1:2] if name in {"fail", "_fail"} else []
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value


@pytest.mark.parametrize("module", _modules(), ids=lambda one: one.relative_to(_ROOT).as_posix())
def test_who_ends_a_job_takes_the_code_from_the_table(module: Path) -> None:
    """A literal could be a code that nobody has explained; members of the two enumerations cannot."""
    assert list(_written(ast.parse(module.read_text()))) == []


def test_a_literal_code_is_seen() -> None:
    seen = "replace(job, failure='odd'); self._fail(job, 'bad', ''); queued_again(job, setback='gone')"
    assert sorted(_written(ast.parse(seen))) == ["bad", "gone", "odd"]


def test_the_page_of_codes_is_up_to_date() -> None:
    assert (_ROOT / "docs" / "failure-codes.md").read_text() == page(), "run python -m tests.failure_codes"
