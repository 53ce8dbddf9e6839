"""`python -m tests.failure_codes > docs/failure-codes.md` writes the page of every code that a job may end with."""

import sys
from collections.abc import Iterable

from service.policy.failing import REASONS, Reason, Remedy

_HEAD = """# Why a document failed

Every job that ends without a result carries one of these codes, and so does its document. `ringfence jobs show ID`
says it in plain words; `ringfence status` counts the jobs of each; `ringfence jobs retry --reason CODE` starts all of
one code again. The table is `service/policy/failing.py`; this page is written by `python -m tests.failure_codes`.
"""
_SECTIONS = {
    Remedy.ITSELF: (
        "Tried again by itself",
        "The job waits, longer each time, and goes on. While it waits the code is its `setback`: nothing has failed.",
    ),
    Remedy.RETRY: ("Mend the cause, then retry", "The job does not start again by itself."),
    Remedy.REPLACE: ("Hand in another file", "Retrying the same bytes gives the same result."),
    Remedy.NONE: ("Nothing to do", ""),
}


def page() -> str:
    """Return the page."""
    return "\n".join((_HEAD, *(_section(remedy) for remedy in _SECTIONS)))


def _section(remedy: Remedy) -> str:
    title, words = _SECTIONS[remedy]
    rows = _rows(reason for reason in REASONS.values() if reason.remedy is remedy)
    told = [f"## {title}", "", *([words, ""] if words else []), "| code | what it means | what to do next |"]
    return "\n".join((*told, "|---|---|---|", *rows, ""))


def _rows(reasons: Iterable[Reason]) -> list[str]:
    return [f"| `{one.code}` | {one.meaning} | {one.advice} |" for one in reasons]


if __name__ == "__main__":
    sys.stdout.write(page())
