"""Why a source could not be turned into chunks: a stable code and plain words."""

from enum import StrEnum


class Unreadable(StrEnum):
    """The stable codes of a failed document; `jobs` and the API show them."""

    UNSUPPORTED_TYPE = "unsupported_type"
    TOO_LARGE = "too_large"
    TOO_MANY_PAGES = "too_many_pages"
    TOO_MUCH_TEXT = "too_much_text"
    ENCRYPTED = "encrypted"
    EMPTY = "empty"
    NESTED_TOO_DEEP = "nested_too_deep"
    TOO_MANY_ATTACHMENTS = "too_many_attachments"
    OCR_UNAVAILABLE = "ocr_unavailable"
    DAMAGED = "damaged"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "parser_crashed"


class UnreadableError(Exception):
    """A source that fails by itself: its own document fails, nothing else does."""

    def __init__(self, reason: Unreadable, detail: str) -> None:
        """Keep the stable code beside the words. `detail` never quotes the document."""
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class ScannedError(Exception):
    """A source with pictures of text, which take long: read it again with OCR, and with time for so many pages."""

    def __init__(self, pages: int) -> None:
        """Tell how many pages await OCR."""
        super().__init__(pages)
        self.pages = pages
