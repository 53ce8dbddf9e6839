"""An archive of XML parts, as Office files, OpenDocument and e-books are: each part streamed, no DTD obeyed."""

from xml.etree.ElementTree import ParseError, XMLParser
from zipfile import BadZipFile, ZipFile

from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import archives
from ingestion.parsing.limits import Limits

_PIECE = 64 * 1024


class Target:
    """Receives XML events by local name. These files have no DTD; one that has is hostile."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        """Refuse entities of every sort before any is defined."""
        raise UnreadableError(Unreadable.DAMAGED, "an XML part with a document type definition")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take an element's begin."""

    def end(self, tag: str) -> None:
        """Take an element's end."""

    def data(self, text: str) -> None:
        """Take characters."""

    def close(self) -> None:
        """Take the end of the part."""


class Parts:
    """The parts of a container, by name. A name is looked up in the container, never on this machine."""

    def __init__(self, content: bytes, limits: Limits) -> None:
        """Open the container under the limits."""
        self._archive: ZipFile = archives.opened(content, limits)
        self.names = frozenset(self._archive.namelist())

    def feed(self, part: str, target: Target) -> None:
        """Stream the XML of a part, if there is one, through a target."""
        if part not in self.names:
            return
        parser = XMLParser(target=target)  # noqa: S314 - the target refuses DTDs, so there are no entities
        try:
            with self._archive.open(part) as stream:
                while piece := stream.read(_PIECE):
                    parser.feed(piece)
            parser.close()
        except (ParseError, BadZipFile, EOFError, NotImplementedError) as error:
            raise UnreadableError(Unreadable.DAMAGED, "a part of the document is damaged") from error

    def read(self, part: str) -> bytes:
        """Return a part. Its size is at most what the container's directory says, which was checked."""
        try:
            return self._archive.read(part)
        except (KeyError, BadZipFile, EOFError, NotImplementedError) as error:
            raise UnreadableError(Unreadable.DAMAGED, "a part of the document is damaged") from error


class Property(Target):
    """Keeps the text of the first element of a name."""

    def __init__(self, name: str) -> None:
        """Look for elements of this local name."""
        self.text = ""
        self._name = name
        self._inside = False
        self._found = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:  # noqa: ARG002 - the target's signature
        """Open the first."""
        self._inside = local(tag) == self._name and not self._found

    def end(self, tag: str) -> None:  # noqa: ARG002 - the target's signature
        """Close it."""
        self._found = self._found or self._inside
        self._inside = False

    def data(self, text: str) -> None:
        """Keep what is inside."""
        if self._inside:
            self.text += text


def local(tag: str) -> str:
    """Return an element's name without its namespace, which differs between dialects of a format."""
    return tag.rpartition("}")[2]


def attribute(attributes: dict[str, str], name: str) -> str | None:
    """Return the attribute of a local name."""
    return next((value for key, value in attributes.items() if local(key) == name), None)
