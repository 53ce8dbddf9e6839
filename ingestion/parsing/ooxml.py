"""What DOCX and PPTX share: parts, relationships, and text read in one streaming pass without DTDs.

python-docx and python-pptx refuse macro-enabled files and dangling relationships and leave out content
controls, text boxes and tracked insertions; the XML itself says all of it in a few element names.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing.parts import Parts, Property, Target, local

_SKIPPED = frozenset({"pPr", "Fallback", "tblGrid"})
"""Tab stops, a second copy of every text box, column widths."""
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relationship:
    """A link from one part to another: the last word of its type, its id, and the target part's name."""

    kind: str
    identity: str
    target: str


class Package(Parts):
    """An Office file: XML parts in a ZIP container that name each other."""

    def main_part(self) -> str:
        """Return the name of the part that the package says is the document."""
        for relationship in self.relationships(""):
            if relationship.kind == "officeDocument":
                return relationship.target
        raise UnreadableError(Unreadable.DAMAGED, "the container names no document")

    def relationships(self, part: str) -> tuple[Relationship, ...]:
        """Return the part's links to other parts that exist, in the order written."""
        folder, name = posixpath.split(part)
        links = f"{folder}/_rels/{name}.rels".lstrip("/")
        found = _Relationships(folder)
        self.feed(links, found)
        return tuple(one for one in found.all if one.target in self.names)

    def lines(self, part: str) -> Iterator[str]:
        """Return the text lines of a part."""
        text = _Text()
        self.feed(part, text)
        return iter(text.lines)

    def title(self) -> str | None:
        """Return the title in the document's properties."""
        found = Property("title")
        self.feed("docProps/core.xml", found)
        return found.text or None


class _Relationships(Target):
    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.all: list[Relationship] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if local(tag) != "Relationship" or attributes.get("TargetMode") == "External":
            return
        target = posixpath.normpath(posixpath.join("/", self._folder, attributes.get("Target", "")))
        kind = attributes.get("Type", "").rpartition("/")[2]
        self.all.append(Relationship(kind=kind, identity=attributes.get("Id", ""), target=target.lstrip("/")))


class _Text(Target):
    """Paragraphs to lines; a table row to one line, its cells parted by bars."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._rows: list[list[str]] = []
        self._pieces: list[list[str]] = [[]]
        self._skipping = 0
        self._inside = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        number_of_slide = name == "fld" and attributes.get("type") == "slidenum"
        if self._skipping or name in _SKIPPED or number_of_slide:
            self._skipping += 1
        elif name == "t":
            self._inside = True
        elif name in _BREAKS:
            self._pieces[-1].append(_BREAKS[name])
        elif name == "tr":
            self._rows.append([])
        elif name == "tc":
            self._pieces.append([])

    def end(self, tag: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        name = local(tag)
        if name == "t":
            self._inside = False
        elif name == "p":
            self._end_line()
        elif name == "tc":
            cell = " ".join("".join(self._pieces.pop()).split())
            (self._rows or self._pieces)[-1].append(cell)
        elif name == "tr":
            self._pieces[-1].append(" | ".join(self._rows.pop()))
            self._end_line()

    def data(self, text: str) -> None:
        if self._inside and not self._skipping:
            self._pieces[-1].append(text)

    def close(self) -> None:
        self._end_line()

    def _end_line(self) -> None:
        if len(self._pieces) > 1:
            self._pieces[-1].append(" ")
        elif any(piece.strip(" |") for piece in self._pieces[0]):
            self.lines.append("".join(self._pieces[0]))
            self._pieces[0].clear()
        else:
            self._pieces[0].clear()
