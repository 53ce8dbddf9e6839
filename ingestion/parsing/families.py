"""Which families of formats there are: what each is called, by whom it is read, how its first bytes look."""

from pathlib import PurePath

READERS = {
    "pdf": ("pdf", "read"),
    "docx": ("docx", "read"),
    "pptx": ("pptx", "read"),
    "xlsx": ("xlsx", "read"),
    "odt": ("odf", "read_text"),
    "ods": ("odf", "read_spreadsheet"),
    "odp": ("odf", "read_slides"),
    "rtf": ("rtf", "read"),
    "epub": ("epub", "read"),
    "outlook": ("outlook", "read"),
    "picture": ("pictures", "read"),
    "html": ("hypertext", "read"),
    "markdown": ("plain", "read_markdown"),
    "text": ("plain", "read_text"),
    "csv": ("delimited", "read"),
    "mail": ("mail", "read"),
    "archive": ("bundle", "read"),
}
"""Module and function by family; what is not listed is refused or read as text."""
SIGNED = frozenset({"pdf", "docx", "pptx", "xlsx", "odt", "ods", "odp", "rtf", "epub", "outlook", "archive", "picture"})
"""Families whose first bytes say so: what only its name puts there is damaged."""
_EXTENSIONS = {
    "pdf": "pdf",
    "docx": "docx docm dotx dotm",
    "pptx": "pptx pptm ppsx ppsm potx",
    "xlsx": "xlsx xlsm xlsb xltx",
    "odt": "odt ott",
    "ods": "ods ots",
    "odp": "odp otp odg",
    "rtf": "rtf",
    "epub": "epub",
    "outlook": "msg",
    "picture": "png jpg jpeg tif tiff webp bmp gif",
    "html": "html htm xhtml",
    "markdown": "md markdown",
    "csv": "csv tsv",
    "mail": "eml",
    "archive": "zip",
    "text": (
        "txt text log json jsonl ndjson yaml yml toml ini cfg conf properties env xml xsd xsl svg sql rst tex adoc "
        "diff patch po srt ics vcf py pyi js mjs cjs ts tsx jsx java kt scala groovy go rs c h cc cpp cxx hpp cs fs "
        "vb swift m mm rb php pl pm lua r jl dart ex exs erl hs clj lisp el sh bash zsh fish ps1 bat cmd css scss "
        "less vue tf proto graphql gradle cmake mk makefile dockerfile"
    ),
}
_FAMILIES = {f".{extension}": family for family, known in _EXTENSIONS.items() for extension in known.split()}
_MEDIA_TYPES = {
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "text/rtf": "rtf",
    "application/epub+zip": "epub",
    "application/vnd.ms-outlook": "outlook",
    "image/*": "picture",
    "image/svg+xml": "text",
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/markdown": "markdown",
    "text/csv": "csv",
    "text/tab-separated-values": "csv",
    "message/rfc822": "mail",
    "text/plain": "text",
    "application/json": "text",
    "application/yaml": "text",
    "application/xml": "text",
    "text/xml": "text",
}


def named(name: str, media_type: str | None) -> str | None:
    """Return the family that the name, or else the media type, speaks of."""
    return _FAMILIES.get(PurePath(name.lower()).suffix) or _MEDIA_TYPES.get(bare(media_type))


def decides(media_type: str) -> bool:
    """Whether a media type can decide how a source is read."""
    return media_type in _MEDIA_TYPES


def bare(media_type: str | None) -> str:
    """Return a media type without its parameters; all pictures but drawings are one."""
    known = (media_type or "").partition(";")[0].strip().lower()
    return "image/*" if known.startswith("image/") and known not in _MEDIA_TYPES else known


def extensions() -> dict[str, tuple[str, ...]]:
    """Return the extensions by family, for those who tell people what is read."""
    return {family: tuple(known.split()) for family, known in _EXTENSIONS.items()}
