"""Ringfence beside six regular expressions and Presidio: the same rows, in one run.

`python -m bench.labellers FOLDER...` prints the tables; `--write docs/labelling.md` also puts them between the two
comments there. Rows that our heads were trained on are left out for everybody. Presidio takes part where
`scripts/presidio setup` was run. It ends by itself in under ten minutes.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace as changed
from pathlib import Path
from time import process_time

from ingestion.labelling.training.shared_data import held_out
from ingestion.sensitivity import Category, Verdict
from service import bootstrap, settings, telemetry
from service.evaluation.classifying import Cost, Prediction, RingfenceClassifier
from service.evaluation.presenting import share
from service.evaluation.rows import RowFile, read
from service.evaluation.running import Report, evaluate
from service.evaluation.scoring import ALL_FILES, Score

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PRESIDIO = Path(__file__).resolve().parent.parent / "scripts" / "presidio"
_ROWS = 150
_TRAINED_ON = ("phi_mts", "code_pygments", "neg_legal", "neg_handbook", "pii_pci", "pii_eds")
_LOOKS_FOR = {
    "regexes": frozenset({Category.PII, Category.PCI}),
    "presidio": frozenset({Category.PII, Category.PCI, Category.PHI}),
}
_REGEXES = (
    (Category.PII, r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    (Category.PII, r"\b(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}\b"),
    (Category.PII, r"\b\d{3}-\d{2}-\d{4}\b"),
    (Category.PII, r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
    (Category.PCI, r"\b(?:\d[ -]?){12,15}\d\b"),
    (Category.PCI, r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
)


class RegexClassifier:
    """Six everyday expressions: e-mail, US telephone, SSN, IPv4; card of 13 to 16 digits, IBAN."""

    name = "regexes"
    version = "six"

    def __init__(self) -> None:
        self._shapes = tuple((category, re.compile(shape)) for category, shape in _REGEXES)
        self.cost = Cost(chunks=0, labelling_seconds=0.0, embedding_seconds=0.0)

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction per text, in order."""
        began = process_time()
        found = [frozenset(category for category, shape in self._shapes if shape.search(text)) for text in texts]
        self.cost = _more(self.cost, len(texts), process_time() - began)
        return [_prediction(categories) for categories in found]


class PresidioClassifier:
    """Presidio with spaCy's en_core_web_md, in a process and an environment of its own."""

    name = "presidio"
    version = "2.2.366, en_core_web_md 3.8.0"

    def __init__(self) -> None:
        self._child = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, str(PRESIDIO), "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.cost = Cost(chunks=0, labelling_seconds=0.0, embedding_seconds=0.0)

    @staticmethod
    def installed() -> bool:
        """Whether its environment was set up."""
        return subprocess.run([sys.executable, str(PRESIDIO), "check"], check=False).returncode == 0  # noqa: S603 - ours

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction per text, in order."""
        if self._child.stdin is None or self._child.stdout is None:
            raise BrokenPipeError
        self._child.stdin.write(json.dumps(list(texts)) + "\n")
        self._child.stdin.flush()
        answer = json.loads(self._child.stdout.readline())
        self.cost = _more(self.cost, len(texts), answer["cpu_seconds"])
        return [_prediction(frozenset(map(Category, categories))) for categories in answer["categories"]]

    def end(self) -> None:
        """Let the process end."""
        self._child.communicate()


def main() -> None:
    """Measure every labeller that is here, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", type=Path, nargs="*", help="labelled JSONL files, or folders of them")
    parser.add_argument("--limit", type=int, default=_ROWS, help="rows per file")
    parser.add_argument("--write", type=Path, help="a Markdown file with the two comments")
    chosen = parser.parse_args()
    if not chosen.paths:
        print("labellers: name labelled JSONL files or folders of them to compare labellers on; nothing measured")
        return
    block = "\n".join(_block(_reports(chosen.paths, chosen.limit)))
    print(block)
    if chosen.write:
        chosen.write.write_text(replaced(chosen.write.read_text(encoding="utf-8"), block), encoding="utf-8")


def replaced(document: str, block: str) -> str:
    """Return the document with the block between its two comments. Raises ValueError where they are missing."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        message = f"the document has no {BEGIN} followed by {END}"
        raise ValueError(message)
    return f"{before}{BEGIN}\n{block}\n{END}{after}"


def unseen(file: RowFile) -> RowFile:
    """Return the rows of a file that no weight of ours was trained on; of other files all."""
    if not file.name.startswith(_TRAINED_ON):
        return file
    return changed(file, rows=tuple(row for row in file.rows if held_out(row.id)))


def _reports(paths: Sequence[Path], limit: int) -> list[Report]:
    files = [unseen(file) for file in read(paths)]
    with telemetry.warnings_only():
        ringfence = RingfenceClassifier(bootstrap.labeller_parts(settings.load()))
        reports = [_report(evaluate(files, one, limit=limit)[0]) for one in (ringfence, RegexClassifier())]
    if not PresidioClassifier.installed():
        print("presidio is left out: run scripts/presidio setup", file=sys.stderr)
        return reports
    presidio = PresidioClassifier()
    try:
        return [*reports, _report(evaluate(files, presidio, limit=limit)[0])]
    finally:
        presidio.end()


def _report(report: Report) -> Report:
    print(f"{report.classifier}: {sum(file.measured for file in report.files)} rows measured", file=sys.stderr)
    return report


def _block(reports: Sequence[Report]) -> Iterator[str]:
    yield ""
    yield "; ".join(f"{report.classifier}: {report.version}" for report in reports) + "."
    yield f"At most {reports[0].limit} rows of each file; left out is where nothing was to be found and nothing was."
    yield from ("", *_recalls(reports), "", *_evasion(reports), "", *_costs(reports), "")


def _recalls(reports: Sequence[Report]) -> Iterator[str]:
    """Yield a table of recall and false-positive rate per file and category, and what Ringfence keeps."""
    names = [report.classifier for report in reports]
    columns = [f"{name}: {of}" for name in names for of in ("recall", "false positives")]
    yield _line("file", "category", "positive, negative", *columns, "ringfence: kept")
    yield _line(*["---"] * (len(columns) + 4))
    for scores in zip(*(_plain(report) for report in reports), strict=True):
        first = scores[0]
        if first.positives or any(score.false_positives.hits for score in scores):
            shares = [cell for name, score in zip(names, scores, strict=True) for cell in _shares(name, score)]
            counts = f"{first.positives}, {first.negatives}"
            file = "all files" if first.file == ALL_FILES else first.file
            yield _line(file, first.category, counts, *shares, share(first.kept))


def _shares(name: str, score: Score) -> tuple[str, str]:
    if score.category not in _LOOKS_FOR.get(name, Category):
        return "not looked for", "-"
    return share(score.recall), share(score.false_positives)


def _evasion(reports: Sequence[Report]) -> Iterator[str]:
    """Yield a table of the recall on obfuscated rows ÷ that on the same rows clean."""
    yield _line("evasion", "pairs", *(f"{report.classifier}: evaded ÷ clean" for report in reports))
    yield _line(*["---"] * (len(reports) + 2))
    for families in zip(*(report.evasion for report in reports), strict=True):
        first = families[0]
        ratios = ["-" if one.ratio is None else f"{one.ratio:.2f} (clean {share(one.clean)})" for one in families]
        yield _line(f"{first.category}, {first.variant or 'all'}", str(first.clean.of), *ratios)


def _costs(reports: Sequence[Report]) -> Iterator[str]:
    """Yield a table of processor milliseconds per chunk, as Ringfence cuts chunks."""
    chunks = max(reports[0].cost.chunks, 1)
    yield _line("labeller", "ms per chunk", "embedding, ms per chunk")
    yield _line("---", "---", "---")
    for report in reports:
        spent = (report.cost.labelling_seconds, report.cost.embedding_seconds)
        yield _line(report.classifier, *(f"{1000 * seconds / chunks:.2f}" if seconds else "-" for seconds in spent))


def _plain(report: Report) -> list[Score]:
    return [score for score in report.scores if (score.kind, score.language, score.variant) == (None, None, None)]


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _prediction(categories: frozenset[Category]) -> Prediction:
    verdict = Verdict.SENSITIVE if categories else Verdict.HARMLESS
    return Prediction(categories=categories, kinds=frozenset(), verdict=verdict)


def _more(cost: Cost, chunks: int, seconds: float) -> Cost:
    return Cost(chunks=cost.chunks + chunks, labelling_seconds=cost.labelling_seconds + seconds, embedding_seconds=0.0)


if __name__ == "__main__":
    main()
