"""Slide decks: one page per slide, its speaker notes at the end of the page."""

from itertools import chain

from ingestion.document import Document
from ingestion.parsing.canonical import CanonicalText, too_many_pages
from ingestion.parsing.limits import Limits
from ingestion.parsing.ooxml import Package
from ingestion.parsing.parts import Target, local

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
_ON_A_SLIDE = ("diagramData", "notesSlide")


def read(content: bytes, limits: Limits) -> Document:
    """Parse a .pptx in the order in which the slides are shown."""
    package = Package(content, limits)
    main = package.main_part()
    order = _Order()
    package.feed(main, order)
    if len(order.identities) > limits.max_pages:
        raise too_many_pages(limits)
    slides = {one.identity: one.target for one in package.relationships(main) if one.kind == "slide"}
    text = CanonicalText(limits)
    for identity in order.identities:
        if identity in slides:
            text.add_page(chain.from_iterable(package.lines(part) for part in _parts(package, slides[identity])))
    return text.document(media_type=MEDIA_TYPE, title=package.title())


def _parts(package: Package, slide: str) -> list[str]:
    linked = [one for one in package.relationships(slide) if one.kind in _ON_A_SLIDE]
    return [slide, *(one.target for one in sorted(linked, key=lambda one: _ON_A_SLIDE.index(one.kind)))]


class _Order(Target):
    def __init__(self) -> None:
        self.identities: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if local(tag) == "sldId":
            self.identities += [value for name, value in attributes.items() if name.endswith("}id")]
