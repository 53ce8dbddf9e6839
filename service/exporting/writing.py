"""Writes an export for people (HTML) and for machines (JSON). Whatever somebody wrote is text in both."""

from collections.abc import Iterator
from html import escape

import msgspec

from service.exporting.values import Export, ExportedDocument, ExportedTurn, Passage, Text
from service.reporting import packed

_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "blockquote{white-space:pre-wrap;border-left:3px solid #888;margin:.5em 0;padding:.2em 1em}"
    "small{color:#555}"
)
_HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    f"<title>Data about you</title><style>{_STYLE}</style></head><body>"
)


def zipped(export: Export) -> bytes:
    """Return the zip: index.html, data.json, and a manifest of their hashes."""
    return packed({"index.html": page(export).encode(), "data.json": msgspec.json.format(msgspec.json.encode(export))})


def page(export: Export) -> str:
    """Return the page: it loads nothing and runs nothing."""
    return _HEAD + "\n".join(_body(export)) + "</body></html>\n"


def _body(export: Export) -> Iterator[str]:
    yield "<h1>What is kept about you</h1>"
    who = ", ".join((*export.names, *export.identifiers))
    yield f"<p>Looked for: {escape(who)}. Made {_day(export.made_at)}.</p>"
    yield (
        f"<p>{export.searched_documents} documents and {export.searched_turns} questions were searched. "
        f"{len(export.documents)} documents and {len(export.turns)} questions name you for certain. "
        f"{export.uncertain_documents} documents and {export.uncertain_turns} questions may be about you or about "
        "somebody else; they are not shown here.</p>"
    )
    for reason, count in sorted(export.not_searched.items()):
        yield f"<p>{count} could not be searched: {escape(_words(reason))}.</p>"
    yield "<p>What is about other people is hidden as far as it was recognised: ▇▇▇.</p>"
    for document in export.documents:
        yield from _document(document)
    if export.turns:
        yield "<h2>Questions and answers</h2>"
    for turn in export.turns:
        yield from _turn(turn)
    yield "<h2>Your rights</h2><ul>"
    yield from (f"<li>{escape(right)}</li>" for right in export.rights)
    yield "</ul>"


def _document(document: ExportedDocument) -> Iterator[str]:
    yield f"<h2>{_told(document.title)}</h2>"
    yield f"<p><small>document {document.id}, {escape(document.media_type)}</small></p><ul>"
    yield f"<li>Handed in {_day(document.handed_in_at)}.</li>"
    yield f"<li>{escape(_kept(document))}</li>"
    if document.fields:
        yield f"<li>You are also named in its {escape(', '.join(map(_words, document.fields)))}.</li>"
    if document.uncertain:
        yield f"<li>{document.uncertain} more passages may be about somebody else and are not shown.</li>"
    yield "</ul>"
    yield from (part for passage in document.passages for part in _passage(passage))
    yield f"<p>Shown in {len(document.shown)} answers:</p><ul>"
    for one in document.shown:
        where = "permitted to leave for" if one.left_the_building else "inside the building, for"
        yield f"<li>{_day(one.at)}: {where} {escape(', '.join(one.recipients))} ({escape(_words(one.outcome))})</li>"
    yield "</ul>"


def _passage(passage: Passage) -> Iterator[str]:
    first, last = passage.pages
    where = f"page {first}" if first == last else f"pages {first} to {last}"
    found = ", ".join(_words(kind) for kind in passage.kinds) or "nothing in particular"
    categories = ", ".join(passage.categories) or "none"
    yield f"<p>Passage {passage.ordinal + 1}, {where}. Categories: {escape(categories)}. Found: {escape(found)}.</p>"
    yield f"<blockquote>{_told(passage.content)}</blockquote>"


def _turn(turn: ExportedTurn) -> Iterator[str]:
    yield f"<p>Asked {_day(turn.asked_at)}, answered {escape(_words(turn.route))}:</p>"
    yield f"<blockquote>{_told(turn.question)}</blockquote><blockquote>{_told(turn.answer)}</blockquote>"


def _told(text: Text) -> str:
    if text.text is None:
        return "<em>withheld: what of it is about other people could not be told apart. Ask for it.</em>"
    return escape(text.text)


def _kept(document: ExportedDocument) -> str:
    if document.kept.until is None:
        return "Nobody has set a time after which it is erased."
    day = document.kept.until.date().isoformat()
    return f"Kept until {day} by the rules in force, longer only where the law demands it."


def _words(code: str) -> str:
    return code.replace("_", " ")


def _day(moment: object) -> str:
    return escape(f"{moment:%Y-%m-%d %H:%M} UTC")
