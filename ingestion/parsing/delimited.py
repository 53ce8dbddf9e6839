"""CSV and its relatives: the delimiter is found, every row carries its column names."""

import csv
from io import StringIO

from ingestion.document import Document
from ingestion.parsing import encoding, rows
from ingestion.parsing.canonical import CanonicalText
from ingestion.parsing.limits import Limits

MEDIA_TYPE = "text/csv"
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_SAMPLE = 64 * 1024


def read(content: bytes, limits: Limits) -> Document:
    """Parse a delimited text."""
    found = encoding.read(content)
    source = found.text
    csv.field_size_limit(max(len(source), 1))
    table = csv.reader(StringIO(source, newline=""), delimiter=_delimiter(source[:_SAMPLE]))
    text = CanonicalText(limits)
    text.add_page(rows.lines(table))
    return text.document(media_type=MEDIA_TYPE, remarks=found.remarks)


def _delimiter(sample: str) -> str:
    """Return the delimiter that splits the first lines most evenly into the most fields.

    `csv.Sniffer` takes letters for delimiters and is quadratic on long lines.
    """
    first = sample.splitlines()[:_SAMPLE_LINES]

    def evenness(delimiter: str) -> tuple[float, int]:
        counts = [len(row) for row in csv.reader(first, delimiter=delimiter)]
        usual = max(counts, key=counts.count, default=1)
        return (counts.count(usual) / len(counts), usual) if usual > 1 else (0.0, 0)

    return max(_DELIMITERS, key=evenness)
