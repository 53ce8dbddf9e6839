"""HTML: what a reader would see, block by block; no scripts, no styles, nothing hidden."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingestion.document import Document
from ingestion.errors import Unreadable, UnreadableError
from ingestion.parsing import encoding
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.limits import Limits

MEDIA_TYPE = "text/html"


def _tags(names: str) -> frozenset[str]:
    return frozenset(names.split())


_UNSEEN = _tags(
    "script style noscript template head title meta link object embed iframe svg math canvas audio video _comment"
)
_PARAGRAPHS = _tags("p h1 h2 h3 h4 h5 h6 table ul ol dl pre blockquote section article")
_BLOCKS = _PARAGRAPHS | _tags(
    "div tr li dt dd br hr header footer main nav aside form fieldset figure figcaption address body caption "
    "details summary option"
)
_CELLS = _tags("td th")
_UNNESTED = _tags(
    "area base br col embed hr img input link meta param source track wbr p li dt dd tr td th option "
    "thead tbody tfoot rt rp optgroup colgroup html head body"
)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:-]*+)([^<>]*+)>")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


def read(content: bytes, limits: Limits) -> Document:
    """Parse an HTML page as one page."""
    source = encoding.read(content)
    tree = _tree(source.text, limits)
    title = tree.css_first("title")
    text = CanonicalText(limits)
    text.add_page(_lines(tree))
    told = title.text() if title is not None else None
    return text.document(media_type=MEDIA_TYPE, title=told, remarks=source.remarks)


def visible_text(source: str, limits: Limits) -> str:
    """Return what a reader would see of some HTML."""
    return "\n".join(_lines(_tree(source, limits)))


def _tree(source: str, limits: Limits) -> LexborHTMLParser:
    """Parse. Raises UnreadableError for depths at which the time to build the tree grows with their square."""
    depth = 0
    for tag in _TAG.finditer(source):
        closing, name, attributes = tag.groups()
        if name.lower() not in _UNNESTED and not attributes.endswith("/"):
            depth = max(depth - 1, 0) if closing else depth + 1
            if depth > limits.max_depth:
                raise UnreadableError(Unreadable.DAMAGED, f"elements nested more than {limits.max_depth} deep")
    return LexborHTMLParser(source)


def _lines(tree: LexborHTMLParser) -> Iterator[str]:
    pieces: list[str] = []
    preformatted = 0
    for node, entering in _steps(tree.root):
        tag = node.tag or ""
        if tag == "-text":
            if entering:
                text = node.text_content or ""
                pieces.append(text if preformatted else _SPACES.sub(" ", text))
        elif tag in _CELLS and entering and "".join(pieces).strip():
            pieces.append(" | ")
        elif tag in _BLOCKS:
            yield from _flushed(pieces)
            if tag in _PARAGRAPHS and not entering:
                yield ""
        if tag == "pre":
            preformatted += 1 if entering else -1
    yield from _flushed(pieces)


def _flushed(pieces: list[str]) -> Iterator[str]:
    line = "".join(pieces).strip(" \n")
    pieces.clear()
    if line:
        yield line


def _steps(root: LexborNode | None) -> Iterator[tuple[LexborNode, bool]]:
    """Yield every seen node on the way in and on the way out, without recursion."""
    node, entering = root, True
    while node is not None:
        if entering and _unseen(node):
            entering = False
        else:
            yield node, entering
        if entering and node.child is not None:
            node = node.child
        elif entering:
            entering = False
        elif node.next is not None:
            node, entering = node.next, True
        else:
            node, entering = node.parent, False


def _unseen(node: LexborNode) -> bool:
    if node.tag in _UNSEEN:
        return True
    if not node.is_element_node:
        return False
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
