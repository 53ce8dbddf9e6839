"""The command `label`: what the labeller says of a file or of standard input. Needs no server and no data folder."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ingestion.document import Document
from ingestion.errors import UnreadableError
from ingestion.pipeline import LabelledChunk, Source
from ingestion.sensitivity import Label, Verdict, highest
from service import telemetry
from service.cli.masking import Covered, covered, printable, stretches
from service.cli.options import AsJson, loaded, out, print_json
from service.cli.reasons import sentence
from service.errors import InvalidRequestError, SettingsError

_STANDARD_INPUT = "-"
_EXIT = {Verdict.HARMLESS: 0, Verdict.SENSITIVE: 10, Verdict.UNKNOWN: 11}
_STYLE = {Verdict.HARMLESS: "green", Verdict.SENSITIVE: "red", Verdict.UNKNOWN: "yellow"}
_MEANING = {
    Verdict.HARMLESS: "may leave",
    Verdict.SENSITIVE: "stays in the building",
    Verdict.UNKNOWN: "not proved harmless: stays in the building",
}
_COVERED, _SHOWN = "bold red", "black on yellow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A document, its labelled chunks, and the highest of their labels."""

    name: str
    document: Document
    chunks: Sequence[LabelledChunk]
    label: Label


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("label")(label)


def label(
    file: Annotated[str, typer.Argument(help="A file of any format that is read, or - for standard input.")],
    *,
    reveal: Annotated[bool, typer.Option("--reveal", help="Show what was found instead of masking it.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 10 for sensitive and 11 for unknown.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Label a file or standard input as ingestion would, and store nothing. What was found is masked."""
    with telemetry.warnings_only():
        found = _labelled(file)
    if as_json:
        print_json(body_of(found))
    else:
        for part in rendered(found, reveal=reveal):
            out.print(part, soft_wrap=True)
    if exit_code:
        raise typer.Exit(_EXIT[found.label.verdict])


def body_of(found: Labelled) -> dict[str, object]:
    """Return the sum, and per chunk its place and its label exactly as it is stored; no text."""
    return {
        "media_type": found.document.media_type,
        "pages": len(found.document.pages),
        "characters": len(found.document.text),
        "verdict": found.label.verdict,
        "categories": sorted(found.label.categories),
        "reasons": list(found.label.reasons),
        "labeller_version": found.label.labeller_version,
        "chunks": [
            {
                "ordinal": one.chunk.ordinal,
                "start": one.chunk.start,
                "end": one.chunk.end,
                "tokens": one.chunk.tokens,
                "first_page": one.chunk.first_page,
                "last_page": one.chunk.last_page,
                "label": msgspec.to_builtins(one.label, order="deterministic"),
            }
            for one in found.chunks
        ],
    }


def rendered(found: Labelled, *, reveal: bool) -> list[RenderableType]:
    """Return what a person reads: every chunk with its label, then the sum."""
    covers = covered(found.chunks)
    parts: list[RenderableType] = []
    for one in found.chunks:
        heading = f"chunk {one.chunk.ordinal} (of {len(found.chunks)}){_pages(found, one)}"
        parts += [Text(f"── {heading} ", style="dim"), _text_of(one, covers, reveal=reveal), *_facts(one.label)]
        if one.label.findings:
            parts.append(_findings(one.label))
        parts.append("")
    return [*parts, *_sum(found)]


def _pages(found: Labelled, one: LabelledChunk) -> str:
    """Return the pages of a chunk where its document has more than one."""
    first, last = one.chunk.first_page, one.chunk.last_page
    if len(found.document.pages) == 1:
        return ""
    return f", page {first}" if first == last else f", pages {first} to {last}"


def _labelled(file: str) -> Labelled:
    from service import bootstrap  # noqa: PLC0415 - seconds of imports that other commands need not wait for
    from service.evaluation.classifying import label_sources  # noqa: PLC0415 - the same

    settings = loaded(None)
    content = _content(file, settings.max_upload_bytes)
    file_name = "" if file == _STANDARD_INPUT else Path(file).name
    name = file_name or "standard input"
    try:
        document = bootstrap.parser(settings).parse(content, name=file_name)
    except UnreadableError as error:
        message = f"{name} cannot be read: {error.detail} ({error.reason})"
        raise InvalidRequestError(message) from None
    source = Source(document=document, title=document.title or file_name, file_name=file_name)
    (chunks,) = label_sources([source], bootstrap.labeller_parts(settings))
    return Labelled(name=name, document=document, chunks=chunks, label=highest(one.label for one in chunks))


def _content(file: str, most: int) -> bytes:
    """Return the bytes to label: one more than is allowed where there are too many, which the parser refuses."""
    if file == _STANDARD_INPUT:
        return sys.stdin.buffer.read(most + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(most + 1)
    except OSError as error:
        message = f"{file} cannot be opened: {error.strerror}; name a file, or - for standard input"
        raise SettingsError(message) from None


def _text_of(one: LabelledChunk, covers: Sequence[Covered], *, reveal: bool) -> Text:
    """Return the chunk's text; revealed, what is said of a whole chunk highlights nothing."""
    begin = one.chunk.start
    narrow = [cover for cover in covers if not cover.whole]
    text = Text()
    for stretch in stretches(one.chunk.text, narrow if reveal else covers, begin=begin):
        shown = stretch.text if reveal else stretch.masked
        text.append(printable(shown), style=(_SHOWN if reveal else _COVERED) if stretch.kinds else "")
        if stretch.kinds:
            text.append(f"[{', '.join(stretch.kinds)}]", style="bold")
    return text


def _facts(label: Label) -> list[str]:
    style, verdict = _STYLE[label.verdict], label.verdict
    categories = ", ".join(sorted(label.categories)) or "none"
    lines = [f"[bold {style}]{verdict}[/] ({_MEANING[verdict]}); categories: {categories}; language: {label.language}"]
    return lines + [f"  why: {escape(sentence(reason))}" for reason in label.reasons]


def _findings(label: Label) -> Table:
    table = Table("finding", "category", "from", "to", "confidence", "detector", box=None, padding=(0, 2))
    for one in label.findings:
        place = str(one.start), str(one.end)
        table.add_row(one.kind, one.category, *place, f"{one.confidence:.2f}", one.detector)
    return table


def _sum(found: Labelled) -> list[RenderableType]:
    verdicts = Counter(one.label.verdict.value for one in found.chunks)
    kinds = Counter(finding.kind for one in found.chunks for finding in one.label.findings)
    languages = sorted({one.label.language for one in found.chunks})
    whole = replace(found.label, language=", ".join(languages) or found.label.language)
    lines: list[RenderableType] = [
        f"[bold]{escape(printable(found.name))}[/]: chunks: {len(found.chunks)}, {_counted(verdicts)}",
        *_facts(whole),
    ]
    if kinds:
        lines.append(f"findings: {escape(_counted(kinds))}")
    return [*lines, f"labeller: {found.label.labeller_version}"]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
